"""What the audit of a domain says of DNSSEC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dns.dnssec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mailsec.core.flow import Answer, AnswerStatus, Query, run, through
from mailsec.core.results import Check, Status
from mailsec.core.rules import Severity
from mailsec.trust.dnssec.anchors import Anchors
from mailsec.trust.dnssec.lint import lint
from mailsec.trust.dnssec.rules import RULES
from mailsec.trust.dnssec.validator import Validator
from tests.trust.dnssec.authority import DAY, NOW, Hashing, Signer, World, Zone, name
from tests.trust.dnssec.support import make_world


def judged(world: World, domain: str, *, now: int = NOW, anchors: Anchors | None = None) -> Check:
    validator = Validator(anchors or world.anchors(), now=now)
    return run(through(lint(domain, validator), validator.handle), world)


def rules(check: Check) -> list[str]:
    return [finding.rule for finding in check.all_findings()]


@pytest.mark.parametrize("domain", ["nsec.test", "nsec3.test", "test", "mx.nsec.test"])
def test_a_good_domain(domain: str) -> None:
    check = judged(make_world(), domain)
    assert (check.name, check.status, rules(check)) == ("dnssec", Status.PASS, [])
    assert check.fact("state") == "secure"
    assert check.fact("zone") == domain.removeprefix("mx.")
    assert check.children[0].name == "."


def test_an_unsigned_domain() -> None:
    check = judged(make_world(), "unsigned.test")
    assert (check.status, rules(check)) == (Status.NONE, ["dnssec-insecure"])
    assert "no DS" in check.reason


def test_a_signed_zone_without_ds() -> None:
    world = World(Zone(""), Zone("test"), Zone("island.test"))
    above = world.zones[name("test")]
    key = world.zones[name("island.test")].signer
    assert key is not None
    bare = World(Zone("", signer=world.zones[name("")].signer), Zone("test", "island NS ns.", signer=above.signer))
    for type in ("SOA", "DNSKEY", "NSEC3PARAM"):
        bare.forge[Query("island.test", type)] = lambda answer: world.answer(answer.query)
    check = judged(bare, "island.test")
    assert (check.status, rules(check)) == (Status.NONE, ["dnssec-no-ds"])
    (finding,) = check.findings
    assert finding.fix == f"island.test. IN DS {dns.dnssec.make_ds('island.test.', key.public, 'SHA256')}"


def test_a_wrong_ds_comes_with_the_right_one() -> None:
    world = World(Zone(""), Zone("test", "a DS 1 15 2 " + 64 * "0"), Zone("a.test"))
    check = judged(world, "a.test")
    key = world.zones[name("a.test")].signer
    assert key is not None
    assert (check.status, rules(check)) == (Status.FAIL, ["dnssec-bogus"])
    assert check.findings[0].severity is Severity.HIGH
    assert check.findings[0].fix == f"a.test. IN DS {dns.dnssec.make_ds('a.test.', key.public, 'SHA256')}"


def test_an_expired_zone() -> None:
    check = judged(make_world(), "expired.test")
    assert (check.status, rules(check)) == (Status.FAIL, ["dnssec-bogus"])
    assert "expired at" in check.findings[0].message
    assert check.findings[0].fix == ""


def _changed(answer: Answer) -> Answer:
    return replace(answer, records=tuple(replace(record, rdata=record.rdata + b"\0") for record in answer.records))


def _withheld(answer: Answer) -> Answer:
    return replace(answer, status=AnswerStatus.NODATA, records=(), proof=())


@pytest.mark.parametrize(("type", "change"), [("MX", _changed), ("MX", _withheld), ("TXT", _withheld)])
def test_a_mail_record_that_is_not_as_it_was_signed(type: str, change: Callable[[Answer], Answer]) -> None:
    world = make_world()
    world.forge[Query("nsec.test", type)] = change
    check = judged(world, "nsec.test")
    assert (check.status, rules(check)) == (Status.FAIL, ["dnssec-bogus"])
    assert check.reason.startswith(f"{type} of nsec.test: ")
    assert check.fact("state") == "bogus"


def test_what_could_not_be_looked_up() -> None:
    world = make_world()
    world.forge[Query("nsec.test", "SOA")] = lambda answer: replace(
        answer, status=AnswerStatus.TIMEOUT, records=(), reason="slow"
    )
    check = judged(world, "nsec.test")
    assert (check.status, rules(check)) == (Status.TEMPERROR, ["dnssec-indeterminate"])


def test_no_anchor_is_valid() -> None:
    world = make_world()
    (anchor,) = world.anchors().anchors
    check = judged(world, "nsec.test", anchors=Anchors((replace(anchor, valid_until=NOW),)))
    assert (check.status, rules(check)) == (Status.TEMPERROR, ["dnssec-anchor-expired", "dnssec-indeterminate"])


def test_no_anchor_above() -> None:
    world = make_world()
    (anchor,) = world.anchors().anchors
    check = judged(world, "nsec.test", anchors=Anchors((replace(anchor, zone="other.test"),)))
    assert (check.status, check.fact("zone")) == (Status.TEMPERROR, None)


@pytest.mark.parametrize(("left", "life", "found"), [(2, 30, True), (4, 30, False), (2, 4, False), (0.5, 4, True)])
def test_a_signature_that_expires_soon(left: float, life: float, found: bool) -> None:
    end = NOW + int(left * DAY)
    world = World(Zone(""), Zone("test"), Zone("a.test", inception=end - int(life * DAY), expiration=end))
    check = judged(world, "a.test")
    assert check.status is Status.PASS
    assert rules(check) == (["dnssec-expires-soon"] * 2 if found else [])


def test_iterations() -> None:
    zone = Zone("a.test", "@ NSEC3PARAM 1 0 5 ab", hashing=Hashing(5, salt=b"\xab"))
    check = judged(World(Zone(""), Zone("test"), zone), "a.test")
    assert rules(check) == ["dnssec-nsec3-iterations"]
    assert check.findings[0].fix == "a.test. IN NSEC3PARAM 1 0 0 -"
    none = Zone("a.test", "@ NSEC3PARAM 1 0 0 -", hashing=Hashing())
    assert rules(judged(World(Zone(""), Zone("test"), none), "a.test")) == []


def test_sha1() -> None:
    key = Signer(private=rsa.generate_private_key(65537, 2048), algorithm="RSASHA1")
    check = judged(World(Zone(""), Zone("test"), Zone("a.test", signer=key)), "a.test")
    assert (check.status, rules(check)) == (Status.NONE, ["dnssec-sha1"])
    modern = Signer()
    world = World(Zone(""), Zone("test", f"a DS {modern.ds('a.test', 'SHA1')}"), Zone("a.test", signer=modern))
    check = judged(world, "a.test")
    assert (check.status, rules(check)) == (Status.PASS, ["dnssec-sha1"])


def test_an_unsupported_algorithm() -> None:
    check = judged(World(Zone(""), Zone("test", "a DS 7 253 2 " + 64 * "0"), Zone("a.test")), "a.test")
    assert (check.status, rules(check)) == (Status.NONE, ["dnssec-insecure"])


def test_without_validation_it_is_skipped() -> None:
    world = make_world()
    check = run(lint("nsec.test", Validator(world.anchors(), now=NOW)), world)
    assert check.status is Status.SKIPPED


def test_the_rule_book() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.id.startswith("dnssec-") for rule in RULES)
