from __future__ import annotations

import pytest

from mailsec.content.smime import rules
from mailsec.content.smime.published import Published, published
from mailsec.content.smime.smimea import owner_name
from mailsec.core.flow import AnswerStatus, Dnssec
from mailsec.core.limits.transport import KEY_RECORDS
from mailsec.core.results import Status
from mailsec.message.person import parse_address
from tests import published as dns
from tests.content.smime.forge import ALICE
from tests.published import Raw, association, judge

WHO = "Alice@bank.example"
NAME = owner_name(WHO)
OWN = association(3, 0, 0, ALICE.der)


def asked(world: dns.Published, *, accept: bool = False) -> Published:
    return judge(published(parse_address(WHO), accept_case_variant=accept), world)


def of(*records: Raw, dnssec: Dnssec = Dnssec.SECURE) -> Published:
    return asked(dns.Published({f"{NAME} SMIMEA": list(records)}, dnssec=dnssec))


def test_secure_records_count() -> None:
    found = of(OWN, association(3, 1, 1, b"x" * 32))
    assert (found.status, found.address, found.name) == (Status.PASS, WHO, NAME)
    assert [(each.usage, each.selector, each.matching) for each in found.records] == [(3, 0, 0), (3, 1, 1)]


@pytest.mark.parametrize("dnssec", [Dnssec.INSECURE, Dnssec.INDETERMINATE, Dnssec.UNCHECKED])
def test_others_do_not(dnssec: Dnssec) -> None:
    found = of(OWN, dnssec=dnssec)
    assert (found.status, found.records) == (Status.NONE, ())
    assert found.reason.endswith(f"DNSSEC is {dnssec}")


def test_no_record_changes_nothing() -> None:
    assert asked(dns.Published({})).status is Status.NONE


@pytest.mark.parametrize(
    "record",
    [
        Raw(b"\3\0"),
        Raw(b"\3\0\0"),
        association(4, 0, 0, ALICE.der),
        association(3, 0, 1, b"x" * 31),
        association(3, 0, 0, b"garbage"),
        association(3, 0, 0, b"\x30garbage"),
        association(3, 1, 0, b"garbage"),
    ],
)
def test_records_that_cannot_be_used_are_as_good_as_none(record: Raw) -> None:
    assert of(record).status is Status.NONE
    assert len(of(record, OWN).records) == 1


def test_a_thousand_records() -> None:
    assert len(of(*[OWN] * 1_000).records) == KEY_RECORDS


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED])
@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (Dnssec.INSECURE, Status.NONE),
        (Dnssec.SECURE, Status.TEMPERROR),
        (Dnssec.BOGUS, Status.TEMPERROR),
        (Dnssec.INDETERMINATE, Status.TEMPERROR),
    ],
)
def test_a_failed_lookup_counts_where_the_domain_may_be_signed(status: AnswerStatus, zone: Dnssec, expected: Status) -> None:
    world = dns.Published({f"{NAME} SMIMEA": status}, states={"bank.example SOA": zone})
    assert asked(world).status is expected


def test_a_bogus_answer_counts() -> None:
    world = dns.Published({f"{NAME} SMIMEA": [OWN]}, dnssec=Dnssec.BOGUS)
    assert asked(world).status is Status.TEMPERROR
    assert len(world.asked) == 1


def test_what_was_not_asked_counts_for_nothing() -> None:
    assert asked(dns.Published({f"{NAME} SMIMEA": AnswerStatus.UNRECORDED})).status is Status.NONE


def test_records_of_the_lower_cased_address_only_where_they_are_accepted() -> None:
    world = dns.Published({f"{owner_name(WHO.lower())} SMIMEA": [OWN]})
    found = asked(world)
    assert found.status is Status.NONE
    assert [each.rule for each in found.findings] == [rules.CASE_VARIANT.id]
    assert asked(world, accept=True).status is Status.PASS
