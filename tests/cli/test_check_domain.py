"""`mailsec check NAME` through the real entry point."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from mailsec.api.check_domain import DOMAIN_PARTS
from mailsec.api.session import Session
from mailsec.core.flow import AnswerStatus
from mailsec.net.zone import load_zones
from mailsec.transport.mtasts import lint as mtasts
from tests.api.signed import anchor_file, serve
from tests.cli.test_progress import CLEAR
from tests.dns_server import DnsServer, Fault
from tests.https_server import Authority, HttpsServer, page
from tests.output.harmless import harmful
from tests.trust.dnssec.authority import NOW, World
from tests.trust.dnssec.support import make_world

ZONE = """
$TTL 300
. SOA a.root. h.root. 1 2 3 4 60
good.example. MX 10 mx.good.example.
good.example. TXT "v=spf1 mx -all"
_dmarc.good.example. TXT "v=DMARC1; p=reject; rua=mailto:d@good.example"
_smtp._tls.good.example. TXT "v=TLSRPTv1; rua=mailto:t@good.example"
mx.good.example. A 9.9.9.9
bad.example. MX 10 mx.good.example.
bad.example. TXT "v=spf1 +all"
_dmarc.bad.example. TXT "v=DMARC1; p=none"
open.example. MX 10 mx.good.example.
open.example. TXT "v=spf1 mx -all"
quiet.example. TXT "nothing about mail"
slow.example. MX 10 mx.good.example.
_dmarc.slow.example. TXT "v=DMARC1; p=reject; rua=mailto:d@good.example"
slow.example._report._dmarc.good.example. TXT "v=DMARC1"
$ANSWER slow.example. TXT TIMEOUT
odd._domainkey.good.example. TXT "v=DKIM1; k=ed25519; p=heDWn+x/M8D99BLC2c8m2O2GXMq0naw0Mc2I8MNWCsY="
"""
ALICE = "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db"
# the certificate is no certificate, but the record is there
KEYS = f"{ALICE}._smimecert.good.example. SMIMEA 3 1 1 {'ab' * 32}\n"


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    path = tmp_path_factory.mktemp("zone") / "zone"
    path.write_text(ZONE)
    return "--zone", str(path)


@pytest.fixture
def world() -> World:
    return make_world()


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def parts(report: dict) -> dict[str, str]:
    return {check["name"]: check["status"] for check in report["checks"]}


def rules(report: dict) -> set[str]:
    found, stack = set(), list(report["checks"])
    while stack:
        check = stack.pop()
        found |= {each["rule"] for each in check.get("findings", ())}
        stack += check.get("children", ())
    return found


def part(report: dict, name: str) -> dict:
    return next(check for check in report["checks"] if check["name"] == name)


def tried(report: dict) -> list[str]:
    facts = part(report, "dkim")["facts"]
    return (
        next(fact["value"] for fact in facts if fact["name"] == "selectors-tried").split(" ")
        if isinstance(facts, list)
        else (facts["selectors-tried"].split(" "))
    )


# --- one name


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("good.example", "pass", 0),
        ("GOOD.example.", "pass", 0),
        ("bad.example", "policy", 1),
        ("open.example", "policy", 1),
        ("missing.example", "none", 3),
        ("quiet.example", "none", 3),
        ("slow.example", "temperror", 5),
        ("alice@good.example", "none", 3),
    ],
)
def test_the_answer(name: str, status: str, code: int, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", name, *zone, "--json")
    report = json.loads(ended.stdout)
    assert (report["status"], report["exit"], ended.code, ended.stderr) == (status, code, code, "")
    assert report["subject"] == name
    assert parts(report).keys() == ({"smimea", "openpgpkey", "dnssec"} if "@" in name else set(DOMAIN_PARTS))


def test_what_is_wrong_is_said(zone: tuple[str, str], mailsec) -> None:
    assert "spf-plus-all" in rules(json.loads(mailsec("check", "bad.example", *zone, "--json").stdout))
    assert "dmarc-missing" in rules(json.loads(mailsec("check", "open.example", *zone, "--json").stdout))
    assert "there is no such domain" in mailsec("check", "missing.example", *zone).stdout
    assert "no mail records at all" in mailsec("check", "quiet.example", *zone).stdout


def test_an_address_with_a_key_record(tmp_path: Path, mailsec) -> None:
    (tmp_path / "z").write_text(ZONE + KEYS)
    report = json.loads(mailsec("check", "alice@good.example", "--zone", tmp_path / "z", "--json").stdout)
    assert parts(report)["openpgpkey"] == "none"
    assert parts(report)["smimea"] != "none"
    assert report["status"] != "none"


@pytest.mark.parametrize(
    "name", ["a b", "a..example", "@good.example", "alice@", "x" * 10_000, "", "\u202e.example", "\x1b[31m"]
)
def test_nonsense_stops_none_of_the_others(name: str, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "good.example", name, "bad.example", *zone, "--format", "jsonl")
    assert ended.code == 2
    assert sorted(report["subject"] for report in lines(ended.stdout)) == ["bad.example", "good.example"]
    assert "not a domain name" in ended.stderr or "before its @" in ended.stderr
    assert harmful(ended.stderr) == []
    assert len(ended.stderr) < 3_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a domain"),
        (("good.example", "--only", "spf,nonsense"), "no such part: nonsense"),
        (("good.example", "--helo", "x"), "belong to --ip"),
        (("good.example", "bad.example", "--ip", "192.0.2.1"), "one domain"),
        (("good.example", "--dmarc", "rfc1"), "rfc9989"),
        (("good.example", "--answers", "x"), "--zone and --answers contradict each other"),
        (("good.example", "--nameserver", "192.0.2.1", "--offline"), "contradict"),
    ],
)
def test_usage(arguments: tuple[str, ...], said: str, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", *arguments, *zone)
    assert (ended.code, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_fail_on_and_exit_zero(zone: tuple[str, str], mailsec) -> None:
    assert mailsec("check", "good.example", *zone, "--fail-on", "info").code == 1
    assert mailsec("check", "open.example", *zone, "--fail-on", "never").code == 0
    ended = mailsec("check", "bad.example", *zone, "--exit-zero", "--json")
    assert (ended.code, json.loads(ended.stdout)["exit"]) == (0, 1)
    ended = mailsec("check", "bad.example", "good.example", *zone, "--quiet")
    assert (ended.code, ended.stdout) == (1, "")


# --- which parts, which selectors


def test_only_asks_for_no_more_than_that(zone: tuple[str, str], mailsec) -> None:
    report = json.loads(mailsec("check", "open.example", "--only", " spf, DMARC ,", *zone, "--trace", "--json").stdout)
    assert list(parts(report)) == ["spf", "dmarc", "trace"]
    asked = {step["name"] for step in part(report, "trace")["children"]}
    assert "TXT open.example" in asked
    assert "TXT _dmarc.open.example" in asked
    assert not any("_domainkey" in each or "_mta-sts" in each or "TLSA" in each or each.startswith("CAA") for each in asked)
    assert not any(each.startswith("MX") and each != "MX open.example" for each in asked), "SPF has an mx term"
    report = json.loads(mailsec("check", "bad.example", "--only", "spf,dmarc", *zone, "--trace", "--json").stdout)
    assert not any(step["name"].startswith(("MX", "A ", "AAAA")) for step in part(report, "trace")["children"])


def test_trace_takes_many_names_and_nonsense_too(zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "good.example", "!", "missing.example", *zone, "--trace", "--format", "jsonl")
    assert ended.code == 2
    assert [report["subject"] for report in lines(ended.stdout)] == ["good.example", "missing.example"]


def test_selectors_from_options_and_messages(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    examples = Path(__file__).parents[2] / "examples" / "messages" / "signed.eml"
    plain = json.loads(mailsec("check", "good.example", "--only", "dkim", *zone, "--json").stdout)
    assert (parts(plain)["dkim"], plain["exit"]) == ("none", 3)
    assert "not confirmed" in part(plain, "dkim")["reason"]
    stated = json.loads(mailsec("check", "good.example", "--only", "dkim", "--selector", "odd", *zone, "--json").stdout)
    assert parts(stated)["dkim"] == "pass"
    taken = mailsec(
        "check", "good.example", "--only", "dkim", "--selector", "odd", "--selectors-from", examples, *zone, "--json"
    )
    assert tried(json.loads(taken.stdout))[:2] == ["odd", "s2026"]


def test_selectors_from_what_has_none(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    (tmp_path / "m.eml").write_bytes(b"From: a@a.example\r\n\r\n")
    for name in ("m.eml", "missing.eml"):
        ended = mailsec("check", "good.example", "--selectors-from", tmp_path / name, *zone)
        assert (ended.code, ended.stdout) == (4, "")
        assert name in ended.stderr


def test_dmarc_as_older_receivers_judge_it(zone: tuple[str, str], mailsec) -> None:
    arguments = ("check", "good.example", "--only", "dmarc", *zone)
    assert "7489" in mailsec(*arguments, "--dmarc", "rfc7489").stdout
    assert "7489" not in mailsec(*arguments).stdout


# --- many names


def test_names_come_from_files_and_stdin_each_once(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbf# a comment\r\n\r\n  bad.example \r\ngood.example\n\t#x\nbad.example")
    ended = mailsec(
        "check",
        "good.example",
        "-f",
        tmp_path / "list",
        "-f",
        "-",
        *zone,
        "--format",
        "jsonl",
        stdin=b"open.example\nbad.example\n",
    )
    assert sorted(report["subject"] for report in lines(ended.stdout)) == ["bad.example", "good.example", "open.example"]
    assert (ended.code, ended.stderr) == (1, "")


def test_names_that_end_with_nul(zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "-0", "-f", "-", *zone, "--format", "jsonl", stdin=b"good.example\0bad.example\0\0")
    assert sorted(report["subject"] for report in lines(ended.stdout)) == ["bad.example", "good.example"]


def test_hostile_lists_are_harmless(zone: tuple[str, str], mailsec) -> None:
    names = [
        b"\x1b[31mred.example",
        b"a\0b.example",
        b"x" * 10_000,
        b"\xff\xfe.example",
        "\u202e.example".encode(),
        b"good.example",
    ]
    for format in ("human", "plain", "json", "jsonl"):
        ended = mailsec("check", "-f", "-", *zone, "--format", format, stdin=b"\n".join(names))
        assert ended.code == 2
        assert harmful(ended.stdout, allowed="\n\t") == []
        assert harmful(ended.stderr) == []
        assert ended.stderr.count("mailsec: error: ") == 5
        assert max(map(len, ended.stderr.splitlines())) < 2_200
        assert "good.example" in ended.stdout


@pytest.mark.parametrize("content", [b"", b"\n\n# only a comment\n"])
def test_a_list_without_names_is_no_success(content: bytes, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "-f", "-", *zone, stdin=content)
    assert (ended.code, ended.stdout) == (3, "")
    assert "no name to check" in ended.stderr


def test_a_list_that_cannot_be_read(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "-f", tmp_path / "missing", *zone)
    assert (ended.code, ended.stdout) == (4, "")
    assert "missing: no such file" in ended.stderr


def test_the_output_never_overwrites_the_list(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    path = tmp_path / "list"
    path.write_text("good.example\n")
    ended = mailsec("check", "-f", path, "-o", path, *zone)
    assert (ended.code, path.read_text()) == (2, "good.example\n")
    assert "is an input" in ended.stderr
    ended = mailsec("check", "-f", path, "-f", "-", "-o", tmp_path / "out", *zone)
    assert (ended.code, ended.stdout) == (0, "")
    assert (tmp_path / "out").read_text().startswith("good.example\t")


def test_formats_of_several(zone: tuple[str, str], mailsec) -> None:
    names = ("good.example", "bad.example", "missing.example")
    document = json.loads(mailsec("check", *names, *zone, "--json").stdout)
    reports = document if isinstance(document, list) else document["reports"]
    assert {report["subject"] for report in reports} == set(names)
    assert {report["subject"] for report in lines(mailsec("check", *names, *zone, "--format", "jsonl").stdout)} == set(names)
    plain = mailsec("check", *names, *zone, "--format", "plain").stdout
    assert {line.split("\t")[0] for line in plain.splitlines()} == set(names)


def test_people_get_a_table_at_the_end(zone: tuple[str, str], mailsec) -> None:
    names = ("good.example", "bad.example", "missing.example")
    ended = mailsec("check", *names, *zone, "--format", "human")
    *_, heads, first, second, third = ended.stdout.splitlines()
    assert heads.split() == ["high", "medium", "low", "info", "subject"]
    assert first.split()[0] == "policy"
    assert {row.split()[-1] for row in (first, second, third)} == set(names)
    assert "medium    low   info  subject" not in mailsec("check", "good.example", *zone, "--format", "human").stdout


def test_a_list_shows_the_trees_only_with_verbose(zone: tuple[str, str], mailsec) -> None:
    arguments = ("check", "good.example", "bad.example", *zone, "--format", "human")
    assert "tree walk" not in mailsec(*arguments).stdout
    assert "tree walk" in mailsec(*arguments, "-v").stdout
    assert "tree walk" in mailsec(*arguments[:2], *zone, "--format", "human").stdout


def test_the_table_is_for_the_screen(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    arguments = ("check", "good.example", "bad.example", *zone, "--format", "human")
    assert mailsec(*arguments, "-o", tmp_path / "out").stdout == ""
    assert mailsec(*arguments, "-q").stdout == ""


def test_the_bar_is_gone_before_a_report_or_an_error(zone: tuple[str, str], mailsec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailsec.cli.progress._PATIENCE", 0.0)
    names = ("good.example", "bad.example", "!", "missing.example")
    assert CLEAR not in mailsec("check", *names, *zone).stderr, "no terminal"
    order: list[str] = []
    monkeypatch.setattr("tests.conftest._Stream.isatty", lambda self: True)
    monkeypatch.setattr("mailsec.cli.progress.time.monotonic", lambda: float(len(order)))
    monkeypatch.setattr("mailsec.cli.progress._write", lambda text: order.append("clear" if text == CLEAR else "bar"))
    monkeypatch.setattr("mailsec.cli.io.put_bytes", lambda data: order.append("report"))
    monkeypatch.setattr("mailsec.cli.jobs.check.complain", lambda *args, **more: order.append("error"))
    assert mailsec("check", *names, *zone, "--format", "plain").code == 2
    assert (order.count("report"), order.count("error"), order[-1]) == (3, 1, "clear")
    assert "bar" in order
    assert all(later in ("bar", "clear") for first, later in pairwise(order) if first == "bar")
    order.clear()
    mailsec("check", *names, *zone, "-q")
    assert order == ["error"]


# --- what is planned, what was saved


def test_a_planned_record_is_judged_before_it_is_published(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    (tmp_path / "plan").write_text('_dmarc.open.example. 60 TXT "v=DMARC1; p=reject; rua=mailto:d@open.example"\n')
    assert mailsec("check", "open.example", *zone).code == 1
    assert mailsec("check", "open.example", *zone, "--overlay", tmp_path / "plan").code == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def test_a_saved_run_is_repeated_exactly(
    tmp_path: Path, authority: Authority, mailsec, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {
        "example.com": {"MX": ["10 mx.example.com"], "TXT": ["v=spf1 mx -all"]},
        "mx.example.com": {"A": ["9.9.9.9"]},
        "_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject"]},
        "_mta-sts.example.com": {"TXT": ["v=STSv1; id=1"]},
        "mta-sts.example.com": {"A": ["127.0.0.1"]},
        "bad.example": {"MX": AnswerStatus.SERVFAIL, "TXT": ["v=spf1 +all"]},
    }
    body = b"version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 1000000\n"
    path = "/.well-known/mta-sts.txt"
    names = ("example.com", "bad.example", "alice@example.com")
    common = ("check", *names, "--dnssec", "off", "--allow-private", "--ca", authority.path, "--json")
    with DnsServer(table) as server, HttpsServer(authority, {path: page(body, b"Content-Type: text/plain")}) as web:
        place = web.url(path)
        monkeypatch.setattr(mtasts, "url", lambda domain: place)
        first = mailsec(*common, "--nameserver", server.address, "--save-answers", tmp_path / "run")
        assert len(web.requests) == 1
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: 4e9)
        again = mailsec(*common, "--answers", tmp_path / "run")

    def by_name(text: str) -> dict[str, dict]:
        document = json.loads(text)
        reports = document if isinstance(document, list) else document["reports"]
        return {report["subject"]: report for report in reports}

    assert (first.code, first.stderr, again.stderr) == (1, "", "")
    assert parts(by_name(first.stdout)["example.com"])["mta-sts"] == "pass"
    assert by_name(again.stdout) == by_name(first.stdout)
    assert again.code == first.code


def test_damaged_answers(tmp_path: Path, mailsec) -> None:
    for content in (b"", b"{", b"\xff", b'{"schema": "mailsec-answers/1"}', b"[" * 100_000):
        (tmp_path / "run").write_bytes(content)
        ended = mailsec("check", "good.example", "--answers", tmp_path / "run")
        assert (ended.code, ended.stdout) == (4, ""), content[:40]
        assert str(tmp_path / "run") in ended.stderr


def test_answers_that_cannot_be_saved(tmp_path: Path, zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "good.example", *zone, "--save-answers", tmp_path / "no" / "run", "--json")
    assert ended.code == 2
    assert json.loads(ended.stdout)["exit"] == 0, "what was found out is printed all the same"
    assert "cannot write" in ended.stderr


# --- DNSSEC


@pytest.fixture
def validating(world: World, tmp_path: Path) -> Iterator[tuple[str, ...]]:
    with serve(world) as server:
        yield "--nameserver", server.address, "--trust-anchor", anchor_file(world, tmp_path), "--at", str(NOW), "--json"


def state(report: dict) -> str:
    facts = part(report, "dnssec")["facts"]
    return next(fact["value"] for fact in facts if fact["name"] == "state") if isinstance(facts, list) else facts["state"]


@pytest.mark.parametrize(
    ("name", "expected", "status"),
    [("nsec.test", "secure", "pass"), ("nsec3.test", "secure", "pass"), ("unsigned.test", "insecure", "none")],
)
def test_a_chain_of_trust(name: str, expected: str, status: str, validating: tuple[str, ...], mailsec) -> None:
    report = json.loads(mailsec("check", name, "--only", "dnssec,mx", *validating).stdout)
    assert (state(report), parts(report)) == (expected, {"mx": "pass" if name != "" else "", "dnssec": status})
    assert expected in json.dumps(part(report, "mx")["facts"])


def test_what_is_bogus_is_a_failed_lookup_and_a_finding(validating: tuple[str, ...], mailsec) -> None:
    ended = mailsec("check", "expired.test", "--only", "dnssec,mx", *validating)
    report = json.loads(ended.stdout)
    assert (ended.code, state(report), parts(report)) == (1, "bogus", {"mx": "temperror", "dnssec": "fail"})
    assert "dnssec-bogus" in rules(report)
    assert "bogus: " in part(report, "mx")["reason"]


def test_a_planned_record_stays_unchecked(tmp_path: Path, validating: tuple[str, ...], mailsec) -> None:
    (tmp_path / "plan").write_text('_smtp._tls.nsec.test. 60 TXT "v=TLSRPTv1; rua=mailto:a@nsec.test"\n')
    arguments = ("check", "nsec.test", "--only", "tls-rpt,dnssec,mx", *validating)
    plain = json.loads(mailsec(*arguments).stdout)
    report = json.loads(mailsec(*arguments, "--overlay", tmp_path / "plan").stdout)
    assert (parts(plain)["tls-rpt"], parts(report)["tls-rpt"]) == ("none", "pass")
    assert "unchecked" in json.dumps(part(report, "tls-rpt")["facts"])
    assert "secure" in json.dumps(part(report, "mx")["facts"])
    assert parts(report)["dnssec"] == "pass"


@pytest.mark.parametrize("content", [b"nonsense", b"", b"\xff\xfe"])
def test_bad_trust_anchors(content: bytes, tmp_path: Path, mailsec) -> None:
    (tmp_path / "anchors").write_bytes(content)
    ended = mailsec("check", "a.test", "--nameserver", "127.0.0.1:9", "--trust-anchor", tmp_path / "anchors")
    assert (ended.code, ended.stdout) == (4, "")
    assert "anchors: " in ended.stderr


def test_a_trusted_server_says_what_is_secure(mailsec) -> None:
    def authentic(query: bytes, good: bytes) -> bytes:
        assert query[3] & 0x20
        return good[:3] + bytes((good[3] | 0x20,)) + good[4:]

    table = {name: {"MX": [f"10 mx.{name}"]} for name in ("a.test", "b.test")}
    table |= {f"mx.{name}": {"A": ["9.9.9.9"]} for name in ("a.test", "b.test")}
    with DnsServer(table, always={"a.test": authentic}) as server:
        arguments = ("--only", "mx", "--nameserver", server.address, "--dnssec", "trust-ad", "--format", "jsonl")
        found = {report["subject"]: report for report in lines(mailsec("check", "a.test", "b.test", *arguments).stdout)}
        assert not any(asked.dnssec_ok for asked in server.asked)
    assert '"secure"' in json.dumps(part(found["a.test"], "mx")["facts"])
    assert '"insecure"' in json.dumps(part(found["b.test"], "mx")["facts"])


# --- live


def test_two_hundred_domains_side_by_side_ask_equal_questions_once(mailsec) -> None:
    names = [f"d{number}.example" for number in range(200)]
    text = '. SOA a. h. 1 2 3 4 60\n_spf.provider.example. TXT "v=spf1 ip4:9.9.9.0/24 -all"\nmx.provider.example. A 9.9.9.9\n'
    text += "".join(
        f'{name}. TXT "v=spf1 include:_spf.provider.example -all"\n{name}. MX 10 mx.provider.example.\n'
        f'_dmarc.{name}. TXT "v=DMARC1; p=reject"\n'
        for name in names
    )
    with DnsServer(load_zones([("zone", text)])) as server:
        arguments = ("--nameserver", server.address, "--dnssec", "off", "--only", "spf,mx,dmarc", "--format", "jsonl")
        ended = mailsec("check", "-f", "-", *arguments, stdin="\n".join(names).encode())
    reports = lines(ended.stdout)
    assert ended.code == 0
    assert sorted(report["subject"] for report in reports) == sorted(names)
    questions = [(asked.name, asked.type) for asked in server.asked if asked.transport == "udp"]
    assert len(questions) == len(set(questions))
    assert questions.count(("_spf.provider.example", "TXT")) == 1


def test_each_is_reported_as_it_finishes(mailsec) -> None:
    table = {name: {"TXT": ["v=spf1 -all"]} for name in ("first.example", "second.example")}
    with DnsServer(table, delay=0.15, always={"first.example": Fault.DELAY}) as server:
        arguments = ("--nameserver", server.address, "--dnssec", "off", "--only", "spf", "--format", "jsonl")
        ended = mailsec("check", "first.example", "second.example", *arguments)
    assert [report["subject"] for report in lines(ended.stdout)] == ["second.example", "first.example"]


def test_a_silent_server_costs_the_timeout_and_no_more(mailsec) -> None:
    names = [f"d{number}.example" for number in range(5)]

    class All(dict):
        def get(self, key: str, default: object = None) -> Fault:
            return Fault.DROP

    with DnsServer({}, always=All()) as silent:
        start = time.monotonic()
        ended = mailsec(
            "check", *names, "--nameserver", silent.address, "--timeout", "0.3", "--dnssec", "off", "--format", "jsonl"
        )
        assert time.monotonic() - start < 2
    assert ended.code == 5
    assert {(report["status"], report["exit"]) for report in lines(ended.stdout)} == {("temperror", 5)}
    assert len(lines(ended.stdout)) == 5


def test_one_failure_never_stops_the_rest(mailsec) -> None:
    table = {name: {"TXT": ["v=spf1 -all"]} for name in ("a.example", "b.example")}
    faults = {"b.example": Fault.SERVFAIL, "c.example": Fault.DROP, "d.example": Fault.GARBAGE}
    with DnsServer(table, always=faults) as server:
        arguments = ("--nameserver", server.address, "--dnssec", "off", "--only", "spf", "--format", "jsonl")
        ended = mailsec("check", "c.example", "d.example", "b.example", "a.example", *arguments, "--timeout", "0.4")
    assert {report["subject"]: report["status"] for report in lines(ended.stdout)} == {
        "a.example": "pass",
        "b.example": "temperror",
        "c.example": "temperror",
        "d.example": "temperror",
    }
    assert ended.code == 5


def test_the_same_domain_in_other_words_is_reported_once(zone: tuple[str, str], mailsec) -> None:
    ended = mailsec("check", "good.example", "GOOD.example.", "Good.Example", "--only", "spf", *zone, "--format", "jsonl")
    assert [json.loads(line)["subject"] for line in ended.stdout.splitlines()] == ["good.example"]


def test_answers_that_were_too_many_to_save_are_counted(
    tmp_path: Path, zone: tuple[str, str], mailsec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "left_out", 7)
    ended = mailsec("check", "good.example", "--only", "spf", *zone, "--save-answers", tmp_path / "saved.json")
    assert "7 answers were too many to be saved" in ended.stderr
