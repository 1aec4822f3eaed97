"""`mailsec smtp send` to Postfix, Dovecot and the faulty server of the lab, as `--tls auto` and as told.

`tests/lab/README.md` says how to start the lab.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.lab.accounts import PASSWORDS, token

pytestmark = pytest.mark.lab

DOMAINS = """
badds.test          5 -                     wrong DS
bogus.test          5 -                     bogus
danebad.test        5 -                     no record means this certificate
danemxunsigned.test 0 TLSv1.3
daneunusable.test   0 TLSv1.3
dmarcbad.test       1 -                     nothing takes mail
example.test        0 DANE
expired.test        5 -                     expired
expiredcert.test    0 TLSv1.3
failover.test       0 TLSv1.3
implicitmx.test     0 TLSv1.3
inject.test         0 TLSv1.3
iterations.test     0 TLSv1.3
nomail.test         1 -                     nothing takes mail
nosuch.test         1 -                     no such domain
nsec3.test          0 DANE
nullmx.test         1 -                     null MX
oldtls.test         0 TLSv1.1
optout.test         0 TLSv1.3
plain.test          0 clear
report.test         1 -                     nothing takes mail
selfsigned.test     0 DANE
sha1.test           0 TLSv1.3
smuggle.test        0 TLSv1.3
spfloop.test        1 -                     nothing takes mail
stsbadcert.test     0 TLSv1.3
stsmismatch.test    5 -                     the MTA-STS policy does not allow this host
stsonly.test        0 valid
ststesting.test     0 TLSv1.3
sub.optout.test     0 TLSv1.3
unsigned.test       0 TLSv1.3
wild.test           0 TLSv1.3
wrongname.test      0 TLSv1.3
"""
"""Exit code, a word of what is said of TLS, and where nothing was sent words of the summary."""


def lab() -> Path:
    folder = os.environ.get("MAILSEC_LAB")
    assert folder, "MAILSEC_LAB names the lab's run folder; without it these tests cannot run"
    assert (Path(folder) / "ns.pid").exists(), "mail goes to port 25: start the lab with up.sh --netns"
    return Path(folder)


def message(mark: str = "") -> bytes:
    return f"From: alice@example.test\nTo: bob@example.test\nSubject: {mark or uuid.uuid4().hex}\n\nHello\n".encode()


def send(*options: object, stdin: bytes = b"", sender: str = "alice@example.test") -> tuple[int, dict[str, Any]]:
    """Run `mailsec smtp send` in the lab: the exit code and the report."""
    run = lab()
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec"]
    trusted = ["--ca", run / "pki/ca.crt", "--allow-private", "--trust-anchor", run / "root.key"]
    fixed = ["--json", "--timeout", "30", "--helo", "client.example.test", "--from", sender]
    command = [*inside, "smtp", "send", *fixed, *trusted, *options]
    environment = {**os.environ, "LAB_RUN": str(run)}
    done = subprocess.run(
        list(map(str, command)), input=stdin or message(), env=environment, check=False, capture_output=True, timeout=90
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for check in tree.get("children", tree.get("checks", ())):
        yield check
        yield from nodes(check)


def reasons(report: dict[str, Any], name: str) -> list[str]:
    return [check["reason"] for check in nodes(report) if check["name"] == name]


def rules(report: dict[str, Any]) -> set[str]:
    return {found["rule"] for check in nodes(report) for found in check["findings"]}


def facts(check: dict[str, Any]) -> dict[str, Any]:
    return {fact["name"]: fact["value"] for fact in check["facts"]}


def delivered(user: str, mark: str, wanted: int = 1) -> int:
    """How many messages with `mark` the user has; Dovecot gets them a moment after Postfix took them."""
    folder = lab() / "mail" / user
    until = time.monotonic() + 10
    while True:
        found = sum(mark.encode() in path.read_bytes() for path in folder.glob("new/*"))
        if found >= wanted or time.monotonic() > until:
            return found
        time.sleep(0.1)


@cache
def rows() -> dict[str, tuple[int, str, str]]:
    lines = (line.split(maxsplit=3) for line in DOMAINS.strip("\n").splitlines())
    return {name: (int(code), tls, rest[0] if rest else "") for name, code, tls, *rest in lines}


@pytest.mark.parametrize("domain", [line.split()[0] for line in DOMAINS.strip("\n").splitlines()])
def test_tls_auto_is_right_for_every_domain(domain: str) -> None:
    expected, tls, words = rows()[domain]
    code, report = send("--to", f"alice@{domain}")
    assert (code, words in report["summary"]) == (expected, True), report["summary"]
    judged = [reason for reason in reasons(report, "tls") if reason]
    assert (tls == "-" and not expected) or tls == "-" or tls in judged[-1], judged


def test_the_hosts_of_failover_in_their_order() -> None:
    """One takes no connection, one answers 450 to everybody, one takes the message."""
    mark = uuid.uuid4().hex
    code, report = send("--to", "alice@failover.test", stdin=message(mark))
    sessions = {check["name"]: check["reason"] for check in nodes(report) if check["name"].startswith("session")}
    assert code == 0
    assert list(sessions) == [f"session with {name}.failover.test" for name in ("down", "temp", "up")]
    assert "refused" in sessions["session with down.failover.test"]
    assert "450" in sessions["session with temp.failover.test"]
    assert delivered("alice@example.test", mark) == 1


@pytest.mark.parametrize(("domain", "verify"), [("selfsigned.test", 5), ("expiredcert.test", 5), ("stsonly.test", 0)])
def test_tls_as_told(domain: str, verify: int) -> None:
    assert send("--to", f"alice@{domain}", "--tls", "verify")[0] == verify
    assert send("--to", f"alice@{domain}", "--tls", "require")[0] == 0
    assert send("--to", f"alice@{domain}", "--tls", "none")[0] == 0


def test_dane_and_mta_sts_as_told() -> None:
    assert send("--to", "alice@selfsigned.test", "--tls", "dane")[0] == 0
    assert send("--to", "alice@stsonly.test", "--tls", "dane")[0] == 5
    assert send("--to", "alice@stsonly.test", "--tls", "mta-sts")[0] == 0
    assert send("--to", "alice@plain.test", "--tls", "mta-sts")[0] == 5
    assert send("--to", "alice@plain.test", "--tls", "require")[0] == 5


# --- submission


@pytest.mark.parametrize("port", [587, 465])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", ""])
def test_a_password_by_every_mechanism(mechanism: str, port: int, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    (tmp_path / "password").write_text(PASSWORDS["alice@example.test"])
    chosen = ("--auth", mechanism) if mechanism else ()
    code, report = send(
        *("--server", f"submission.example.test:{port}", "--user", "alice@example.test", "--to", "bob@example.test"),
        *("--password-file", tmp_path / "password", *chosen),
        stdin=message(mark),
    )
    (session,) = (facts(check) for check in nodes(report) if check["name"].startswith("session"))
    assert (code, session["login"]) == (0, mechanism or "SCRAM-SHA-256")
    assert reasons(report, "tls") == ["the certificate is valid for the host"]
    assert delivered("bob@example.test", mark) == 1


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER", ""])
def test_a_token(mechanism: str, tmp_path: Path) -> None:
    fresh, old = tmp_path / "fresh", tmp_path / "old"
    fresh.write_text(token(lab(), "alice@example.test"))
    old.write_text(token(lab(), "alice@example.test", -60))
    chosen = ("--auth", mechanism) if mechanism else ()
    options = ("--server", "submission.example.test:587", "--user", "alice@example.test", "--to", "bob@example.test", *chosen)
    assert send(*options, "--token-file", fresh)[0] == 0
    code, report = send(*options, "--token-file", old)
    assert (code, "refused" in report["summary"]) == (7, True)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_a_wrong_password(mechanism: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("guess")
    code, report = send(
        *("--server", "submission.example.test:587", "--user", "alice@example.test", "--to", "bob@example.test"),
        *("--password-file", tmp_path / "password", "--auth", mechanism),
    )
    assert (code, "535" in report["summary"]) == (7, True)


def test_without_a_login_nothing_is_relayed() -> None:
    code, report = send("--server", "submission.example.test:587", "--to", "bob@example.test")
    assert (code, report["status"]) == (1, "fail")


# --- LMTP


def test_lmtp_with_two_recipients_and_one_refusal() -> None:
    mark = uuid.uuid4().hex
    recipients = ("alice@example.test", "nobody@example.test", "bob@example.test")
    to = [part for recipient in recipients for part in ("--to", recipient)]
    code, report = send("--lmtp", "--server", "mx1.example.test:24", *to, stdin=message(mark))
    found = {check["name"]: facts(check)["fate"] for check in nodes(report) if check["name"] in recipients}
    assert (code, found) == (1, dict(zip(recipients, ("accepted", "refused", "accepted"), strict=True)))
    assert [delivered(user, mark) for user in ("alice@example.test", "bob@example.test")] == [1, 1]


# --- smuggling


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"])
def test_nothing_is_smuggled_into_a_server_that_lets_it(end: bytes) -> None:
    """The server takes LF.LF and its like for the end of a message; what follows would be commands."""
    mark = uuid.uuid4().hex
    inner = b"MAIL FROM:<eve@evil.test>\r\nRCPT TO:<alice@smuggle.test>\r\nDATA\r\nSubject: %s-smuggled\r\n\r\nx\r\n.\r\n"
    raw = message(mark).replace(b"\n", b"\r\n") + end + inner % mark.encode()
    refused = subprocess.run(
        [sys.executable, "-m", "mailsec", "smtp", "send", "--from", "a@b.test", "--to", "alice@smuggle.test"],
        input=raw,
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert (refused.returncode, b"at octet" in refused.stderr) == (4, True)
    assert send("--to", "alice@smuggle.test", "--line-ends", "fix", stdin=raw)[0] == 0
    assert delivered("alice@example.test", mark) == 1
    lines_only = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert send("--to", "alice@smuggle.test", stdin=lines_only)[0] == 0
    assert delivered("alice@example.test", mark, 2) == 2


# --- the faulty server

FAULTS = """
inj-response 6 starttls smtp-starttls-injection
strip        0 -        smtp-in-the-clear
refuse       0 -        smtp-tls-failed
garbage      6 starttls smtp-starttls-injection
close        0 -        smtp-tls-failed
stall        5 starttls
cut          5 mail
drip         0 -
flood        6 ehlo
longline     6 ehlo
binary       6 ehlo
mixed        0 -        smtp-reply-flaw
late         1 message
"""
"""Exit code, the step where it went wrong, and the finding."""


@pytest.mark.parametrize("line", FAULTS.strip("\n").splitlines(), ids=lambda line: line.split()[0])
def test_every_fault_is_named(line: str) -> None:
    fault, code, step, *rule = line.split()
    seconds = "6" if fault == "stall" else "30"
    got, report = send("--to", "alice@inject.test", "--helo", f"{fault}.client.test", "--timeout", seconds)
    recipient = next(facts(check) for check in nodes(report) if check["name"] == "alice@inject.test")
    assert (got, recipient["step"]) == (int(code), "message" if step == "-" else step), report["summary"]
    assert set(rule) <= rules(report)


@pytest.mark.parametrize("fault", ["strip", "refuse", "garbage", "close", "inj-response"])
def test_no_fault_of_starttls_gets_a_message_that_must_be_encrypted(fault: str) -> None:
    code, report = send("--to", "alice@inject.test", "--helo", f"{fault}.client.test", "--tls", "require")
    assert code == (6 if fault in ("inj-response", "garbage") else 5)
    spoken = [facts(check).get("text", "") for check in nodes(report) if check["name"] == "client"]
    assert not any(text.startswith("MAIL") for text in spoken)


# --- many messages


def test_many_messages_over_one_connection(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    files = [tmp_path / f"{at}.eml" for at in range(20)]
    for file in files:
        file.write_bytes(message(mark))
    run = lab()
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec", "smtp", "send", "--format", "jsonl"]
    options = ["--from", "alice@example.test", "--to", "bob@example.test", "--ca", str(run / "pki/ca.crt")]
    options += ["--allow-private", "--trust-anchor", str(run / "root.key")]
    environment = {**os.environ, "LAB_RUN": str(run)}
    done = subprocess.run([*inside, *options, *map(str, files)], env=environment, check=False, capture_output=True, timeout=90)
    assert (done.returncode, done.stdout.count(b'"summary":"Accepted for 1 recipient."')) == (0, 20)
    assert delivered("bob@example.test", mark, 20) == 20
