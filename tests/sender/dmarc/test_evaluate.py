"""The judgement beyond the published table: what it says, what it bounds, how it is shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus, run
from mailsec.core.limits.sender import DMARC_AUTHOR_DOMAINS, DMARC_IDENTIFIERS
from mailsec.core.results import AuthResult, Check, Status
from mailsec.core.rules import Severity
from mailsec.sender.dmarc.evaluate import DmarcResult, evaluate
from mailsec.sender.dmarc.record import Policy
from mailsec.sender.dmarc.rules import RULES
from tests.support import Entry, TableSource

PASS = Status.PASS


def dkim(domain: str, status: Status = PASS) -> AuthResult:
    return AuthResult("dkim", status, "", domain, (("header.d", domain),))


def spf(domain: str, status: Status = PASS, identity: str = "mailfrom") -> AuthResult:
    return AuthResult("spf", status, "", domain, ((f"smtp.{identity}", domain),))


def judge(
    records: dict[str, Entry],
    domains: Sequence[str],
    *identifiers: AuthResult,
    other: dict[str, dict[str, Entry]] | None = None,
) -> DmarcResult:
    table: dict[str, dict[str, Entry] | AnswerStatus] = {
        f"_dmarc.{name}": entry if isinstance(entry, AnswerStatus) else {"TXT": entry} for name, entry in records.items()
    }
    return run(evaluate(domains, identifiers), TableSource(table | (other or {})))


REJECT = {"example.com": ["v=DMARC1; p=reject"]}


def rules(check: Check) -> list[str]:
    return [found.rule for found in check.all_findings()]


def test_the_authentication_result_of_a_pass() -> None:
    result = judge(REJECT, ["example.com"], spf("bounce.example.com"))
    assert result.auth == AuthResult(
        "dmarc",
        PASS,
        "SPF bounce.example.com: aligned (relaxed, organizational domain example.com)",
        "example.com",
        (("header.from", "example.com"), ("policy.dmarc", "reject")),
    )


def test_the_authentication_result_without_a_policy() -> None:
    result = judge({}, ["example.com"], dkim("example.com"))
    assert result.auth.properties == (("header.from", "example.com"),)


def test_the_tree_shows_each_walk_and_each_identifier() -> None:
    result = judge(REJECT, ["example.com"], spf("bounce.example.com"), dkim("example.net", Status.FAIL))
    check = result.check
    assert (check.name, check.status) == ("dmarc", PASS)
    assert {fact.name: fact.value for fact in check.facts} == {
        "domain": "example.com",
        "record-at": "example.com",
        "testing": False,
        "policy": "reject",
        "organizational-domain": "example.com",
    }
    assert [child.name for child in check.children] == [
        "tree walk of example.com",
        "tree walk of bounce.example.com",
        "SPF bounce.example.com",
        "DKIM example.net",
    ]
    walk = check.child("tree walk of bounce.example.com")
    assert walk is not None
    assert [(step.name, step.reason) for step in walk.children] == [
        ("_dmarc.bounce.example.com", "no record"),
        ("_dmarc.example.com", "a record, psd=u"),
        ("_dmarc.com", "no record"),
    ]
    assert [child.reason for child in check.children[2:]] == [
        "aligned (relaxed, organizational domain example.com)",
        "not aligned (another domain)",
    ]
    assert check.evidence[0].where == "_dmarc.example.com"


@pytest.mark.parametrize(
    ("records", "domain", "identifier", "words"),
    [
        (REJECT, "example.com", "example.com", "aligned (identical)"),
        ({"example.com": ["v=DMARC1; adkim=s"]}, "example.com", "a.example.com", "not aligned (strict, not identical)"),
        ({}, "example.com", "a.example.com", "not aligned (without a policy only the identical domain aligns)"),
        (REJECT, "example.com", "other.com", "not aligned (relaxed, outside of the organizational domain example.com)"),
        (
            REJECT | {"a.example.com": ["v=DMARC1; psd=n"]},
            "example.com",
            "x.a.example.com",
            "not aligned (relaxed, its organizational domain is a.example.com)",
        ),
        (
            REJECT | {"com": AnswerStatus.TIMEOUT},
            "example.com",
            "a.example.com",
            "aligned (relaxed, the same organizational domain)",
        ),
        (
            REJECT | {"com": AnswerStatus.TIMEOUT, "b.example.com": ["v=DMARC1; p=none; psd=n"]},
            "example.com",
            "b.example.com",
            "not aligned (relaxed, its organizational domain is b.example.com)",
        ),
        ({"example.com": AnswerStatus.TIMEOUT}, "example.com", "a.example.com", "alignment not known (the policy could not be"),
        (
            REJECT | {"a.example.com": AnswerStatus.TIMEOUT},
            "example.com",
            "a.example.com",
            "alignment not known (its organizational domain could not be looked up)",
        ),
    ],
)
def test_alignment_in_words(records: dict[str, Entry], domain: str, identifier: str, words: str) -> None:
    check = judge(records, [domain], dkim(identifier)).check.child(f"DKIM {identifier}")
    assert check is not None
    assert check.reason.startswith(words)


def test_two_organizations_known_apart_although_neither_is_known() -> None:
    gap = AnswerStatus.TIMEOUT
    records = REJECT | {"a.example.com": gap, "b.a.example.com": ["v=DMARC1; psd=y"]}
    result = judge(records, ["example.com"], dkim("x.b.a.example.com"))
    assert result.status is Status.FAIL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=DMARC1; p=reject", []),
        ("v=DMARC1; p=none", ["dmarc-policy-none"]),
        ("v=DMARC1; rua=mailto:a@example.com", ["dmarc-policy-none"]),
        ("v=DMARC1; p=none; t=y", ["dmarc-policy-none"]),
        ("v=DMARC1; p=reject; t=y", ["dmarc-testing"]),
        ("v=DMARC1; p=reject; aspf=x; nonsense", ["dmarc-invalid-tag", "dmarc-invalid-tag"]),
        ("v=DMARC1; p=reject; pct=5", ["dmarc-removed-tag"]),
        ("v=DMARC1; p=block; sp=block", ["dmarc-invalid-policy"]),
        ("v=DMARC1; p=block; rua=mailto:a@example.com", ["dmarc-invalid-policy"]),
        ("v=DMARC1; p=reject" + "; x" * 50, ["dmarc-invalid-tag"] * 10),
    ],
)
def test_findings_about_the_record(text: str, expected: list[str]) -> None:
    assert rules(judge({"example.com": [text]}, ["example.com"]).check) == expected


def test_findings_point_into_the_record() -> None:
    text = "v=DMARC1; p=block; aspf=x"
    found = list(judge({"example.com": [text]}, ["example.com"]).check.all_findings())
    assert [text[each.evidence[0].start : each.evidence[0].end] for each in found] == ["block", "x"]


def test_findings_about_what_was_not_found() -> None:
    assert rules(judge({}, ["example.com"]).check) == ["dmarc-no-record"]
    several = judge({"example.com": ["v=DMARC1; p=none", "v=DMARC1; p=none"]}, ["example.com"])
    assert rules(several.check) == ["dmarc-no-record", "dmarc-several-records"]
    assert [step.reason for step in several.check.children[0].children] == ["2 records, all discarded", "no record"]
    failed = judge({"example.com": AnswerStatus.SERVFAIL}, ["example.com"])
    assert rules(failed.check) == ["dmarc-lookup-failed"]
    assert failed.reason == "the policy could not be looked up: _dmarc.example.com: servfail"


def test_an_unanswered_question_of_existence_is_named() -> None:
    result = judge(
        {"example.com": ["v=DMARC1; p=reject; np=none"]}, ["a.example.com"], other={"a.example.com": AnswerStatus.TIMEOUT}
    )
    assert result.status is Status.FAIL
    assert result.judgements[0].policy is None
    assert [found.message for found in result.check.all_findings()] == ["not answered: a.example.com"]


def test_existence_is_a_fact_where_it_mattered() -> None:
    result = judge({"example.com": ["v=DMARC1; p=reject; np=none"]}, ["a.example.com"])
    assert result.check.fact("exists") is False
    assert result.judgements[0].exists is False


def test_many_unanswered_names_are_counted() -> None:
    labels = "abcdefg"
    domain = ".".join((*labels, "com"))
    records: dict[str, Entry] = {domain: ["v=DMARC1; p=reject"]}
    for at in range(1, 8):
        records[".".join((*labels[at:], "com"))] = AnswerStatus.TIMEOUT
    for name in "wxyz":
        records[f"{name}.{domain}"] = AnswerStatus.TIMEOUT
    found = judge(records, [domain], *(dkim(f"{name}.{domain}") for name in "wxyz")).check
    message = next(each.message for each in found.all_findings() if each.rule == "dmarc-lookup-failed")
    # too many gaps to try every answer: the identifiers are not even walked from
    assert message.count("_dmarc.") == 7
    assert found.status is Status.TEMPERROR


def test_names_in_one_finding_are_bounded() -> None:
    records = dict(REJECT)
    strangers = [dkim(f"s{at}.example.com") for at in range(15)]
    for each in strangers:
        records[each.domain] = AnswerStatus.TIMEOUT
    found = list(judge(records, ["example.com"], *strangers).check.all_findings())
    assert found[0].message.endswith("and 5 more")
    assert len(found[0].evidence) == 10


def test_walks_of_identifiers_are_bounded_and_those_that_pass_come_first() -> None:
    many = [dkim(f"s{at}.example.com", Status.FAIL) for at in range(DMARC_IDENTIFIERS + 5)]
    result = judge(REJECT, ["example.com"], *many, dkim("good.example.com"))
    (judgement,) = result.judgements
    assert judgement.status is PASS
    assert judgement.aligned == (len(many),)
    assert len(judgement.unknown) == 6
    assert result.check.children[-1].name == "further identifiers"


def test_equal_domains_cost_one_walk() -> None:
    result = judge(REJECT, ["example.com"], *[dkim("a.example.com")] * 100)
    assert len(result.judgements[0].aligned) == 100


def test_identifiers_that_do_not_count() -> None:
    result = judge(
        REJECT,
        ["example.com"],
        spf("example.com", identity="helo"),
        AuthResult("arc", PASS, "", "example.com"),
        AuthResult("dkim", PASS, "", "not a domain"),
        AuthResult("dkim", Status.PERMERROR, "", ""),
        AuthResult("spf", Status.SKIPPED, "", "", (("smtp.helo", "h.example"),)),
        AuthResult("spf", PASS, "", "example.com"),
    )
    (judgement,) = result.judgements
    assert (judgement.status, judgement.aligned, judgement.alignable, judgement.unknown) == (Status.FAIL, (), (), ())


def test_an_identifier_without_a_domain_that_may_yet_pass_is_unknown() -> None:
    result = judge(REJECT, ["example.com"], AuthResult("dkim", Status.TEMPERROR), AuthResult("spf", Status.SKIPPED))
    assert result.judgements[0].unknown == (0, 1)
    assert result.status is Status.TEMPERROR


def test_skipped_says_what_was_not_asked() -> None:
    assert judge(REJECT, ["example.com"], AuthResult("spf", Status.SKIPPED)).reason == "SPF was not asked: no envelope"
    reason = judge(REJECT, ["example.com"], AuthResult("dkim", Status.SKIPPED, "only 10 are", "example.com")).reason
    assert reason == "DKIM example.com was not asked: only 10 are"


def test_several_author_domains_are_found_and_bounded() -> None:
    domains = [f"d{at}.example" for at in range(DMARC_AUTHOR_DOMAINS + 3)] + ["example"]
    source = TableSource({})
    result = run(evaluate(domains, []), source)
    assert result.status is Status.PERMERROR
    assert [each.status for each in result.judgements].count(Status.SKIPPED) == 4
    assert result.check.fact("author-domains") == len(domains)
    assert result.check.findings[0].rule == "dmarc-several-author-domains"
    assert result.auth.properties[0] == ("header.from", "d0.example")
    assert len(source.asked) == DMARC_AUTHOR_DOMAINS + 1


def test_no_author_domain() -> None:
    result = judge(REJECT, [])
    assert (result.status, result.reason) == (Status.PERMERROR, "no author domain: DMARC validation is not possible")
    assert not result.check.children


def test_what_is_no_name_is_not_asked() -> None:
    source = TableSource({})
    result = run(evaluate(["a b"], []), source)
    assert (result.status, result.reason) == (Status.PERMERROR, "not a domain name")
    assert not source.asked


def test_a_dangerous_psd_is_judged_to_the_letter() -> None:
    result = judge(REJECT | {"com": ["v=DMARC1; p=none"]}, ["nothing.com"], dkim("evil.com"))
    assert (result.status, result.judgements[0].policy) == (PASS, Policy.NONE)


def test_the_rule_book() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    # a missing record is for the audit of a domain to say; evaluation never fails a message for it
    assert [rule.id for rule in RULES if rule.severity is Severity.HIGH] == ["dmarc-missing"]


NAMES = st.sampled_from(["com", "a.com", "b.com", "x.a.com", "y.a.com", "x.y.a.com", "a.net"])
TEXTS = st.sampled_from(
    [
        AnswerStatus.TIMEOUT,
        AnswerStatus.NODATA,
        ["v=DMARC1; p=reject"],
        ["v=DMARC1; p=none; psd=n"],
        ["v=DMARC1; p=reject; psd=y; np=none"],
        ["v=DMARC1; p=block"],
        ["v=DMARC1; aspf=s; adkim=s"],
        ["v=DMARC1; p=none", "v=DMARC1; p=none"],
    ]
)
STATUSES = st.sampled_from([PASS, Status.FAIL, Status.TEMPERROR, Status.SKIPPED])


@given(
    st.dictionaries(NAMES, TEXTS, max_size=5),
    st.lists(NAMES, min_size=1, max_size=3),
    st.lists(
        st.builds(lambda kind, name, status: kind(name, status), st.sampled_from([dkim, spf]), NAMES, STATUSES), max_size=4
    ),
)
def test_what_holds_of_every_judgement(records: dict[str, Entry], domains: list[str], identifiers: list[AuthResult]) -> None:
    result = judge(records, domains, *identifiers)
    for each in result.judgements:
        passing = {at for at, given in enumerate(identifiers) if given.status is PASS}
        assert set(each.aligned) <= passing
        assert not passing & set(each.alignable)
        assert {at for at in passing if identifiers[at].domain == each.domain} <= set(each.aligned)
        if each.status is PASS:
            assert each.aligned
            assert each.record
        if each.status is Status.FAIL:
            assert not each.aligned
            assert not any(identifiers[at].status is not Status.FAIL for at in (*each.alignable, *each.unknown))


@given(st.dictionaries(NAMES, TEXTS, max_size=5), NAMES, st.lists(NAMES.map(dkim), max_size=3))
def test_an_answer_that_was_missing_never_turns_pass_into_fail(
    records: dict[str, Entry], domain: str, identifiers: list[AuthResult]
) -> None:
    """Whatever the unanswered names hold, it never contradicts a pass or a fail that was given without them."""
    before = judge(records, [domain], *identifiers)
    if before.status not in (PASS, Status.FAIL):
        return
    for entry in (AnswerStatus.NODATA, ["v=DMARC1; p=none"], ["v=DMARC1; psd=n"], ["v=DMARC1; psd=y"]):
        filled = {name: entry if found is AnswerStatus.TIMEOUT else found for name, found in records.items()}
        assert judge(filled, [domain], *identifiers).status is before.status
