"""`mailsec verify` through the real entry point: what it prints, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import dkim
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
ZONE = ("--zone", EXAMPLES / "example.zone")
BORDER = ("--received-from", "mx.receiver.example")
EXPECTED = [line.split("\t") for line in (EXAMPLES / "expected.tsv").read_text().splitlines()]


def message(name: str) -> Path:
    return EXAMPLES / "messages" / name


@pytest.mark.parametrize(("code", "name"), EXPECTED)
def test_exit_codes_of_the_examples(code: str, name: str, mailsec) -> None:
    assert mailsec("verify", *ZONE, *BORDER, message(name)).code == int(code)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("signed.eml", 11),
        ("forged.eml", 8),
        ("changed.eml", 15),
        ("forwarded.eml", 11),
        ("subdomain.eml", 11),
        ("list.eml", 8),
        ("broken-record.eml", 17),
        ("international.eml", 11),
        ("lookalike.eml", 11),
        ("outage.eml", 14),
        ("unsigned.eml", 16),
    ],
)
def test_the_row_that_decided_each_example(name: str, row: int, mailsec) -> None:
    report = json.loads(mailsec("verify", *ZONE, *BORDER, "--json", message(name)).stdout)
    assert report["schema"] == "mailsec/1"
    assert report["verdict"]["decided_by"] == row
    assert report["verdict"]["exit"] == report["exit"]


def test_a_mailing_list_is_named_and_has_no_finding_above_low(mailsec) -> None:
    ended = mailsec("verify", *ZONE, *BORDER, "--json", message("list.eml"))
    report = json.loads(ended.stdout)
    assert "the mailing list talk.lists.example" in report["summary"]
    assert "header" in report["summary"] or "body" in report["summary"]
    severities = {found["severity"] for found in _findings(report["checks"])}
    assert not severities & {"medium", "high"}


def test_what_only_some_programs_see_is_a_finding(tmp_path: Path, mailsec) -> None:
    source = (
        b"From: Ann <ann@bank.example>\r\nDate: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
        b"Content-Type: multipart/mixed; boundary=decoy; boundary=real\r\n\r\n--decoy\r\n\r\nNothing.\r\n"
        b"--real\r\nContent-Type: application/zip; name=a.zip\r\n\r\nPK\r\n--real--\r\n--decoy--\r\n"
    )
    path = tmp_path / "two.eml"
    path.write_bytes(source)
    ended = mailsec("verify", *ZONE, "--json", path)
    found = {each["rule"]: each for each in _findings(json.loads(ended.stdout)["checks"])}
    assert ended.code == 1
    assert found["message-mime-other-boundary"]["severity"] == "high"
    assert "a.zip" in found["message-mime-other-boundary"]["message"]
    assert mailsec("explain", "message-mime-other-boundary").code == 0


def test_a_bounce_says_who_refused_whom(tmp_path: Path, mailsec) -> None:
    path = tmp_path / "bounce.eml"
    path.write_text(
        "From: mailer-daemon@bank.example\nDate: Mon, 21 Sep 2026 14:13:20 +0000\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.bank.example\n\nFinal-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 550 no such user\n"
    )
    checks = json.loads(mailsec("verify", *ZONE, "--json", path).stdout)["checks"]
    (report,) = next(check for check in checks if check["name"] == "message")["children"]
    facts = {fact["name"]: fact["value"] for fact in report["children"][0]["facts"]}
    assert (report["name"], facts["refused-by"], facts["diagnostic"]) == (
        "delivery-status",
        "mx.example.com",
        "550 no such user",
    )


def _findings(checks: list[dict]) -> list[dict]:
    return [found for check in checks for found in (*check["findings"], *_findings(check["children"]))]


def test_the_same_message_judged_after_its_records_changed(tmp_path: Path, mailsec) -> None:
    zone = (EXAMPLES / "example.zone").read_text().replace("mail.bank.example.       A    192.0.2.10", "")
    (tmp_path / "other.zone").write_text(zone)
    report = json.loads(mailsec("verify", "--zone", tmp_path / "other.zone", *BORDER, "--json", message("signed.eml")).stdout)
    spf = next(check for check in report["checks"] if check["name"] == "spf")
    assert spf["status"] == "fail"
    assert report["status"] == "pass", "DKIM still vouches"


def test_a_stated_envelope(mailsec) -> None:
    stated = (
        "--ip",
        "192.0.2.10",
        "--helo",
        "mail.bank.example",
        "--mail-from",
        "<alice@bank.example>",
        "--rcpt-to",
        "b@c.example",
    )
    ended = mailsec("verify", *ZONE, *stated, "--format", "plain", "-", stdin=b"From: alice@bank.example\n\nHi\n")
    assert ended.code == 0
    assert "bank.example vouches for this message by SPF bank.example" in ended.stdout
    assert "rcpt-to=b@c.example" in ended.stdout


def test_a_null_return_path_is_judged_by_its_helo(mailsec) -> None:
    stated = ("--ip", "192.0.2.10", "--helo", "mail.bank.example", "--mail-from", "")
    report = json.loads(
        mailsec("verify", *ZONE, *stated, "--json", "-", stdin=b"From: mailer-daemon@shop.example\n\nHi\n").stdout
    )
    assert report["verdict"]["domain"] == "no"
    aligned = mailsec("verify", *ZONE, *stated, "--json", "-", stdin=b"From: mailer-daemon@bank.example\n\nHi\n")
    assert json.loads(aligned.stdout)["verdict"]["domain"] == "yes"


def test_an_ip_alone_does_not_make_an_envelope(mailsec) -> None:
    ended = mailsec("verify", *ZONE, "--ip", "192.0.2.10", "-", stdin=b"From: a@bank.example\n\nHi\n")
    assert ended.code == 3


@pytest.mark.parametrize(
    ("stdin", "code", "words"),
    [
        (b"", 3, "the input is empty"),
        (b"\0\1\2 no mail", 4, "no header field"),
        (b"just text\nwithout a header\n", 4, "no header field"),
        (b"\r\n\r\n", 4, "no header field"),
    ],
)
def test_what_is_no_message(stdin: bytes, code: int, words: str, mailsec) -> None:
    ended = mailsec("verify", *ZONE, "-", stdin=stdin)
    assert (ended.code, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert "stdin" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "header",
    [b"To: x@y.example\n", b"From: a@bank.example\nFrom: b@bank.example\n", b"From: undisclosed\n", b"From: a@[192.0.2.1]\n"],
)
def test_nobody_can_be_held_to_a_message_without_one_valid_from(header: bytes, mailsec) -> None:
    report = json.loads(mailsec("verify", *ZONE, "--json", "-", stdin=header + b"\nHi\n").stdout)
    assert (report["status"], report["exit"], report["verdict"]["decided_by"]) == ("permerror", 1, 2)


def test_several_author_domains_are_each_judged_and_the_worst_counts(mailsec) -> None:
    text = b"From: a@bank.example, b@forwarder.example\nSender: a@bank.example\n\nHi\n"
    stated = ("--ip", "192.0.2.10", "--helo", "mail.bank.example", "--mail-from", "a@bank.example")
    report = json.loads(mailsec("verify", *ZONE, *stated, "--json", "-", stdin=text).stdout)
    assert report["verdict"]["domain"] == "none"
    assert "forwarder.example" in report["summary"]


def test_a_signature_that_leaves_a_tail_unsigned_decides_row_13(tmp_path: Path, mailsec) -> None:
    key = (EXAMPLES / "keys" / "rsa.pem").read_bytes()
    text = b"From: alice@bank.example\r\nSubject: Hi\r\n\r\nHello\r\n"
    field = dkim.sign(text, b"s2026", b"bank.example", key, length=True, include_headers=[b"from", b"subject"])
    ended = mailsec("verify", *ZONE, "--json", "-", stdin=field + text + b"and more\r\n")
    report = json.loads(ended.stdout)
    assert (report["verdict"]["decided_by"], report["status"], ended.code) == (13, "policy", 1)
    assert "10 octets of the body unsigned" in report["summary"]
    assert mailsec("verify", *ZONE, "--json", "-", stdin=field + text).code == 0


def test_time_of_judgement(mailsec) -> None:
    at = json.loads(mailsec("verify", *ZONE, *BORDER, "--json", message("signed.eml")).stdout)["at"]
    assert at == 1_790_000_000, "the time of arrival"
    for given, expected in (("2026-10-01", 1_790_812_800), ("received", 1_790_000_000)):
        assert (
            json.loads(mailsec("verify", *ZONE, *BORDER, "--at", given, "--json", message("signed.eml")).stdout)["at"]
            == expected
        )
    assert (
        json.loads(mailsec("verify", *ZONE, *BORDER, "--at", "now", "--json", message("signed.eml")).stdout)["at"]
        != 1_790_000_000
    )
    ended = mailsec("verify", *ZONE, "--at", "received", message("signed.eml"))
    assert ended.code == 4
    assert "--received-from" in ended.stderr


def test_header_is_one_field_that_the_message_cannot_inject_into(mailsec) -> None:
    text = b'From: "a; dmarc=pass" <a@bank.example>\n\nHi\n'
    stated = ("--ip", "203.0.113.1", "--helo", "x", "--mail-from", 'x"; dmarc=pass (@bank.example')
    ended = mailsec("verify", *ZONE, *stated, "--header", "--authserv-id", "mx.example", "-", stdin=text)
    assert ended.stdout.startswith("Authentication-Results: mx.example;")
    assert "dmarc=fail" in ended.stdout
    unquoted = "".join(part for index, part in enumerate(ended.stdout.replace('\\"', "").split('"')) if index % 2 == 0)
    assert "dmarc=pass" not in unquoted
    assert all(line.startswith((" ", "\t", "Authentication-Results:")) for line in ended.stdout.splitlines())


def test_add_header_removes_what_claims_to_be_ours(mailsec) -> None:
    forged = b"Authentication-Results: mx.example; dmarc=pass\r\nAuthentication-Results: other.example; spf=pass\r\n"
    data = message("forged.eml").read_bytes()
    ended = mailsec("verify", *ZONE, *BORDER, "--add-header", "--authserv-id", "mx.example", "-", stdin=forged + data)
    head, rest = ended.out.split(b"Authentication-Results: other.example", 1)
    assert head.startswith(b"Authentication-Results: mx.example;")
    assert head.count(b"Authentication-Results:") == 1
    assert b"dmarc=fail" in head
    assert rest.endswith(data), "the rest is as it was, to the octet"
    assert ended.code == 1
    assert "does not vouch" in ended.stderr


def test_add_header_keeps_line_ends_and_goes_to_a_file(tmp_path: Path, mailsec) -> None:
    out = tmp_path / "out.eml"
    ended = mailsec("verify", *ZONE, "--add-header", "--authserv-id", "mx.example", "-o", out, "-q", message("unsigned.eml"))
    assert (ended.out, ended.err, ended.code) == (b"", b"", 3)
    assert b"\r\n" not in out.read_bytes()
    assert out.read_bytes().endswith(message("unsigned.eml").read_bytes())


def test_explain_for_user_is_one_paragraph(mailsec) -> None:
    ended = mailsec("verify", *ZONE, *BORDER, "--explain-for-user", message("forged.eml"))
    assert ended.stdout.count("\n") == 1
    assert "chairman@bank.example" in ended.stdout
    assert "Treat it as forged" in ended.stdout
    for word in ("SPF", "DKIM", "DMARC"):
        assert word not in ended.stdout
    as_json = json.loads(mailsec("verify", *ZONE, *BORDER, "--explain-for-user", "--json", message("forged.eml")).stdout)
    assert as_json["explanation"] == ended.stdout.strip()


@pytest.mark.parametrize("name", [name for _, name in EXPECTED])
def test_explain_for_user_works_for_every_verdict(name: str, mailsec) -> None:
    assert len(mailsec("verify", *ZONE, *BORDER, "--explain-for-user", message(name)).stdout) > 80


def test_trace_shows_what_was_asked(mailsec) -> None:
    report = json.loads(mailsec("verify", *ZONE, *BORDER, "--trace", "--json", message("signed.eml")).stdout)
    trace = next(check for check in report["checks"] if check["name"] == "trace")
    names = [step["name"] for step in trace["children"]]
    assert "TXT s2026._domainkey.bank.example" in names
    assert "TXT _dmarc.bank.example" in names
    assert any("v=DMARC1" in evidence["text"] for step in trace["children"] for evidence in step["evidence"])


def test_several_inputs_the_most_severe_counts_and_none_stops_the_rest(mailsec) -> None:
    files = (message("signed.eml"), "no-such.eml", message("forged.eml"), message("unsigned.eml"))
    ended = mailsec("verify", *ZONE, *BORDER, "--format", "jsonl", *files)
    assert ended.code == 1
    assert [json.loads(line)["status"] for line in ended.stdout.splitlines()] == ["pass", "fail", "none"]
    assert "no-such.eml" in ended.stderr
    assert mailsec("verify", *ZONE, *BORDER, message("signed.eml"), "no-such.eml").code == 4
    assert mailsec("verify", *ZONE, *BORDER, "--exit-zero", message("forged.eml")).code == 0


def test_offline_asks_nothing_and_says_so(mailsec) -> None:
    ended = mailsec("verify", "--offline", "--json", message("signed.eml"))
    report = json.loads(ended.stdout)
    assert (ended.code, report["status"]) == (5, "temperror")
    assert "offline" in report["summary"]


def test_fail_on_makes_a_finding_decide(mailsec) -> None:
    text = message("signed.eml").read_bytes().replace(b"\r\n", b"\n")
    at_info = mailsec("verify", *ZONE, *BORDER, "--fail-on", "info", "--json", "-", stdin=text)
    assert (json.loads(at_info.stdout)["verdict"]["decided_by"], at_info.code) == (4, 1)
    assert mailsec("verify", *ZONE, *BORDER, "--fail-on", "never", "-", stdin=text).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--header", "--add-header"),
        ("--explain-for-user", "--header"),
        ("--received-from", "a.example", "--ip", "192.0.2.1"),
        ("--ip", "not-an-address"),
        ("--offline", "--nameserver", "192.0.2.1"),
        ("--header", "--authserv-id", "a b; c"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], mailsec) -> None:
    ended = mailsec("verify", *arguments, "--zone", EXAMPLES / "example.zone", message("signed.eml"))
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("mailsec: error: ")


def test_add_header_takes_one_message(mailsec) -> None:
    assert mailsec("verify", *ZONE, "--add-header", message("signed.eml"), message("forged.eml")).code == 2


def test_a_zone_file_that_cannot_be_read(tmp_path: Path, mailsec) -> None:
    (tmp_path / "bad.zone").write_text("a.example. TXT\n")
    (tmp_path / "latin.zone").write_bytes(b'a.example. TXT "\xe4"\n')
    for name, words in (("bad.zone", "bad.zone"), ("latin.zone", "UTF-8"), ("none.zone", "none.zone")):
        ended = mailsec("verify", "--zone", tmp_path / name, message("signed.eml"))
        assert (ended.code, ended.stdout) == (4, "")
        assert words in ended.stderr


def test_a_protected_domain_is_not_to_be_looked_like(mailsec) -> None:
    plain = mailsec("verify", *ZONE, *BORDER, "--json", message("lookalike.eml"))
    assert plain.code == 0
    assert {found["rule"]: found["severity"] for found in _findings(json.loads(plain.stdout)["checks"])} == {
        "spoofing-mixed-scripts": "medium"
    }
    guarded = mailsec("verify", *ZONE, *BORDER, "--protect", "Bank.Example", "--json", message("lookalike.eml"))
    report = json.loads(guarded.stdout)
    assert (guarded.code, report["status"], report["verdict"]["decided_by"]) == (1, "policy", 4)
    assert "spoofing-homograph" in report["summary"]
    assert mailsec("verify", *ZONE, *BORDER, "--protect", "bank.example", message("signed.eml")).code == 0


@pytest.mark.parametrize("domain", ["", "a b", "example", "-", "a..b"])
def test_what_is_no_domain_cannot_be_protected(domain: str, mailsec) -> None:
    ended = mailsec("verify", *ZONE, "--protect", domain, message("signed.eml"))
    assert (ended.code, ended.stdout) == (2, "")
    assert "cannot be protected" in ended.stderr


def test_there_is_an_end_to_protecting(mailsec) -> None:
    many = [argument for number in range(1_001) for argument in ("--protect", f"d{number}.example")]
    ended = mailsec("verify", *ZONE, *many, message("signed.eml"))
    assert (ended.code, ended.stdout) == (2, "")
    assert "more than 1000 domains" in ended.stderr


def test_results_that_came_in_under_our_name_are_said(tmp_path: Path, mailsec) -> None:
    data = message("signed.eml").read_bytes()
    forged = data.replace(b"DKIM-Signature", b"Authentication-Results: mx.receiver.example; dmarc=pass\r\nDKIM-Signature", 1)
    (tmp_path / "forged.eml").write_bytes(forged)
    report = json.loads(mailsec("verify", *ZONE, *BORDER, "--json", tmp_path / "forged.eml").stdout)
    assert "spoofing-forged-results" in {found["rule"] for found in _findings(report["checks"])}
