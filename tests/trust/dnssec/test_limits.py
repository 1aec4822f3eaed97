"""The bounds: beyond each an answer is indeterminate, never insecure, never secure. What is not supported is insecure."""

from __future__ import annotations

from dataclasses import replace

import dns.rdata
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Query, Record
from mailsec.core.limits.network import DNSSEC_DS, DNSSEC_KEYS
from mailsec.trust.dnssec.anchors import Anchor, Anchors
from mailsec.trust.dnssec.validator import Validator
from mailsec.trust.dnssec.walk import Walker
from tests.trust.dnssec.authority import NOW, TTL, Hashing, Signer, World, Zone, name, rdata, record
from tests.trust.dnssec.support import Asker, make_world

RSA = rsa.generate_private_key(65537, 2048)


def small(*zones: Zone) -> World:
    return World(Zone("", signer=make_world().zones[name("")].signer), Zone("test"), *zones)


def colliding(key: Signer, count: int) -> list[dns.rdata.Rdata]:
    """Keys of the same algorithm and tag: two octets of the key moved against each other leave the sum as it is."""
    made = []
    for at in range(1, count + 1):
        data = bytearray(key.public.to_wire() or b"")
        for place, change in ((4, at), (6, -at)):
            data[place : place + 2] = ((int.from_bytes(data[place : place + 2], "big") + change) % 65535).to_bytes(2, "big")
        made.append(dns.rdata.from_wire("IN", "DNSKEY", bytes(data), 0, len(data)))
    return [each for each in made if each.key_id() == key.tag]


def signatures(world: World, count: int) -> list[Record]:
    """`count` signatures on mx.a.test that say the right key and verify with nothing."""
    signer = world.zones[name("a.test")].signer
    made = []
    for at in range(count):
        other = dns.rrset.from_text("mx.a.test.", TTL, "IN", "A", f"203.0.113.{at + 1}")
        made.append(record(name("mx.a.test"), signer.sign(other, name("a.test"))))
    return made


def test_two_keys_of_one_tag_are_an_accident() -> None:
    key = Signer()
    world = small(Zone("a.test", "mx A 192.0.2.1", signer=key, extra_keys=colliding(key, 2)))
    assert Asker(world).state("mx.a.test", "A") is Dnssec.SECURE


def test_more_keys_of_one_tag_than_are_tried() -> None:
    key = Signer()
    others = colliding(key, 12)
    assert len(others) > DNSSEC_KEYS
    zone = Zone("a.test", "mx A 192.0.2.1", signer=key, extra_keys=others)
    world = small(zone)
    world.forge[Query("a.test", "DNSKEY")] = lambda answer: replace(answer, records=(*answer.records[1:], answer.records[0]))
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "more" in answer.reason


def test_more_keys_of_one_tag_than_are_tried_on_an_answer() -> None:
    """The zone signing key hides behind others; the key that the DS names is alone with its tag."""
    key, zsk = Signer(), Signer(flags=256)
    others = colliding(zsk, 12)
    zone = Zone("a.test", "mx A 192.0.2.1", signer=key, extra_keys=[*others, zsk.public])
    world = small(zone)
    zone.sign_set((name("mx.a.test"), "A"), zsk)
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "share a tag" in answer.reason


@pytest.mark.parametrize(("bad", "state"), [(7, "secure"), (8, "indeterminate"), (200, "indeterminate")])
def test_failed_signatures_of_one_set(bad: int, state: str) -> None:
    world = small(Zone("a.test", "mx A 192.0.2.1"))
    world.forge[Query("mx.a.test", "A")] = lambda answer: replace(answer, proof=(*signatures(world, bad), *answer.proof))
    assert Asker(world).state("mx.a.test", "A") == state


def test_only_failed_signatures_are_bogus() -> None:
    world = small(Zone("a.test", "mx A 192.0.2.1"))
    world.forge[Query("mx.a.test", "A")] = lambda answer: replace(answer, proof=tuple(signatures(world, 8)))
    assert Asker(world).state("mx.a.test", "A") is Dnssec.BOGUS


def test_verifications_of_one_question() -> None:
    """Many sets, each with few failures: the whole is bounded too."""
    world = small(Zone("a.test", "\n".join(f"n{at} CNAME n{at + 1}" for at in range(80)) + "\nn80 A 192.0.2.1"))
    answer = Asker(world).ask("n0.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "64 signatures" in answer.reason
    asker = Asker(world)
    assert asker.state("n60.a.test", "A") is Dnssec.SECURE


def test_ds_records_that_are_compared() -> None:
    key = Signer()
    zone = Zone("a.test", "mx A 192.0.2.1", signer=key)
    many = "\n".join(f"a DS {at} 15 2 {at:064x}" for at in range(1, DNSSEC_DS + 2))
    world = World(Zone(""), Zone("test", many), zone)
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "DS records" in answer.reason
    few = World(Zone(""), Zone("test", "a DS 1 15 2 " + 64 * "0"), Zone("a.test", "mx A 192.0.2.1"))
    answer = Asker(few).ask("mx.a.test", "A")
    assert (answer.dnssec, "wrong DS" in answer.reason) == (Dnssec.BOGUS, True)


@pytest.mark.parametrize(("iterations", "state"), [(0, "secure"), (50, "secure"), (51, "insecure"), (500, "insecure")])
def test_nsec3_iterations(iterations: int, state: str) -> None:
    world = small(Zone("a.test", "mx A 192.0.2.1\n*.w A 192.0.2.2", hashing=Hashing(iterations)))
    asker = Asker(world)
    assert asker.state("no.a.test", "A") == state
    assert asker.state("mx.a.test", "TXT") == state
    assert asker.state("x.w.a.test", "A") == state
    assert asker.state("mx.a.test", "A") is Dnssec.SECURE
    # what does not hold is no better for it
    proof = world.answer(Query("no.a.test", "A")).proof
    world.forge[Query("mx.a.test", "A")] = lambda answer: replace(answer, status=AnswerStatus.NXDOMAIN, records=(), proof=proof)
    assert asker.state("mx.a.test", "A") is Dnssec.BOGUS


def test_nsec3_iterations_beyond_computing() -> None:
    answer = Asker(small(Zone("a.test", "mx A 192.0.2.1", hashing=Hashing(501)))).ask("no.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "501 iterations is not computed" in answer.reason


def test_nsec3_rounds_of_one_question() -> None:
    labels = ".".join("x" * 100)
    answer = Asker(small(Zone("a.test", hashing=Hashing(500)))).ask(f"{labels}.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "rounds" in answer.reason


def test_an_rsa_key_that_would_take_too_long() -> None:
    large = b"\x00\x01\x00" + b"\xff" * 256 + b"\xff" * 256
    data = b"\x01\x01\x03\x08" + large
    key = dns.rdata.from_wire("IN", "DNSKEY", data, 0, len(data))
    ds = dns.dnssec.make_ds("a.test.", key, "SHA256")
    zone = Zone("a.test", "mx A 192.0.2.1", signer=Signer(private=RSA, algorithm="RSASHA256"))
    world = World(Zone(""), Zone("test", f"a DS {ds}"), zone)
    rrset = dns.rrset.from_rdata(name("a.test"), TTL, key)
    made = zone.signer.sign(rrset, name("a.test"))
    forged_signature = record(name("a.test"), made.replace(key_tag=key.key_id()))
    records = (record(name("a.test"), key),)
    world.forge[Query("a.test", "DNSKEY")] = lambda answer: replace(answer, records=records, proof=(forged_signature,))
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "larger than any" in answer.reason


def test_an_rsa_zone_is_secure() -> None:
    world = small(Zone("a.test", "mx A 192.0.2.1", signer=Signer(private=RSA, algorithm="RSASHA256")))
    assert Asker(world).state("mx.a.test", "A") is Dnssec.SECURE


@pytest.mark.parametrize("algorithm", ["RSASHA1", "RSASHA1NSEC3SHA1"])
def test_sha1_counts_as_unsigned_unless_allowed(algorithm: str) -> None:
    world = small(Zone("a.test", "mx A 192.0.2.1", signer=Signer(private=RSA, algorithm=algorithm)))
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INSECURE
    assert "SHA-1" in answer.reason
    assert Asker(world, allow_sha1=True).state("mx.a.test", "A") is Dnssec.SECURE
    assert Asker(world, allow_sha1=True).state("no.a.test", "A") is Dnssec.SECURE
    # allowed or not, a forgery does not hold
    world.forge[Query("mx.a.test", "A")] = lambda answer: replace(
        answer, records=(replace(answer.records[0], rdata=b"\1\2\3\4"),)
    )
    assert Asker(world, allow_sha1=True).state("mx.a.test", "A") is Dnssec.BOGUS


@pytest.mark.parametrize("ds", ["7 253 2 " + 64 * "0", "7 12 2 " + 64 * "0", "7 13 3 " + 64 * "0", "7 15 200 00"])
def test_unsupported_algorithms_and_digests_are_insecure(ds: str) -> None:
    world = World(Zone(""), Zone("test", f"a DS {ds}"), Zone("a.test", "mx A 192.0.2.1"))
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.INSECURE
    assert "not supported" in answer.reason


def test_an_unsupported_algorithm_beside_a_supported_one_changes_nothing() -> None:
    key = Signer()
    both = f"a DS {key.ds('a.test')}\na DS 7 253 2 {64 * '0'}"
    world = World(Zone(""), Zone("test", both), Zone("a.test", "mx A 192.0.2.1", signer=key))
    assert Asker(world).state("mx.a.test", "A") is Dnssec.SECURE

    def other_algorithm(answer: Answer) -> Answer:
        proof = tuple(
            replace(each, rdata=each.rdata[:2] + b"\xfd" + each.rdata[3:]) if each.type == "RRSIG" else each
            for each in answer.proof
        )
        return replace(answer, proof=proof)

    world.forge[Query("mx.a.test", "A")] = other_algorithm
    answer = Asker(world).ask("mx.a.test", "A")
    assert answer.dnssec is Dnssec.BOGUS
    assert "not accepted" in answer.reason


def test_a_sha1_digest_is_ignored_beside_a_better_one() -> None:
    """RFC 4509 section 3: or a collision would do."""
    key, other = Signer(), Signer()
    world = World(
        Zone(""),
        Zone("test", f"a DS {key.ds('a.test', 'SHA1')}\na DS {other.ds('a.test')}"),
        Zone("a.test", "mx A 192.0.2.1", signer=key),
    )
    assert Asker(world).state("mx.a.test", "A") is Dnssec.BOGUS
    alone = World(Zone(""), Zone("test", f"a DS {key.ds('a.test', 'SHA1')}"), Zone("a.test", "mx A 192.0.2.1", signer=key))
    assert Asker(alone).state("mx.a.test", "A") is Dnssec.SECURE


@pytest.mark.parametrize("flags", [0, 257 | 0x80])
def test_keys_that_may_not_sign(flags: int) -> None:
    """No zone key, and a revoked one (RFC 4034 section 2.1.1, RFC 5011 section 2.1)."""
    key = Signer(flags=flags)
    world = World(Zone(""), Zone("test", f"a DS {key.ds('a.test')}"), Zone("a.test", "mx A 192.0.2.1"))
    rrset = dns.rrset.from_rdata(name("a.test"), TTL, key.public)
    signature = rdata("RRSIG", f"DNSKEY 15 2 {TTL} 20300101000000 20200101000000 {key.tag} a.test. AAAA")
    records = (record(name("a.test"), rrset[0]),)
    world.forge[Query("a.test", "DNSKEY")] = lambda answer: replace(
        answer, records=records, proof=(record(name("a.test"), signature),)
    )
    answer = Asker(world).ask("mx.a.test", "A")
    assert (answer.dnssec, "wrong DS" in answer.reason) == (Dnssec.BOGUS, True)


def test_anchors_of_other_zones_and_none() -> None:
    world = make_world()
    ds = world.zones[name("nsec.test")].signer.ds("nsec.test")
    island = Anchors((Anchor("nsec.test", ds.key_tag, ds.algorithm, ds.digest_type, ds.digest),))
    asker = Asker(world)
    asker.validator = Validator(island, now=NOW)
    assert asker.state("mx.nsec.test", "A") is Dnssec.SECURE
    answer = asker.ask("nsec3.test", "MX")
    assert (answer.dnssec, "no trust anchor" in answer.reason) == (Dnssec.INDETERMINATE, True)


def test_anchors_that_are_not_valid_now_or_cannot_be_used() -> None:
    world = make_world()
    (anchor,) = world.anchors().anchors
    for changed, said in [
        (replace(anchor, valid_until=NOW), "is valid at 2027"),
        (replace(anchor, valid_from=NOW + 1), "is valid at 2027"),
        (replace(anchor, algorithm=5), "cannot be used"),
    ]:
        asker = Asker(world)
        asker.validator = Validator(Anchors((changed,)), now=NOW)
        answer = asker.ask("nsec.test", "MX")
        assert answer.dnssec is Dnssec.INDETERMINATE
        assert said in answer.reason
    good = Anchors((replace(anchor, valid_from=NOW, valid_until=NOW + 1),))
    asker.validator = Validator(good, now=NOW)
    assert asker.state("nsec.test", "MX") is Dnssec.SECURE


def test_the_memory_of_zones_is_bounded() -> None:
    asker = Asker(make_world())
    walker = asker.validator._walker = Walker(asker.validator.anchors, asker.validator.policy, size=2)
    for owner in ("nsec.test", "mx.nsec.test", "nsec3.test", "unsigned.test", "nsec.test"):
        asker.ask(owner, "MX")
        assert len(walker._places) <= 2
    assert asker.state("nsec.test", "MX") is Dnssec.SECURE


def test_a_long_way_to_a_signer_is_walked_step_by_step() -> None:
    deep = ".".join("abcdefgh")
    world = World(Zone(""), Zone("test"), Zone(f"{deep}.test", "@ MX 10 mx"))
    assert Asker(world).state(f"{deep}.test", "MX") is Dnssec.SECURE
    assert Query("b.c.d.e.f.g.h.test", "DNSKEY") not in world.asked
