from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import pytest

from mailsec.core.flow import AnswerStatus, Dnssec
from mailsec.core.results import Check, Status
from mailsec.transport.mx.hosts import MxHost
from mailsec.transport.mx.lint import lint as lint_mx
from mailsec.transport.tlsa import rules
from mailsec.transport.tlsa.lint import lint
from tests.published import Published, Raw, Value, association, fired, judge, message

DIGEST = sha256(b"key").digest()
GOOD = association(3, 1, 1, DIGEST)
A, B = (MxHost(name, 10, ("8.8.8.8",), Dnssec.SECURE) for name in ("a.example.net", "b.example.net"))
AT_A, AT_B = "_25._tcp.a.example.net TLSA", "_25._tcp.b.example.net TLSA"
BOTH = {AT_A: [GOOD], AT_B: [GOOD]}


def lint_of(table: Mapping[str, Value] | Published, *hosts: MxHost) -> Check:
    return judge(lint(hosts or (A, B)), table)


def test_all_hosts_have_records() -> None:
    check = lint_of(BOTH)
    assert check.status is Status.PASS
    assert not fired(check)
    assert check.reason == "usable TLSA records at 2 of 2 mail hosts"
    assert [child.fact("host") for child in check.children] == ["a.example.net", "b.example.net"]


def test_another_port() -> None:
    world = Published({"_587._tcp.a.example.net TLSA": [GOOD]})
    assert judge(lint([A], port=587), world).status is Status.PASS


def test_no_host() -> None:
    assert judge(lint([]), {}).status is Status.SKIPPED
    assert judge(lint([MxHost("192.0.2.1", 1, asked=False)]), {}).status is Status.SKIPPED


def test_no_records() -> None:
    check = lint_of({})
    assert check.status is Status.NONE
    assert fired(check) == {rules.NONE.id}


def test_only_some_hosts_have_records() -> None:
    check = lint_of({AT_A: [GOOD]})
    assert check.status is Status.POLICY
    assert fired(check) == {rules.MISSING.id}
    assert message(check, rules.MISSING) == "b.example.net"
    assert check.reason == "no TLSA record for b.example.net"


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    check = lint_of(BOTH | {AT_B: status})
    assert check.status is Status.TEMPERROR
    assert fired(check) == {rules.LOOKUP_FAILED.id}
    assert rules.MISSING.id not in fired(lint_of({AT_A: status}, A))


def test_unsigned_records_are_ignored_by_senders() -> None:
    check = lint_of(Published(BOTH, dnssec=Dnssec.INSECURE))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.INSECURE.id}
    assert message(check, rules.INSECURE) == "_25._tcp.a.example.net is not signed"


def test_an_unsigned_mx() -> None:
    """RFC 7672 section 2.2.1: senders may use the host's records all the same."""
    host = MxHost("a.example.net", 10, ("8.8.8.8",), Dnssec.INSECURE)
    check = lint_of(BOTH, host)
    assert (check.status, fired(check)) == (Status.POLICY, {rules.UNSIGNED_WAY.id})
    assert "MX record or the addresses" in message(check, rules.UNSIGNED_WAY)
    check = lint_of(Published(BOTH, dnssec=Dnssec.INSECURE), host)
    assert (check.status, fired(check)) == (Status.FAIL, {rules.INSECURE.id})


def test_nobody_validated() -> None:
    check = lint_of(Published(BOTH, dnssec=Dnssec.UNCHECKED), MxHost("a.example.net", 10, ("8.8.8.8",)))
    assert check.status is Status.NEUTRAL
    assert fired(check) == {rules.NOT_VALIDATED.id}
    assert "not validated" in check.reason


def test_indeterminate() -> None:
    check = lint_of(Published(BOTH, dnssec=Dnssec.INDETERMINATE))
    assert check.status is Status.TEMPERROR
    assert fired(check) == {rules.NOT_VALIDATED.id}


def test_bogus_records_keep_the_mail_back() -> None:
    check = lint_of(Published(BOTH, states={"_25._tcp.a.example.net": Dnssec.BOGUS}))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.BOGUS.id}


def test_bogus_addresses() -> None:
    check = lint_of(BOTH, MxHost("a.example.net", 10, (), Dnssec.BOGUS))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.BOGUS.id}


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (association(3, 1, 1, DIGEST[:-1]), "31 octets"),
        (association(9, 1, 1, DIGEST), "usage 9"),
        (association(3, 0, 0, b"\x30\x82\x01\x00cut"), "damaged or cut off"),
        (Raw(b"\3\1"), "at least 3 octets"),
        (Raw(b"\3\1\1"), "0 octets"),
        (Raw(b"\0" * 65_535), "damaged"),
    ],
)
def test_malformed(record: Raw, text: str) -> None:
    check = lint_of({AT_A: [record, GOOD]}, A)
    assert check.status is Status.PASS
    assert fired(check) == {rules.MALFORMED.id}
    assert text in message(check, rules.MALFORMED)
    alone = lint_of({AT_A: [record]}, A)
    assert alone.status is Status.PERMERROR
    assert fired(alone) == {rules.MALFORMED.id, rules.NONE_USABLE.id}


def test_pkix_usages() -> None:
    check = lint_of({AT_A: [association(1, 1, 1, DIGEST), association(0, 0, 1, DIGEST)]}, A)
    assert check.status is Status.POLICY
    assert fired(check) == {rules.PKIX_USAGE.id, rules.NONE_USABLE.id}
    fixes = [found.fix for found in check.all_findings() if found.fix]
    assert fixes == [f"_25._tcp.a.example.net. IN TLSA {form} {DIGEST.hex()}" for form in ("3 1 1", "2 0 1")]


def test_usable_beside_unusable() -> None:
    check = lint_of({AT_A: [association(1, 1, 1, DIGEST), GOOD]}, A)
    assert check.status is Status.PASS
    assert fired(check) == {rules.PKIX_USAGE.id}


def test_unusable_and_not_validated() -> None:
    check = lint_of(Published({AT_A: [association(1, 1, 1, DIGEST)]}, dnssec=Dnssec.UNCHECKED), A)
    assert check.status is Status.POLICY
    assert rules.NOT_VALIDATED.id in fired(check)


@pytest.mark.parametrize("form", [(3, 0, 1), (3, 1, 2), (2, 0, 2)])
def test_forms_that_are_not_recommended(form: tuple[int, int, int]) -> None:
    digest = DIGEST if form[2] == 1 else DIGEST * 2
    check = lint_of({AT_A: [association(*form, digest)]}, A)
    assert check.status is Status.PASS
    assert fired(check) == {rules.NOT_RECOMMENDED.id}


@pytest.mark.parametrize("form", [(3, 1, 1), (2, 0, 1), (2, 1, 1)])
def test_forms_that_are(form: tuple[int, int, int]) -> None:
    assert not fired(lint_of({AT_A: [association(*form, DIGEST), association(3, 0, 1, DIGEST)]}, A))


def test_1000_records() -> None:
    check = lint_of({AT_A: [association(3, 1, 1, n.to_bytes(31, "big")) for n in range(999)] + [GOOD]}, A)
    assert {rules.TOO_MANY.id, rules.MALFORMED.id} <= fired(check)
    assert len(list(check.all_findings())) < 20


def test_an_alias_that_dnssec_vouches_for() -> None:
    """RFC 7672 section 2.2.3: the name that the alias leads to, then the host's own."""
    host = MxHost("mx.example.com", 10, ("8.8.8.8",), Dnssec.SECURE, "a.example.net")
    assert lint_of({AT_A: [GOOD]}, host).children[0].name == "_25._tcp.a.example.net"
    assert lint_of({"_25._tcp.mx.example.com TLSA": [GOOD]}, host).status is Status.PASS
    unsigned = MxHost("mx.example.com", 10, ("8.8.8.8",), Dnssec.INSECURE, "a.example.net")
    assert lint_of({AT_A: [GOOD]}, unsigned).status is Status.NONE


def test_over_the_hosts_of_a_domain() -> None:
    world = Published({"example.com MX": ["10 a.example.net"], "a.example.net A": ["8.8.8.8"], AT_A: [GOOD]})
    hosts = judge(lint_mx("example.com"), world).hosts
    assert judge(lint(hosts), world).status is Status.PASS
