"""Scripts against the lab's servers: Postfix, Dovecot's LMTP, and the server whose fault the HELO name picks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ended, Mailsec
from tests.transport.smtp.test_play import FORGED

pytestmark = pytest.mark.lab

MX1, FAULTY, SMUGGLED = "127.0.0.25", "127.0.0.36", "127.0.0.35"
PASSWORD = "secret-alice"


def lab() -> Path:
    return Path(os.environ["MAILSEC_LAB"])


@pytest.fixture
def run(mailsec: Mailsec) -> Callable[..., Ended]:
    def go(text: str, server: str, *options: str) -> Ended:
        return mailsec("smtp", "run", "-", "--server", server, *options, stdin=text.encode())

    return go


def test_the_textbook_dialogue_unchanged_against_postfix(run: Callable[..., Ended]) -> None:
    ended = run(FORGED, MX1, "--json")
    assert (ended.code, ended.stderr) == (0, ""), ended.stdout
    report = json.loads(ended.stdout)
    assert report["status"] == "pass"
    notes = [rung["reason"] for rung in report["checks"][-1]["children"] if rung["status"] == "pass" and rung["reason"]]
    assert notes
    assert all(note.startswith("expected text ") for note in notes)
    assert run(run(FORGED, MX1, "--transcript").stdout, MX1).code == 0


SECURED = """\
S: 220
C: EHLO me.example.test
S: 250-STARTTLS
!tls verify={verify} name={name}
C: STARTTLS
S: 220
!tls-expect version>=1.2
C: EHLO me.example.test
S: 250-!STARTTLS
C: QUIT
S: 221
"""


@pytest.mark.parametrize(
    ("verify", "host", "code", "words"),
    [
        ("pkix", "mx1.example.test", 0, "as the script says"),
        ("dane", "mx1.example.test", 0, "as the script says"),
        ("pkix", "mx.expiredcert.test", 6, "the certificate has expired"),
        ("dane", "mx.danebad.test", 6, "DANE does not vouch for the certificate"),
        ("dane", "mx.selfsigned.test", 0, "as the script says"),
        ("pkix", "mx.selfsigned.test", 6, "self-signed"),
        ("dane", "mx.unsigned.test", 6, "DANE does not vouch for the certificate"),
    ],
)
def test_certificates(run: Callable[..., Ended], verify: str, host: str, code: int, words: str) -> None:
    text = SECURED.replace("{verify}", verify).replace("{name}", host)
    options = ("--ca", str(lab() / "pki/ca.crt"), "--trust-anchor", str(lab() / "root.key"), "--nameserver", "127.0.0.53")
    ended = run(text, host, *options)
    assert ended.code == code, ended.stdout
    assert words in ended.stdout


def test_a_login_at_the_submission_server(run: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    text = (
        "!tls verify=pkix\nS: 220\nC: EHLO me.example.test\nS: 250 /AUTH .*LOGIN/\nC: AUTH LOGIN\nS: 334\nC: {user:base64}\n"
        "S: 334\nC: {password:base64}\nS: 235\n"
        "C: MAIL FROM:<alice@example.test>\nC: RCPT TO:<bob@example.test>\nS: 250\nS: 250\n"
        "C: RSET\nS: 250\nC: QUIT\nS: 221\n!expect-close\n"
    )
    options = ("--ca", str(lab() / "pki/ca.crt"), "--name", "mx1.example.test", "--set", "user=alice@example.test")
    ended = run(text, f"{MX1}:465", *options, "--secret", f"password={tmp_path / 'password'}")
    assert ended.code == 0, ended.stdout
    assert PASSWORD not in ended.stdout
    (tmp_path / "password").write_text("wrong")
    ended = run(text, f"{MX1}:465", *options, "--secret", f"password={tmp_path / 'password'}")
    assert ended.code == 6
    assert "expected 235, received 535" in ended.stdout


def test_lmtp_has_a_reply_for_each_recipient(run: Callable[..., Ended]) -> None:
    text = (
        "!lmtp\nS: 220\nC: LHLO me.example.test\nS: 250\nC: MAIL FROM:<a@example.test>\nC: RCPT TO:<alice@example.test>\n"
        "C: RCPT TO:<nobody@example.test>\nC: RCPT TO:<bob@example.test>\nC: DATA\nS: 250\nS: 250\nS: 550\nS: 250\nS: 354\n"
        "C: Subject: lmtp\nC:\nC: hello\nC: .\nS: 250 *alice*\nS: 250 *bob*\nC: QUIT\nS: 221\n"
    )
    ended = run(text, f"{MX1}:24")
    assert ended.code == 0, ended.stdout
    one = text.replace("S: 250 *alice*\nS: 250 *bob*\n", "S: 250\n")
    ended = run(one, f"{MX1}:24")
    assert ended.code == 0, ended.stdout
    assert "for <bob@example.test>" in ended.stdout


# --- each fault of the faulty server, named

FAULTS = """\
S: 220
C: EHLO {fault}.example
S: 250 /STARTTLS/
C: STARTTLS
S: 220
C: EHLO {fault}.example
S: 250
C: MAIL FROM:<a@example.test>
S: 250
C: RCPT TO:<b@inject.test>
S: 250
C: DATA
S: 354
C: Subject: x
C: .
S: 250
C: QUIT
S: 221
"""


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ("inj-response", 6, "smtp-starttls-injection"),
        ("strip", 6, "line 3: expected a text that matches /STARTTLS/"),
        ("refuse", 6, "line 5: expected 220, received 454"),
        ("garbage", 6, "line 5: the TLS handshake failed: tls"),
        ("close", 5, "line 5: the TLS handshake failed: c"),
        ("stall", 5, "line 5: the TLS handshake failed: timeout"),
        ("cut", 5, "line 9: no reply to MAIL: c"),
        ("flood", 6, "line 3: no reply: a reply of more than 1000 lines"),
        ("longline", 6, "line 3: no reply: a line of more than 8192 octets"),
        ("binary", 6, "line 3: no reply: a line that does not begin with a reply code"),
        ("mixed", 0, "smtp-reply-flaw"),
        ("late", 6, "line 16: expected 250, received 554"),
        ("drip", 0, "as the script says"),
    ],
)
def test_every_fault_is_named(run: Callable[..., Ended], fault: str, code: int, words: str) -> None:
    ended = run(FAULTS, FAULTY, "--set", f"fault={fault}", "--timeout", "4")
    assert ended.code == code, ended.stdout
    assert words in ended.stdout


def test_a_server_that_keeps_commands_across_starttls(run: Callable[..., Ended]) -> None:
    text = "S: 220\nC: EHLO x.example\nS: 250\nC\\: STARTTLS\\r\\nNOOP\\r\\n\nS: 220\nC: QUIT\n"
    assert run(text + "S: 250\nS: 221\n", FAULTY).code == 0
    assert run(text + "S: 221\n", MX1).code == 0
    assert run(text + "S: 250\nS: 221\n", MX1).code == 6


def test_smuggling(run: Callable[..., Ended]) -> None:
    text = (Path(__file__).parents[2] / "examples" / "smtp" / "smuggling.smtp").read_text()
    given = ("--helo", "me.example.test", "--from", "a@example.test", "--to")
    ended = run(text, SMUGGLED, *given, "postmaster@smuggle.test")
    assert ended.code == 6
    assert "expected 221, received 250" in ended.stdout
    safe = run(text, MX1, *given, "bob@example.test")
    assert "expected 221, received 250" not in safe.stdout
