"""The session as a client holds it, against a server in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.results import Status
from mailsec.transport.sasl.login import Login
from mailsec.transport.smtp.auth import Credentials
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.envelope import Dsn, Envelope
from mailsec.transport.smtp.outcome import Fate, Halt, SessionResult, Step
from mailsec.transport.smtp.paths import parse_path
from mailsec.transport.smtp.policy import Need, TlsPolicy
from mailsec.transport.smtp.prepare import Content
from mailsec.transport.smtp.session import Manner, Server, deliver
from mailsec.transport.smtp.transaction import Job
from mailsec.transport.wire import Done, End, Failed, PkixVerdict, Secured
from tests.transport.smtp.peer import EHLO, TLS, Peer, drive, hello, reply

ALICE = parse_path("alice@example.test")
BOB, CAROL, DAVE = (parse_path(f"{name}@example.test") for name in ("bob", "carol", "dave"))
MESSAGE = Content(b"From: alice@example.test\r\n\r\n.hidden\r\n")
NO_DSN = Dsn()
SERVER = Server("mx.example.test", ("192.0.2.25",), 25)
NO_TLS, MAY, MUST = (
    Manner("client.example.test", TlsPolicy(need, "mx.example.test"), 0)
    for need in (Need.NONE, Need.OPPORTUNISTIC, Need.ENCRYPTED)
)
PLAIN_SERVER = ("SIZE 10000", "8BITMIME")


def job(*recipients, content: Content = MESSAGE, dsn: Dsn = NO_DSN, sender=ALICE) -> Job:
    return Job(Envelope(sender, recipients or (BOB,), dsn), content)


def run(peer: Peer, *jobs: Job, manner: Manner = NO_TLS, server: Server = SERVER, limit: float = 60.0) -> SessionResult:
    return drive(deliver(server, manner, jobs or (job(),), Conversation(limit)), peer)


def fates(result: SessionResult) -> list[list[Fate]]:
    return [[answer.fate for answer in answers] for answers in result.answers]


def findings(result: SessionResult) -> list[str]:
    return [found.rule for found in result.findings]


def on(command: str, text: str):
    """Answers the lines that begin with `command` in a way of its own."""
    return lambda line: reply(text) if line.startswith(command) else None


# --- what goes over the wire


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
def test_a_delivery(extensions: tuple[str, ...]) -> None:
    peer = Peer(extensions=extensions)
    result = run(peer, job(BOB, CAROL))
    assert fates(result) == [[Fate.ACCEPTED, Fate.ACCEPTED]]
    assert peer.lines == [
        "EHLO client.example.test",
        f"MAIL FROM:<alice@example.test> SIZE={MESSAGE.size}",
        "RCPT TO:<bob@example.test>",
        "RCPT TO:<carol@example.test>",
        "DATA",
        ".",
        "QUIT",
    ]
    assert peer.messages == [b"From: alice@example.test\r\n\r\n..hidden\r\n"]
    assert peer.groups == ([1, 4, 1, 1] if "PIPELINING" in extensions else [1, 1, 1, 1, 1, 1, 1])
    assert result.ending is None
    assert result.address == "192.0.2.25"
    assert result.extensions.size == 10000


def test_several_messages_cost_one_round_trip_each_when_pipelined() -> None:
    peer = Peer()
    result = run(peer, *[job()] * 5)
    assert fates(result) == [[Fate.ACCEPTED]] * 5
    assert len(peer.messages) == 5
    assert peer.groups == [1, 3, 4, 4, 4, 4, 1, 1]


def test_several_messages_without_pipelining() -> None:
    peer = Peer(extensions=())
    assert fates(run(peer, *[job()] * 3)) == [[Fate.ACCEPTED]] * 3
    assert set(peer.groups) == {1}


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_content_of_several_blocks(extensions: tuple[str, ...]) -> None:
    content = Content(b"X: y\r\n\r\n" + b"0123456\r\n" * 100_000)
    peer = Peer(extensions=extensions)
    assert fates(run(peer, *[job(content=content)] * 2)) == [[Fate.ACCEPTED]] * 2
    assert peer.messages == [content.data] * 2


def test_extensions_are_used_where_they_are_needed() -> None:
    peer = Peer()
    eight = Content("Subject: ä\r\n\r\nä\r\n".encode(), eight_bit=True, utf8=True)
    run(peer, job(content=eight, dsn=Dsn(("NEVER",), "HDRS", "id")))
    assert peer.lines[1:3] == [
        f"MAIL FROM:<alice@example.test> SIZE={eight.size} BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id",
        "RCPT TO:<bob@example.test> NOTIFY=NEVER ORCPT=rfc822;bob@example.test",
    ]


def test_notifications_that_cannot_be_asked_for_are_a_finding() -> None:
    peer = Peer(extensions=PLAIN_SERVER)
    assert findings(run(peer, job(dsn=Dsn(("NEVER",))))) == ["smtp-dsn-not-offered"]
    assert "NOTIFY" not in " ".join(peer.lines)


# --- what a server cannot take


@pytest.mark.parametrize(
    ("extensions", "content", "words"),
    [
        (("SIZE 20", "8BITMIME"), MESSAGE, "at most 20 octets"),
        (("SIZE 9999",), replace(MESSAGE, eight_bit=True), "8BITMIME"),
        (("8BITMIME",), replace(MESSAGE, utf8=True), "SMTPUTF8"),
    ],
)
def test_a_message_that_does_not_fit_is_not_begun(extensions: tuple[str, ...], content: Content, words: str) -> None:
    peer = Peer(extensions=extensions)
    result = run(peer, job(content=content))
    assert fates(result) == [[Fate.UNFIT]]
    assert words in result.answers[0][0].reason
    assert peer.lines == ["EHLO client.example.test", "QUIT"]


def test_only_the_recipient_that_needs_utf8_is_left_out() -> None:
    peer = Peer(extensions=PLAIN_SERVER)
    assert fates(run(peer, job(BOB, parse_path("jürgen@example.test")))) == [[Fate.ACCEPTED, Fate.UNFIT]]
    assert fates(run(Peer(extensions=PLAIN_SERVER), job(sender=parse_path("jürgen@example.test")))) == [[Fate.UNFIT]]
    peer = Peer()
    run(peer, job(parse_path("jürgen@example.test")))
    assert peer.lines[1].endswith("BODY=8BITMIME SMTPUTF8")


# --- refusals


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        ("MAIL", "550 no", [Fate.REFUSED] * 3),
        ("MAIL", "451 later", [Fate.DEFERRED] * 3),
        ("RCPT TO:<carol", "550 who", [Fate.ACCEPTED, Fate.REFUSED, Fate.ACCEPTED]),
        ("RCPT TO:<carol", "450 greylisted", [Fate.ACCEPTED, Fate.DEFERRED, Fate.ACCEPTED]),
        ("RCPT TO:<carol", "552 too many", [Fate.ACCEPTED, Fate.DEFERRED, Fate.ACCEPTED]),
        ("RCPT", "550 who", [Fate.REFUSED] * 3),
        ("DATA", "451 later", [Fate.DEFERRED] * 3),
        ("DATA", "554 no", [Fate.REFUSED] * 3),
        (".", "554 spam", [Fate.REFUSED] * 3),
        (".", "452 full", [Fate.DEFERRED] * 3),
        ("RCPT TO:<carol", "251 forwarded", [Fate.ACCEPTED] * 3),
    ],
)
def test_refusals_for_each_recipient(extensions, command: str, text: str, expected: list[Fate]) -> None:
    peer = Peer(on(command, text), extensions=extensions)
    result = run(peer, job(BOB, CAROL, DAVE), job(content=replace(MESSAGE, data=b"x: y\r\n")))
    assert fates(result)[0] == expected
    assert (b"x: y\r\n" in peer.messages) == (fates(result)[1] == [Fate.ACCEPTED] or command == ".")
    assert result.ending is None
    assert peer.lines[-1] == "QUIT"
    assert peer.messages.count(b"From: alice@example.test\r\n\r\n..hidden\r\n") == (Fate.ACCEPTED in expected or command == ".")


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
def test_a_transaction_without_recipients_is_reset_before_the_next(extensions: tuple[str, ...]) -> None:
    peer = Peer(on("RCPT TO:<carol", "550 who"), extensions=extensions)
    assert fates(run(peer, job(CAROL), job(BOB))) == [[Fate.REFUSED], [Fate.ACCEPTED]]
    assert "RSET" in peer.lines


def test_an_empty_message_ends_what_the_server_wants_though_nobody_was_accepted() -> None:
    """RFC 2920 section 3.1."""

    def special(line: str) -> bytes | None:
        return {"RCPT": b"550 who\r\n", "DATA": b"354 go\r\n", ".": b"554 nobody\r\n"}.get(line[:4])

    peer = Peer(special)
    assert fates(run(peer, job(BOB))) == [[Fate.REFUSED]]
    assert peer.messages == [b""]


def test_content_is_not_given_to_a_server_that_refused_the_sender() -> None:
    peer = Peer(lambda line: {"MAIL": b"550 no\r\n", "DATA": b"354 go\r\n"}.get(line[:4]))
    result = run(peer)
    assert (fates(result), result.ending.halt) == ([[Fate.REFUSED]], Halt.PROTOCOL)
    assert peer.messages == []


# --- the opening


@pytest.mark.parametrize(
    ("greeting", "halt", "fate"),
    [
        (b"554 no service\r\n", Halt.PERMANENT, Fate.REFUSED),
        (b"450 busy\r\n", Halt.TEMPORARY, Fate.DEFERRED),
        (b"421 busy\r\n", Halt.TEMPORARY, Fate.DEFERRED),
        (b"250 what\r\n", None, Fate.ACCEPTED),
        (b"354 what\r\n", Halt.PROTOCOL, Fate.DEFERRED),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Halt.PROTOCOL, Fate.DEFERRED),
        (b"", Halt.CONNECTION, Fate.DEFERRED),
    ],
)
def test_greetings(greeting: bytes, halt: Halt | None, fate: Fate) -> None:
    peer = Peer(greeting=greeting)
    result = run(peer)
    assert (result.ending.halt if result.ending else None, fates(result)) == (halt, [[fate]])
    assert (peer.lines[-1:] == ["QUIT"]) == (halt in (None, Halt.PERMANENT, Halt.TEMPORARY))
    if halt is not None:
        assert result.ending.step is Step.GREETING


def test_helo_where_ehlo_is_not_known() -> None:
    peer = Peer(on("EHLO", "502 what"))
    result = run(peer)
    assert fates(result) == [[Fate.ACCEPTED]]
    assert peer.lines[1:3] == ["HELO client.example.test", "MAIL FROM:<alice@example.test>"]
    assert result.extensions.texts == ()


@pytest.mark.parametrize(
    ("command", "text", "halt"),
    [("EHLO", "550 you not", Halt.PERMANENT), ("EHLO", "450 later", Halt.TEMPORARY), ("EHLO", "334 x", Halt.PROTOCOL)],
)
def test_a_refused_hello(command: str, text: str, halt: Halt) -> None:
    peer = Peer(on(command, text))
    assert run(peer).ending.halt is halt
    assert "HELO client.example.test" not in peer.lines


def test_a_refused_helo_is_the_end() -> None:
    assert run(Peer(lambda line: b"550 no\r\n" if "HELO" in line else b"500 what\r\n")).ending.halt is Halt.PERMANENT


# --- TLS


def test_starttls_and_everything_anew() -> None:
    peer = Peer()
    result = run(peer, manner=MUST)
    assert fates(result) == [[Fate.ACCEPTED]]
    assert peer.lines[:4] == ["EHLO client.example.test", "STARTTLS", "EHLO client.example.test", peer.lines[3]]
    assert result.tls == TLS
    assert "STARTTLS" not in result.extensions


def test_a_handshake_that_takes_all_the_time_is_what_went_wrong() -> None:
    result = run(Peer(handshake=Failed(End.TIMEOUT, "timed out", 60.0)), manner=MAY, limit=60.0)
    assert (result.ending.halt, result.ending.step) == (Halt.TLS, Step.STARTTLS)


def test_implicit_tls() -> None:
    peer = Peer()
    result = run(peer, manner=replace(MUST, implicit=True))
    assert (fates(result), result.tls) == ([[Fate.ACCEPTED]], TLS)
    assert "STARTTLS" not in peer.lines


@pytest.mark.parametrize(
    "peer",
    [
        lambda: Peer(extensions=PLAIN_SERVER),
        lambda: Peer(on("STARTTLS", "454 not now")),
        lambda: Peer(handshake=Failed(End.TLS, "wrong version", 1.0)),
        lambda: Peer(handshake=Failed(End.TIMEOUT, "timed out", 1.0)),
        lambda: Peer(on("EHLO", "500 what")),
    ],
    ids=["not offered", "refused", "broken", "stalled", "helo"],
)
def test_without_tls(peer) -> None:
    """Where TLS is demanded nothing is sent, where it is opportunistic everything is, and it is said."""
    strict, lax = peer(), peer()
    refused = run(strict, manner=MUST)
    assert (refused.ending.halt, fates(refused), strict.messages) == (Halt.TLS, [[Fate.DEFERRED]], [])
    assert not any(line.startswith("MAIL") for line in strict.lines)
    result = run(lax, manner=MAY)
    assert (fates(result), result.tls) == ([[Fate.ACCEPTED]], None)
    assert findings(result) == ["smtp-in-the-clear" if "STARTTLS" not in lax.lines else "smtp-tls-failed"]


@pytest.mark.parametrize("implicit", [True, False])
def test_a_handshake_that_is_not_good_enough(implicit: bool) -> None:
    state = replace(TLS, pkix=PkixVerdict(Status.FAIL, ("expired",)))
    outcome = Secured(state, 0.1, address="192.0.2.25")
    peer = Peer(connects=[outcome]) if implicit else Peer(handshake=outcome)
    manner = Manner("client.example.test", TlsPolicy(Need.PKIX, "mx.example.test"), 0, implicit=implicit)
    result = run(peer, manner=manner)
    assert (result.ending.halt, result.ending.reason, fates(result)) == (Halt.TLS, "expired", [[Fate.DEFERRED]])
    assert result.verdict.status is Status.FAIL
    assert peer.lines[-1] == "QUIT"
    assert not any(line.startswith("MAIL") for line in peer.lines)


@pytest.mark.parametrize("manner", [MAY, MUST])
@pytest.mark.parametrize(
    "peer",
    [
        Peer(on("STARTTLS", "220 go\r\n250-injected\r\n250 AUTH PLAIN")),
        Peer(on("STARTTLS", "220 go\r\n25")),
        Peer(handshake=Secured(TLS, 1.0, b"250 injected\r\n")),
        Peer(handshake=Failed(End.TLS, "cut", 1.0, b"this is not tls")),
    ],
    ids=["replies", "half a reply", "seen by the socket", "in place of tls"],
)
def test_what_is_said_before_the_handshake_never_crosses_it(manner: Manner, peer: Peer) -> None:
    result = run(replace(peer, lines=[]), manner=manner)
    assert (result.ending.halt, result.ending.step) == (Halt.PROTOCOL, Step.STARTTLS)
    assert findings(result) == ["smtp-starttls-injection"]
    assert "AUTH" not in result.extensions or result.tls is None


@pytest.mark.parametrize("text", ["250 fine", "334 x", "421 bye"])
def test_an_odd_answer_to_starttls_ends_the_session(text: str) -> None:
    result = run(Peer(on("STARTTLS", text)), manner=MAY)
    assert fates(result) == ([[Fate.ACCEPTED]] if text == "x" else [[Fate.DEFERRED]])


# --- login


def credentials(**options: object) -> Manner:
    manner = options.pop("manner", MUST)
    token = bool(options.pop("token", False))
    made = Credentials(Login("tim", "tanstaaftanstaaf", token), **options)
    return replace(manner, credentials=made, nonce="fyko")


def test_login_before_mail() -> None:
    peer = Peer(extensions=("AUTH PLAIN", "STARTTLS"))
    result = run(peer, manner=credentials())
    assert (fates(result), result.mechanism) == ([[Fate.ACCEPTED]], "PLAIN")
    assert peer.lines[3] == "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm"


def test_the_password_is_not_in_the_record() -> None:
    talk = Conversation(60.0)
    answers = {
        "AUTH LOGIN": b"334 VXNlcm5hbWU6\r\n",
        "dGlt": b"334 UGFzc3dvcmQ6\r\n",
        "dGFuc3RhYWZ0YW5zdGFhZg==": b"235 ok\r\n",
    }
    peer = Peer(answers.get)
    manner = credentials(mechanism="LOGIN")
    result = drive(deliver(SERVER, manner, (job(),), talk), peer)
    assert result.mechanism == "LOGIN"
    assert peer.lines[3:6] == ["AUTH LOGIN", "dGlt", "dGFuc3RhYWZ0YW5zdGFhZg=="]
    said = "\n".join(line.shown.decode() for line in talk.record)
    assert "dGFuc3" not in said
    assert "tanstaaf" not in said


def test_a_server_that_says_the_password_again_is_not_quoted() -> None:
    talk = Conversation(60.0)
    peer = Peer(lambda line: reply(f"535 no: {line} tanstaaftanstaaf") if line.startswith("AUTH") else None)
    peer.extensions = ("AUTH PLAIN", "STARTTLS")
    result = drive(deliver(SERVER, credentials(), (job(),), talk), peer)
    said = result.ending.reason + result.ending.reply.raw.decode() + "\n".join(line.shown.decode() for line in talk.record)
    assert "535 no: AUTH PLAIN {masked} {masked}" in said
    assert "tanstaaf" not in said
    assert "AHRpbQB0" not in said
    broken = Peer(lambda line: b"tanstaaftanstaaf\r\n" if line.startswith("AUTH") else None, extensions=peer.extensions)
    talk = Conversation(60.0)
    drive(deliver(SERVER, credentials(), (job(),), talk), broken)
    assert not any(b"tanstaaf" in line.data for line in talk.record)


def test_a_challenge_in_which_the_password_stands_by_chance_is_answered() -> None:
    answers = {"AUTH LOGIN": b"334 VXNlcm5hbWU6\r\n", "dGlt": b"334 VXNl\r\n", "VlhObA==": b"235 ok\r\n"}
    peer = Peer(answers.get)
    manner = replace(MUST, credentials=Credentials(Login("tim", "VXNl"), "LOGIN"))
    assert run(peer, manner=manner).mechanism == "LOGIN"


def test_cram_md5_in_the_clear_and_plain_only_when_forced() -> None:
    challenge = "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
    peer = Peer(lambda line: reply(challenge) if line == "AUTH CRAM-MD5" else reply("235 ok") if line[:4] == "dGlt" else None)
    peer.extensions = ("AUTH PLAIN CRAM-MD5",)
    assert run(peer, manner=credentials(manner=NO_TLS)).mechanism == "CRAM-MD5"
    assert peer.lines[2] == "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"
    peer = Peer(extensions=("AUTH PLAIN",))
    result = run(peer, manner=credentials(manner=NO_TLS))
    assert (result.ending.halt, fates(result)) == (Halt.LOGIN, [[Fate.UNTRIED]])
    assert peer.lines == ["EHLO client.example.test", "QUIT"]
    peer = Peer(extensions=("AUTH PLAIN",))
    assert run(peer, manner=credentials(manner=NO_TLS, allow_cleartext=True)).mechanism == "PLAIN"


@pytest.mark.parametrize(
    ("answer", "halt"),
    [
        ("535 5.7.8 wrong", Halt.LOGIN),
        ("454 4.7.0 later", Halt.TEMPORARY),
        ("421 bye", Halt.TEMPORARY),
        ("432 transition", Halt.TEMPORARY),
        ("534 too weak", Halt.LOGIN),
        ("250 fine", Halt.PROTOCOL),
        ("334 x", Halt.PROTOCOL),
        ("334 =", Halt.PROTOCOL),
        ("334 dg==", Halt.PROTOCOL),
        ("334", Halt.PROTOCOL),
    ],
)
def test_a_login_that_does_not_come_off(answer: str, halt: Halt) -> None:
    peer = Peer(on("AUTH", answer), extensions=("AUTH PLAIN", "STARTTLS"))
    result = run(peer, manner=credentials())
    assert (result.ending.halt, result.ending.step) == (halt, Step.AUTH)
    assert not any(line.startswith("MAIL") for line in peer.lines)
    assert ("*" in peer.lines) == answer.startswith("334")


def test_success_before_the_server_has_proved_itself() -> None:
    result = run(Peer(), manner=credentials())
    assert (result.ending.halt, "SCRAM-SHA-256" in result.ending.reason) == (Halt.PROTOCOL, True)


def test_no_auth_offered() -> None:
    assert run(Peer(extensions=("STARTTLS",)), manner=credentials()).ending.halt is Halt.LOGIN
    peer = Peer(extensions=("STARTTLS",))
    assert run(peer, manner=credentials(mechanism="PLAIN")).mechanism == "PLAIN"


def test_an_endless_login_is_ended() -> None:
    peer = Peer(
        lambda line: b"334 \r\n" if line.startswith("AUTH") or line == "" else None, extensions=("AUTH XOAUTH2", "STARTTLS")
    )
    assert run(peer, manner=credentials(token=True)).ending.halt is Halt.PROTOCOL


def test_xoauth2_hears_the_error_out() -> None:
    error = "eyJzdGF0dXMiOiI0MDEifQ=="
    peer = Peer(lambda line: reply(f"334 {error}") if line.startswith("AUTH") else reply("535 no") if line == "" else None)
    peer.extensions = ("AUTH XOAUTH2", "STARTTLS")
    result = run(peer, manner=credentials(token=True))
    assert result.ending.halt is Halt.LOGIN
    assert peer.lines[4] == ""


def test_a_long_initial_response_waits_for_its_challenge() -> None:
    peer = Peer(lambda line: b"334 \r\n" if line == "AUTH PLAIN" else b"235 ok\r\n" if len(line) > 600 else None)
    peer.extensions = ("AUTH PLAIN", "STARTTLS")
    manner = replace(MUST, credentials=Credentials(Login("tim", "x" * 600)))
    assert run(peer, manner=manner).mechanism == "PLAIN"
    refusing = Peer(on("AUTH", "535 no"), extensions=("AUTH PLAIN", "STARTTLS"))
    assert run(refusing, manner=manner).ending.halt is Halt.LOGIN
    endless = Peer(on("AUTH", "334 "), extensions=("AUTH PLAIN", "STARTTLS"))
    huge = replace(MUST, credentials=Credentials(Login("t" * 8000, "x" * 8000)))
    assert run(endless, manner=huge).ending.halt is Halt.LOGIN


def test_a_password_that_scram_cannot_use() -> None:
    manner = replace(MUST, credentials=Credentials(Login("tim", "\u0007")))
    assert run(Peer(), manner=manner).ending.halt is Halt.LOGIN


# --- LMTP

LMTP = replace(SERVER, lmtp=True, port=24)


def test_lmtp_has_an_answer_for_each_recipient() -> None:
    answers = iter([b"250 bob\r\n", b"552 over quota\r\n"])
    peer = Peer(lambda line: next(answers) if line == "." else reply("550 who") if "carol" in line else None, lmtp=True)
    result = run(peer, job(BOB, CAROL, DAVE), server=LMTP)
    assert fates(result) == [[Fate.ACCEPTED, Fate.REFUSED, Fate.REFUSED]]
    assert [answer.step for answer in result.answers[0]] == [Step.MESSAGE, Step.RCPT, Step.MESSAGE]
    assert peer.lines[0] == "LHLO client.example.test"


def test_lmtp_that_ends_after_one_answer_leaves_the_other_open() -> None:
    answers = iter([b"250 bob\r\n", b""])
    peer = Peer(lambda line: next(answers) if line == "." else None, lmtp=True)
    assert fates(run(peer, job(BOB, DAVE), server=LMTP)) == [[Fate.ACCEPTED, Fate.UNKNOWN]]


def test_lmtp_has_no_helo() -> None:
    peer = Peer(on("LHLO", "500 what"))
    assert run(peer, server=LMTP).ending.halt is Halt.PERMANENT
    assert peer.lines == ["LHLO client.example.test", "QUIT"]


# --- leaving early


@pytest.mark.parametrize(
    ("step", "last"),
    [
        (Step.CONNECT, None),
        (Step.GREETING, None),
        (Step.EHLO, "EHLO client.example.test"),
        (Step.STARTTLS, "EHLO client.example.test"),
        (Step.AUTH, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm"),
        (Step.MAIL, f"MAIL FROM:<alice@example.test> SIZE={MESSAGE.size}"),
        (Step.RCPT, "RCPT TO:<bob@example.test>"),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_quit_after(step: Step, last: str | None, pipelining: bool) -> None:
    extensions = ("AUTH PLAIN", "STARTTLS", "SIZE", *(["PIPELINING"] if pipelining else []))
    peer = Peer(extensions=extensions)
    result = run(peer, manner=replace(credentials(), quit_after=step))
    assert (result.ending, fates(result)) == (None, [[Fate.UNTRIED]])
    assert peer.lines[-2:] == ([last, "QUIT"] if last else ["QUIT"])
    assert (result.tls is not None) == (step not in (Step.CONNECT, Step.GREETING))


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
def test_quit_after_data_leaves_before_any_content(extensions: tuple[str, ...]) -> None:
    peer = Peer(extensions=extensions)
    result = run(peer, manner=replace(NO_TLS, quit_after=Step.DATA))
    assert (peer.lines[-1], peer.messages, fates(result)) == ("DATA", [], [[Fate.UNTRIED]])


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
def test_quit_after_rcpt_shows_who_is_refused(extensions: tuple[str, ...]) -> None:
    peer = Peer(on("RCPT TO:<carol", "550 who"), extensions=extensions)
    assert fates(run(peer, job(BOB, CAROL), manner=replace(NO_TLS, quit_after=Step.RCPT))) == [[Fate.UNTRIED, Fate.REFUSED]]


# --- servers that misbehave

VERBS = ("EHLO", "MAIL", "RCPT", "DATA", ".")


@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("text", "halt"),
    [
        (b"", Halt.CONNECTION),
        (b"421 going down\r\n", Halt.TEMPORARY),
        (b"\x00\xff\r\n", Halt.PROTOCOL),
        (b"2" * 10000, Halt.PROTOCOL),
        (b"250-" + b"x" * 9000 + b"\r\n", Halt.PROTOCOL),
        (b"250-x\r\n" * 100_000, Halt.PROTOCOL),
        (b"199 what\r\n", Halt.PROTOCOL),
    ],
    ids=["silence", "421", "garbage", "long line", "longer line", "many lines", "1yz"],
)
def test_misbehaviour_at_each_step(extensions: tuple[str, ...], verb: str, text: bytes, halt: Halt) -> None:
    if extensions is EHLO and not text and verb in ("MAIL", "RCPT"):
        text, halt = b"25\r\n", Halt.PROTOCOL  # silence within a group is filled by the next reply
    peer = Peer(lambda line: text if line.split(" ")[0] == verb else None, extensions=extensions)
    result = run(peer, limit=30.0)
    assert (result.ending.halt, result.ending.step) == (
        halt,
        {"EHLO": Step.EHLO, "MAIL": Step.MAIL, "RCPT": Step.RCPT, "DATA": Step.DATA, ".": Step.MESSAGE}[verb],
    )
    # once all of it was sent, only an answer tells whether it was taken
    assert fates(result) == [[Fate.UNKNOWN if verb == "." else Fate.DEFERRED]]
    assert peer.at <= 36


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("extensions", [PLAIN_SERVER, EHLO])
def test_a_server_that_closes_at_each_step(verb: str, extensions: tuple[str, ...]) -> None:
    peer = Peer(lambda line: b"" if line.split(" ")[0] == verb else None, closes=verb, extensions=extensions)
    result = run(peer)
    assert result.ending.halt is Halt.CONNECTION
    assert fates(result) == [[Fate.UNKNOWN if verb == "." else Fate.DEFERRED]]


def test_a_server_that_says_why_it_closes() -> None:
    """The reply counts though the content could not be sent."""
    peer = Peer(lambda line: b"354 go\r\n552 too big\r\n" if line == "DATA" else None, closes="DATA", extensions=PLAIN_SERVER)
    result = run(peer)
    assert result.ending.halt is Halt.PROTOCOL
    assert findings(result) == ["smtp-unasked-reply"]


def test_a_connection_that_breaks_while_content_is_sent() -> None:
    peer = Peer(extensions=PLAIN_SERVER, closes="DATA")
    result = run(peer)
    assert (result.ending.halt, fates(result)) == (Halt.CONNECTION, [[Fate.DEFERRED]])


@pytest.mark.parametrize("extra", ["250 ok", "250 ok\r\n250 ok", "421 bye"])
def test_replies_that_nobody_asked_for(extra: str) -> None:
    peer = Peer(on("EHLO", f"250 mx\r\n{extra}"))
    result = run(peer)
    assert result.ending.halt is (Halt.TEMPORARY if extra.startswith("421") else Halt.PROTOCOL)
    assert fates(result) == [[Fate.DEFERRED]]


def test_one_reply_too_many_at_the_end_is_a_finding() -> None:
    result = run(Peer(on(".", "250 ok\r\n250 ok")))
    assert (fates(result), findings(result)) == ([[Fate.ACCEPTED]], ["smtp-unasked-reply"])


def test_one_reply_too_few_to_a_group() -> None:
    result = run(Peer(lambda line: b"" if line.startswith("RCPT TO:<carol") else None), job(BOB, CAROL, DAVE), limit=20.0)
    assert fates(result)[0][2] is not Fate.ACCEPTED


def test_flaws_of_replies_are_a_finding() -> None:
    assert findings(run(Peer(greeting=b"220-a\n221 b\r\n"))) == ["smtp-reply-flaw"]


@pytest.mark.parametrize(
    ("failed", "halt"),
    [
        (Failed(End.REFUSED, "connection refused", 0.1), Halt.CONNECTION),
        (Failed(End.TIMEOUT, "timed out", 30.0), Halt.CONNECTION),
        (Failed(End.TLS, "handshake", 0.1), Halt.TLS),
    ],
)
def test_no_connection(failed: Failed, halt: Halt) -> None:
    result = run(Peer(connects=[failed]))
    assert (result.ending.halt, result.ending.step, fates(result)) == (halt, Step.CONNECT, [[Fate.DEFERRED]])


def test_a_flood_while_sending() -> None:
    class Flooding(Peer):
        def perform(self, act):
            outcome = super().perform(act)
            if self.lines[-1:] == ["DATA"] and isinstance(outcome, Done):
                return Failed(End.FLOOD, "too much", self.at)
            return outcome

    assert run(Flooding(extensions=PLAIN_SERVER)).ending.halt in (Halt.PROTOCOL, Halt.CONNECTION)


def test_each_wait_is_bounded_by_the_standard_and_by_the_limit() -> None:
    peer = Peer(lambda line: b"" if line == "DATA" else None, extensions=PLAIN_SERVER)
    run(peer, limit=10_000.0)
    assert 119 < peer.at < 126
    peer = Peer(lambda line: b"" if line == "DATA" else None, extensions=PLAIN_SERVER)
    run(peer, limit=7.0)
    assert peer.at < 13


@given(
    st.lists(
        st.sampled_from([b"250 ok\r\n", b"354 go\r\n", b"550 no\r\n", b"421 bye\r\n", b"250-x\r\n", b"\r\n", b"x", b""]),
        max_size=30,
    )
)
def test_whatever_a_server_says_there_is_an_answer_for_each_recipient(said: list[bytes]) -> None:
    """No exception, one answer for each, and nothing accepted that was not sent whole."""
    replies = iter(said)
    peer = Peer(lambda line: next(replies, b""), greeting=b"220 hi\r\n")
    result = run(peer, job(BOB, CAROL), job(DAVE), limit=20.0)
    assert [len(each) for each in fates(result)] == [2, 1]
    if not peer.messages:
        assert not any(fate in (Fate.ACCEPTED, Fate.UNKNOWN) for each in fates(result) for fate in each)


def test_a_server_by_another_name() -> None:
    assert hello(["X"]).startswith(b"250-mx.example.test")
