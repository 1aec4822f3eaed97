"""swaks as a second judge: its logs run as scripts, and it is a client like any other for the mirror."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mailsec.net.selfmade import selfmade
from tests.conftest import Mailsec
from tests.mirror import serving
from tests.transport.smtp.test_play import FORGED

pytestmark = pytest.mark.external


def swaks(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    argv = ("swaks", "--server", f"127.0.0.1:{port}", "--from", "a@x.example", "--to", "b@x.example", "--helo", "me.example")
    return subprocess.run([*argv, *options], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "test.smtp"
        path.write_text(text)
        return path

    return write


TLS = """\
S: 220 mx.example ESMTP {{x}} *
C: EHLO me.example
S: 250-mx.example
S: 250 STARTTLS
C: STARTTLS
S: 220 go
C: EHLO me.example
S: 250-mx.example
S: 250 AUTH LOGIN PLAIN
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YWxpY2U=
S: 334 UGFzc3dvcmQ6
C: c2VjcmV0
S: 235 welcome
C: MAIL FROM:<a@x.example>
S: 250 ok
C: RCPT TO:<b@x.example>
S: 250 ok
C: DATA
S: 354 go
C: x
C: .
S: 250 stored
C: QUIT
S: 221 bye
"""


def test_the_textbook_dialogue_with_swaks_as_its_client(script: Callable[[str], Path]) -> None:
    with serving(script(FORGED)) as mirror:
        sent = swaks(mirror.port, "--protocol", "SMTP", "--pipeline")
        mirror.end()
    assert sent.returncode == 0, sent.stdout
    assert "<-  250 Ok: queued as 12345" in sent.stdout
    assert mirror.code == 0, mirror.out


def test_a_log_of_swaks_with_tls_and_a_login_runs_as_a_script(
    script: Callable[[str], Path], mailsec: Mailsec, tmp_path: Path
) -> None:
    message = tmp_path / "m.eml"
    message.write_text("Subject: x\n\n.dot\n.\n..\nlast é\n")
    login = ("--tls", "--auth", "LOGIN", "--auth-user", "alice", "--auth-password", "secret", "--data", f"@{message}")
    with selfmade(["127.0.0.1"]) as made:
        with serving(script(TLS), "--cert", made.path, "--json") as mirror:
            sent = swaks(mirror.port, *login)
            mirror.end()
        assert (sent.returncode, mirror.code) == (0, 0), sent.stdout + mirror.out
        log = tmp_path / "swaks.log"
        log.write_text(sent.stdout)
        with serving(script(TLS), "--cert", made.path, "--json") as mirror:
            ended = mailsec(
                "smtp", "run", log, "--server", f"127.0.0.1:{mirror.port}", "--strict-text", "--show-secrets", "--transcript"
            )
            mirror.end()
        assert (ended.code, mirror.code) == (0, 0), ended.stdout + ended.stderr
        # what it is as a transcript runs again
        (tmp_path / "again.smtp").write_text(ended.stdout)
        with serving(script(TLS), "--cert", made.path) as mirror:
            assert mailsec("smtp", "run", tmp_path / "again.smtp", "--server", f"127.0.0.1:{mirror.port}").code == 0
            mirror.end()
    assert "C: .dot\nC\\: ..\\r\\n\nC: ..\nC: last é\n" in ended.stdout


def test_a_refusal_that_swaks_hides_in_its_exit_code(script: Callable[[str], Path], mailsec: Mailsec, tmp_path: Path) -> None:
    text = "S: 220 x\nC: HELO x\nS: 250 x\nC: MAIL FROM:<a>\nS: 250 x\nC: RCPT TO:<b>\nS: 550 5.1.1 no\nC: QUIT\nS: 221 x\n"
    with serving(script(text)) as mirror:
        sent = swaks(mirror.port, "--protocol", "SMTP", "--quit-after", "RCPT")
        mirror.end()
    assert "<** 550 5.1.1 no" in sent.stdout
    (tmp_path / "swaks.log").write_text(sent.stdout)
    with serving(script(text)) as mirror:
        ended = mailsec("smtp", "run", tmp_path / "swaks.log", "--server", f"127.0.0.1:{mirror.port}")
        mirror.end()
    assert ended.code == 0
    with serving(script(text.replace("550", "250"))) as mirror:
        ended = mailsec("smtp", "run", tmp_path / "swaks.log", "--server", f"127.0.0.1:{mirror.port}")
    assert ended.code == 6
    assert "expected 550, received 250" in ended.stdout
