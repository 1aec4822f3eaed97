"""Each signature has its own answer: every way in which one can fail, made by hand and judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import CipherSuite, Profile, SignatureMode, Tsk, sign

from mailsec.content.openpgp.signature import Answer, SignatureResult, judge, signatures_in
from mailsec.core.limits.content import PGP_SIGNATURES
from mailsec.core.results import Status
from mailsec.trust.keyring.algorithms import algorithm_of, weakness
from mailsec.trust.keyring.files import FileKeys, read_keys
from mailsec.trust.keyring.packets import PacketError, signature
from tests.content.openpgp.forge import DAY, Key, Person, number, packet

MADE = 1_600_000_000
TEXT = b"Pay 100 to Bob.\r\n"
ALICE = Person("Alice <alice@bank.example>", MADE - 100 * DAY)
MALLORY = Person("Mallory <mallory@evil.example>", MADE - 100 * DAY)


def judged(made: bytes, *certificates: bytes, text: bytes = TEXT, now: int = MADE + DAY) -> SignatureResult:
    keys = FileKeys()
    for each in certificates:
        keys |= read_keys(each, "file key.asc")
    (found,) = signatures_in(made)
    return judge(text, found, keys, now=now)


def signed(person: Person = ALICE, made: int = MADE, **options: object) -> bytes:
    return person.subkey.sign(0, TEXT, made, **options)  # type: ignore[arg-type] # options of `sign` alone


def test_good() -> None:
    result = judged(signed(), ALICE.public())
    assert result.answer is Answer.GOOD, result.reason
    assert result.key == ALICE.subkey.fingerprint
    assert result.certificate
    assert result.certificate.fingerprint == ALICE.primary.fingerprint
    assert result.check().fact("made") == "2020-09-13T12:26:40Z"
    assert not result.findings


def test_text_signatures_are_over_canonical_line_ends() -> None:
    made = ALICE.subkey.sign(1, b"a\r\nb\r\n", MADE)
    assert judged(made, ALICE.public(), text=b"a\r\nb\r\n").answer is Answer.GOOD
    assert judged(made, ALICE.public(), text=b"a\nb\n").answer is Answer.GOOD


@pytest.mark.parametrize("issuer", [True, False])
def test_named_by_fingerprint_or_by_key_id(issuer: bool) -> None:
    made = signed()
    if not issuer:
        made = ALICE.subkey.sign(0, TEXT, MADE)
        body = signature(made[6:])
        assert body.issuer == ALICE.subkey.fingerprint
        keys = read_keys(ALICE.public(), "f")
        assert keys.certificates([ALICE.subkey.fingerprint[-16:]])
    assert judged(made, ALICE.public()).answer is Answer.GOOD


def test_changed_text_is_bad_even_where_the_key_is_revoked_too() -> None:
    assert judged(signed(), ALICE.public(), text=TEXT + b"!").answer is Answer.BAD
    result = judged(signed(), ALICE.public(ALICE.revoke(MADE - DAY)), text=TEXT + b"!")
    assert result.answer is Answer.BAD
    assert "changed" in result.reason


def test_unknown_key() -> None:
    result = judged(signed(), MALLORY.public())
    assert result.answer is Answer.UNKNOWN_KEY
    assert ALICE.subkey.fingerprint in result.reason
    assert result.answer.status is Status.NEUTRAL
    assert "mailsec keys import" in result.findings[0].remedy


def test_a_key_that_expired_before_and_one_that_expired_since() -> None:
    before = Person("Alice <alice@bank.example>", MADE - 100 * DAY, lasts=50 * DAY)
    result = judged(signed(before), before.public())
    assert (result.answer, result.answer.status) == (Answer.KEY_EXPIRED, Status.NEUTRAL)
    assert "before the signature was made" in result.reason
    since = Person("Alice <alice@bank.example>", MADE - 100 * DAY, lasts=101 * DAY)
    result = judged(signed(since), since.public(), now=MADE + 50 * DAY)
    assert result.answer is Answer.GOOD
    assert [found.rule for found in result.findings] == ["openpgp-key-expired-since"]
    assert not judged(signed(since), since.public(), now=MADE + 10).findings


def test_a_subkey_that_expired_before() -> None:
    person = Person("Alice <alice@bank.example>", MADE - 100 * DAY, subkey_lasts=50 * DAY)
    assert judged(signed(person), person.public()).answer is Answer.KEY_EXPIRED


@pytest.mark.parametrize("reason", [None, 0, 2])
def test_a_hard_revocation_spoils_every_signature(reason: int | None) -> None:
    for when in (MADE - DAY, MADE + DAY):
        result = judged(signed(), ALICE.public(ALICE.revoke(when, reason)), now=MADE + 2 * DAY)
        assert (result.answer, result.answer.status) == (Answer.REVOKED, Status.FAIL)
        assert "for good" in result.reason
        assert "2020-09-1" in result.reason


@pytest.mark.parametrize("reason", [1, 3])
def test_a_soft_revocation_spoils_what_was_signed_after_it(reason: int) -> None:
    before = judged(signed(), ALICE.public(ALICE.revoke(MADE - DAY, reason)))
    assert before.answer is Answer.REVOKED
    assert "superseded or retired" in before.reason
    after = judged(signed(), ALICE.public(ALICE.revoke(MADE + DAY, reason)))
    assert after.answer is Answer.GOOD
    assert [found.rule for found in after.findings] == ["openpgp-key-revoked-since"]


def test_a_revoked_subkey() -> None:
    result = judged(signed(), ALICE.public(subkey_revocations=(ALICE.revoke_subkey(MADE - DAY),)))
    assert (result.answer, "subkey" in result.reason) == (Answer.REVOKED, True)


def test_a_revocation_that_somebody_else_made_does_not_count() -> None:
    forged = MALLORY.primary.sign(0x20, ALICE.primary.hashed, MADE - DAY, issuer=ALICE.primary.fingerprint)
    assert judged(signed(), ALICE.public(forged)).answer is Answer.GOOD


@pytest.mark.parametrize("hash", [1, 2])
def test_weak_hashes(hash: int) -> None:
    result = judged(signed(hash=hash), ALICE.public())
    assert (result.answer, result.answer.status) == (Answer.WEAK, Status.FAIL)
    assert judged(signed(hash=hash), ALICE.public(), text=b"x").answer is Answer.WEAK


def test_a_weak_key() -> None:
    key = (  # RSA of 1024 bits: its size is read before anything is computed
        b"\x04" + number(MADE - DAY) + b"\x01" + (1024).to_bytes(2, "big") + b"\xff" * 128 + b"\x00\x11\x01\x00\x01"
    )
    assert weakness(*algorithm_of(key)) == "an RSA key of 1024 bits"


def test_a_key_that_may_not_sign() -> None:
    person = Person("Alice <alice@bank.example>", MADE - 100 * DAY, subkey_flags=0x0C)
    result = judged(signed(person), person.public())
    assert (result.answer, result.reason) == (Answer.NOT_SIGNING, "the key is not meant for signing")


def test_a_stolen_subkey_binding() -> None:
    """Mallory's signing key under Alice's certificate: without its consent (a back signature), and with Alice's binding copied
    from her own subkey."""
    mine = Person("Alice <alice@bank.example>", MADE - 100 * DAY, back_signed=False)
    assert judged(signed(mine), mine.public()).answer is Answer.NOT_SIGNING
    key = MALLORY.subkey
    glued = ALICE.public() + packet(14, key.body) + ALICE.bind(ALICE.subkey)
    result = judged(key.sign(0, TEXT, MADE), glued)
    assert result.answer is Answer.NOT_SIGNING


def test_made_in_the_future_and_expired() -> None:
    assert judged(signed(), ALICE.public(), now=MADE - 2 * DAY).answer is Answer.FUTURE
    assert judged(signed(), ALICE.public(), now=MADE - 60).answer is Answer.GOOD
    assert judged(signed(made=4_000_000_000), ALICE.public()).answer is Answer.FUTURE
    short = ALICE.subkey.sign(0, TEXT, MADE, (3, number(60)))
    result = judged(short, ALICE.public())
    assert (result.answer, "good until 2020-09-13T12:27:40Z" in result.reason) == (Answer.EXPIRED, True)
    # the library goes by its own clock: what it refuses is not good at an earlier time either
    assert judged(short, ALICE.public(), now=MADE + 30).answer is Answer.EXPIRED
    long = ALICE.subkey.sign(0, TEXT, MADE, (3, number(4_000_000_000 - MADE)))
    assert judged(long, ALICE.public()).answer is Answer.GOOD
    assert judged(long, ALICE.public(), now=4_100_000_000).answer is Answer.EXPIRED


def test_made_before_its_key() -> None:
    young = Key("Alice <alice@bank.example> subkey", MADE + DAY)
    made = young.sign(0, TEXT, MADE)
    assert judged(made, ALICE.public(subkey=young)).answer is Answer.NOT_SIGNING


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"\x05\x00\x16\x0a" + bytes(20), Answer.UNSUPPORTED),
        (b"\x03\x05\x00" + bytes(20), Answer.UNSUPPORTED),
        (b"\x04\x00\x63\x0a\x00\x06\x05\x02\x5f\x00\x00\x00\x00\x00" + bytes(20), Answer.UNSUPPORTED),
        (b"\x04\x00\x16\x63\x00\x06\x05\x02\x5f\x00\x00\x00\x00\x00" + bytes(20), Answer.UNSUPPORTED),
        (b"\x04\x13\x16\x0a\x00\x06\x05\x02\x5f\x00\x00\x00\x00\x00" + bytes(20), Answer.BAD),
        (b"\x04\x00\x16\x0a\x00\x00\x00\x00" + bytes(20), Answer.BAD),
        (b"\x04\x00\x16\x0a\x00\x06\x05\x02\x5f\x00\x00\x00\x00\x00" + bytes(20), Answer.UNKNOWN_KEY),
    ],
)
def test_what_no_key_makes_good(body: bytes, answer: Answer) -> None:
    assert judged(packet(2, body), ALICE.public()).answer is answer


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\xc2\xff\xff\xff\xff\xff", packet(2, b"\x04\x00"), packet(1, b"x"), signed() + packet(11, b"b\0\0\0\0\0"),
     signed() * (PGP_SIGNATURES + 1), packet(10, b"PGP")],
)  # fmt: skip
def test_what_is_no_signature(data: bytes) -> None:
    with pytest.raises(PacketError):
        signatures_in(data)


@given(st.binary(max_size=200), st.integers(0, 300))
def test_damage_never_leaks(noise: bytes, at: int) -> None:
    made = bytearray(signed())
    made[at % len(made) : at % len(made) + len(noise)] = noise
    keys = read_keys(ALICE.public(), "f")
    try:
        found = signatures_in(bytes(made))
    except PacketError:
        return
    for each in found:
        result = judge(TEXT, each, keys, now=MADE + DAY)
        assert result.check().reason
        assert "backtrace" not in result.reason.lower()


SUITES = [
    (CipherSuite.Cv25519, Profile.RFC4880),
    (CipherSuite.RSA2k, Profile.RFC4880),
    (CipherSuite.P256, Profile.RFC4880),
    (CipherSuite.P384, Profile.RFC4880),
    (CipherSuite.P521, Profile.RFC4880),
    (CipherSuite.Cv25519, Profile.RFC9580),
    (CipherSuite.Cv448, Profile.RFC9580),
]


@pytest.mark.parametrize(("suite", "profile"), SUITES)
def test_algorithms_are_judged_and_triaged(suite: CipherSuite, profile: Profile) -> None:
    secret = Tsk.generate("Alice <alice@bank.example>", profile=profile, cipher_suite=suite)
    public = bytes(secret.extract_certificate())
    made = sign(secret.signer(), TEXT, mode=SignatureMode.DETACHED, armor=False)
    now = 4_000_000_000
    assert judged(made, public, now=now).answer is Answer.GOOD
    assert judged(made, public, text=b"x", now=now).answer is Answer.BAD
    certificate = secret.extract_certificate()
    revoked = public + bytes(certificate.revoke(certifier=secret.certifier()))
    assert judged(made, revoked, now=now).answer is Answer.REVOKED


def test_a_certificate_that_was_damaged_after_it_was_read() -> None:
    keys = read_keys(ALICE.public(), "f")
    broken = FileKeys((replace(keys.listed[0], data=b"\xc6\xff\xff"),), {}, keys.names, keys.handles)
    assert judge(TEXT, signatures_in(signed())[0], broken, now=MADE).answer is Answer.UNKNOWN_KEY
