"""`smtp run` from end to end: against aiosmtpd, and against peers that do not play along."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.handlers import Sink
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import AuthResult

from mailsec.net.selfmade import selfmade
from tests.conftest import Ended, Mailsec
from tests.peer import Line, Peer
from tests.transport.smtp.test_play import FORGED

FULL = """\
# everything that a textbook has
S: 220
C: EHLO {helo}
S: 250-STARTTLS
S: 250-!XYZZY
S: 250 /SIZE (?P<size>\\d+)/
C: STARTTLS
S: 220
!tls-expect version>=1.2 pkix=pass
C: EHLO {helo}
S: 250-!STARTTLS
S: 250 =HELP
C: AUTH PLAIN {token}
S: 235
C: MAIL FROM:<{from}> SIZE={size}
S: 250
C: RCPT TO:<{to}>
C: RCPT TO:<no@x.example>
S: 2xx
S: 550 *5.1.1*
C: DATA
S: 354
C:< {message}
C: .
S: 250
C: QUIT
S: 221
!expect-close
"""


class Handler(Sink):
    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # type: ignore[no-untyped-def]
        if address.startswith("no@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]
        self.messages.append(envelope.content)
        return "250 2.0.0 stored"


@pytest.fixture(scope="module")
def certificate() -> Iterator[str]:
    with selfmade(["localhost", "127.0.0.1"]) as made:
        yield made.path


class Smtpd(Controller):
    """On a port that the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(scope="module")
def smtpd(certificate: str) -> Iterator[tuple[Handler, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    handler = Handler()
    controller = Smtpd(
        handler,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        authenticator=lambda *_: AuthResult(success=True, auth_data=b""),
    )
    controller.start()
    yield handler, controller.port
    controller.stop()


@pytest.fixture
def run(mailsec: Mailsec, tmp_path: Path) -> Callable[..., Ended]:
    """Run a script, given as text, with a server on this machine."""

    def go(text: str, port: int, *options: str, **settings: object) -> Ended:
        path = tmp_path / "test.smtp"
        path.write_text(text)
        return mailsec("smtp", "run", path, "--server", f"127.0.0.1:{port}", *options, **settings)  # type: ignore[arg-type]

    return go


def rungs(ended: Ended) -> list[dict[str, object]]:
    report = json.loads(ended.stdout)
    (dialogue,) = [check for check in report["checks"] if check["name"] == "dialogue"]
    return [{fact["name"]: fact["value"] for fact in rung["facts"]} for rung in dialogue["children"]]


def test_the_textbook_dialogue(run: Callable[..., Ended], smtpd: tuple[Handler, int]) -> None:
    handler, port = smtpd
    ended = run(FORGED, port)
    assert (ended.code, ended.stderr) == (0, "")
    first = ended.stdout.splitlines()[0].split("\t")
    assert first[:4] == [f"127.0.0.1:{port}", "verdict", "overall", "pass"]
    assert first[4].endswith("test.smtp: as the script says.")
    assert b'From: "Fake Sender" <FakeHeaderSender@fakedomain.com>\r\n' in handler.messages[-1]


@pytest.fixture
def full(tmp_path: Path, certificate: str) -> list[str]:
    message, token = tmp_path / "m.eml", tmp_path / "token"
    message.write_bytes(b"Subject: x\n\n.dot\n")
    token.write_text("AGFsaWNlAHNlY3JldA==\n")
    given = {
        "helo": "me.example",
        "from": "a@x.example",
        "to": "b@x.example",
        "message": str(message),
        "secret": f"token={token}",
    }
    return [*(part for name, value in given.items() for part in (f"--{name}", value)), "--ca", certificate]


def test_everything_at_once(run: Callable[..., Ended], smtpd: tuple[Handler, int], full: list[str]) -> None:
    handler, port = smtpd
    ended = run(FULL, port, *full, "--json")
    assert (ended.code, ended.stderr) == (0, ""), ended.stdout
    assert handler.messages[-1] == b"Subject: x\r\n\r\n.dot\r\n"
    lines = rungs(ended)
    login = next(line for line in lines if str(line.get("text")).startswith("AUTH PLAIN"))
    assert login["text"] == "AUTH PLAIN {token}"
    assert (login["from"], login["tls"], login["octets"], login["line"]) == ("client", "TLSv1.3", 33, 13)
    assert "AGFsaWNlAHNlY3JldA==" not in ended.stdout
    assert [line["time-ms"] for line in lines] == sorted(int(str(line["time-ms"])) for line in lines)
    assert {line["tls"] for line in lines if "tls" in line} == {"", "TLSv1.3"}


def test_secrets_are_shown_on_demand(run: Callable[..., Ended], smtpd: tuple[Handler, int], full: list[str]) -> None:
    assert "AGFsaWNlAHNlY3JldA==" in run(FULL, smtpd[1], *full, "--show-secrets").stdout


def test_a_transcript_runs_again_to_the_same_end(
    run: Callable[..., Ended], smtpd: tuple[Handler, int], full: list[str]
) -> None:
    first = run(FULL, smtpd[1], *full, "--transcript")
    assert first.code == 0
    assert first.stderr.startswith("pass: 127.0.0.1:")
    assert "AGFsaWNlAHNlY3JldA==" not in first.stdout
    # what the variables were is in it; the secret and the trusted root are given again
    second = run(first.stdout, smtpd[1], *full[-4:], "--transcript")
    assert second.code == 0, second.stderr
    said = [[line for line in each.stdout.splitlines() if line and line[0] != "#"] for each in (first, second)]
    assert said[0] == said[1]
    third = run(run(FULL, smtpd[1], *full, "--transcript", "--show-secrets").stdout, smtpd[1], *full[-2:])
    assert third.code == 0
    mismatch = run(FORGED.replace("S: 221", "S: 555"), smtpd[1], "--transcript")
    again = run(mismatch.stdout, smtpd[1], "--transcript")
    assert (mismatch.code, again.code) == (6, 6)
    assert "# deviates: expected 555, received 221" in again.stdout.splitlines()


def test_a_mismatch_is_shown_at_its_line(run: Callable[..., Ended], smtpd: tuple[Handler, int]) -> None:
    ended = run(FORGED.replace("RCPT TO: <bob", "RCPT TO: <no"), smtpd[1], tty=True, env={"NO_COLOR": "1"})
    assert ended.code == 6
    assert ended.stdout.startswith("FAIL  127.0.0.1:")
    assert "line 7: expected 250, received 550" in ended.stdout
    assert "smtp:7: S: 250 Ok" in ended.stdout
    assert "550 5.1.1 no such user" in ended.stdout


def test_strict_text(run: Callable[..., Ended], smtpd: tuple[Handler, int]) -> None:
    ended = run(FORGED, smtpd[1], "--strict-text")
    assert ended.code == 6
    assert "line 1: expected text mailserver.example.com is ready, received" in ended.stdout


def test_exit_codes_can_be_asked_for(run: Callable[..., Ended], smtpd: tuple[Handler, int]) -> None:
    assert run(FORGED.replace("S: 221", "S: 250"), smtpd[1], "--exit-zero").code == 0
    quiet = run(FORGED.replace("S: 221", "S: 250"), smtpd[1], "-q")
    assert (quiet.code, quiet.out, quiet.err) == (6, b"", b"")
    quiet = run(FORGED, smtpd[1], "-q", "--transcript", "-o", os.devnull)
    assert (quiet.code, quiet.out, quiet.err) == (0, b"", b"")


def test_a_certificate_that_the_script_demands(run: Callable[..., Ended], smtpd: tuple[Handler, int], certificate: str) -> None:
    text = "S: 220\n!tls verify=pkix\nC: EHLO x\nS: 250\nC: STARTTLS\nS: 220\nC: QUIT\nS: 221\n"
    ended = run(text, smtpd[1])
    assert ended.code == 6
    assert "the certificate does not hold: the certificate is self-signed" in ended.stdout
    assert run(text, smtpd[1], "--ca", certificate).code == 0
    ended = run(text, smtpd[1], "--ca", certificate, "--name", "mx.example")
    assert ended.code == 6
    assert run(text.replace("verify=pkix", ""), smtpd[1]).code == 0


def test_lmtp_over_a_unix_socket(mailsec: Mailsec, tmp_path: Path) -> None:
    class Lmtpd(UnixSocketController):
        def factory(self) -> LMTP:
            return LMTP(self.handler)

    controller = Lmtpd(Handler(), unix_socket=str(tmp_path / "lmtp"))
    controller.start()
    try:
        script = "!lmtp\nS: 220\nC: LHLO x\nS: 250\nC: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: DATA\nS: 250\nS: 250\nS: 354\n"
        script += "C: .\nS: 250\n"
        ended = mailsec("smtp", "run", "-", "--server", tmp_path / "lmtp", stdin=script.encode())
    finally:
        controller.stop()
    assert (ended.code, ended.stderr) == (0, ""), ended.stdout


# --- the wrong input


@pytest.mark.parametrize(
    ("text", "options", "code", "words"),
    [
        ("", (), 3, "the script is empty"),
        ("hello\n", (), 4, "test.smtp: line 1, column 1: not a statement"),
        ("S: 220\nC: EHLO {nobody}\n", (), 4, "line 2, column 9: nothing sets {nobody}"),
        ("S: 220\nC:< missing.eml\n", (), 4, "line 2, column 1: missing.eml: no such file or directory"),
        ("S: 220\n!sleep 30\n!sleep 31\n", (), 4, "line 3, column 1: the script sleeps longer than the whole may take"),
        ("S: 220\n", ("--set", "nothing"), 2, "--set nothing: no value"),
        ("S: 220\n", ("--set", "1=x"), 2, "'1' is no name of a variable"),
        ("S: 220\n", ("--set", "a=b\nc"), 2, "holds a control character"),
        ("S: 220\n", ("--secret", "a=missing"), 4, "missing: no such file"),
        ("S: 220\n", ("--secret", "a"), 7, "there is no terminal to ask for the a"),
        ("S: 220\n", ("--transcript", "--json"), 2, "contradict"),
    ],
)
def test_the_wrong_input(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, text: str, options: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.setattr("mailsec.cli.secrets._TERMINAL", "/nowhere/tty")
    ended = run(text, 1, *options)
    assert (ended.code, ended.out) == (code, b"")
    assert words in ended.stderr
    assert "hint: " in ended.stderr or code == 3


@pytest.mark.parametrize("server", ["", "x:0", "x:65536", "x:port", "a b", "[::1", "\x1b"])
def test_no_server(mailsec: Mailsec, server: str) -> None:
    assert mailsec("smtp", "run", "-", "--server", server, stdin=b"S: 220\n").code == 2


def test_a_server_that_is_not_there(mailsec: Mailsec) -> None:
    with Peer(lambda line: None) as gone:
        port = gone.port
    ended = mailsec("smtp", "run", "-", "--server", f"127.0.0.1:{port}", stdin=b"S: 220\n")
    assert ended.code == 5
    assert "no connection: refused" in ended.stdout
    ended = mailsec("smtp", "run", "-", "--server", "nowhere.invalid", stdin=b"S: 220\n")
    assert (ended.code, ended.out) == (5, b"")
    assert "nowhere.invalid: no address" in ended.stderr


# --- the wrong server


def after_ehlo(then: Callable[[Line], None]) -> Callable[[Line], None]:
    """A server that is in order until STARTTLS."""

    def talk(line: Line) -> None:
        line.say(b"220 mx\r\n")
        line.hear()
        line.say(b"250-mx\r\n250 STARTTLS\r\n")
        line.hear()
        then(line)

    return talk


def stall(line: Line) -> None:
    line.rest()


def drip(line: Line) -> None:
    for octet in b"220 " + b"x" * 10_000:
        line.say(bytes((octet,)))
        if line.stopping.wait(0.01):
            return


def flood(line: Line) -> None:
    while not line.stopping.is_set():
        line.say(b"220-more\r\n" * 1000)


def long_line(line: Line) -> None:
    while not line.stopping.is_set():
        line.say(b"220 " + b"x" * 100_000)


def inject(line: Line) -> None:
    line.say(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
    line.rest()


def not_tls(line: Line) -> None:
    line.say(b"220 go\r\n")
    line.sock.recv(1)
    line.say(b"this is not tls\r\n" * 8)
    line.rest()


def close_after_220(line: Line) -> None:
    line.say(b"220 go\r\n")


SECURED = "S: 220\nC: EHLO x\nS: 250-STARTTLS\nC: STARTTLS\nS: 220\nC: EHLO x\nS: 250\n"


@pytest.mark.parametrize(
    ("talk", "code", "words"),
    [
        (stall, 5, "line 1: no greeting: timeout"),
        (drip, 5, "line 1: no greeting: timeout"),
        (flood, 6, "line 1: no reply: a reply of more than 1000 lines"),
        (long_line, 6, "line 1: no reply: a line of more than 8192 octets"),
        (
            lambda line: line.say(b"\0\xff\x1b[31m garbage\r\n"),
            6,
            "line 1: no reply: a line that does not begin with a reply code",
        ),
        (lambda line: None, 5, "line 1: no greeting: closed"),
        (lambda line: line.say(b"421 4.3.2 busy\r\n"), 6, "line 1: expected 220, received 421"),
        (after_ehlo(lambda line: line.say(b"454 no\r\n")), 6, "line 5: expected 220, received 454"),
        (after_ehlo(close_after_220), 5, "line 5: the TLS handshake failed: closed"),
        (after_ehlo(not_tls), 6, "line 5: the TLS handshake failed: tls"),
        (after_ehlo(stall), 5, "line 5: no reply to STARTTLS: timeout"),
        (after_ehlo(inject), 6, "smtp-starttls-injection"),
    ],
)
def test_servers_that_misbehave(run: Callable[..., Ended], talk: Callable[[Line], None], code: int, words: str) -> None:
    with Peer(talk) as server:
        ended = run(SECURED, server.port, "--timeout", "1.5")
    assert ended.code == code, ended.stdout
    assert words in ended.stdout
    assert "\x1b" not in ended.stdout
    assert not ended.err


def test_an_injection_is_a_failure_though_the_dialogue_goes_on(run: Callable[..., Ended], certificate: str) -> None:
    def talk(line: Line) -> None:
        line.say(b"220 go\r\n250 evil\r\n")
        line.secure(certificate)
        line.hear()
        line.say(b"250 real\r\n")

    with Peer(after_ehlo(talk)) as server:
        ended = run(SECURED, server.port)
    assert ended.code == 6
    verdict, *lines = ended.stdout.splitlines()
    assert "plaintext was injected before TLS" in verdict
    assert any("text=250 real" in line and "tls=TLSv1.3" in line for line in lines)
    assert not any("text=250 evil" in line and "tls=TLSv1.3" in line for line in lines)


def test_findings_decide_where_the_user_says_so(run: Callable[..., Ended]) -> None:
    def talk(line: Line) -> None:
        line.say(b"220 mx\n")
        line.hear()
        line.say(b"221 bye\r\n")

    with Peer(talk) as server:
        assert run("S: 220\nC: QUIT\nS: 221\n", server.port).code == 0
        ended = run("S: 220\nC: QUIT\nS: 221\n", server.port, "--fail-on", "low")
    assert ended.code == 1
    assert "smtp-reply-flaw" in ended.stdout


def test_what_is_skipped_is_said(run: Callable[..., Ended]) -> None:
    def talk(line: Line) -> None:
        line.say(b"220 mx\r\n")
        line.hear()
        line.say(b"250 mx\r\n")
        line.hear()

    with Peer(talk) as server:
        ended = run(
            "S: 220\nC: EHLO x\nS: 250\n!skip-unless STARTTLS\nC: STARTTLS\nS: 220\n",
            server.port,
            tty=True,
            env={"NO_COLOR": "1"},
        )
    assert ended.code == 3
    assert ended.stdout.startswith("SKIPPED  127.0.0.1")
    assert "line 4: the server does not offer STARTTLS" in ended.stdout


ZONE = """\
$ORIGIN example.
@ 300 IN SOA ns.example. host.example. 1 2 3 4 5
mx 300 IN A 127.0.0.1
_{port}._tcp.mx 300 IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
nobody 300 IN MX 10 mx
"""


def test_a_name_is_looked_up_where_the_user_says(mailsec: Mailsec, smtpd: tuple[Handler, int], tmp_path: Path) -> None:
    zone, port = tmp_path / "zone", smtpd[1]
    zone.write_text(ZONE.replace("{port}", str(port)))
    ended = mailsec("smtp", "run", "-", "--server", f"mx.example:{port}", "--zone", zone, stdin=b"S: 220\nC: QUIT\nS: 221\n")
    assert ended.code == 0, ended.stdout
    assert "connected to 127.0.0.1" in ended.stdout
    ended = mailsec("smtp", "run", "-", "--server", f"nobody.example:{port}", "--zone", zone, stdin=b"S: 220\n")
    assert (ended.code, ended.out) == (5, b"")
    assert "nobody.example: " in ended.stderr


def test_dane_without_dnssec_vouches_for_nobody(mailsec: Mailsec, smtpd: tuple[Handler, int], tmp_path: Path) -> None:
    zone, port = tmp_path / "zone", smtpd[1]
    zone.write_text(ZONE.replace("{port}", str(port)))
    text = b"S: 220\n!tls verify=dane\nC: EHLO x\nS: 250\nC: STARTTLS\nS: 220\nC: QUIT\nS: 221\n"
    ended = mailsec("smtp", "run", "-", "--server", f"mx.example:{port}", "--zone", zone, stdin=text)
    assert ended.code == 6, ended.stdout
    assert "DANE does not vouch for the certificate" in ended.stdout
