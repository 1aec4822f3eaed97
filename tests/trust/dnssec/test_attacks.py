"""What somebody on the path can do to answers. None of it may come out secure, and without proof none insecure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dns.rrset
import pytest

from mailsec.core.flow import Answer, AnswerStatus, Dnssec, Query, Record
from mailsec.core.rdata import encode_name
from tests.trust.dnssec.authority import TTL, Hashing, Signer, World, Zone, name, record
from tests.trust.dnssec.support import Asker, forged, make_world, with_proof, without

NODATA, NXDOMAIN, OK = AnswerStatus.NODATA, AnswerStatus.NXDOMAIN, AnswerStatus.OK
EVIL = Record("mx.nsec.test", "A", TTL, bytes((203, 0, 113, 1)))
SIGNED = ("nsec.test", "nsec3.test")
GOOD = make_world()


def good(owner: str, type: str) -> Answer:
    return GOOD.answer(Query(owner, type))


def absent(status: AnswerStatus, *proof: Record) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, status=status, records=(), aliases=(), proof=proof)


def refused(asker: Asker, owner: str, type: str, *said: str) -> Answer:
    answer = asker.ask(owner, type)
    assert answer.dnssec in (Dnssec.BOGUS, Dnssec.INDETERMINATE), answer
    assert all(each in answer.reason for each in said), answer.reason
    return answer


@pytest.mark.parametrize("domain", SIGNED)
@pytest.mark.parametrize(
    ("host", "type"), [("", "MX"), ("mx.", "A"), ("no.b.c.", "A"), ("mx.", "TXT"), ("any.", "TXT"), ("any.", "DS")]
)
def test_stripped_signatures(domain: str, host: str, type: str) -> None:
    refused(forged(make_world(), host + domain, type, without("RRSIG")), host + domain, type)
    refused(forged(make_world(), host + domain, type, with_proof()), host + domain, type, "no ")


@pytest.mark.parametrize("domain", SIGNED)
@pytest.mark.parametrize(("host", "type"), [("no.b.c.", "A"), ("mx.", "TXT"), ("any.", "TXT"), ("any.", "MX"), ("c.", "A")])
def test_stripped_proof(domain: str, host: str, type: str) -> None:
    asker = forged(make_world(), host + domain, type, without("NSEC", "NSEC3"))
    refused(asker, host + domain, type, "no NSEC" if host == "any." and type == "TXT" else "no proof")


@pytest.mark.parametrize("domain", SIGNED)
@pytest.mark.parametrize(("host", "type"), [("no.b.c.", "A"), ("mx.", "TXT"), ("any.", "MX"), ("any.", "TXT"), ("x.ent.", "A")])
def test_each_record_of_a_proof_is_needed(domain: str, host: str, type: str) -> None:
    whole = good(host + domain, type)
    denials = [each for each in whole.proof if each.type in ("NSEC", "NSEC3")]
    assert denials
    for removed in denials:
        rest = tuple(each for each in whole.proof if each != removed)
        refused(forged(make_world(), host + domain, type, with_proof(*rest)), host + domain, type)


def test_other_records_under_the_same_signature() -> None:
    forgery = lambda answer: replace(answer, records=(EVIL,))  # noqa: E731 - one line, used once
    refused(forged(make_world(), "mx.nsec.test", "A", forgery), "mx.nsec.test", "A", "bad signature")
    added = lambda answer: replace(answer, records=(*answer.records, EVIL))  # noqa: E731 - as above
    refused(forged(make_world(), "mx.nsec.test", "A", added), "mx.nsec.test", "A", "bad signature")
    dropped = lambda answer: replace(answer, records=answer.records[:1])  # noqa: E731 - as above
    refused(forged(make_world(), "two.nsec.test", "TXT", dropped), "two.nsec.test", "TXT", "bad signature")


def test_records_of_another_name_beside_signed_ones() -> None:
    stray = replace(EVIL, owner="evil.nsec.test")
    asker = forged(make_world(), "mx.nsec.test", "A", lambda answer: replace(answer, records=(*answer.records, stray)))
    refused(asker, "mx.nsec.test", "A", "other records")
    none = forged(make_world(), "mx.nsec.test", "A", lambda answer: replace(answer, records=(stray,)))
    refused(none, "mx.nsec.test", "A", "other records")


@pytest.mark.parametrize("domain", SIGNED)
@pytest.mark.parametrize("status", [NODATA, NXDOMAIN])
def test_what_exists_cannot_be_denied(domain: str, status: AnswerStatus) -> None:
    """Every proof that the domain can be made to give, for a name and a type that are there."""
    proofs = [
        good(f"{host}{domain}", type).proof
        for host, type in [
            ("no.b.c.", "A"),
            ("mx.", "TXT"),
            ("any.", "MX"),
            ("any.", "TXT"),
            ("c.", "A"),
            ("", "TXT"),
            ("x.ent.", "A"),
        ]
    ]
    proofs.append(tuple(dict.fromkeys(each for proof in proofs for each in proof)))
    proofs.append((*proofs[-1], *good("no.test", "A").proof, *good(domain, "DS").proof, *good("unsigned.test", "DS").proof))
    for host, type in [
        ("mx.", "A"),
        ("", "MX"),
        ("two.", "TXT"),
        ("alias.", "A"),
        ("mx.old.", "A"),
        ("any.", "TXT"),
        ("x.ent.", "MX"),
    ]:
        for proof in proofs:
            refused(forged(make_world(), host + domain, type, absent(status, *proof)), host + domain, type)


@pytest.mark.parametrize("domain", SIGNED)
def test_a_changed_response_code(domain: str) -> None:
    """The code is not signed: a proof of the one absence must not do for the other."""
    asker = forged(make_world(), f"mx.{domain}", "TXT", lambda answer: replace(answer, status=NXDOMAIN))
    refused(asker, f"mx.{domain}", "TXT", "exists")
    asker = forged(make_world(), f"c.{domain}", "TXT", lambda answer: replace(answer, status=NXDOMAIN))
    refused(asker, f"c.{domain}", "TXT", "exists")
    asker = forged(make_world(), f"no.b.c.{domain}", "A", lambda answer: replace(answer, status=NODATA))
    refused(asker, f"no.b.c.{domain}", "A", "no proof")


@pytest.mark.parametrize("domain", SIGNED)
def test_a_wildcard_replayed_for_an_existing_name(domain: str) -> None:
    """two. has TXT of its own; what the wildcard says is signed too, but not for it."""
    wild = good(f"any.{domain}", "TXT")

    def replay(answer: Answer) -> Answer:
        moved = tuple(replace(each, owner=answer.query.name) for each in wild.records)
        proof = tuple(replace(each, owner=answer.query.name) if each.owner == wild.query.name else each for each in wild.proof)
        return replace(answer, status=OK, records=moved, proof=(*proof, *good(f"mx.{domain}", "TXT").proof))

    refused(forged(make_world(), f"two.{domain}", "TXT", replay), f"two.{domain}", "TXT", "wildcard")
    refused(forged(make_world(), f"x.b.c.{domain}", "TXT", replay), f"x.b.c.{domain}", "TXT", "wildcard")


def test_an_nsec_record_made_from_a_wildcard_proves_nothing() -> None:
    """The NSEC record of *.ent verifies under any name below ent, and would deny whatever stands there."""
    world = make_world()
    real = [each for each in good("*.ent.nsec.test", "A").proof if each.owner == "*.ent.nsec.test"]
    assert {each.type for each in real} == {"NSEC", "RRSIG"}
    moved = [replace(each, owner="x.ent.nsec.test") for each in real]
    refused(forged(world, "x.ent.nsec.test", "A", absent(NODATA, *moved)), "x.ent.nsec.test", "A")


def test_removing_the_ds_needs_proof() -> None:
    for change in (without("RRSIG"), with_proof()):
        asker = forged(make_world(), "nsec.test", "DS", lambda answer, change=change: change(absent(NODATA)(answer)))
        refused(asker, "nsec.test", "MX", "no proof")
    for other in [
        ("unsigned.test", "DS"),
        ("nsec3.test", "MX"),
        ("no.test", "DS"),
        ("ns.test", "DS"),
        ("test", "DS"),
        ("nsec.test", "TXT"),
    ]:
        for status in (NODATA, NXDOMAIN):
            asker = forged(make_world(), "nsec.test", "DS", absent(status, *good(*other).proof))
            refused(asker, "nsec.test", "MX", "no proof")


def test_the_opt_out_proof_of_another_name_does_not_remove_a_ds() -> None:
    for other in ("sub.optout.test", "no.optout.test"):
        made = World(*_behind_opt_out())
        proof = made.answer(Query(other, "DS")).proof
        made.forge[Query("in.optout.test", "DS")] = absent(NODATA, *proof)
        refused(Asker(made), "in.optout.test", "MX")


def _behind_opt_out() -> list[Zone]:
    return [
        Zone("in.optout.test", "@ MX 10 mx"),
        Zone(""),
        Zone("test"),
        Zone("optout.test", "mx A 192.0.2.3", hashing=Hashing(opt_out=True)),
        Zone("sub.optout.test", "@ MX 10 mx", signer=None),
    ]


def test_what_the_child_says_of_its_ds_proves_nothing() -> None:
    """The child's own record has no DS bit either."""
    own = good("nsec.test", "TXT").proof
    refused(forged(make_world(), "nsec.test", "DS", absent(NODATA, *own)), "nsec.test", "MX", "no proof")
    asker = forged(make_world(), "nsec.test", "DS", absent(NODATA, *own))
    assert asker.state("nsec.test", "DS") is Dnssec.BOGUS


def test_what_the_parent_says_of_a_delegation_proves_nothing_below() -> None:
    """The record of unsigned.test in test has neither MX nor anything below, but it is not test's to say."""
    above = [each for each in good("nsec.test", "DS").proof if each.type != "DS"]
    chain = [*above, *good("unsigned.test", "DS").proof, *good("no.test", "A").proof]
    for owner, type in [("nsec.test", "MX"), ("mx.nsec.test", "A"), ("nsec3.test", "MX")]:
        for status in (NODATA, NXDOMAIN):
            refused(forged(make_world(), owner, type, absent(status, *chain)), owner, type)


def test_keys_of_somebody_else() -> None:
    """Answers of a whole false zone: everything is signed well, by keys that no DS names."""
    evil = World(*(Zone(each.apex, each.lines) for each in GOOD.zones.values()))
    for type in ("MX", "DNSKEY"):
        world = make_world()
        for asked in ("MX", "DNSKEY"):
            world.forge[Query("nsec.test", asked)] = lambda answer: evil.answer(answer.query)
        refused(Asker(world), "nsec.test", type, "wrong DS")
    world = make_world()
    for asked in ("MX", "DS", "DNSKEY"):
        world.forge[Query("nsec.test", asked)] = lambda answer: evil.answer(answer.query)
    refused(Asker(world), "nsec.test", "MX", "DS of nsec.test")
    assert Asker(evil).state("nsec.test", "MX") is Dnssec.SECURE
    root = make_world()
    root.forge[Query("", "DNSKEY")] = lambda answer: evil.answer(answer.query)
    refused(Asker(root), "nsec.test", "MX", "wrong DS")


def test_a_key_added_to_the_keys() -> None:
    evil = Signer()
    rrset = record(name("nsec.test"), evil.public)

    def add(answer: Answer) -> Answer:
        return replace(answer, records=(*answer.records, rrset))

    refused(forged(make_world(), "nsec.test", "DNSKEY", add), "nsec.test", "MX", "bad signature")


def test_no_keys_although_there_is_a_ds() -> None:
    for status in (NODATA, NXDOMAIN):
        refused(forged(make_world(), "nsec.test", "DNSKEY", absent(status)), "nsec.test", "MX", "no DNSKEY")


def test_a_sibling_or_a_child_cannot_sign() -> None:
    """The signer's name must be that of the zone: a neighbour's keys do not do, nor those of a zone that is none."""
    world = make_world()
    stranger = Signer()
    for signer_zone, signer in [
        ("nsec3.test", world.zones[name("nsec3.test")].signer),
        ("mx.nsec.test", stranger),
        ("", stranger),
    ]:
        forgery = dns.rrset.from_text("mx.nsec.test.", TTL, "IN", "A", "203.0.113.1")
        made = signer.sign(forgery, name(signer_zone))
        proof = record(name("mx.nsec.test"), made)
        asker = forged(
            make_world(), "mx.nsec.test", "A", lambda answer, proof=proof: replace(answer, records=(EVIL,), proof=(proof,))
        )
        refused(asker, "mx.nsec.test", "A")


def test_an_unsigned_answer_under_a_signed_zone() -> None:
    asker = forged(make_world(), "mx.nsec.test", "A", lambda answer: replace(answer, records=(EVIL,), proof=()))
    refused(asker, "mx.nsec.test", "A", "no signature")
    deep = "a.very.deep.name.nsec.test"
    fake = Record(deep, "A", TTL, EVIL.rdata)
    refused(forged(make_world(), deep, "A", lambda answer: replace(answer, status=OK, records=(fake,), proof=())), deep, "A")


def test_aliases_are_judged_one_by_one() -> None:
    to_evil = Record("alias.nsec.test", "CNAME", TTL, encode_name("mx.unsigned.test"))
    target = Record("mx.unsigned.test", "A", TTL, EVIL.rdata)
    for proof in (GOOD.answer(Query("alias.nsec.test", "A")).proof, ()):
        change = lambda answer, proof=proof: replace(answer, aliases=(to_evil,), records=(target,), proof=proof)  # noqa: E731
        refused(forged(make_world(), "alias.nsec.test", "A", change), "alias.nsec.test", "A")
    # the first link is well signed, what it leads to is forged
    evil = lambda answer: replace(answer, records=(replace(EVIL, owner="mx.nsec3.test"),))  # noqa: E731
    refused(forged(make_world(), "alias.nsec.test", "A", evil), "alias.nsec.test", "A", "bad signature")


def test_aliases_that_do_not_hang_together() -> None:
    def elsewhere(answer: Answer) -> Answer:
        return replace(answer, aliases=tuple(replace(each, owner="other.nsec.test") for each in answer.aliases))

    refused(forged(make_world(), "alias.nsec.test", "A", elsewhere), "alias.nsec.test", "A", "aliases")
    refused(
        forged(make_world(), "nsec.test", "DS", lambda _: good("alias.nsec.test", "A")), "nsec.test", "MX", "aliases of other"
    )


def test_a_made_up_alias_below_a_dname() -> None:
    to_evil = Record("mx.old.nsec.test", "CNAME", TTL, encode_name("mx.unsigned.test"))
    target = Record("mx.unsigned.test", "A", TTL, EVIL.rdata)
    change = lambda answer: replace(answer, aliases=(to_evil,), records=(target,))  # noqa: E731
    refused(forged(make_world(), "mx.old.nsec.test", "A", change), "mx.old.nsec.test", "A", "no signature")
    # the DNAME does not speak for itself, nor for its neighbours
    for owner in ("old.nsec.test", "two.nsec.test"):
        moved = replace(to_evil, owner=owner, rdata=encode_name("mx.nsec3.test"))
        good_proof = good("mx.old.nsec.test", "A").proof
        chained = lambda answer, moved=moved, proof=good_proof: replace(  # noqa: E731
            answer, status=OK, aliases=(moved,), records=good("mx.nsec3.test", "A").records, proof=proof
        )
        refused(forged(make_world(), owner, "A", chained), owner, "A")


def test_an_alias_cannot_hide_a_delegation() -> None:
    """A DS question answered with a forged alias must not make a zone cut vanish."""
    alias = Record("nsec.test", "CNAME", TTL, encode_name("mx.unsigned.test"))
    asker = forged(
        make_world(), "nsec.test", "DS", lambda answer: replace(answer, status=NODATA, records=(), aliases=(alias,), proof=())
    )
    refused(asker, "nsec.test", "MX", "no signature")


def test_a_ds_of_another_name() -> None:
    asker = forged(make_world(), "nsec.test", "DS", lambda answer: replace(answer, records=good("nsec3.test", "DS").records))
    refused(asker, "nsec.test", "MX", "records of other names")


def test_a_ds_made_from_a_wildcard() -> None:
    key = Signer()
    world = World(Zone(""), Zone("test", f"* DS {key.ds('x.test')}"))
    fake = World(Zone(""), Zone("x.test", "@ MX 10 mx", signer=key), delegate=False)
    for type in ("MX", "DNSKEY"):
        world.forge[Query("x.test", type)] = lambda answer: fake.answer(answer.query)
    refused(Asker(world), "x.test", "MX", "wildcard")


@pytest.mark.parametrize("type", ["A", "SOA"])
def test_data_that_cannot_be_read(type: str) -> None:
    broken = Record("nsec.test", type, TTL, b"\x01")
    asker = forged(make_world(), "nsec.test", type, lambda answer: replace(answer, status=OK, records=(broken,)))
    refused(asker, "nsec.test", type, "cannot be read")


def test_two_records_of_a_type_that_has_one() -> None:
    """What is verified is all that is handed on."""
    other = replace(good("nsec.test", "SOA").records[0], rdata=good("nsec3.test", "SOA").records[0].rdata + b"")
    other = replace(other, rdata=other.rdata[:-1] + b"\x07")
    for both in ((other, *good("nsec.test", "SOA").records), (*good("nsec.test", "SOA").records, other)):
        asker = forged(make_world(), "nsec.test", "SOA", lambda answer, both=both: replace(answer, records=both))
        refused(asker, "nsec.test", "SOA", "cannot be read")


def test_unreadable_signatures_count_as_none() -> None:
    def garble(answer: Answer) -> Answer:
        proof = tuple(replace(each, rdata=each.rdata[:10]) if each.type == "RRSIG" else each for each in answer.proof)
        return replace(answer, proof=proof)

    refused(forged(make_world(), "nsec.test", "MX", garble), "nsec.test", "MX", "no signature")


def test_a_signature_that_counts_too_many_labels() -> None:
    def count(answer: Answer) -> Answer:
        proof = tuple(
            replace(each, rdata=each.rdata[:3] + b"\x09" + each.rdata[4:]) if each.type == "RRSIG" else each
            for each in answer.proof
        )
        return replace(answer, proof=proof)

    refused(forged(make_world(), "nsec.test", "MX", count), "nsec.test", "MX", "labels")


def test_a_bogus_zone_stays_bogus_below() -> None:
    asker = forged(make_world(), "test", "DNSKEY", absent(NODATA))
    for owner in ("nsec.test", "unsigned.test", "no.test"):
        refused(asker, owner, "MX", "test has a DS record and no DNSKEY")
    assert [(node.name, node.status) for node in asker.validator.chain("nsec.test").walk()] == [(".", "pass"), ("test", "fail")]


def test_zones_with_a_common_key() -> None:
    """A signature that another zone made with the same key is none of this zone's, whoever stands beside it."""
    key = Signer()
    world = World(Zone(""), Zone("test"), Zone("a.test", "mx A 192.0.2.1", signer=key), Zone("b.test", signer=key))
    forgery = dns.rrset.from_text("mx.a.test.", TTL, "IN", "A", "203.0.113.1")
    made = record(name("mx.a.test"), key.sign(forgery, name("b.test")))
    evil = Record("mx.a.test", "A", TTL, EVIL.rdata)
    world.forge[Query("mx.a.test", "A")] = lambda answer: replace(answer, records=(evil,), proof=(made, *answer.proof))
    refused(Asker(world), "mx.a.test", "A", "bad signature")


@pytest.mark.parametrize(
    "change",
    [
        without("RRSIG"),
        lambda answer: replace(answer, status=AnswerStatus.NODATA, records=(), proof=()),
    ],
)
def test_a_name_server_that_passes_on_no_dnssec_records_is_not_the_domains_fault(change: Callable[[Answer], Answer]) -> None:
    answer = forged(make_world(), "", "DNSKEY", change).ask(f"mx.{SIGNED[0]}", "A")
    assert answer.dnssec is Dnssec.INDETERMINATE
    assert "name server may pass on no DNSSEC records" in answer.reason
