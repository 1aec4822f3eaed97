from __future__ import annotations

from functools import cache
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import Profile, Tsk

from mailsec.core.errors import BadInput
from mailsec.core.limits.keys import RING_SELF_WORK, RING_USER_IDS
from mailsec.trust.keyring.packets import SIGNATURE, USER_ID, framed, packets
from mailsec.trust.keyring.reading import Reading, address_of, read_key, read_keys, read_revocations


@cache
def alice() -> Tsk:
    return Tsk.generate(user_ids=["Alice <alice@example.org>", "alice@Work.Example"])


@cache
def bob() -> Tsk:
    return Tsk.generate("Bob <bob@example.org>", profile=Profile.RFC9580, validity_seconds=86_400)


def test_what_a_certificate_says() -> None:
    read = read_key(bytes(alice()))
    certificate = alice().extract_certificate()
    assert read.fingerprint == certificate.fingerprint.upper()
    assert (read.algorithm, read.expires, read.revocation) == ("eddsa ed25519", None, None)
    assert [(each.text, each.address) for each in read.user_ids] == [
        ("Alice <alice@example.org>", "alice@example.org"),
        ("alice@Work.Example", "alice@work.example"),
    ]
    assert len(read.handles) == 6
    assert read.handles[1] == read.fingerprint[-16:]
    assert read.secret is not None
    assert bytes(Tsk.from_bytes(read.secret)) == bytes(alice())
    assert read.data == bytes(certificate)


def test_a_key_of_version_6() -> None:
    read = read_key(bytes(bob().extract_certificate()))
    assert len(read.fingerprint) == 64
    assert read.handles[1] == read.fingerprint[:16]
    assert read.secret is None
    assert read.expires is not None
    assert 86_000 < read.expires - read.created < 87_000


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_armored_binary_and_several(ends: str) -> None:
    armored = f"words in front\n{alice().extract_certificate()}\nwords between\n{bob()}".replace("\n", ends).encode()
    armored = armored[armored.index(b"-----") :]
    both = [read.fingerprint for read in read_keys(armored) if isinstance(read, Reading)]
    assert both == [alice().extract_certificate().fingerprint.upper(), bob().extract_certificate().fingerprint.upper()]
    binary = bytes(alice()) + bytes(bob().extract_certificate())
    assert [read.fingerprint for read in read_keys(binary) if isinstance(read, Reading)] == both
    with pytest.raises(BadInput, match="2 keys"):
        read_key(binary)


def test_revocations_hard_and_soft() -> None:
    certificate = alice().extract_certificate()
    revocation = bytes(certificate.revoke(alice().certifier()))
    read = read_key(bytes(certificate) + revocation)
    assert read.revocation is not None
    assert read.revocation.hard
    assert read.revocation.reason == "no reason given"
    assert read_revocations(revocation) == [(certificate.fingerprint.upper(), next(packets(revocation)).framed)]
    assert read_revocations(bytes(certificate)) == []
    assert read_revocations(b"nothing") == []


@pytest.mark.parametrize("data", [b"", b"x", b"\x99", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP"])
def test_what_is_no_key_is_an_error(data: bytes) -> None:
    with pytest.raises(BadInput, match="no OpenPGP key"):
        list(read_keys(data))


def test_containers_and_what_stands_before_a_key_are_refused() -> None:
    for data in (framed(8, b"\x01"), framed(USER_ID, b"x") + bytes(alice())):
        with pytest.raises(BadInput, match="no OpenPGP key"):
            list(read_keys(data))


def test_a_key_that_signed_nothing_is_refused_by_itself() -> None:
    primary = next(packets(bytes(alice().extract_certificate()))).framed
    bad, good = read_keys(primary + framed(USER_ID, b"Mallory <m@example.org>") + bytes(bob().extract_certificate()))
    assert isinstance(bad, BadInput)
    assert "nothing in it is signed by the key itself" in bad.message
    assert isinstance(good, Reading)


def test_floods_are_refused_at_once() -> None:
    data = bytes(alice().extract_certificate())
    user_ids = b"".join(framed(USER_ID, b"U%d <u@example.org>" % n) for n in range(10_000))
    (own,) = [packet.framed for packet in packets(data) if packet.tag == SIGNATURE][:1]
    begun = process_time()
    for flood, words in ((user_ids, "user IDs"), (own * (RING_SELF_WORK + 1), "signatures of its own")):
        (refused,) = read_keys(data + flood)
        assert isinstance(refused, BadInput)
        assert words in refused.message
    assert process_time() - begun < 20  # a library left alone with these takes minutes
    assert RING_USER_IDS < 10_000


def test_ten_thousand_certifications_by_others_are_read() -> None:
    certificate = alice().extract_certificate()
    maker = Tsk.generate("Mia <mia@example.org>")
    data = bytes(certificate.add_user_id("Alice <alice@example.org>", maker.certifier()))
    (claim,) = [
        packet
        for packet in packets(data)
        if packet.tag == SIGNATURE and bytes.fromhex(maker.extract_certificate().fingerprint) in packet.body
    ]
    flood = b"".join(framed(SIGNATURE, claim.body[:-20] + n.to_bytes(4, "big") + claim.body[-16:]) for n in range(10_000))
    read = read_key(data[: claim.start] + flood + data[claim.start :])
    assert read.user_ids[0].certified_by == (maker.extract_certificate().fingerprint.upper(),)


@pytest.mark.parametrize(
    ("user_id", "address"),
    [
        ("Alice <alice@Example.org>", "alice@example.org"),
        ("alice@example.org", "alice@example.org"),
        ("Älice <ä@straße.example>", "ä@xn--strae-oqa.example"),
        ("ceo@bank.example <mallory@evil.example>", "mallory@evil.example"),
        ("<ceo@bank.example> <mallory@evil.example>", ""),
        ("Mallory <mallory@evil.example> ceo", ""),
        ("a@b.example, c@d.example", ""),
        ("Alice", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_user_id(user_id: str, address: str) -> None:
    assert address_of(user_id) == address


@given(st.data())
def test_damaged_keys_are_read_or_refused(data: st.DataObject) -> None:
    octets = bytearray(bytes(alice()) + bytes(bob().extract_certificate()))
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    octets = octets[: data.draw(st.integers(1, len(octets)))]
    try:
        for read in read_keys(bytes(octets)):
            assert isinstance(read, Reading | BadInput)
    except BadInput:
        pass
