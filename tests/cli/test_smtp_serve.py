"""`smtp serve` from end to end: real clients against the mirror of a script."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from mailsec.net.selfmade import selfmade
from tests.conftest import Mailsec
from tests.mirror import serving
from tests.transport.smtp.test_mirror import STARTTLS
from tests.transport.smtp.test_play import FORGED

EXTENDED = """\
S: 220 mx.example ESMTP
C: EHLO {helo}
S: 250-mx.example
S: 250-STARTTLS
S: 250 SIZE 1000
C: STARTTLS
S: 220 go
!tls-expect version>=1.2
C: EHLO {helo}
S: 250-mx.example
S: 250 AUTH PLAIN
C: AUTH PLAIN {token}
S: 235 welcome
C: MAIL FROM:<{from}>
S: 250 ok
C: RCPT TO:<{to}>
S: 250 ok
C: RCPT TO:<{other}>
S: 550 5.1.1 no {other} here
C: DATA
S: 354 go
C: Subject: x
C: .
S: 250 stored
C: QUIT
S: 221 bye
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "test.smtp"
        path.write_text(text)
        return path

    return write


def test_the_standard_library_as_client(script: Callable[[str], Path]) -> None:
    with serving(script(EXTENDED), "--json") as mirror:
        with smtplib.SMTP("127.0.0.1", mirror.port, "client.example", 10) as client:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            client.starttls(context=context)
            client.login("alice", "secret-of-alice")
            refused = client.sendmail("a@x.example", ["b@x.example", "c@x.example"], "Subject: y\n\nhello\n")
        mirror.end()
    assert refused == {"c@x.example": (550, b"5.1.1 no c@x.example here")}
    report = json.loads(mirror.out)
    assert (mirror.code, report["status"], report["exit"]) == (0, "pass", 0)
    assert "secret-of-alice" not in mirror.out
    assert "AGFsaWNlAHNlY3JldC1vZi1hbGljZQ" not in mirror.out
    assert not mirror.err


def test_a_script_run_against_its_own_mirror(script: Callable[[str], Path], mailsec: Mailsec) -> None:
    path = script(STARTTLS)
    with serving(path, "--transcript") as mirror:
        ended = mailsec("smtp", "run", path, "--server", f"127.0.0.1:{mirror.port}")
        mirror.end()
    # the mirror has made its certificate itself, so that the client cannot trust it
    assert ended.code == 6
    assert "expected pkix=pass, received fail" in ended.stdout
    assert mirror.code == 6
    assert "S: 220 mailsec\n" in mirror.out
    assert mirror.err.startswith("fail: 127.0.0.1:")


def test_a_certificate_that_is_given(script: Callable[[str], Path], mailsec: Mailsec, tmp_path: Path) -> None:
    path = script(STARTTLS)
    with selfmade(["127.0.0.1"]) as made:
        pem = Path(made.path).read_text()
        at = pem.index("-----BEGIN CERTIFICATE")
        (tmp_path / "key.pem").write_text(pem[:at])
        (tmp_path / "cert.pem").write_text(pem[at:])
        for files in (("--cert", made.path), ("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"))):
            with serving(path, *files) as mirror:
                ended = mailsec("smtp", "run", path, "--server", f"127.0.0.1:{mirror.port}", "--ca", made.path)
                mirror.end()
            assert (ended.code, mirror.code) == (0, 0), ended.stdout + mirror.err


def test_a_client_that_deviates(script: Callable[[str], Path]) -> None:
    with serving(script(FORGED), "--format", "human") as mirror:
        with smtplib.SMTP("127.0.0.1", mirror.port, "client.example", 10) as client:
            assert client.ehlo() == (421, b"4.3.0 The script has something else here")
        mirror.end()
    assert mirror.code == 6
    assert mirror.out.startswith("FAIL  127.0.0.1:")
    assert "line 2: expected HELO Fakemailserver.com, received ehlo client.example" in " ".join(mirror.out.split())


def test_several_clients_at_once_are_reported_apart(script: Callable[[str], Path], mailsec_process: Mailsec) -> None:
    path = script("S: 220\nC: NOOP {who}\nS: 250 ={who}\nC: QUIT\nS: 221\n")
    with serving(path, "--count", "3", "--json") as mirror, ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(mailsec_process, "smtp", "run", path, "--server", f"127.0.0.1:{mirror.port}", "--set", f"who={name}")
            for name in ("a", "b", "c")
        ]
        assert [each.result().code for each in asked] == [0, 0, 0]
        mirror.end()
    reports = json.loads(mirror.out)["reports"]
    assert (mirror.code, len(reports)) == (0, 3)


def test_a_script_with_two_connections(script: Callable[[str], Path], mailsec: Mailsec) -> None:
    path = script("S: 220 one\n!conn 2\nS: 220 two\nC: QUIT\nS: 221\n!conn 1\nC: NOOP\nS: 250\n")
    with serving(path) as mirror:
        ended = mailsec("smtp", "run", path, "--server", f"127.0.0.1:{mirror.port}", "--strict-text")
        mirror.end()
    assert (ended.code, mirror.code) == (0, 0), ended.stdout + mirror.err
    assert mirror.out.count("\tverdict\t") == 2


def test_ctrl_c_ends_it_and_the_document_is_whole(script: Callable[[str], Path]) -> None:
    path = script("S: 220\nC: QUIT\nS: 221\n")
    with serving(path, "--count", "9", "--json") as mirror:
        with socket.create_connection(("127.0.0.1", mirror.port), 10) as client:
            client.sendall(b"QUIT\r\n")
            while client.recv(100):
                pass
        assert mirror.process.stdout is not None
        lines = [""]
        while '"schema": "mailsec/1"' not in lines[-1] or len(lines) < 10:
            lines.append(mirror.process.stdout.readline())
        mirror.process.send_signal(signal.SIGINT)
        lines.append(mirror.process.stdout.read())
        assert mirror.process.wait(60) == 130
    assert len(json.loads("".join(lines))["reports"]) == 1


def test_nobody_comes(script: Callable[[str], Path], mailsec: Mailsec) -> None:
    ended = mailsec("smtp", "serve", script("S: 220\n"), "--once", "--timeout", "0.2")
    assert ended.code == 5
    assert "0 of 1 connections came within 0.2 seconds" in ended.stderr


@pytest.mark.parametrize(
    ("text", "options", "code", "words"),
    [
        ("hello\n", ("--once",), 4, "line 1, column 1: not a statement"),
        ("S: 220 {x}\n", ("--once",), 4, "line 1, column 8: nothing sets {x}"),
        ("S: 220\n", ("--once", "--count", "2"), 2, "contradict"),
        ("S: 220\n", ("--key", "x"), 2, "--key needs --cert"),
        ("S: 220\n", ("--listen", "nowhere"), 2, "no IP address"),
        ("S: 220\n", ("--cert", "missing"), 4, "missing: no such file"),
        ("S: 220\n", ("--cert", __file__), 4, "certificate and key do not belong together, or are none"),
    ],
)
def test_the_wrong_input(
    script: Callable[[str], Path], mailsec: Mailsec, text: str, options: tuple[str, ...], code: int, words: str
) -> None:
    ended = mailsec("smtp", "serve", script(text), *options)
    assert (ended.code, ended.out) == (code, b"")
    assert words in ended.stderr
    assert "hint: " in ended.stderr


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(
    script: Callable[[str], Path], mailsec: Mailsec, tmp_path: Path
) -> None:
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )
    (tmp_path / "key.pem").write_bytes(locked)
    with selfmade(["localhost"]) as made:
        ended = mailsec("smtp", "serve", script("S: 220\n"), "--cert", made.path, "--key", tmp_path / "key.pem")
    assert ended.code == 4


def test_only_this_machine_is_served_unless_told(script: Callable[[str], Path], mailsec: Mailsec) -> None:
    assert "[default: 127.0.0.1]" in mailsec("smtp", "serve", "--help").stdout


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def quit_at(port: int) -> bytes:
    """What a client hears that only says QUIT, as soon as there is a server."""
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(b"QUIT\r\n")
                return client.recv(1000)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("nobody listens")


@pytest.mark.parametrize("options", [("--format", "plain"), ("--transcript",), ("--json",)])
def test_in_this_process(script: Callable[[str], Path], mailsec: Mailsec, options: tuple[str, ...]) -> None:
    port = free_port()
    path = script("S: 220 hi\nC: QUIT\nS: 221\n")
    with ThreadPoolExecutor(1) as pool, selfmade(["localhost"]) as made:
        client = pool.submit(quit_at, port)
        ended = mailsec("smtp", "serve", path, "--port", str(port), "--once", "--timeout", "20", "--cert", made.path, *options)
        assert client.result().startswith(b"220 hi\r\n")
    assert ended.code == 0, ended.stderr
    assert ended.stderr.startswith(f"listening on 127.0.0.1, port {port}\n")
    assert "QUIT" in ended.stdout


def test_ctrl_c_in_this_process(script: Callable[[str], Path], mailsec: Mailsec, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailsec.api.smtp_mirror.serve", interrupted)
    ended = mailsec("smtp", "serve", script("S: 220\nC: STARTTLS\nS: 220\n"), "--json")
    assert ended.code == 130
    assert json.loads(ended.stdout)["reports"] == []
