"""Encrypted structures opened: every algorithm, and everything that may be wrong with them."""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, x25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime.cms import CmsError, opened
from mailsec.content.smime.decrypting import DecryptingError, Secret, decrypted, is_for, load_private
from mailsec.content.smime.enveloped import enveloped
from mailsec.content.smime.unwrapping import SCHEMES, agreed, derived
from mailsec.core.limits.content import CMS_RECIPIENTS
from tests.certificates import Issued
from tests.content.smime.forge import ALICE, BOB, RSA_KEY, SUB, TEXT, Signing, indefinite, person, signed_data
from tests.content.smime.seal import Sealing, sealed

RSA = person("bob@receiver.example", SUB, RSA_KEY)
CURVES = {
    curve.name: person("bob@receiver.example", SUB, ec.generate_private_key(curve))
    for curve in (ec.SECP384R1(), ec.SECP521R1())
}
X = person("bob@receiver.example", SUB, x25519.X25519PrivateKey.generate())


def secret(of: Issued, passphrase: str | None = None) -> Secret:
    protection = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    return Secret(of.der, of.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, protection), passphrase)


def plain(structure: bytes, *of: Issued) -> bytes:
    return decrypted(enveloped(opened(structure)), [secret(each) for each in of])


GRID = {
    "RSA": Sealing(RSA),
    "RSA, CBC": Sealing(RSA, gcm=False),
    "OAEP with SHA-256": Sealing(RSA, oaep="sha256"),
    "OAEP with SHA-1": Sealing(RSA, oaep="sha1", gcm=False),
    "P-256": Sealing(),
    "P-384": Sealing(CURVES["secp384r1"]),
    "P-521": Sealing(CURVES["secp521r1"], gcm=False),
    "X25519": Sealing(X),
    "with keying material": Sealing(ukm=b"12345678"),
    "X25519 with keying material": Sealing(X, ukm=b"12345678"),
    "128 bits": Sealing(size=16),
    "192 bits": Sealing(size=24, gcm=False),
    "authenticated attributes, short code": Sealing(attributes=True, tag=12),
}


@pytest.mark.parametrize("how", GRID.values(), ids=GRID)
def test_what_was_encrypted_comes_out(how: Sealing) -> None:
    made = sealed(TEXT, how)
    assert plain(made, how.to) == TEXT
    assert plain(indefinite(made), how.to) == TEXT


def test_each_of_several_recipients_opens_it() -> None:
    made = sealed(TEXT, Sealing(RSA), Sealing(), Sealing(X))
    assert [plain(made, each) for each in (RSA, BOB, X)] == [TEXT] * 3
    assert plain(made, ALICE, X) == TEXT
    assert not is_for(enveloped(opened(made)), ALICE.der)


@pytest.mark.parametrize("how", [Sealing(RSA), Sealing(RSA, gcm=False), Sealing(), Sealing(oaep="sha256", to=RSA)])
def test_why_it_does_not_open_is_said_in_the_same_words(how: Sealing) -> None:
    good = sealed(TEXT, how)
    damaged = good.replace(good[-40:-20], bytes(20))
    words = set()
    for structure, key in (
        (damaged, how.to),
        (sealed(TEXT, Sealing(how.to, gcm=how.gcm, wrong_key=True)), how.to),
        (good, ALICE),
    ):
        try:
            assert plain(structure, key) != TEXT  # CBC notices nothing but its padding
        except DecryptingError as error:
            words.add(str(error))
    assert len(words) == 1


@pytest.mark.parametrize("place", range(-30, -1, 3))
def test_an_authenticated_text_that_was_changed_never_comes_out(place: int) -> None:
    made = bytearray(sealed(TEXT, Sealing()))
    made[place] ^= 1
    with pytest.raises((DecryptingError, CmsError)):
        plain(bytes(made), BOB)


SEALED = sealed(TEXT, Sealing(), Sealing(RSA))


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_changed_octet_is_read_or_refused(at: int, change: int) -> None:
    made = SEALED[:at] + bytes([SEALED[at] ^ change]) + SEALED[at + 1 :]
    with suppress(CmsError, DecryptingError):
        assert plain(made, BOB, RSA) == TEXT


@pytest.mark.parametrize("end", range(0, len(SEALED), 41))
def test_what_is_cut_off_is_refused(end: int) -> None:
    with pytest.raises(CmsError):
        enveloped(opened(SEALED[:end]))


def test_too_many_recipients_are_refused() -> None:
    made = sealed(TEXT, *[Sealing()] * (CMS_RECIPIENTS + 1))
    with pytest.raises(CmsError, match="recipients"):
        enveloped(opened(made))


def test_another_structure_is_refused() -> None:
    with pytest.raises(CmsError):
        enveloped(opened(signed_data(TEXT, Signing())))


@pytest.mark.parametrize("ukm", [b"", b"12345678"])
def test_the_key_that_x25519_gives(ukm: bytes) -> None:
    """RFC 8418 has no example: the agreement is RFC 7748's (section 6.1), what comes after is HMAC by hand (RFC 5869)."""
    key = x25519.X25519PrivateKey.from_private_bytes(
        bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    )
    bob = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    secret_ = agreed(key, bob)
    assert secret_.hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    wrap = bytes.fromhex("300b060960864801650304012d")
    entity = b"\xa0\x0a\x04\x08" + ukm if ukm else b""
    info = b"\x30" + bytes([21 + len(entity)]) + wrap + entity + bytes.fromhex("a206040400000100")
    extracted = hmac.digest(ukm or bytes(32), secret_, "sha256")
    expanded = hmac.digest(extracted, info + b"\x01", "sha256")
    assert derived(secret_, SCHEMES["2a864886f70d0109100313"], wrap, ukm, 32) == expanded


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31), b"", bytes(31), bytes(33)])
def test_points_that_give_no_secret_open_nothing(point: bytes) -> None:
    """Of low order (RFC 7748 section 6.1), or of no length that may be."""
    with pytest.raises(ValueError):
        agreed(X.key, point)
    found = enveloped(opened(sealed(TEXT, Sealing(X))))
    forged = replace(found, recipients=tuple(replace(each, originator=point) for each in found.recipients))
    with pytest.raises(DecryptingError):
        decrypted(forged, [secret(X)])


def test_private_keys_that_open_nothing() -> None:
    signer = person("bob@receiver.example", SUB, dsa.generate_private_key(2048))
    locked = secret(RSA, "words")
    assert load_private(locked)
    for each in (secret(signer), Secret(RSA.der, b"x"), Secret(RSA.der, locked.key, "other"), Secret(RSA.der, locked.key)):
        with pytest.raises(DecryptingError):
            load_private(each)
