"""The lab itself: what its mail servers are said to do, asked with the clients of the standard library and swaks."""

from __future__ import annotations

import imaplib
import os
import smtplib
import socket
import ssl
import subprocess
import time
from base64 import b64encode
from pathlib import Path

import pytest

from tests.lab.accounts import PASSWORDS, token

pytestmark = pytest.mark.lab

ALICE, BOB = PASSWORDS


def lab() -> Path:
    folder = os.environ.get("MAILSEC_LAB")
    assert folder, "MAILSEC_LAB names the lab's run folder; without it these tests cannot run"
    assert (Path(folder) / "ns.pid").exists(), "mail goes to port 25: start the lab with up.sh --netns"
    return Path(folder)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=lab() / "pki/ca.crt")
    context.check_hostname = False
    return context


def submission() -> smtplib.SMTP:
    session = smtplib.SMTP("127.0.0.25", 587, "client.test", timeout=10)
    session.starttls(context=trusting())
    session.ehlo()
    return session


def fault(name: str) -> smtplib.SMTP:
    session = smtplib.SMTP("127.0.0.36", 25, "client.test", timeout=10)
    session.ehlo(f"{name}.test")
    return session


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_passwords(mechanism: str) -> None:
    def swaks(password: str) -> int:
        command = ["swaks", "--server", "127.0.0.25:587", "--tls", "--auth", mechanism, "--auth-user", ALICE]
        command += ["--auth-password", password, "--quit-after", "AUTH", "--helo", "client.test", "--to", BOB]
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode

    assert swaks(PASSWORDS[ALICE]) == 0
    assert swaks("wrong") == 28


def test_every_mechanism_is_offered_under_tls_alone() -> None:
    with submission() as session:
        offered = session.esmtp_features["auth"].split()
    assert offered == ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"]
    with smtplib.SMTP("127.0.0.25", 587, "client.test", timeout=10) as session:
        session.ehlo()
        assert "auth" not in session.esmtp_features
        assert session.docmd("MAIL", "FROM:<a@b.test>")[0] == 530


@pytest.mark.parametrize(("seconds", "code"), [(600, 235), (-60, 334)])
def test_tokens(seconds: int, code: int) -> None:
    text = f"user={ALICE}\x01auth=Bearer {token(lab(), ALICE, seconds)}\x01\x01"
    with submission() as session:
        assert session.docmd("AUTH", "XOAUTH2 " + b64encode(text.encode()).decode())[0] == code
        if code == 334:
            assert session.docmd("")[0] == 535


def test_the_client_certificate_and_submissions() -> None:
    context = trusting()
    context.load_cert_chain(lab() / "pki/client.pem")
    with smtplib.SMTP_SSL("127.0.0.25", 465, "client.test", context=context, timeout=10) as session:
        session.ehlo()
        session.mail(ALICE)
        assert session.rcpt(BOB)[0] == 250


def test_mail_arrives() -> None:
    subject = f"lab {time.time_ns()}"
    with smtplib.SMTP("127.0.0.27", 25, "client.test", timeout=10) as session:
        session.sendmail("a@sender.test", ["alice@plain.test"], f"Subject: {subject}\r\n\r\nhello\r\n")
        assert session.rcpt("alice@elsewhere.example")[0] == 503
    for _ in range(100):
        with imaplib.IMAP4_SSL("127.0.0.25", 993, ssl_context=trusting(), timeout=10) as box:
            box.login(ALICE, PASSWORDS[ALICE])
            box.select()
            if box.search(None, "SUBJECT", f'"{subject}"')[1][0]:
                return
        time.sleep(0.1)
    raise AssertionError("the message has not arrived")


def test_no_open_relay_and_no_strangers() -> None:
    with smtplib.SMTP("127.0.0.25", 25, "client.test", timeout=10) as session:
        session.ehlo()
        session.mail("a@sender.test")
        assert [session.rcpt(to)[0] for to in ("x@elsewhere.example", "nobody@plain.test", ALICE)] == [554, 550, 250]


def test_lmtp_answers_for_each_recipient() -> None:
    with smtplib.LMTP("127.0.0.25", 24, "client.test", timeout=10) as session:
        session.ehlo()
        session.mail("a@sender.test")
        assert [session.rcpt(to)[0] for to in (ALICE, "nobody@example.test", BOB)] == [250, 550, 250]
        first = session.data(b"Subject: lmtp\r\n\r\nhello\r\n")
        assert [first[0], session.getreply()[0]] == [250, 250]


def test_hosts_with_a_fault() -> None:
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.32", 25, "client.test", timeout=5)
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP("127.0.0.33", 25, "client.test", timeout=5)
    assert refused.value.smtp_code == 450


@pytest.mark.parametrize(("address", "vulnerable"), [("127.0.0.25", False), ("127.0.0.35", True), ("127.0.0.36", True)])
def test_who_can_be_smuggled_into(address: str, vulnerable: bool) -> None:
    with smtplib.SMTP(address, 25, "client.test", timeout=10) as session:
        session.ehlo()
        session.mail("a@sender.test")
        session.rcpt(ALICE)
        session.docmd("DATA")
        assert session.sock is not None
        session.sock.sendall(b"Subject: x\r\n\r\nhello\n.\n")
        session.sock.settimeout(1)
        try:
            assert session.sock.recv(100).startswith(b"250") is vulnerable
        except TimeoutError:
            assert not vulnerable
        finally:
            session.sock.shutdown(socket.SHUT_RDWR)
            session.close()


@pytest.mark.parametrize(
    ("name", "expected"), [("refuse", 454), ("close", 220), ("garbage", 220), ("stall", 220), ("inj-response", 220)]
)
def test_faults_of_starttls(name: str, expected: int) -> None:
    session = fault(name)
    assert "starttls" in session.esmtp_features
    assert session.docmd("STARTTLS")[0] == expected
    session.close()


def test_faults_that_offer_nothing_or_too_much() -> None:
    session = fault("strip")
    assert "starttls" not in session.esmtp_features
    session.close()
    with socket.create_connection(("127.0.0.36", 25), 10) as flooded:
        flooded.recv(100)
        flooded.sendall(b"EHLO flood.test\r\n")
        heard = 0
        while heard < 1_000_000:
            heard += len(flooded.recv(65_536))
