from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import CipherSuite, Profile, Tsk

from mailsec.trust.keyring.certifications import holds, mpis
from mailsec.trust.keyring.legitimacy import Introducer, certifier
from mailsec.trust.keyring.packets import USER_ID, Packet, PacketError, SignaturePacket, packets, signature
from mailsec.trust.keyring.reading import Revocation, user_id_claims

BOB = "Bob <bob@example.org>"
SUITES = (CipherSuite.Cv25519, CipherSuite.RSA2k, CipherSuite.P256, CipherSuite.P384, CipherSuite.P521, CipherSuite.Cv448)
LATER = 4_000_000_000


@cache
def key(name: str, suite: int = 0, profile: bool = False) -> Tsk:
    """A key; `profile` True is one of RFC 9580."""
    return Tsk.generate(name, profile=Profile.RFC9580 if profile else Profile.RFC4880, cipher_suite=SUITES[suite])


def introducer(maker: Tsk, **changes: object) -> Introducer:
    certificate = maker.extract_certificate()
    return Introducer(certificate.fingerprint.upper(), bytes(certificate), **changes)  # type: ignore[arg-type]


def certified(maker: Tsk, target: Tsk) -> bytes:
    return bytes(target.extract_certificate().add_user_id(BOB, maker.certifier()))


def claim_by(maker: Tsk, data: bytes) -> tuple[Packet, Packet, SignaturePacket]:
    """The key, the user ID, and the one certification by `maker`."""
    parts = list(packets(data))
    names = introducer(maker).names
    user_id, claims = next((packet, claims) for packet, claims in user_id_claims(parts) if packet.body == BOB.encode())
    (claim,) = [each for each in claims if each.issuer in names]
    return parts[0], user_id, claim


@pytest.mark.parametrize("suite", range(len(SUITES)))
@pytest.mark.parametrize("profile", [False, True], ids=["v4", "v6"])
@pytest.mark.parametrize("target", [False, True], ids=["of-v4", "of-v6"])
def test_a_certification_by_another_library_holds_and_no_other_one_does(suite: int, profile: bool, target: bool) -> None:
    maker, bob = key("Mia <mia@example.org>", suite, profile), key(BOB, 0, target)
    primary, user_id, claim = claim_by(maker, certified(maker, bob))
    issuer = next(packets(introducer(maker).data)).body
    assert holds(claim, primary, user_id, issuer)
    other = Packet(USER_ID, b"Bob <bob@example.com>", 0, 0)
    assert not holds(claim, primary, other, issuer)
    stranger = key("Eve <eve@example.org>", suite, profile).extract_certificate()
    assert not holds(claim, primary, user_id, next(packets(bytes(stranger))).body)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_certification_never_holds(place: int, change: int) -> None:
    maker, bob = key("Mia <mia@example.org>"), key(BOB)
    primary, user_id, claim = claim_by(maker, certified(maker, bob))
    body = bytearray(claim.body)
    at = place % len(body)
    body[at] ^= change
    try:
        changed = signature(bytes(body))
    except PacketError:
        return
    issuer = next(packets(introducer(maker).data)).body
    # what is not hashed may change: the lengths and content of the other subpackets
    hashed = 6 + int.from_bytes(claim.body[4:6], "big")
    unhashed = range(hashed, hashed + 2 + int.from_bytes(claim.body[hashed : hashed + 2], "big"))
    assert not holds(changed, primary, user_id, issuer) or at in unhashed


def test_certifier_names_who_certified() -> None:
    maker, bob = key("Mia <mia@example.org>"), key(BOB)
    data = certified(maker, bob)
    mia, eve = introducer(maker), introducer(key("Eve <eve@example.org>"))
    assert certifier(data, BOB, (eve, mia), now=LATER) is mia
    assert certifier(data, BOB, (eve,), now=LATER) is None
    assert certifier(data, "Bob <bob@example.com>", (mia,), now=LATER) is None
    assert certifier(data, BOB, (mia,), now=1) is None  # it is from the future


def test_a_revocation_ends_a_certification() -> None:
    maker, bob = key("Mia <mia@example.org>"), key(BOB)
    certificate = bob.extract_certificate().add_user_id(BOB, maker.certifier())
    user_id = certificate.user_ids[0]
    data = bytes(certificate)
    revoked = bytes(certificate.revoke_user_id(user_id, maker.certifier()))
    at = next(packet.end for packet in packets(data) if packet.tag == USER_ID)
    assert certifier(data[:at] + revoked + data[at:], BOB, (introducer(maker),), now=LATER) is None


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"expires": LATER}, True),
        ({"expires": 1}, False),
        ({"revocation": Revocation(LATER, False, "retired")}, True),
        ({"revocation": Revocation(1, False, "retired")}, False),
        ({"revocation": Revocation(LATER, True, "compromised")}, False),
        ({"revocation": Revocation(None, False, "retired")}, False),
    ],
)
def test_what_an_introducer_made_before_the_end_counts(changes: dict[str, object], counts: bool) -> None:
    maker, bob = key("Mia <mia@example.org>"), key(BOB)
    found = certifier(certified(maker, bob), BOB, (introducer(maker, **changes),), now=LATER)
    assert (found is not None) is counts


def test_numbers_that_are_cut_off_are_an_error() -> None:
    assert mpis(b"\x00\x09\x01\xff\x00\x01\x01", 2) == [0x1FF, 1]
    with pytest.raises(ValueError, match="cut off"):
        mpis(b"\x00\x09\x01", 1)


def test_weak_hashes_and_foreign_algorithms_certify_nothing() -> None:
    maker, bob = key("Mia <mia@example.org>"), key(BOB)
    primary, user_id, claim = claim_by(maker, certified(maker, bob))
    issuer = next(packets(introducer(maker).data)).body
    for weak in (1, 2, 3):  # MD5, SHA-1, RIPEMD-160
        changed = SignaturePacket(claim.body, claim.version, claim.type, claim.algorithm, weak)
        assert not holds(changed, primary, user_id, issuer)
    rsa = next(packets(introducer(key("Mia <mia@example.org>", 1)).data)).body
    assert not holds(claim, primary, user_id, rsa)
    for algorithm in (16, 17, 99):
        assert not holds(claim, primary, user_id, issuer[:5] + bytes((algorithm,)) + issuer[6:])
