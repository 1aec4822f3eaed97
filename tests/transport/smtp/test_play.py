from __future__ import annotations

import pytest

from mailsec.core.results import Status
from mailsec.transport.smtp.course import Kind, Party
from mailsec.transport.smtp.link import Target
from mailsec.transport.wire import Close, Connect, End, Failed, Pause, PkixVerdict, Receive, Secured, Send, StartTls, TlsWish
from tests.transport.smtp.dialogues import TLS, Fed, failed, run

FORGED = """\
S: 220 mailserver.example.com is ready
C: HELO Fakemailserver.com
S: 250 OK
C: MAIL FROM: <FakeEnvelopeSender@fakedomain.com>
S: 250 Ok
C: RCPT TO: <bob@example.test>
S: 250 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: From: "Fake Sender" <FakeHeaderSender@fakedomain.com>
C: To: "Real Recipient Name" <bob@example.test>
C: Subject: test fake sender message
C:
C: This is a test message
C: .
S: 250 Ok: queued as 12345
C: QUIT
S: 221 Bye
"""


def ended(fed: Fed) -> tuple[Kind, int, str]:
    ending = fed.course.ending
    line = fed.course.script.steps[ending.step].line if ending.step >= 0 else 0
    return ending.kind, line, ending.reason


def test_the_textbook_dialogue_as_it_stands() -> None:
    fed = run(FORGED, b"220 other text\r\n", *[b"250 fine\r\n"] * 3, b"354 go\r\n", b"250 queued\r\n", b"221 bye\r\n")
    assert ended(fed) == (Kind.DONE, 0, "")
    assert fed.sent[4] == (
        b'From: "Fake Sender" <FakeHeaderSender@fakedomain.com>\r\nTo: "Real Recipient Name" <bob@example.test>\r\n'
        b"Subject: test fake sender message\r\n\r\nThis is a test message\r\n.\r\n"
    )
    assert [judgement.problems for judgement in fed.course.judgements] == [()] * 7
    assert fed.course.judgements[0].notes == ("expected text mailserver.example.com is ready, received other text",)
    assert isinstance(fed.acts[-1], Close)


def test_a_mismatch_stops_it_and_says_where() -> None:
    fed = run(FORGED, b"220 x\r\n", b"250 x\r\n", b"550 no\r\n")
    assert ended(fed) == (Kind.DEVIATES, 5, "expected 250, received 550")
    assert fed.sent[-1].startswith(b"MAIL")
    assert fed.course.judgements[-1].received == (b"550 no\r\n",)
    assert isinstance(fed.acts[-1], Close)


def test_several_commands_go_out_in_one_piece() -> None:
    fed = run(
        "S: 220\nC: MAIL FROM:<>\nC: RCPT TO:<a>\nC: DATA\nS: 250\nS: 250\nS: 354", b"220 x\r\n", b"250 a\r\n250 b\r\n354 c\r\n"
    )
    assert fed.sent == [b"MAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\n"]
    assert ended(fed)[0] is Kind.DONE


def test_dots_within_content_are_doubled_but_for_its_end() -> None:
    text = "S: 220\nC: DATA\nS: 354\nC: .a\nC: ..\nC: b.\nC\\: .raw\\r\\n\nC: .\nC: .\nS: 250\nS: 500"
    fed = run(text, b"220 x\r\n", b"354 x\r\n", b"250 x\r\n500 what\r\n")
    assert fed.sent[1] == b"..a\r\n...\r\nb.\r\n.raw\r\n.\r\n.\r\n"
    assert ended(fed)[0] is Kind.DONE


def test_without_a_354_there_is_no_content() -> None:
    fed = run("S: 220\nC: DATA\nS: 2xx\nC: .a", b"220 x\r\n", b"250 x\r\n")
    assert fed.sent[-1] == b".a\r\n"


def test_raw_octets_may_end_content() -> None:
    text = "S: 220\nC: DATA\nS: 354\nC\\: a\\r\\n.\\r\\nSTARTTLS\\r\\n\nS: 250\nS: 220\nC: QUIT\nS: 221"
    fed = run(text, b"220 x\r\n", b"354 x\r\n", b"250 x\r\n220 go\r\n", b"221 x\r\n")
    assert [type(act) for act in fed.acts].count(StartTls) == 1
    assert ended(fed)[0] is Kind.DONE


def test_a_file_within_data_and_within_bdat() -> None:
    data = b".dot\r\nx\r\n"
    fed = run("S: 220\nC: DATA\nS: 354\nC:< m\nC: .\nS: 250", b"220 x\r\n", b"354 x\r\n", b"250 x\r\n", files={3: data})
    assert fed.sent[-1] == b"..dot\r\nx\r\n.\r\n"
    fed = run("S: 220\nC: BDAT 9 LAST\nC:< m\nS: 250", b"220 x\r\n", b"250 x\r\n", files={2: data})
    assert fed.sent[-1] == b"BDAT 9 LAST\r\n" + data
    fed = run("S: 220\nC:< m\nS: 250", b"220 x\r\n", b"250 x\r\n", files={1: data})
    assert fed.sent[-1] == b"..dot\r\nx\r\n"


def test_variables_and_captures() -> None:
    text = "S: 220 /(?P<host>\\S+) ESMTP/\nC: EHLO {helo}\nS: 250-={host}\nS: 250 OK\nC: NOOP {host} {helo:base64}\nS: 250"
    fed = run(text, b"220 mx.example ESMTP\r\n", b"250-mx.example\r\n250 x\r\n", b"250 x\r\n", values={"helo": b"me"})
    assert fed.sent == [b"EHLO me\r\n", b"NOOP mx.example bWU=\r\n"]
    assert ended(fed)[0] is Kind.DONE


# --- TLS

STARTTLS = "S: 220\nC: EHLO me\nS: 250\nC: STARTTLS\nS: 220\nC: EHLO me\nS: 250\n"
OFFER = b"250-mx\r\n250-STARTTLS\r\n250 SIZE\r\n"


def test_starttls_switches_by_itself_on_its_220() -> None:
    fed = run(STARTTLS, b"220 x\r\n", OFFER, b"220 go\r\n", b"250 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    (switch,) = [act for act in fed.acts if isinstance(act, StartTls)]
    assert switch.wish == TlsWish("mx.test")
    assert [line.tls for line in fed.course.lines if line.data == b"EHLO me\r\n"] == ["", "TLSv1.3"]
    assert fed.course.states == ((1, TLS, False),)


@pytest.mark.parametrize(("codes", "reply"), [("2xx|4xx", b"454 no\r\n"), ("2xx", b"250 fine\r\n")])
def test_on_no_other_code(codes: str, reply: bytes) -> None:
    fed = run(f"S: 220\nC: STARTTLS\nS: {codes}\nC: QUIT\nS: 221", b"220 x\r\n", reply, b"221 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert not any(isinstance(act, StartTls) for act in fed.acts)


def test_a_220_to_another_command_does_not_switch() -> None:
    fed = run("S: 220\nC: NOOP\nC: STARTTLS\nS: 220\nS: 454", b"220 x\r\n", b"220 x\r\n454 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert not any(isinstance(act, StartTls) for act in fed.acts)


def test_what_came_in_the_clear_never_crosses_the_handshake() -> None:
    fed = run(STARTTLS, b"220 x\r\n", OFFER, b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n25", b"250 real\r\n")
    assert ended(fed)[0] is Kind.DONE
    (found,) = fed.course.findings
    assert (found.rule, found.severity) == ("smtp-starttls-injection", "high")
    assert "250-evil" in found.message
    assert fed.course.judgements[-1].received == (b"250 real\r\n",)
    assert [line.data for line in fed.course.lines if b"evil" in line.data] == [b"250-evil\r\n"]


def test_what_the_system_held_is_an_injection_too() -> None:
    fed = run(STARTTLS, b"220 x\r\n", OFFER, b"220 go\r\n", Secured(TLS, 0.1, b"250 evil\r\n"), b"250 real\r\n")
    assert [found.rule for found in fed.course.findings] == ["smtp-starttls-injection"]
    assert fed.course.judgements[-1].received == (b"250 real\r\n",)


@pytest.mark.parametrize(
    ("end", "kind"),
    [(End.TLS, Kind.DEVIATES), (End.CLOSED, Kind.TEMPORARY), (End.CUT, Kind.TEMPORARY), (End.TIMEOUT, Kind.TEMPORARY)],
)
def test_a_handshake_that_fails(end: End, kind: Kind) -> None:
    fed = run(STARTTLS, b"220 x\r\n", OFFER, b"220 go\r\n", failed(end, b"not tls"))
    assert ended(fed) == (kind, 5, f"the TLS handshake failed: {end}: it is {end}")
    assert [found.rule for found in fed.course.findings] == ["smtp-starttls-injection"]
    assert isinstance(fed.acts[-1], Close)


def test_tls_before_the_greeting() -> None:
    fed = run("!tls name=other.example version>=1.3\nS: 220\nC: QUIT\nS: 221", b"220 x\r\n", b"221 x\r\n")
    connect = fed.acts[0]
    assert isinstance(connect, Connect)
    assert connect.tls == TlsWish("other.example", ("TLSv1.3", ""))
    assert ended(fed)[0] is Kind.DONE
    assert {line.tls for line in fed.course.lines if line.who} == {"TLSv1.3"}


UNTRUSTED = TLS._replace(pkix=PkixVerdict(Status.FAIL, ("expired", "for another name")))


def test_a_certificate_is_judged_where_the_script_says_so() -> None:
    fed = run("S: 220\n!tls verify=pkix\n" + STARTTLS[7:], b"220 x\r\n", OFFER, b"220 go\r\n", Secured(UNTRUSTED, 0.1))
    assert ended(fed) == (Kind.DEVIATES, 6, "the certificate does not hold: expired; for another name")
    assert b"EHLO me\r\n" not in fed.sent[2:]
    fed = run("S: 220\n!tls verify=pkix\n" + STARTTLS[7:], b"220 x\r\n", OFFER, b"220 go\r\n", b"250 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert ended(run(STARTTLS, b"220 x\r\n", OFFER, b"220 go\r\n", Secured(UNTRUSTED, 0.1), b"250 x\r\n"))[0] is Kind.DONE


@pytest.mark.parametrize(
    ("status", "kind"), [(Status.PASS, Kind.DONE), (Status.FAIL, Kind.DEVIATES), (Status.TEMPERROR, Kind.TEMPORARY)]
)
def test_dane(status: Status, kind: Kind) -> None:
    target = Target(("192.0.2.1",), 25, "mx.test", lambda _: (status, "because"))
    fed = run("S: 220\n!tls verify=dane\n" + STARTTLS[7:], b"220 x\r\n", OFFER, b"220 go\r\n", b"250 x\r\n", target=target)
    assert ended(fed)[0] is kind
    assert kind is Kind.DONE or "because" in ended(fed)[2]


def test_dane_that_nobody_asked_about() -> None:
    fed = run("S: 220\n!tls verify=dane\n" + STARTTLS[7:], b"220 x\r\n", OFFER, b"220 go\r\n")
    assert ended(fed) == (Kind.DEVIATES, 6, "DANE does not vouch for the certificate: no TLSA records were asked for")


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ("version>=1.2", ""),
        ("version=1.3", ""),
        ("version<1.3", "expected version<1.3, received TLSv1.3"),
        ("bits>=256 bits<=256", ""),
        ("bits>256", "expected bits>256, received 256"),
        ("cipher=TLS_*_SHA384", ""),
        ("cipher=*CBC*", "expected cipher=*CBC*, received TLS_AES_256_GCM_SHA384"),
        ("pkix=pass", ""),
        ("pkix=fail", "expected pkix=fail, received pass"),
    ],
)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_what_is_expected_of_tls(terms: str, problem: str, place: str) -> None:
    line = f"!tls-expect {terms}\n"
    before, behind = (line, "") if place == "before" else ("", line)
    fed = run(f"S: 220\n{before}C: STARTTLS\nS: 220\n{behind}C: QUIT\nS: 221", b"220 x\r\n", b"220 go\r\n", b"221 x\r\n")
    kind, at, reason = ended(fed)
    assert (kind, reason) == ((Kind.DEVIATES, problem) if problem else (Kind.DONE, ""))
    assert not problem or at == (2 if place == "before" else 4)


def test_tls_that_never_comes() -> None:
    fed = run("S: 220\n!tls-expect version>=1.2\nC: QUIT\nS: 221", b"220 x\r\n", b"221 x\r\n")
    assert ended(fed) == (Kind.DEVIATES, 2, "TLS was expected and never came on")


# --- directives


def test_the_end_of_the_connection() -> None:
    text = "S: 220\nC: QUIT\nS: 221\n!expect-close"
    assert ended(run(text, b"220 x\r\n", b"221 x\r\n", failed(End.CLOSED)))[0] is Kind.DONE
    assert ended(run(text, b"220 x\r\n", b"221 x\r\n", failed(End.CUT)))[0] is Kind.DONE
    assert ended(run(text, b"220 x\r\n", b"221 x\r\n")) == (
        Kind.DEVIATES,
        4,
        "expected the end of the connection: timeout: no answer in time",
    )
    assert ended(run(text, b"220 x\r\n", b"221 x\r\n250 more\r\n")) == (
        Kind.DEVIATES,
        4,
        "expected the end of the connection, received 250 more",
    )


def test_sleeping_and_patience() -> None:
    fed = run("S: 220\n!timeout 5\n!sleep 2\nC: NOOP\nS: 250", b"220 x\r\n", b"250 x\r\n", wait=30.0, limit=60.0)
    assert Pause(2.0) in fed.acts
    first, second = [act for act in fed.acts if isinstance(act, Receive)]
    assert first.until == pytest.approx(30.01)
    assert second.until == pytest.approx(7.05, abs=0.02)


def test_everything_is_within_the_limit() -> None:
    fed = run("S: 220\nC: NOOP\nS: 250", b"220 x\r\n", limit=3.0)
    assert all(act.until <= 3.0 for act in fed.acts if isinstance(act, Connect | Receive | Send))


def test_several_connections() -> None:
    text = "S: 220\n!conn 2\nS: 220\nC: QUIT\n!conn 1\nC: NOOP\nS: 250\n!conn 2\nS: 221\n"
    fed = run(text, b"220 a\r\n", b"220 b\r\n", b"250 x\r\n", b"221 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert [(type(act).__name__, act.on) for act in fed.acts if not isinstance(act, Pause)] == [
        ("Connect", 1),
        ("Receive", 1),
        ("Connect", 2),
        ("Receive", 2),
        ("Send", 2),
        ("Send", 1),
        ("Receive", 1),
        ("Receive", 2),
        ("Close", 1),
        ("Close", 2),
    ]


@pytest.mark.parametrize(
    ("needed", "there"),
    [("SIZE", True), ("size", True), ("AUTH PLAIN", True), ("AUTH CRAM-MD5", False), ("DSN", False), ("mx", False)],
)
def test_what_is_skipped(needed: str, there: bool) -> None:
    text = f"S: 220\nC: EHLO me\nS: 250\n!skip-unless {needed}\nC: QUIT\nS: 221"
    fed = run(text, b"220 x\r\n", b"250-mx\r\n250-SIZE 10\r\n250-\r\n250 AUTH LOGIN PLAIN\r\n", b"221 x\r\n")
    assert ended(fed) == ((Kind.DONE, 0, "") if there else (Kind.SKIPPED, 4, f"the server does not offer {needed}"))


def test_what_was_offered_in_the_clear_does_not_count_under_tls() -> None:
    fed = run("S: 220\nC: EHLO me\nS: 250\nC: STARTTLS\nS: 220\n!skip-unless SIZE\n", b"220 x\r\n", OFFER, b"220 go\r\n")
    assert ended(fed)[0] is Kind.SKIPPED


LMTP = (
    "!lmtp\nS: 220\nC: LHLO me\nC: MAIL FROM:<>\nC: RCPT TO:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\n"
    "S: 250\nS: 250\nS: 250\nS: 5xx\nS: 250\nS: 354\nC: hi\nC: .\n"
)
ACCEPTED = b"250 x\r\n250 x\r\n250 a\r\n550 no b\r\n250 c\r\n354 go\r\n"


def test_lmtp_has_a_reply_for_each_recipient() -> None:
    fed = run(LMTP + "S: 250\nS: 452\nC: QUIT\nS: 221", b"220 x\r\n", ACCEPTED, b"250 a\r\n452 c\r\n", b"221 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert [judgement.notes for judgement in fed.course.judgements[-3:]] == [("for <a@x>",), ("for <c@x>",), ()]


def test_lmtp_last_reply_stands_for_the_rest() -> None:
    fed = run(LMTP + "S: 250\nC: QUIT\nS: 221", b"220 x\r\n", ACCEPTED, b"250 a\r\n250 c\r\n", b"221 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    fed = run(LMTP + "S: 250\nC: QUIT\nS: 221", b"220 x\r\n", ACCEPTED, b"250 a\r\n452 c\r\n")
    assert ended(fed) == (Kind.DEVIATES, 17, "expected 250, received 452")


def test_lmtp_has_no_more_replies_than_recipients() -> None:
    fed = run(LMTP + "S: 250\nS: 250\nS: 250\n", b"220 x\r\n", ACCEPTED, b"250 a\r\n250 c\r\n")
    assert ended(fed) == (Kind.DEVIATES, 19, "the script has more replies here than recipients were accepted")


# --- servers that misbehave


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (End.REFUSED, Kind.TEMPORARY),
        (End.UNREACHABLE, Kind.TEMPORARY),
        (End.TIMEOUT, Kind.TEMPORARY),
        (End.CUT, Kind.TEMPORARY),
        (End.TLS, Kind.DEVIATES),
    ],
)
def test_no_connection(end: End, kind: Kind) -> None:
    fed = run(FORGED, failed(end))
    assert ended(fed) == (kind, 1, f"no connection: {end}: it is {end}")
    assert not any(isinstance(act, Close) for act in fed.acts)


@pytest.mark.parametrize(
    ("feeds", "kind", "line", "reason"),
    [
        ([], Kind.TEMPORARY, 1, "no greeting: timeout: no answer in time"),
        ([b"22"], Kind.TEMPORARY, 1, "no greeting: timeout: no answer in time, after 2 octets of an unfinished reply"),
        ([b"220 x\r\n"], Kind.TEMPORARY, 3, "no reply to HELO: timeout: no answer in time"),
        ([b"220 x\r\n", failed(End.CLOSED)], Kind.TEMPORARY, 3, "no reply to HELO: closed: it is closed"),
        ([b"220 x\r\n", failed(End.CUT)], Kind.TEMPORARY, 3, "no reply to HELO: cut: it is cut"),
        ([b"220 x\r\n", failed(End.TLS)], Kind.DEVIATES, 3, "no reply to HELO: tls: it is tls"),
        ([b"220 x\r\n", failed(End.FLOOD)], Kind.DEVIATES, 3, "no reply to HELO: flood: it is flood"),
        ([b"SSH-2.0-OpenSSH\r\n"], Kind.DEVIATES, 1, "no reply: a line that does not begin with a reply code: SSH-2.0-OpenSSH"),
        ([b"220-a\r\nwhat\r\n"], Kind.DEVIATES, 1, "no reply: a line that does not begin with a reply code: what"),
        ([b"220 " + b"x" * 9000], Kind.DEVIATES, 1, "no reply: a line of more than 8192 octets"),
        ([b"220-x\r\n" * 1001], Kind.DEVIATES, 1, "no reply: a reply of more than 1000 lines"),
    ],
)
def test_servers_that_misbehave(feeds: list[bytes | Failed], kind: Kind, line: int, reason: str) -> None:
    fed = run(FORGED, *feeds)
    assert ended(fed)[:2] == (kind, line)
    assert ended(fed)[2].startswith(reason)


def test_a_drip_is_as_good_as_a_piece_and_no_more_patient() -> None:
    fed = run("S: 220\nC: QUIT\nS: 221", *[bytes((octet,)) for octet in b"220 hi\r\n"], b"221 x\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert len({act.until for act in fed.acts[:9] if isinstance(act, Receive)}) == 1


def test_replies_that_nobody_asked_for_are_told() -> None:
    fed = run("S: 220\nC: QUIT\nS: 221", b"220 x\r\n", b"221 x\r\n" + b"250 more\r\n" * 500)
    assert ended(fed)[0] is Kind.DONE
    (found,) = fed.course.findings
    assert (found.rule, found.message) == ("smtp-unasked-reply", "500, the first: 250 more")
    assert sum(line.step == -1 and line.who is Party.SERVER for line in fed.course.lines) == 100


def test_malformed_replies_are_told() -> None:
    fed = run("S: 220\nC: QUIT\nS: 221", b"220 x\n", b"221-x\r\n250 y\r\n")
    assert [found.rule for found in fed.course.findings] == ["smtp-reply-flaw"]
    assert ended(fed) == (Kind.DEVIATES, 3, "expected 221, received 250")


def test_last_words_of_a_server_that_has_closed_are_heard() -> None:
    text = "S: 220\nC: NOOP\nS: 250\nC: NOOP\nS: 421\n"
    unsent = Failed(End.CUT, "unsent", 0.0)
    fed = run(text, b"220 x\r\n", b"250 x\r\n421 shutting down\r\n")
    assert ended(fed)[0] is Kind.DONE
    fed = run("S: 220\nC: NOOP\nS: 421\n", b"220 x\r\n", unsent, b"421 bye\r\n")
    assert ended(fed)[0] is Kind.DONE
    fed = run("S: 220\nC: NOOP\n!sleep 1\n", b"220 x\r\n", unsent)
    assert ended(fed) == (Kind.TEMPORARY, 3, "no reply to NOOP: cut: unsent")
    fed = run("S: 220\nC: NOOP\nS: 421\nC: QUIT\nS: 221\n", b"220 x\r\n", unsent, b"421 bye\r\n")
    assert ended(fed) == (Kind.TEMPORARY, 5, "no reply to QUIT: cut: unsent")
    stuck = Failed(End.TIMEOUT, "unsent", 0.0)
    assert ended(run("S: 220\nC: NOOP\nS: 421\n", b"220 x\r\n", stuck))[:2] == (Kind.TEMPORARY, 3)


def test_a_server_cannot_set_more_variables_than_there_is_room_for() -> None:
    values = {f"v{number}": b"x" for number in range(200)}
    fed = run("S: 220 /(?P<one>.)/", b"220 x\r\n", values=values)
    assert ended(fed) == (Kind.DEVIATES, 1, "more than 200 variables")


# --- secrets


def test_secrets_are_hidden_wherever_they_come_up() -> None:
    text = "S: 220\nC: AUTH PLAIN {token}\nS: 235\nC: NOOP {password} {password:base64}\nS: 250\n"
    values = {"token": b"dG9rZW4=", "password": b"hunter2"}
    fed = run(text, b"220 x\r\n", b"235 hello hunter2\r\n", b"250 dG9rZW4=\r\n", values=values, secrets=frozenset(values))
    assert fed.sent == [b"AUTH PLAIN dG9rZW4=\r\n", b"NOOP hunter2 aHVudGVyMg==\r\n"]
    shown = b"".join(line.shown for line in fed.course.lines)
    assert shown.split(b"\r\n")[1:5] == [
        b"AUTH PLAIN {token}",
        b"235 hello {password}",
        b"NOOP {password} {password:base64}",
        b"250 {token}",
    ]
    everything = repr((fed.course.judgements, fed.course.findings, fed.course.ending, fed.course.transcript))
    assert "hunter2" not in everything + shown.decode()
    assert "dG9rZW4=" not in everything + shown.decode()
    assert any("hunter2" in line for line in fed.course.telling)


def test_what_is_said_to_authenticate_is_hidden() -> None:
    text = (
        "S: 220\nC: AUTH LOGIN\nS: 334\nC: YWxpY2U=\nS: 334\nC: c2VjcmV0\nS: 535\nC: auth plain AGFsaWNl\nS: 5xx\n"
        "C: AUTH X =\nS: 334\nC: *\nS: 501\n"
    )
    fed = run(
        text,
        b"220 x\r\n",
        b"334 VXNlcg==\r\n",
        b"334 UGFzcw==\r\n",
        b"535 c2VjcmV0\r\n",
        b"535 x\r\n",
        b"334 \r\n",
        b"501 x\r\n",
    )
    assert ended(fed)[0] is Kind.DONE
    assert [line.shown for line in fed.course.lines if line.who is Party.CLIENT] == [
        b"AUTH LOGIN\r\n",
        b"{masked-1}\r\n",
        b"{masked-2}\r\n",
        b"auth plain {masked-3}\r\n",
        b"AUTH X =\r\n",
        b"*\r\n",
    ]
    assert next(line.shown for line in fed.course.lines if b"535" in line.data) == b"535 {masked-2}\r\n"
    assert "C: {masked-1}" in fed.course.transcript
    assert "C: YWxpY2U=" in fed.course.telling


def test_a_command_that_looks_like_starttls_within_a_login_is_none() -> None:
    fed = run("S: 220\nC: AUTH LOGIN\nS: 334\nC: STARTTLS\nS: 220\n", b"220 x\r\n", b"334 x\r\n", b"220 x\r\n")
    assert not any(isinstance(act, StartTls) for act in fed.acts)


def test_raw_octets_with_a_login_are_hidden_too() -> None:
    fed = run("S: 220\nC\\: EHLO x\\r\\nAUTH PLAIN c2VjcmV0\\r\\n\nS: 250\nS: 235\n", b"220 x\r\n", b"250 x\r\n235 x\r\n")
    assert [line.shown for line in fed.course.lines if line.who is Party.CLIENT] == [
        b"EHLO x\r\n",
        b"AUTH PLAIN {masked-1}\r\n",
    ]
    assert not any("c2VjcmV0" in line for line in fed.course.transcript)
