"""Secret keys whose parts are missing, do not belong together, or are too many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from openpgp import composed
from openpgp._openpgp import encrypt_session_key_to_recipient
from pysequoia import Tsk, encrypt

from mailsec.content.openpgp import deciphering, secretparts, sessionkey
from mailsec.content.openpgp.deciphering import NoKeyError, deciphered
from mailsec.content.openpgp.decrypting import is_locked
from mailsec.content.openpgp.keymaking import protected
from mailsec.content.openpgp.opening import OpeningError
from mailsec.content.openpgp.secretparts import SecretPart, secret_parts
from mailsec.content.openpgp.sessionkey import SessionKey, by_key, sealed_key
from mailsec.content.openpgp.symmetric import UnknownAlgorithmError, WrongError, from_passphrase
from mailsec.trust.keyring.packets import framed, packets
from tests.cli.openpgp import SUITES, person
from tests.content.openpgp.forge import contained, mpi, packet, sealed

LITERAL = packet(11, b"b\x04name\0\0\0\0text")
STUB = b"\xff\0\x65\0GNU\x01"
"""GnuPG's words for a secret key that is kept elsewhere."""


def offline(secret: bytes, stub: bytes = STUB) -> bytes:
    """The key as `gpg --export-secret-subkeys` writes it: its primary key without the secret part."""
    _, *others = packets(secret)
    public = next(packets(bytes(person("bob", "rsa").extract_certificate())))
    return framed(5, public.body + stub) + b"".join(each.framed for each in others)


def parts_of(whose: Tsk) -> list[SecretPart]:
    return [each for each in secret_parts(bytes(whose), None) if isinstance(each, SecretPart)]


def test_a_primary_key_that_is_offline() -> None:
    secret = bytes(person("bob", "rsa"))
    made = sealed(LITERAL, person("bob", "rsa"))
    for stub in (STUB, b"\xfe" + STUB[1:]):
        assert not is_locked(offline(secret, stub))
        assert deciphered(made, [(offline(secret, stub), None)]).data == b"text"
    locked = protected(secret, "words")
    assert is_locked(offline(locked))
    assert deciphered(made, [(offline(locked), "words")]).data == b"text"


def test_one_key_that_is_not_understood_hides_no_other() -> None:
    secret = bytes(person("bob", "rsa"))
    strange = offline(secret, b"\x09\x09\x03\x08saltsalt\x60" + bytes(60))
    parts = list(secret_parts(strange, None))
    assert [type(each) for each in parts] == [SecretPart, SecretPart, UnknownAlgorithmError]
    made = sealed(LITERAL, person("bob", "rsa"))
    assert deciphered(made, [(strange, None)]).data == b"text"
    argon = packet(3, b"\x04\x09\x04" + bytes(16) + b"\x01\x01\x1e")
    simple = b"\x04\x09\x00\x08"
    whole = packet(3, simple) + contained(LITERAL, from_passphrase(simple[2:], "words", 32))
    assert deciphered(argon + whole, (), "words").data == b"text"
    with pytest.raises(UnknownAlgorithmError):
        deciphered(argon + packet(18, b"\x01" + bytes(60)), (), "words")


def test_a_locked_key_that_is_cut_off_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secretparts, "from_passphrase", lambda *_: bytes(32))
    locked = protected(bytes(person("bob")), "words")
    subkey = next(each.body for each in packets(locked) if each.tag == 7 and each.body[5] == 18)
    assert [list(secret_parts(framed(7, subkey[:at]), "words")) for at in range(len(subkey))] == [[]] * len(subkey)


@pytest.mark.parametrize("suite", [each for each in SUITES if each != "rsa"])
def test_a_public_half_that_is_not_the_secrets_own(suite: str) -> None:
    """Who may overwrite the public half of a stored key must not learn from what is done with the secret one."""
    whose, other = person("bob", suite), person("carol", suite)
    found = sealed_key(next(packets(encrypt(b"text", [whose.extract_certificate()], armor=False))).body)
    (mine,), (theirs,) = parts_of(whose), parts_of(other)
    assert found is not None
    assert [type(each) for each in by_key(found, [mine])] == [SessionKey]
    assert [type(each) for each in by_key(found, [replace(mine, public=theirs.public)])] == [WrongError]


def test_rsa_numbers_that_do_not_belong_together() -> None:
    whose = person("bob", "rsa")
    found = sealed_key(next(packets(sealed(LITERAL, whose))).body)
    assert found is not None
    (mine,) = [each for each in parts_of(whose) if found.is_for(each.fingerprint, 1)]
    numbers = []
    rest = mine.public + mine.secret
    for _ in range(5):
        number, rest = secretparts.multiprecision(rest)
        numbers.append(int.from_bytes(number, "big"))
    n, e, d, p, q = numbers
    assert [type(each) for each in by_key(found, [mine])] == [SessionKey]
    huge = (1 << 20_000) + 1
    for public, secret in (
        ((n, e), (d + 2, p, q)),
        ((n, 1), (d, p, q)),
        ((n, e), (d, 1, n)),
        ((n, e), (d, n, 1)),
        ((0, e), (d, 0, 0)),
        ((huge * huge, 1), (1, huge, huge)),
    ):
        part = replace(mine, public=_mpis(*public), secret=_mpis(*secret))
        assert [type(each) for each in by_key(found, [part])] == [WrongError]


def _mpis(*numbers: int) -> bytes:
    return b"".join(mpi(number.to_bytes(number.bit_length() + 7 >> 3, "big")) for number in numbers)


def test_only_the_keys_that_are_meant_are_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that a stranger made can have thousands of subkeys, and unlocking each takes time by design."""
    tried = []

    def count(*_: object) -> bytes:
        tried.append(1)
        raise WrongError("another passphrase")

    monkeypatch.setattr(secretparts, "from_passphrase", count)
    subkey = next(
        each.body for each in packets(protected(bytes(person("bob")), "words")) if each.tag == 7 and each.body[5] == 18
    )
    flood = b"".join(packet(7, subkey[:1] + number.to_bytes(4, "big") + subkey[5:]) for number in range(2_000))
    with pytest.raises(NoKeyError):
        deciphered(sealed(LITERAL, person("alice")), [(flood, "x")])
    assert not tried
    assert list(secret_parts(flood, "x")) == []
    assert len(tried) == secretparts.PGP_UNLOCKED


def test_a_session_key_that_is_damaged_is_no_missing_key() -> None:
    made = sealed(LITERAL, person("bob", "rsa"))
    first = next(packets(made))
    for at in (30, 100, len(first.body) - 1):
        body = first.body[:at] + bytes((first.body[at] ^ 1,)) + first.body[at + 1 :]
        with pytest.raises(OpeningError, match="damaged"):
            deciphered(packet(1, body) + made[first.end :], [(bytes(person("bob", "rsa")), None)])


def test_the_work_on_one_message_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each session key costs work with the secret key, and each different one the deciphering of the whole."""
    bob = person("bob")
    subkey = composed.SignedPublicKey.from_bytes(bytes(bob.extract_certificate())).public_subkeys[1]
    many = [encrypt_session_key_to_recipient(bytes((at,)) * 32, subkey, "seipd-v1", "aes256").to_bytes() for at in range(15)]
    right = sealed(LITERAL, bob)
    assert deciphered(b"".join(many[:9]) + right, [(bytes(bob), None)]).data == b"text"
    assert deciphered(many[0] * 40 + right, [(bytes(bob), None)]).data == b"text"
    with pytest.raises(OpeningError, match="damaged"):
        deciphered(b"".join(many) + right, [(bytes(bob), None)])
    monkeypatch.setattr(deciphering, "PGP_TRIALS", 40)
    with pytest.raises(OpeningError, match="damaged"):
        deciphered(many[0] * 40 + right, [(bytes(bob), None)])
    hidden = packet(1, b"\x03" + bytes(8) + next(packets(right)).body[9:-1] + b"x")
    ours = [(bytes(person(name)), None) for name in ("alice", "carol")]
    assert deciphered(hidden * 40 + right, [(bytes(bob), None)]).data == b"text"  # what names the key comes first
    with pytest.raises(NoKeyError):
        deciphered(hidden * 20 + right, [*ours, (bytes(bob), None)])


def test_a_key_that_is_meant_and_protected_in_an_unknown_way() -> None:
    bob = person("bob")
    public = next(each for each in packets(bytes(bob.extract_certificate())) if each.tag == 14 and each.body[5] == 18)
    with pytest.raises(UnknownAlgorithmError):
        deciphered(sealed(LITERAL, bob), [(packet(7, public.body + b"\x09" + bytes(60)), None)])


def test_a_curve_that_the_system_was_built_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("no")

    whose = person("bob", "p256")
    monkeypatch.setattr(sessionkey, "derive_private_key", refuse)
    with pytest.raises(UnknownAlgorithmError):
        deciphered(encrypt(b"text", [whose.extract_certificate()], armor=False), [(bytes(whose), None)])


def test_session_keys_of_unknown_versions_are_passed_over() -> None:
    for body in (b"", b"\x02" + bytes(20), b"\x03" + bytes(8), b"\x06", b"\x06\x15\x04"):
        assert sealed_key(body) is None
