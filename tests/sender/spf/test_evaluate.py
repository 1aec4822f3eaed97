"""check_host(): what the public suite leaves out, the result tree, and the findings."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from mailsec.core.flow import Answer, AnswerStatus, Query, Record, run
from mailsec.core.results import Check, Severity, Status
from mailsec.sender.spf.evaluate import SpfResult, evaluate, evaluate_helo
from tests.support import Entry, TableSource

IP = "192.0.2.1"
Table = Mapping[str, Mapping[str, Entry] | AnswerStatus]


def judge(table: Table, ip: Any = IP, mail_from: str = "alice@example.com", helo: str = "mail.example.net") -> SpfResult:
    return run(evaluate(ip, mail_from, helo, now=1_700_000_000, receiver="mx.example.org"), TableSource(table))


def spf(*records: str, **more: Entry) -> dict[str, Entry]:
    return {"TXT": list(records), **more}


def ids(result: SpfResult) -> list[str]:
    return [found.rule for found in result.check.all_findings()]


def names(check: Check) -> list[str]:
    return [child.name for child in check.children]


# --- who is judged


def test_mail_from() -> None:
    result = judge({"example.com": spf("v=spf1 ip4:192.0.2.0/24 -all")})
    assert result.status is Status.PASS
    assert result.reason == "192.0.2.1 is authorized by ip4:192.0.2.0/24"
    assert (result.identity, result.domain, result.sender) == ("mailfrom", "example.com", "alice@example.com")
    assert (result.mechanism, result.explanation, result.lookups, result.voids) == ("ip4:192.0.2.0/24", "", 0, 0)
    assert result.auth.method == "spf"
    assert result.auth.status is Status.PASS
    assert result.auth.domain == "example.com"
    assert result.auth.properties == (("smtp.mailfrom", "alice@example.com"),)


def test_null_return_path_is_postmaster_at_helo() -> None:
    result = judge(
        {"mail.example.net": spf("v=spf1 -exists:%{l}.%{o}")} | {"postmaster.mail.example.net": {"A": ["127.0.0.2"]}},
        mail_from="",
    )
    assert (result.status, result.identity, result.sender) == (Status.FAIL, "mailfrom", "postmaster@mail.example.net")
    assert result.auth.properties == (("smtp.mailfrom", "postmaster@mail.example.net"),)


def test_helo() -> None:
    table = {"mail.example.net": spf("v=spf1 a -all", A=[IP])}
    result = run(evaluate_helo(IP, "mail.example.net", now=0), TableSource(table))
    assert (result.status, result.identity, result.domain) == (Status.PASS, "helo", "mail.example.net")
    assert result.auth.properties == (("smtp.helo", "mail.example.net"),)


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("@example.com", "postmaster@example.com"),
        ("example.com", "postmaster@example.com"),
        ("a@b@Example.COM.", "a@b@example.com"),
    ],
)
def test_local_part(mail_from: str, sender: str) -> None:
    assert judge({"example.com": spf("v=spf1 -all")}, mail_from=mail_from).sender == sender


@pytest.mark.parametrize(
    "domain", ["localhost", "a..b", "[192.0.2.1]", "x" * 64 + ".example", "a b.example", "a\0.example", ""]
)
def test_no_full_domain_name(domain: str) -> None:
    source = TableSource({})
    result = run(evaluate(IP, f"alice@{domain}", "mail.example.net", now=0), source)
    assert result.status is Status.NONE
    assert "is not a full domain name" in result.reason
    assert source.asked == []
    helo = run(evaluate_helo(IP, domain, now=0), source)
    assert (helo.status, helo.auth.properties[0][0]) == (Status.NONE, "smtp.helo")


@pytest.mark.parametrize(
    "ip", ["", "example.com", "192.0.2", "192.0.2.256", "1" * 10_000, "\0", "::g", "é\x1b[31m", "192.0.2.1/24"]
)
def test_garbage_addresses_are_not_judged(ip: str) -> None:
    source = TableSource({})
    result = run(evaluate(ip, "alice@example.com", "h.example", now=0), source)
    assert result.status is Status.SKIPPED
    assert "is not an IP address" in result.reason
    assert len(result.reason) < 300
    assert source.asked == []


@pytest.mark.parametrize("ip", ["::ffff:192.0.2.1", IPv6Address("::ffff:c000:201"), IPv4Address(IP), IP])
def test_mapped_addresses_are_ipv4(ip: Any) -> None:
    result = judge({"example.com": spf("v=spf1 ip6:::/0 a:v4.example -all"), "v4.example": {"A": [IP]}}, ip)
    assert (result.status, result.mechanism) == (Status.PASS, "a:v4.example")
    assert result.reason.startswith("192.0.2.1 ")


def test_an_address_with_a_zone() -> None:
    result = judge({"example.com": spf("v=spf1 ip6:fe80::/10 -all")}, "fe80::1%eth0")
    assert result.reason == "fe80::1 is authorized by ip6:fe80::/10"


# --- internationalized mail (RFC 8616)


def test_u_labels_are_asked_as_a_labels() -> None:
    table = {
        "xn--bcher-kva.example": spf("v=spf1 exists:%{o}.x.example -all"),
        "xn--bcher-kva.example.x.example": {"A": ["127.0.0.2"]},
    }
    result = judge(table, mail_from="alice@Bücher.example")
    assert (result.status, result.domain, result.sender) == (
        Status.PASS,
        "xn--bcher-kva.example",
        "alice@xn--bcher-kva.example",
    )


def test_a_local_part_that_is_not_ascii_never_matches_in_a_name() -> None:
    table: dict[str, Any] = {
        "example.com": spf("v=spf1 exists:%{l}.x.example include:%{s}.x.example ?exists:%{L}.x.example -all")
    }
    result = judge(table, mail_from="jürgen@example.com")
    assert (result.status, result.lookups, result.voids) == (Status.FAIL, 3, 0)
    assert all("a domain name cannot have" in child.reason for child in result.check.children[:3])


def test_redirect_to_what_is_not_ascii_is_an_error() -> None:
    assert judge({"example.com": spf("v=spf1 redirect=%{l}.example")}, mail_from="é@example.com").status is Status.PERMERROR


def test_helo_with_u_labels() -> None:
    table = {"example.com": spf("v=spf1 exists:%{h}.x -all"), "xn--bcher-kva.example.x": {"A": ["127.0.0.2"]}}
    assert judge(table, helo="bücher.example").status is Status.PASS
    assert judge(table, helo="büch er.example").status is Status.FAIL


# --- selecting records (sections 4.4 and 4.5)


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED])
@pytest.mark.parametrize(
    ("record", "type"),
    [
        ("include:x.example", "TXT"),
        ("redirect=x.example", "TXT"),
        ("a:x.example", "A"),
        ("mx:x.example", "MX"),
        ("exists:x.example", "A"),
    ],
)
def test_a_failed_lookup_is_never_absence(record: str, type: str, status: AnswerStatus) -> None:
    result = judge({"example.com": spf(f"v=spf1 {record}"), "x.example": status})
    assert (result.status, result.voids) == (Status.TEMPERROR, 0)
    assert result.reason == f"{type} lookup of x.example: {status}"
    assert judge({"example.com": status}).status is Status.TEMPERROR
    table = {"example.com": spf("v=spf1 mx -all", MX=["10 x.example"]), "x.example": status}
    assert judge(table).status is Status.TEMPERROR


def test_the_reason_of_a_failed_answer_is_told() -> None:
    flow = evaluate(IP, "a@example.com", "h.example", now=0)
    assert next(flow) == Query("example.com", "TXT")
    with pytest.raises(StopIteration) as stop:
        flow.send(Answer(Query("example.com", "TXT"), AnswerStatus.UNRECORDED, reason="no zone is loaded for it"))
    assert stop.value.value.reason == "TXT lookup of example.com: unrecorded (no zone is loaded for it)"


@pytest.mark.parametrize(("table", "why"), [({}, "does not exist"), ({"example.com": {}}, "has no SPF record")])
def test_no_record(table: Table, why: str) -> None:
    result = judge(table)
    assert (result.status, result.reason, result.voids) == (Status.NONE, f"example.com {why}", 0)


def test_other_texts_are_not_records() -> None:
    assert judge({"example.com": {"TXT": ["hello", b"\xff", "v=spf10", "v=spf1 -all"]}}).status is Status.FAIL


def test_several_records() -> None:
    result = judge({"example.com": spf("v=spf1 -all", "v=spf1 +all")})
    assert (result.status, ids(result)) == (Status.PERMERROR, ["spf-several-records"])
    assert len(result.check.findings[0].evidence) == 2


def test_strings_are_joined_without_a_space() -> None:
    result = judge({"example.com": spf("v=spf1 " + " ".join(f"ip4:198.51.100.{n}" for n in range(50)) + " ip4:192.0.2.1 -all")})
    assert result.status is Status.PASS


@pytest.mark.parametrize(
    ("owner", "type", "record"),
    [("example.com", "TXT", "mx"), ("example.com", "MX", "mx"), ("x.example", "TXT", "include:x.example")],
)
def test_records_that_cannot_be_read_are_not_judged(owner: str, type: str, record: str) -> None:
    class Broken(TableSource):
        def start(self, ask: Any) -> Any:
            answer = super().start(ask)
            if (ask.name, ask.type) == (owner, type):
                return Answer(ask, AnswerStatus.OK, (Record(owner, type, 300, b"\x09x"),))
            return answer

    result = run(evaluate(IP, "a@example.com", "h.example", now=0), Broken({"example.com": spf(f"v=spf1 {record}")}))
    assert result.status is Status.TEMPERROR


def test_syntax_errors_come_before_any_evaluation() -> None:
    source = TableSource({"example.com": spf("v=spf1 a ip4:192.0.2.1 -all moo ip4:x")})
    result = run(evaluate(IP, "a@example.com", "h.example", now=0), source)
    assert (result.status, len(source.asked), ids(result)) == (Status.PERMERROR, 1, ["spf-syntax", "spf-syntax"])
    evidence = result.check.findings[0].evidence[0]
    assert evidence.text[evidence.start : evidence.end] == "moo"
    assert result.reason.startswith("syntax error at octet 28 of the record of example.com: ")


# --- %{d} in an include and behind a redirect (section 7.2: <domain> is that of the record)


def test_d_is_the_domain_of_the_included_record() -> None:
    table = {
        "example.com": spf("v=spf1 include:inc.example.net exists:%{d}.after.example -all"),
        "inc.example.net": spf("v=spf1 exists:%{d}.in.example -all"),
        "inc.example.net.in.example": {"A": ["127.0.0.2"]},
    }
    assert judge(table).mechanism == "include:inc.example.net exists:%{d}.in.example"
    table |= {"inc.example.net.in.example": {}, "example.com.after.example": {"A": ["127.0.0.2"]}}
    assert judge(table).mechanism == "exists:%{d}.after.example"


def test_d_and_the_default_domain_behind_a_redirect() -> None:
    table = {
        "example.com": spf("v=spf1 redirect=%{d2}.r.example", A=[IP]),
        "example.com.r.example": spf("v=spf1 a exists:%{d}.x.example -all", A=["192.0.2.99"]),
        "example.com.r.example.x.example": {"A": ["127.0.0.2"]},
    }
    assert judge(table).mechanism == "redirect=%{d2}.r.example exists:%{d}.x.example"


def test_d_in_the_targets_of_an_included_record() -> None:
    table = {
        "example.com": spf("v=spf1 include:inc.example -all"),
        "inc.example": spf("v=spf1 include:a.%{d} redirect=b.%{d}"),
        "a.inc.example": spf("v=spf1 include:c.%{d} -all"),
        "c.a.inc.example": spf("v=spf1 -all"),
        "b.inc.example": spf("v=spf1 redirect=d.%{d}"),
        "d.b.inc.example": spf("v=spf1 ip4:192.0.2.1 -all"),
    }
    assert judge(table).mechanism == "include:inc.example redirect=b.%{d} redirect=d.%{d} ip4:192.0.2.1"


def test_d_in_an_explanation_behind_a_redirect() -> None:
    table = {
        "example.com": spf("v=spf1 redirect=r.example"),
        "r.example": spf("v=spf1 -all exp=e.%{d}"),
        "e.r.example": {"TXT": ["%{d}, not %{o}"]},
    }
    assert judge(table).explanation == "r.example, not example.com"


def test_o_stays_the_sender_domain() -> None:
    table = {
        "example.com": spf("v=spf1 include:inc.example -all"),
        "inc.example": spf("v=spf1 exists:%{o}.x.example -all"),
        "example.com.x.example": {"A": ["127.0.0.2"]},
    }
    assert judge(table).status is Status.PASS


# --- include and redirect


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("+all", "pass"),
        ("-all", "softfail"),
        ("~all", "softfail"),
        ("?all", "softfail"),
        ("", "softfail"),
        ("moo", "permerror"),
    ],
)
def test_include(inner: str, expected: str) -> None:
    assert judge({"example.com": spf("v=spf1 include:i.example ~all"), "i.example": spf(f"v=spf1 {inner}")}).status == expected


@pytest.mark.parametrize(
    "term",
    ["include:i.example", "redirect=i.example", "include:%{h}", "redirect=%{h}", "include:a..example", "redirect=a..example"],
)
def test_a_target_without_a_record(term: str) -> None:
    result = judge({"example.com": spf(f"v=spf1 {term}"), "i.example": {}}, helo="localhost")
    assert (result.status, ids(result)) == (Status.PERMERROR, ["spf-target-without-record"])
    assert result.mechanism == term


def test_a_qualified_include() -> None:
    table = {
        "example.com": spf("v=spf1 -include:i.example +ip4:192.0.2.1"),
        "i.example": spf("v=spf1 ip4:192.0.2.1 exp=e.example"),
    }
    result = judge(table)
    assert (result.status, result.mechanism, result.explanation) == (Status.FAIL, "-include:i.example ip4:192.0.2.1", "")


def test_redirect_in_an_include() -> None:
    table = {
        "example.com": spf("v=spf1 include:i.example ~all"),
        "i.example": spf("v=spf1 redirect=r.example"),
        "r.example": spf("v=spf1 ip4:192.0.2.1 -all"),
    }
    result = judge(table)
    assert (result.mechanism, result.lookups) == ("include:i.example redirect=r.example ip4:192.0.2.1", 2)
    inner = result.check.children[0].children[0]
    assert (inner.name, inner.status, names(inner)) == ("redirect=r.example", Status.PASS, ["ip4:192.0.2.1", "-all"])


def test_redirect_is_not_used_where_all_matches() -> None:
    result = judge({"example.com": spf("v=spf1 redirect=example.com ~all")})
    assert (result.status, result.lookups, names(result.check)) == (Status.SOFTFAIL, 0, ["~all", "redirect=example.com"])
    assert result.check.children[1].status is Status.SKIPPED


# --- ten lookups


def hosts(count: int) -> dict[str, Any]:
    return {f"h{n}.example": {"A": ["192.0.2.99"], "MX": ["1 h0.example"]} for n in range(count)}


@pytest.mark.parametrize(("count", "expected"), [(9, Status.PASS), (10, Status.PASS), (11, Status.PERMERROR)])
@pytest.mark.parametrize("term", ["a:h{n}.example", "mx:h{n}.example", "include:i{n}.example", "ptr:i{n}.example"])
def test_ten_terms(count: int, expected: Status, term: str) -> None:
    table = hosts(count) | {f"i{n}.example": spf("v=spf1 -all") for n in range(count)} | reverse("h0.example")
    record = " ".join(term.format(n=n) for n in range(count))
    result = judge(table | {"example.com": spf(f"v=spf1 {record} +ip4:192.0.2.1")})
    assert (result.status, result.lookups) == (expected, count)
    assert ("spf-too-many-lookups" in ids(result)) is (count > 10)


def test_lookups_count_through_includes_and_redirect() -> None:
    table = hosts(4) | {
        "example.com": spf("v=spf1 a:h0.example include:i.example redirect=r.example"),
        "i.example": spf("v=spf1 a:h1.example mx ptr ?all", MX=["10 h2.example"]),
        "r.example": spf("v=spf1 a:h3.example -all"),
        "1.2.0.192.in-addr.arpa": {"PTR": ["h0.example"]},
    }
    result = judge(table)
    assert (result.status, result.lookups) == (Status.FAIL, 7)
    assert [child.fact("lookups") for child in result.check.children] == [1, 4, 2]
    assert result.check.fact("lookups") == 7
    assert result.check.reason.endswith("; 7 of 10 lookups, 0 of 2 void")


def test_the_eleventh_term_asks_nothing() -> None:
    source = TableSource(hosts(11) | {"example.com": spf("v=spf1 " + " ".join(f"a:h{n}.example" for n in range(11)))})
    run(evaluate(IP, "a@example.com", "h.example", now=0), source)
    assert len(source.asked) == 11


@pytest.mark.parametrize("record", ["v=spf1 include:example.com", "v=spf1 redirect=example.com", "v=spf1 include:%{d} -all"])
def test_a_record_that_leads_to_itself(record: str) -> None:
    source = TableSource({"example.com": spf(record)})
    result = run(evaluate(IP, "a@example.com", "h.example", now=0), source)
    assert (result.status, result.lookups, len(source.asked)) == (Status.PERMERROR, 11, 11)
    assert ids(result) == ["spf-too-many-lookups"]
    assert len(list(result.check.walk())) < 30


def test_p_counts_as_a_lookup_of_its_own() -> None:
    table = hosts(9) | {"1.2.0.192.in-addr.arpa": {"PTR": ["h0.example"]}, "unknown.x.example": {"A": ["127.0.0.2"]}}
    for count, expected in ((8, Status.PASS), (9, Status.PERMERROR)):
        record = " ".join(f"a:h{n}.example" for n in range(count))
        assert judge(table | {"example.com": spf(f"v=spf1 {record} exists:%{{p}}.x.example")}).status is expected


# --- two voids


@pytest.mark.parametrize("absent", [AnswerStatus.NXDOMAIN, {}])
@pytest.mark.parametrize("term", ["a", "mx", "exists"])
@pytest.mark.parametrize(("count", "expected"), [(2, Status.NEUTRAL), (3, Status.PERMERROR)])
def test_two_voids(absent: Any, term: str, count: int, expected: Status) -> None:
    record = " ".join(f"{term}:v{n}.example" for n in range(count))
    result = judge({"example.com": spf(f"v=spf1 {record}")} | {f"v{n}.example": absent for n in range(count)})
    assert (result.status, result.voids, result.check.fact("voids")) == (expected, count, count)
    assert ids(result) == (["spf-too-many-voids"] if count > 2 else [])


def test_voids_count_through_includes() -> None:
    table = {
        "example.com": spf("v=spf1 a:v0.example include:i.example a:v2.example +all"),
        "i.example": spf("v=spf1 a:v1.example -all"),
    }
    result = judge(table)
    assert (result.status, result.voids) == (Status.PERMERROR, 3)
    assert [child.fact("voids") for child in result.check.children[:3]] == [1, 1, 1]
    inner = judge(table | {"i.example": spf("v=spf1 a:v1.example exists:v3.example -all")})
    assert (inner.status, inner.mechanism) == (Status.PERMERROR, "include:i.example exists:v3.example")


def test_a_term_is_void_once_however_many_questions_found_nothing() -> None:
    table = {"example.com": spf("v=spf1 mx -all", MX=[f"{n} m{n}.example" for n in range(5)])}
    assert (judge(table).status, judge(table).voids) == (Status.FAIL, 1)
    ptr = {"example.com": spf("v=spf1 ptr -all"), "1.2.0.192.in-addr.arpa": {"PTR": [f"p{n}.example" for n in range(5)]}}
    assert (judge(ptr).status, judge(ptr).voids) == (Status.FAIL, 1)


def test_hosts_with_addresses_of_the_other_version_only() -> None:
    table = {"example.com": spf("v=spf1 mx ip6:2001:db8::/32 -all", MX=[f"{n} m{n}.example" for n in range(4)])}
    table |= {f"m{n}.example": {"A": [IP]} for n in range(4)}
    result = judge(table, "2001:db8::1")
    assert (result.status, result.voids) == (Status.PASS, 1)


def test_what_finds_something_is_not_void() -> None:
    result = judge(hosts(3) | {"example.com": spf("v=spf1 a:h0.example a:h1.example a:h2.example -all")})
    assert (result.status, result.voids) == (Status.FAIL, 0)


def test_the_record_itself_and_exp_are_not_counted() -> None:
    result = judge({"example.com": spf("v=spf1 a:v.example a:w.example -all exp=none.example")})
    assert (result.status, result.voids, result.lookups) == (Status.FAIL, 2, 2)


def test_a_void_include_is_counted_and_an_error() -> None:
    result = judge({"example.com": spf("v=spf1 include:v.example -all")})
    assert (result.status, result.voids) == (Status.PERMERROR, 1)
    result = judge({"example.com": spf("v=spf1 a:v0.example a:v1.example include:v.example -all")})
    assert (result.voids, ids(result)) == (3, ["spf-too-many-voids"])


@pytest.mark.parametrize(
    "term", ["include:%{p}.example", "redirect=%{p}.example", "exists:%{p}.example", "include:%{p}%{l}.example"]
)
def test_reverse_names_that_are_void(term: str) -> None:
    result = judge({"example.com": spf(f"v=spf1 a:v0.example a:v1.example {term}")}, mail_from="é@example.com")
    assert (result.status, result.voids) == (Status.PERMERROR, 3)
    assert "spf-too-many-voids" in ids(result)


def test_a_reverse_name_and_a_record_that_are_not_there_are_one_void() -> None:
    result = judge({"example.com": spf("v=spf1 include:%{p}.example -all")})
    assert (result.status, result.voids, result.lookups) == (Status.PERMERROR, 1, 2)


# --- mx


def test_mx_limit() -> None:
    table: dict[str, Any] = {f"m{n}.example": {"A": ["192.0.2.99" if n else IP]} for n in range(200)}
    for count, expected in ((10, Status.PASS), (11, Status.PERMERROR), (200, Status.PERMERROR)):
        source = TableSource(table | {"example.com": spf("v=spf1 mx -all", MX=[f"1 m{n}.example" for n in range(count)])})
        result = run(evaluate(IP, "a@example.com", "h.example", now=0), source)
        assert result.status is expected
        assert len(source.asked) <= 12
        assert ids(result) == ([] if count == 10 else ["spf-too-many-mx"])


def test_hosts_are_judged_by_preference() -> None:
    table = {
        "example.com": spf("v=spf1 mx -all", MX=["20 late.example", "10 early.example"]),
        "early.example": {"A": [IP]},
        "late.example": AnswerStatus.TIMEOUT,
    }
    assert judge(table).status is Status.PASS
    assert judge(table | {"early.example": {"A": ["192.0.2.9"]}}).status is Status.TEMPERROR


def test_null_mx() -> None:
    result = judge({"example.com": spf("v=spf1 mx -all", MX=["0 ."])})
    assert (result.status, result.voids) == (Status.FAIL, 0)


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("192.0.2.77", Status.PASS),
        ("192.0.3.1", Status.FAIL),
        ("2001:db8:0:1::9", Status.PASS),
        ("2001:db8:0:2::", Status.FAIL),
    ],
)
@pytest.mark.parametrize("term", ["a:m.example/24//64", "mx/24//64"])
def test_dual_prefixes(ip: str, expected: Status, term: str) -> None:
    table = {
        "example.com": spf(f"v=spf1 {term} -all", MX=["1 m.example"]),
        "m.example": {"A": ["192.0.2.1"], "AAAA": ["2001:db8:0:1::1"]},
    }
    assert judge(table, ip).status is expected


def test_exists_asks_for_a_even_over_ipv6() -> None:
    table = {"example.com": spf("v=spf1 exists:x.example -all"), "x.example": {"A": ["127.0.0.2"]}}
    assert judge(table, "2001:db8::1").status is Status.PASS


# --- ptr and %{p}


def reverse(*names: str, **more: Any) -> dict[str, Any]:
    return {"1.2.0.192.in-addr.arpa": {"PTR": list(names)}} | more


def test_only_the_first_ten_reverse_names_count() -> None:
    others = [f"o{n}.example" for n in range(40)]
    table = {name: {"A": [IP]} for name in [*others, "mail.example.com"]} | {"example.com": spf("v=spf1 ptr -all")}
    assert judge(table | reverse(*others[:9], "mail.example.com")).status is Status.PASS
    source = TableSource(table | reverse(*others[:10], "mail.example.com", *others[10:]))
    assert run(evaluate(IP, "a@example.com", "h.example", now=0), source).status is Status.FAIL
    assert len(source.asked) == 12


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.com", Status.PASS),
        ("a.Example.com", Status.PASS),
        ("badexample.com", Status.FAIL),
        ("example.com.x", Status.FAIL),
    ],
)
def test_ptr_ends_in_the_domain(name: str, expected: Status) -> None:
    table = {"example.com": spf("v=spf1 ptr -all")} | reverse(name)
    table.setdefault(name.lower(), {})
    table[name.lower()] = {**table[name.lower()], "A": [IP]}
    assert judge(table).status is expected


def test_a_name_that_does_not_lead_back_does_not_count() -> None:
    table = {"example.com": spf("v=spf1 ptr -all"), "a.example.com": {"A": ["192.0.2.2"]}} | reverse("a.example.com")
    result = judge(table)
    assert (result.status, ids(result)) == (Status.FAIL, ["spf-ptr"])


@pytest.mark.parametrize("trouble", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL])
def test_trouble_with_reverse_names_is_no_match(trouble: AnswerStatus) -> None:
    table = {"example.com": spf("v=spf1 ptr -all"), "1.2.0.192.in-addr.arpa": trouble}
    assert (judge(table).status, judge(table).voids) == (Status.FAIL, 0)
    table = {"example.com": spf("v=spf1 ptr -all"), "b.example.com": trouble, "c.example.com": {"A": [IP]}}
    assert judge(table | reverse("b.example.com", "c.example.com")).status is Status.PASS


def test_p_prefers_the_domain_then_what_is_below_it() -> None:
    everything = {name: {"A": [IP]} for name in ("other.example", "a.example.com", "b.example.com")}
    everything["example.com"] = spf("v=spf1 -all exp=e.example", A=[IP])
    everything["e.example"] = {"TXT": ["%{p}"]}
    assert judge(everything | reverse("other.example", "b.example.com", "example.com")).explanation == "example.com"
    assert judge(everything | reverse("other.example", "b.example.com", "a.example.com")).explanation == "b.example.com"
    assert judge(everything | reverse("other.example")).explanation == "other.example"
    assert judge(everything | reverse("nowhere.example")).explanation == "unknown"
    assert judge(everything | {"1.2.0.192.in-addr.arpa": AnswerStatus.TIMEOUT}).explanation == "unknown"


def test_reverse_names_are_asked_for_once() -> None:
    source = TableSource({"example.com": spf("v=spf1 ptr:a.b exists:%{p}.x.y ptr:c.d -all")} | reverse("h.example"))
    run(evaluate(IP, "a@example.com", "h.example", now=0), source)
    assert [ask.type for ask in source.asked if isinstance(ask, Query)].count("PTR") == 1


def test_reverse_names_over_ipv6() -> None:
    name = "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"
    table = {
        "example.com": spf("v=spf1 ptr -all"),
        name: {"PTR": ["h.example.com"]},
        "h.example.com": {"AAAA": ["2001:db8::1"]},
    }
    assert judge(table, "2001:db8::1").status is Status.PASS


def test_reverse_names_that_cannot_be_read() -> None:
    class Broken(TableSource):
        def start(self, ask: Any) -> Any:
            if ask.type == "PTR":
                return Answer(ask, AnswerStatus.OK, (Record(ask.name, "PTR", 1, b"\xff"), Record(ask.name, "PTR", 1, b"\0")))
            return super().start(ask)

    source = Broken({"example.com": spf("v=spf1 ptr -all")})
    assert run(evaluate(IP, "a@example.com", "h.example", now=0), source).status is Status.FAIL


# --- explanations


def explained(text: Entry, ip: str = IP, mail_from: str = "alice@example.com", exp: str = "e.%{d}") -> str:
    return judge({"example.com": spf(f"v=spf1 -all exp={exp}"), "e.example.com": {"TXT": text}}, ip, mail_from).explanation


def test_explanation() -> None:
    text = "%{s} from %{c} (%{i}) asked %{r} at %{t}: see https://x.example/?s=%{S}."
    expected = "alice@example.com from 192.0.2.1 (192.0.2.1) asked mx.example.org at 1700000000: see https://x.example/?s=alice%40example.com."
    assert explained([text]) == expected
    assert explained(["%{c}"], "2001:db8::1") == "2001:db8::1"


@pytest.mark.parametrize(
    "text",
    [
        [],
        ["a", "b"],
        ["%{x}"],
        ["100%"],
        [b"caf\xc3\xa9"],
        [b"a\x1b[31m"],
        ["%{s}" * 9_000],
        AnswerStatus.TIMEOUT,
        AnswerStatus.NODATA,
    ],
)
def test_no_explanation_for_whatever_is_wrong(text: Entry) -> None:
    assert explained(text) == ""


def test_an_explanation_is_ascii() -> None:
    assert explained(["%{l}"], mail_from="é@example.com") == ""
    assert explained(["%{L}"], mail_from="é@example.com") == "%C3%A9"


def test_an_explanation_without_a_name() -> None:
    assert explained(["x"], exp="%{l}", mail_from="a..b@example.com") == ""
    assert explained(["x"], exp="%{l}", mail_from="é@example.com") == ""


@pytest.mark.parametrize(
    "record", ["v=spf1 ~all exp=e.example.com", "v=spf1 ?all exp=e.example.com", "v=spf1 exp=e.example.com"]
)
def test_only_a_fail_is_explained(record: str) -> None:
    source = TableSource({"example.com": spf(record), "e.example.com": {"TXT": ["x"]}})
    assert run(evaluate(IP, "a@example.com", "h.example", now=0), source).explanation == ""
    assert len(source.asked) == 1


def test_whose_explanation_counts() -> None:
    texts = {f"{name}.example": {"TXT": [name]} for name in ("own", "theirs")}
    table = texts | {"t.example": spf("v=spf1 -all exp=theirs.example")}
    assert judge(table | {"example.com": spf("v=spf1 include:t.example -all exp=own.example")}).explanation == "own"
    assert judge(table | {"example.com": spf("v=spf1 include:t.example -all")}).explanation == ""
    result = judge(table | {"example.com": spf("v=spf1 redirect=t.example exp=own.example")})
    assert (result.explanation, result.check.fact("explanation")) == ("theirs", "theirs")
    assert (
        judge(
            table | {"example.com": spf("v=spf1 redirect=u.example exp=own.example"), "u.example": spf("v=spf1 -all")}
        ).explanation
        == ""
    )


# --- the tree and the findings


def test_the_tree() -> None:
    table = {
        "example.com": spf("v=spf1 a:h.example include:_spf.example.net mx -all"),
        "h.example": {"A": ["198.51.100.1", "198.51.100.2"]},
        "_spf.example.net": spf("v=spf1 a:gone.example ip4:192.0.2.0/24 ?all"),
    }
    result = judge(table)
    root = result.check
    assert result.mechanism == "include:_spf.example.net ip4:192.0.2.0/24"
    assert (root.name, root.status) == ("spf", Status.PASS)
    assert root.reason == "192.0.2.1 is authorized by include:_spf.example.net ip4:192.0.2.0/24; 3 of 10 lookups, 1 of 2 void"
    assert [(fact.name, fact.value) for fact in root.facts] == [
        ("identity", "mailfrom"),
        ("sender", "alice@example.com"),
        ("domain", "example.com"),
        ("mechanism", "include:_spf.example.net ip4:192.0.2.0/24"),
        ("lookups", 3),
        ("voids", 1),
    ]
    (evidence,) = root.evidence
    assert (evidence.where, evidence.text[evidence.start : evidence.end]) == ("example.com", "include:_spf.example.net")
    first, include, mx, last = root.children
    assert (first.name, first.status, first.reason, first.fact("lookups")) == ("a:h.example", None, "no match", 1)
    assert (first.evidence[0].where, first.evidence[0].text) == ("h.example A", "198.51.100.1, 198.51.100.2")
    assert (include.status, include.reason, include.fact("lookups"), include.fact("voids")) == (Status.PASS, "matches", 2, 1)
    assert [(child.name, child.status) for child in include.children] == [
        ("a:gone.example", None),
        ("ip4:192.0.2.0/24", Status.PASS),
        ("?all", Status.SKIPPED),
    ]
    assert include.children[0].evidence[0].text == "nxdomain"
    assert [(check.status, check.reason) for check in (mx, last)] == [(Status.SKIPPED, "not reached")] * 2


def test_long_answers_are_cut_in_the_evidence() -> None:
    table = {"example.com": spf("v=spf1 a -all", A=[f"198.51.100.{n}" for n in range(100)])}
    text = judge(table).check.children[0].evidence[0].text
    assert text.endswith(", and 80 more")
    assert text.startswith("198.51.100.0, ")


@pytest.mark.parametrize(
    ("record", "status", "reason"),
    [
        ("-all", Status.FAIL, "192.0.2.1 is not authorized: -all"),
        ("~all", Status.SOFTFAIL, "192.0.2.1 is probably not authorized: ~all"),
        ("?all", Status.NEUTRAL, "nothing is said about 192.0.2.1: ?all"),
        ("ip4:192.0.2.2", Status.NEUTRAL, "the record of example.com has no term that matches 192.0.2.1"),
        ("", Status.NEUTRAL, "the record of example.com has no term that matches 192.0.2.1"),
    ],
)
def test_reasons(record: str, status: Status, reason: str) -> None:
    result = judge({"example.com": spf(f"v=spf1 {record}".strip())})
    assert (result.status, result.reason, result.auth.reason) == (status, reason, reason)


def test_plus_all() -> None:
    result = judge({"example.com": spf("v=spf1 include:i.example -all"), "i.example": spf("v=spf1 all")})
    (found,) = result.check.all_findings()
    assert (found.rule, found.severity, found.message) == (
        "spf-plus-all",
        Severity.MEDIUM,
        "the record of i.example gives every host a pass",
    )
    assert (found.evidence[0].start, found.evidence[0].end) == (7, 10)


def test_neutral_all_counts_at_the_top_only() -> None:
    assert ids(judge({"example.com": spf("v=spf1 ?all")})) == ["spf-neutral-all"]
    assert ids(judge({"example.com": spf("v=spf1 include:i.example -all"), "i.example": spf("v=spf1 ?all")})) == []


def test_what_matches_before_all_is_no_finding() -> None:
    assert ids(judge({"example.com": spf("v=spf1 ip4:192.0.2.1 +all")})) == []
