"""`mailsec smtp send` through the real entry point, judged by aiosmtpd."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailsec.cli import secrets
from tests.certificates import NOW, issue
from tests.mirror import serving
from tests.peer import Line, Peer
from tests.smtp_server import Handler, SmtpServer, accepting

MESSAGE = b"From: Alice <alice@send.test>\nTo: bob@recv.test\nBcc: carol@recv.test\nSubject: Hi\n\n.dot\nHello\n"
AT = ("--at", str(NOW), "--timeout", "20")


@dataclass
class Material:
    """Certificates and zones of a run."""

    folder: Path
    certificate: Path
    roots: Path

    def zone(self, text: str) -> Path:
        path = self.folder / "recv.zone"
        path.write_text(text)
        return path

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    folder = tmp_path_factory.mktemp("send")
    root = issue("root", authority=True)
    leaf = issue("mx1.recv.test", root, "mx1.recv.test", "ip:127.0.0.1")
    certificate, roots = folder / "mx1.pem", folder / "roots.pem"
    certificate.write_bytes(leaf.key_pem + leaf.pem)
    roots.write_bytes(root.pem)
    return Material(folder, certificate, roots)


@pytest.fixture
def server(material: Material) -> Iterator[SmtpServer]:
    with SmtpServer(certificate=material.certificate, enable_SMTPUTF8=True) as running:
        yield running


def envelope(sender: str = "alice@send.test", *recipients: str) -> tuple[str, ...]:
    return ("--from", sender, *(part for each in recipients or ("bob@recv.test",) for part in ("--to", each)))


def report(ended: Any) -> dict[str, Any]:
    assert ended.out, ended.stderr
    return json.loads(ended.stdout)


def checks(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for check in tree.get("children", tree.get("checks", ())):
        yield check
        yield from checks(check)


def said(document: dict[str, Any], who: str) -> list[str]:
    """What one side said."""
    found = []
    for check in checks(document):
        facts = {fact["name"]: fact["value"] for fact in check["facts"]}
        if check["name"] == who and "text" in facts:
            found.append(facts["text"])
    return found


# --- to a server that was named


def test_a_message_arrives_as_it_is_sent(server: SmtpServer, mailsec) -> None:
    ended = mailsec("smtp", "send", *AT, *envelope(), "--server", f"127.0.0.1:{server.port}", "--json", stdin=MESSAGE)
    document = report(ended)
    assert (ended.code, document["status"], ended.err) == (0, "pass", b"")
    (taken,) = server.taken.envelopes
    assert (taken.mail_from, taken.rcpt_tos) == ("alice@send.test", ["bob@recv.test"])
    header, _, body = taken.content.partition(b"\r\n\r\n")
    assert body == b".dot\r\nHello\r\n"
    assert b"Bcc" not in header
    assert b"\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000" in b"\r\n" + header
    assert b"Message-ID: <1800000000." in header
    assert "STARTTLS" in said(document, "client")
    assert document["summary"] == "Accepted for 1 recipient."


def test_several_files_share_a_connection(server: SmtpServer, material: Material, mailsec) -> None:
    files = [material.file(f"{at}.eml", MESSAGE + b"%d\n" % at) for at in range(3)]
    options = (*envelope("", "bob@recv.test", "dave@recv.test"), "--server", f"127.0.0.1:{server.port}")
    ended = mailsec("smtp", "send", *AT, *options, "--format", "jsonl", *files)
    documents = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.code == 0
    assert [document["subject"] for document in documents] == [str(file) for file in files]
    assert [taken.content[-3:] for taken in server.taken.envelopes] == [b"0\r\n", b"1\r\n", b"2\r\n"]
    assert all(taken.mail_from in ("", "<>") for taken in server.taken.envelopes)
    # each report has the opening and its own message, and no other's
    assert [said(document, "client").count("DATA") for document in documents] == [1, 1, 1]
    assert [said(document, "client").count("STARTTLS") for document in documents] == [1, 1, 1]


def test_one_file_that_cannot_be_sent_stops_none_of_the_others(server: SmtpServer, material: Material, mailsec) -> None:
    good, bad = material.file("good.eml", MESSAGE), material.file("bad.eml", b"From: a@b.test\r\n\r\nx\n.\r\n")
    options = (*envelope(), "--server", f"127.0.0.1:{server.port}")
    ended = mailsec("smtp", "send", *options, bad, good, material.folder / "none.eml")
    assert (ended.code, len(server.taken.envelopes)) == (4, 1)
    assert "a LF without CR at octet 19" in ended.stderr
    assert "none.eml: no such file" in ended.stderr
    ended = mailsec("smtp", "send", *options, "--line-ends", "fix", "--json", bad)
    assert (ended.code, server.taken.envelopes[-1].content[-10:]) == (0, b"\r\n\r\nx\r\n.\r\n")
    assert "smtp-line-ends-mended" in ended.stdout


@pytest.mark.parametrize(
    ("refusals", "code", "words"),
    [
        ({"bob@recv.test": "550 5.1.1 who is that"}, 1, "Accepted for 1 of 2 recipients; refused for bob@recv.test at rcpt"),
        ({"bob@recv.test": "450 4.7.1 later"}, 5, "deferred for bob@recv.test"),
        ({"bob@recv.test": "450 later", "dave@recv.test": "550 no"}, 1, "Refused for dave@recv.test at rcpt: 550 no"),
    ],
)
def test_partial_refusals_show_in_the_exit_code(refusals: dict[str, str], code: int, words: str, mailsec) -> None:
    with SmtpServer(Handler(refusals)) as server:
        options = (*envelope("a@b.test", "bob@recv.test", "dave@recv.test"), "--server", f"127.0.0.1:{server.port}")
        ended = mailsec("smtp", "send", *options, "--format", "human", stdin=MESSAGE, env={"COLUMNS": "120"})
    assert (ended.code, words in ended.stdout) == (code, True)


def test_internationalized_mail(server: SmtpServer, mailsec) -> None:
    message = "From: jürgen@send.test\nSubject: grün\n\nä\n".encode()
    options = (*envelope("jürgen@send.test", "bob@bücher.test"), "--server", f"127.0.0.1:{server.port}")
    ended = mailsec("smtp", "send", *options, stdin=message)
    assert ended.code == 0
    (taken,) = server.taken.envelopes
    assert (taken.mail_from, taken.rcpt_tos) == ("jürgen@send.test", ["bob@xn--bcher-kva.test"])
    assert taken.smtp_utf8
    assert "Subject: grün".encode() in taken.content


def test_a_server_without_smtputf8_is_named(mailsec) -> None:
    with SmtpServer() as server:
        options = (*envelope(), "--server", f"127.0.0.1:{server.port}")
        ended = mailsec("smtp", "send", *options, stdin="From: a@b.test\nSubject: grün\n\nx\n".encode())
    assert ended.code == 1
    assert "127.0.0.1 does not offer SMTPUTF8, and the header needs it" in ended.stdout
    assert server.taken.envelopes == []


def test_the_header_s_addresses_only_when_told(server: SmtpServer, mailsec) -> None:
    to = ("--server", f"127.0.0.1:{server.port}")
    ended = mailsec("smtp", "send", *to, stdin=MESSAGE)
    assert (ended.code, "--from ADDRESS" in ended.stderr, "--envelope-from-header" in ended.stderr) == (2, True, True)
    ended = mailsec("smtp", "send", *to, "--from", "a@b.test", stdin=MESSAGE)
    assert (ended.code, "--to ADDRESS" in ended.stderr) == (2, True)
    assert mailsec("smtp", "send", *to, "--envelope-from-header", stdin=MESSAGE).code == 0
    assert mailsec("smtp", "send", *to, "--envelope-from-header", "--to", "eve@recv.test", stdin=MESSAGE).code == 0
    first, second = server.taken.envelopes
    assert (first.mail_from, first.rcpt_tos) == ("alice@send.test", ["bob@recv.test", "carol@recv.test"])
    assert second.rcpt_tos == ["eve@recv.test"]
    assert b"carol" not in first.content


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"To: b@recv.test\n\nx\n", "neither Sender nor From"),
        (b"From: a@b.test, c@d.test\nTo: b@recv.test\n\nx\n", "names 2 addresses"),
        (b"From: a@b.test\n\nx\n", "no recipient"),
        (b"From: a@b.test\nTo: <b@recv.test\n\nx\n", ""),
        (b"From: a@b.test\nTo: a@b@c.test\n\nx\n", "more than one way"),
        (b"From: a@b.test\nTo: a@-.test\n\nx\n", "no name"),
    ],
)
def test_a_header_that_names_no_envelope(message: bytes, words: str, server: SmtpServer, mailsec) -> None:
    ended = mailsec("smtp", "send", "--envelope-from-header", "--server", f"127.0.0.1:{server.port}", stdin=message)
    assert (ended.code, words in ended.stderr) == (4, True) if words else ended.code in (0, 4)


# --- TLS


def test_tls_that_is_demanded_is_judged(server: SmtpServer, material: Material, mailsec) -> None:
    to = (*AT, *envelope(), "--server", f"127.0.0.1:{server.port}")
    trusting = mailsec("smtp", "send", *to, "--tls", "verify", "--ca", material.roots, "--json", stdin=MESSAGE)
    assert (trusting.code, "TLSv1.3" in trusting.stdout) == (0, True)
    strict = mailsec("smtp", "send", *to, "--tls", "verify", "--json", stdin=MESSAGE)
    assert (strict.code, report(strict)["status"], len(server.taken.envelopes)) == (5, "temperror", 1)
    assert mailsec("smtp", "send", *to, "--tls", "require", stdin=MESSAGE).code == 0
    assert mailsec("smtp", "send", *to, "--tls", "dane", stdin=MESSAGE).code == 5
    assert mailsec("smtp", "send", *to, "--tls", "none", "--json", stdin=MESSAGE).code == 0
    assert len(server.taken.envelopes) == 3


def test_implicit_tls(material: Material, mailsec) -> None:
    with SmtpServer(certificate=material.certificate, implicit=True) as server:
        to = (*AT, *envelope(), "--server", f"127.0.0.1:{server.port}", "--implicit-tls")
        assert mailsec("smtp", "send", *to, "--tls", "verify", "--ca", material.roots, stdin=MESSAGE).code == 0
        assert mailsec("smtp", "send", *to, stdin=MESSAGE).code == 0
        assert mailsec("smtp", "send", *to, "--tls", "verify", stdin=MESSAGE).code == 5
    assert len(server.taken.envelopes) == 2


def test_a_server_without_tls_is_not_given_the_message(mailsec) -> None:
    with SmtpServer() as server:
        to = (*envelope(), "--server", f"127.0.0.1:{server.port}", "--json")
        ended = mailsec("smtp", "send", *to, "--tls", "require", stdin=MESSAGE)
        assert (ended.code, server.taken.envelopes) == (5, [])
        assert "does not offer STARTTLS" in report(ended)["summary"]
        assert "smtp-in-the-clear" in mailsec("smtp", "send", *to, stdin=MESSAGE).stdout


# --- login


@pytest.fixture
def submission(material: Material) -> Iterator[SmtpServer]:
    settings = {"authenticator": accepting(b"alice", b"s3cret pass"), "auth_required": True, "auth_require_tls": True}
    with SmtpServer(certificate=material.certificate, require_starttls=True, **settings) as running:
        yield running


def login(server: SmtpServer, material: Material) -> tuple[object, ...]:
    return (*AT, *envelope(), "--server", f"127.0.0.1:{server.port}", "--ca", material.roots, "--user", "alice", "--json")


@pytest.mark.parametrize("mechanism", ["PLAIN", "login", None])
def test_submission_with_a_password(mechanism: str | None, submission: SmtpServer, material: Material, mailsec) -> None:
    password = material.file("password", b"s3cret pass\n")
    chosen = ("--auth", mechanism) if mechanism else ()
    ended = mailsec("smtp", "send", *login(submission, material), "--password-file", password, *chosen, stdin=MESSAGE)
    assert (ended.code, submission.taken.users) == (0, [b"alice"])
    assert "s3cret" not in ended.stdout + ended.stderr
    assert "czNjcmV0" not in ended.stdout  # in base64
    assert "{masked}" in ended.stdout


def test_a_wrong_password(submission: SmtpServer, material: Material, mailsec) -> None:
    ended = mailsec(
        "smtp", "send", *login(submission, material), "--password-file", material.file("wrong", b"guess"), stdin=MESSAGE
    )
    assert (ended.code, submission.taken.envelopes) == (7, [])
    assert "login as this user refused: 535" in report(ended)["summary"]


def test_a_password_goes_to_nobody_who_cannot_prove_who_he_is(submission: SmtpServer, material: Material, mailsec) -> None:
    untrusted = material.file("other.pem", issue("other", authority=True).pem)
    options = login(submission, material)
    password = ("--password-file", material.file("password", b"s3cret pass"))
    ended = mailsec("smtp", "send", *options, "--ca", untrusted, *password, stdin=MESSAGE)
    assert (ended.code, said(report(ended), "client").count("AUTH PLAIN {masked}")) == (5, 0)
    assert mailsec("smtp", "send", *options, "--ca", untrusted, "--tls", "require", *password, stdin=MESSAGE).code == 0


def test_no_password_in_the_clear_unless_forced(material: Material, mailsec) -> None:
    settings = {"authenticator": accepting(b"alice", b"s3cret pass"), "auth_require_tls": False}
    password = ("--password-file", material.file("password", b"s3cret pass\r\n"))
    with SmtpServer(**settings) as server:
        options = (*login(server, material), "--tls", "none", *password)
        ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
        assert (ended.code, "would show the secret" in report(ended)["summary"]) == (7, True)
        assert mailsec("smtp", "send", *options, "--allow-cleartext-auth", stdin=MESSAGE).code == 0


def test_a_password_from_a_descriptor(submission: SmtpServer, material: Material, mailsec) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"s3cret pass\n")
    os.close(writing)
    ended = mailsec("smtp", "send", *login(submission, material), "--password-fd", str(reading), stdin=MESSAGE)
    assert ended.code == 0
    with pytest.raises(OSError):
        os.fstat(reading)


def test_a_password_from_the_terminal(
    submission: SmtpServer, material: Material, mailsec, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = []
    monkeypatch.setattr(secrets, "_TERMINAL", os.devnull)
    monkeypatch.setattr("getpass.getpass", lambda prompt: prompts.append(prompt) or "s3cret pass")
    assert mailsec("smtp", "send", *login(submission, material), stdin=MESSAGE).code == 0
    assert prompts == ["Password: "]
    monkeypatch.setattr("getpass.getpass", lambda prompt: "")
    assert mailsec("smtp", "send", *login(submission, material), stdin=MESSAGE).code == 7
    monkeypatch.setattr(secrets, "_TERMINAL", str(material.folder / "no-terminal"))
    ended = mailsec("smtp", "send", *login(submission, material), stdin=MESSAGE)
    assert (ended.code, "--password-file" in ended.stderr) == (7, True)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [(b"", 4, "empty"), (b"a\nb\n", 4, "not one line"), (b"\xff", 4, "UTF-8"), (b"x" * 9000, 4, "larger"), (b"a\0b", 2, "NUL")],
)
def test_files_that_hold_no_password(data: bytes, code: int, words: str, material: Material, mailsec) -> None:
    file = material.file("odd", data)
    options = (*envelope(), "--server", "127.0.0.1:1", "--user", "alice", "--password-file", file)
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, words in ended.stderr) == (code, True)
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    options = (*envelope(), "--server", "127.0.0.1:1", "--user", "alice", "--password-fd", str(reading))
    assert mailsec("smtp", "send", *options, stdin=MESSAGE).code == code


def test_a_token(material: Material, mailsec) -> None:
    def xoauth2(line: Line) -> None:
        line.say(b"220 mx.recv.test\r\n")
        line.hear()
        line.say(b"250-mx.recv.test\r\n250 AUTH XOAUTH2 PLAIN\r\n")
        asked = line.hear()
        line.say(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n" if asked.startswith(b"AUTH XOAUTH2 ") else b"500 what\r\n")
        line.say(b"535 no\r\n" if line.hear() == b"\r\n" else b"500 what\r\n")
        line.hear()

    token = material.file("token", b"ya29.token\n")
    with Peer(xoauth2) as peer:
        options = (*envelope(), "--server", f"127.0.0.1:{peer.port}", "--tls", "none", "--user", "alice", "--token-file", token)
        ended = mailsec("smtp", "send", *options, "--allow-cleartext-auth", "--json", stdin=MESSAGE)
    assert (ended.code, peer.errors) == (7, [])
    assert "535 no" in report(ended)["summary"]


# --- to the recipients' hosts

HOSTS = """$ORIGIN recv.test.
$TTL 60
@ MX 10 down
@ MX 20 mx1
@ MX 30 mx2
down A 127.0.0.2
mx1 A 127.0.0.1
mx2 A 127.0.0.3
$ANSWER down.recv.test. AAAA NODATA
$ANSWER mx1.recv.test. AAAA NODATA
$ANSWER mx2.recv.test. AAAA NODATA
$ANSWER _mta-sts.recv.test. TXT NODATA
$ORIGIN null.test.
@ MX 0 .
$ORIGIN slow.test.
$ANSWER slow.test. MX TIMEOUT
$ANSWER nowhere.recv.test. MX NXDOMAIN
"""


def test_mail_hosts_in_order(server: SmtpServer, material: Material, mailsec) -> None:
    """The first host takes no connection, the second takes the message, the third is not asked."""
    zone = material.zone(HOSTS)
    options = (*AT, *envelope(), "--zone", zone, "--port", str(server.port), "--json")
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, len(server.taken.envelopes)) == (0, 1)
    sessions = [check["name"] for check in checks(report(ended)) if check["name"].startswith("session")]
    assert sessions == ["session with down.recv.test", "session with mx1.recv.test"]


@pytest.mark.parametrize(
    ("recipient", "code", "words"),
    [
        ("x@null.test", 1, "null MX"),
        ("x@slow.test", 5, "timeout"),
        ("x@nowhere.recv.test", 1, ""),
        ("x@[127.0.0.9]", 5, "refused"),
    ],
)
def test_places_where_no_mail_goes(
    recipient: str, code: int, words: str, server: SmtpServer, material: Material, mailsec
) -> None:
    options = (*envelope("a@b.test", recipient), "--zone", material.zone(HOSTS), "--port", str(server.port), "--json")
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, words in report(ended)["summary"]) == (code, True)


def test_recipients_of_several_domains(server: SmtpServer, material: Material, mailsec) -> None:
    to = ("bob@recv.test", "x@null.test", "dave@RECV.test")
    options = (*envelope("a@b.test", *to), "--zone", material.zone(HOSTS), "--port", str(server.port), "--json")
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, server.taken.envelopes[0].rcpt_tos) == (1, ["bob@recv.test", "dave@recv.test"])
    assert "Accepted for 2 of 3 recipients" in report(ended)["summary"]


def test_a_dry_run_connects_to_nobody(material: Material, mailsec) -> None:
    ended = mailsec(
        "smtp", "send", *envelope(), "--zone", material.zone(HOSTS), "--dry-run", "--trace", "--json", stdin=MESSAGE
    )
    document = report(ended)
    assert (ended.code, document["summary"]) == (0, "Planned, not sent.")
    assert {"mx1.recv.test", "trace"} <= {check["name"] for check in checks(document)}
    one = mailsec("smtp", "send", *envelope("a@b.test", "x@[127.0.0.1]"), "--dry-run", "--offline", stdin=MESSAGE)
    assert one.code == 0
    offline = mailsec("smtp", "send", *envelope(), "--offline", "--dry-run", stdin=MESSAGE)
    assert offline.code == 5


@pytest.mark.parametrize("greeting", [b"450 not now\r\n", b"421 not now\r\n"])
def test_the_next_host_after_a_refusal_for_now(greeting: bytes, material: Material, mailsec) -> None:
    """Two addresses share a port, so the busy host is named first."""

    def busy(line: Line) -> None:
        line.say(greeting)
        line.hear()

    with SmtpServer() as server, Peer(busy, address=("127.0.0.2", server.port)):
        ended = mailsec(
            "smtp", "send", *envelope(), "--zone", material.zone(HOSTS), "--port", str(server.port), "--json", stdin=MESSAGE
        )
    assert (ended.code, len(server.taken.envelopes)) == (0, 1)


def test_time_that_one_host_takes_is_gone_for_the_others(material: Material, mailsec) -> None:
    zone = HOSTS.replace("$ORIGIN null.test.", "$ORIGIN second.test.\n@ MX 10 mx1.recv.test.\n$ORIGIN null.test.")
    zone += "$ANSWER _mta-sts.second.test. TXT NODATA\n"
    with SmtpServer() as server, Peer(lambda line: line.rest(), address=("127.0.0.2", server.port)):
        options = (*envelope("a@b.test", "bob@recv.test", "x@second.test"), "--zone", material.zone(zone), "--timeout", "1")
        ended = mailsec("smtp", "send", *options, "--port", str(server.port), "--json", stdin=MESSAGE)
    reasons = {check["name"]: check["reason"] for check in checks(report(ended))}
    assert (ended.code, server.taken.envelopes) == (5, [])
    assert reasons["bob@recv.test"].startswith("timeout")
    assert reasons["x@second.test"] == "no time was left"


def test_no_other_host_after_a_refusal_for_good(material: Material, mailsec) -> None:
    def closed(line: Line) -> None:
        line.say(b"554 no mail here\r\n")
        line.hear()

    with SmtpServer() as server, Peer(closed, address=("127.0.0.2", server.port)):
        ended = mailsec(
            "smtp", "send", *envelope(), "--zone", material.zone(HOSTS), "--port", str(server.port), "--json", stdin=MESSAGE
        )
    assert (ended.code, server.taken.envelopes) == (1, [])
    assert "554 no mail here" in report(ended)["summary"]


# --- steps, LMTP, notifications


@pytest.mark.parametrize("step", ["connect", "ehlo", "starttls", "mail", "rcpt", "data"])
def test_quit_after(step: str, server: SmtpServer, mailsec) -> None:
    options = (*envelope(), "--server", f"127.0.0.1:{server.port}", "--quit-after", step, "--json")
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, server.taken.envelopes) == (0, [])
    assert report(ended)["summary"] == "Left as told: nothing was sent."


def test_lmtp(material: Material, mailsec) -> None:
    def speak(line: Line) -> None:
        line.say(b"220 lmtp\r\n")
        assert line.hear() == b"LHLO client.test\r\n"
        line.say(b"250-lmtp\r\n250 DSN\r\n")
        for reply in (b"250 sender\r\n", b"250 bob\r\n", b"550 carol\r\n", b"250 dave\r\n", b"354 go\r\n"):
            line.hear()
            line.say(reply)
        line.hear(b"\r\n.\r\n")
        line.say(b"250 stored\r\n452 dave is full\r\n")
        line.hear()
        line.say(b"221 bye\r\n")

    path = str(material.folder / "lmtp")
    with Peer(speak, family=1, address=path) as peer:
        options = ("--lmtp", "--server", path, "--helo", "client.test", "--tls", "none", "--dsn-notify", "never", "--json")
        recipients = [f"{name}@recv.test" for name in ("bob", "carol", "dave")]
        ended = mailsec("smtp", "send", *envelope("a@b.test", *recipients), *options, stdin=MESSAGE)
    assert (ended.code, peer.errors) == (1, [])
    document = report(ended)
    statuses = {check["name"]: check["status"] for check in checks(document)}
    assert [statuses[recipient] for recipient in recipients] == ["pass", "fail", "temperror"]
    assert "RCPT TO:<bob@recv.test> NOTIFY=NEVER ORCPT=rfc822;bob@recv.test" in said(document, "client")


# --- the mirror

LMTP_SCRIPT = """!lmtp
S: 220 mirror
C: LHLO client.test
S: 250-mirror
S: 250 PIPELINING
C: MAIL FROM:<alice@send.test>
C: RCPT TO:<bob@recv.test>
C: RCPT TO:<carol@recv.test>
C: RCPT TO:<dave@recv.test>
C: DATA
S: 250 sender
S: 250 bob
S: 550 carol is not here
S: 250 dave
S: 354 go
C: From: alice@send.test
C:
C: ..dot
C: .
S: 250 bob has it
S: 452 dave is full
C: QUIT
S: 221 bye
"""


def test_lmtp_to_the_mirror(material: Material, mailsec) -> None:
    """What is sent is what the script expects, octet for octet, and its answers are those of the recipients."""
    script = material.file("lmtp.smtp", LMTP_SCRIPT.encode())
    recipients = [f"{name}@recv.test" for name in ("bob", "carol", "dave")]
    with serving(script) as mirror:
        options = ("--lmtp", "--server", f"127.0.0.1:{mirror.port}", "--helo", "client.test", "--tls", "none", "--as-is")
        message = b"From: alice@send.test\n\n.dot\n"
        ended = mailsec("smtp", "send", *envelope("alice@send.test", *recipients), *options, "--json", stdin=message)
        mirror.end()
    assert (ended.code, mirror.code) == (1, 0), mirror.out
    reasons = {check["name"]: check["reason"] for check in checks(report(ended))}
    assert [reasons[each] for each in recipients] == ["250 bob has it", "550 carol is not here", "452 dave is full"]


# --- servers that misbehave


@pytest.mark.parametrize(
    ("talk", "code", "words"),
    [
        (lambda line: line.say(b"garbage\r\n"), 6, "no reply of SMTP"),
        (lambda line: line.say(b"x" * 1_000_000), 6, "octets"),
        (lambda line: None, 5, "closed"),
        (lambda line: line.rest(), 5, "timeout"),
    ],
    ids=["garbage", "long", "close", "stall"],
)
def test_misbehaviour_has_an_exit_code_and_a_step(talk, code: int, words: str, mailsec) -> None:
    def patiently(line: Line) -> None:
        try:
            talk(line)
        except OSError:
            return

    with Peer(patiently) as peer:
        options = (*envelope(), "--server", f"127.0.0.1:{peer.port}", "--timeout", "1", "--json")
        ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, words in report(ended)["summary"]) == (code, True)
    assert "greeting" in report(ended)["summary"]


def test_an_injection_ends_the_session(material: Material, mailsec) -> None:
    def inject(line: Line) -> None:
        line.say(b"220 mx\r\n")
        line.hear()
        line.say(b"250-mx\r\n250 STARTTLS\r\n")
        line.hear()
        line.say(b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n")
        line.hear()

    with Peer(inject) as peer:
        ended = mailsec("smtp", "send", *envelope(), "--server", f"127.0.0.1:{peer.port}", "--json", stdin=MESSAGE)
    assert (ended.code, "smtp-starttls-injection" in ended.stdout) == (6, True)
    assert "injected" in ended.stdout


# --- options that make no sense


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--to", "b@c.test"), 2, "--from"),
        (("--from", "a", "--to", "b@c.test"), 2, "local@domain"),
        (("--from", "a@b.test", "--to", "b@c.test\r\nDATA"), 2, "control"),
        (("--from", "a@b.test", "--to", "postmaster"), 2, "no domain"),
        ((*envelope(), "--helo", "a b"), 2, "--helo"),
        ((*envelope(), "--lmtp"), 2, "--server"),
        ((*envelope(), "--lmtp", "--server", "127.0.0.1:25"), 2, "port 25"),
        ((*envelope(), "--server", "127.0.0.1:x"), 2, "not a host"),
        ((*envelope(), "--server", "127.0.0.1:99999"), 2, "not a host"),
        ((*envelope(), "--server", ":25"), 2, "not a host"),
        ((*envelope(), "--server", "[::1]:0"), 2, "not a host"),
        ((*envelope(), "--server", "[::1", "--offline", "--dry-run"), 2, "not a host"),
        ((*envelope(), "--server", "[::1]25", "--offline", "--dry-run"), 2, "not a host"),
        ((*envelope(), "--server", "[::1]", "--offline", "--dry-run"), 0, ""),
        ((*envelope(), "--server", "2001:db8::1", "--offline", "--dry-run"), 0, ""),
        ((*envelope(), "--server", "127.0.0.1:25", "--tls", "mta-sts"), 2, "MTA-STS"),
        ((*envelope(), "--server", "127.0.0.1:25", "--tls", "none", "--implicit-tls"), 2, "contradict"),
        ((*envelope(), "--dsn-notify", "sometimes"), 2, "never"),
        ((*envelope(), "--dsn-envid", "a\nb"), 2, "envelope id"),
        ((*envelope(), "--password-file", "x"), 2, "--user"),
        ((*envelope(), "--server", "h", "--user", "u", "--password-file", "-"), 2, "stdin"),
        ((*envelope(), "--server", "h", "--user", "u", "--password-fd", "77", "--token-fd", "78"), 2, "one password"),
        ((*envelope(), "--server", "h", "--user", "u", "--password-fd", "7777"), 2, "7777"),
        ((*envelope(), "--server", "h", "--user", "u", "--token-fd", "7777"), 2, "7777"),
        ((*envelope(), "--at", "received"), 2, "received"),
        ((*envelope(), "--offline"), 2, "--dry-run"),
        ((*envelope(), "--server", "no name", "--offline", "--dry-run"), 1, ""),
        ((*envelope(), "--server", "h:1", "--offline", "--dry-run"), 5, ""),
    ],
)
def test_refusals(options: tuple[str, ...], code: int, words: str, mailsec) -> None:
    ended = mailsec("smtp", "send", *options, stdin=MESSAGE)
    assert (ended.code, words in ended.stderr) == (code, True)


@pytest.mark.parametrize(
    ("options", "port"),
    [
        ((), 25),
        (("--user", "u"), 587),
        (("--implicit-tls",), 465),
        (("--lmtp",), 24),
        (("--lmtp", "--user", "u"), 24),
    ],
)
def test_the_usual_ports(options: tuple[str, ...], port: int, material: Material, mailsec) -> None:
    secret = ("--password-file", material.file("p", b"p")) if "--user" in options else ()
    ended = mailsec(
        *("smtp", "send", *envelope(), "--server", "127.0.0.77", *options, *secret, "--timeout", "2", "--json"), stdin=MESSAGE
    )
    found = [fact["value"] for check in checks(report(ended)) for fact in check["facts"] if fact["name"] == "port"]
    assert (ended.code, found) == (5, [port])


def test_a_run_has_a_largest_size(server: SmtpServer, mailsec, monkeypatch: pytest.MonkeyPatch, material: Material) -> None:
    monkeypatch.setattr("mailsec.cli.jobs.smtp_send.MAX_MESSAGE_BYTES", 150)
    files = [material.file(f"{at}.eml", MESSAGE) for at in range(3)]
    ended = mailsec("smtp", "send", *envelope(), "--server", f"127.0.0.1:{server.port}", *files)
    assert (ended.code, len(server.taken.envelopes), "in several runs" in ended.stderr) == (4, 1, True)


def test_empty_input(mailsec) -> None:
    ended = mailsec("smtp", "send", *envelope(), "--server", "127.0.0.1:1", stdin=b"")
    assert (ended.code, ended.out, "empty" in ended.stderr) == (3, b"", True)


def test_quiet(server: SmtpServer, mailsec) -> None:
    ended = mailsec("smtp", "send", "-q", *envelope(), "--server", f"127.0.0.1:{server.port}", stdin=MESSAGE)
    assert (ended.code, ended.out, ended.err) == (0, b"", b"")


# --- a second judge


@pytest.mark.external
def test_the_wire_form_is_that_of_swaks(material: Material, mailsec) -> None:
    """Octet for octet, from MAIL to the line `.`: what swaks sends of the same message."""

    def record(into: list[bytes]) -> Any:
        def speak(line: Line) -> None:
            line.say(b"220 mx\r\n")
            line.hear()
            line.say(b"250-mx\r\n250 HELP\r\n")
            for reply in (b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                into.append(line.hear())
                line.say(reply)
            into.append(line.hear(b"\r\n.\r\n"))
            line.say(b"250 taken\r\n")
            line.hear()
            line.say(b"221 bye\r\n")

        return speak

    message = b"From: alice@send.test\nSubject: dots\n\n.\n..\n.dot\n\n\nend\n"
    file = material.file("dots.eml", message)
    ours: list[bytes] = []
    theirs: list[bytes] = []
    with Peer(record(ours)) as peer:
        options = (*envelope("a@b.test", "bob@recv.test", "dave@recv.test"), "--server", f"127.0.0.1:{peer.port}", "--as-is")
        assert mailsec("smtp", "send", *options, "--helo", "client.test", file).code == 0
    with Peer(record(theirs)) as peer:
        swaks = ["swaks", "--server", f"127.0.0.1:{peer.port}", "--ehlo", "client.test", "--from", "a@b.test"]
        swaks += ["--to", "bob@recv.test,dave@recv.test", "--data", f"@{file}"]
        subprocess.run(swaks, check=True, capture_output=True, timeout=60)
    # swaks adds an empty line at the end
    assert ours[:4] == theirs[:4]
    assert ours[4].removesuffix(b".\r\n").rstrip(b"\r\n") == theirs[4].removesuffix(b".\r\n").rstrip(b"\r\n")
