from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.smtp.course import Kind, Party, Setting
from mailsec.transport.smtp.mirror import Place, mirror
from mailsec.transport.smtp.play import play
from mailsec.transport.wire import Close, End, Failed, Pause, Receive, Secured, StartTls, TlsWish
from tests.transport.smtp.dialogues import TARGET, TLS, Fed, against_itself, duel, failed, script, serve
from tests.transport.smtp.test_play import FORGED, LMTP


def ended(fed: Fed) -> tuple[Kind, int, str]:
    ending = fed.course.ending
    return ending.kind, fed.course.script.steps[ending.step].line if ending.step >= 0 else 0, ending.reason


CLIENT = (
    b"HELO vm\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"RCPT TO:<c@d>\r\n",
    b"DATA\r\n",
    b"Subject: x\r\n\r\nhi\r\n.\r\n",
    b"QUIT\r\n",
)


def test_the_mirror_of_the_textbook_dialogue() -> None:
    fed = serve(FORGED, *CLIENT)
    assert ended(fed) == (Kind.DONE, 0, "")
    assert b"".join(fed.sent) == (
        b"220 mailserver.example.com is ready\r\n250 OK\r\n250 OK\r\n250 OK\r\n354 End data with <CR><LF>.<CR><LF>\r\n"
        b"250 Ok: queued as 12345\r\n221 Bye\r\n"
    )
    assert fed.course.judgements[0].notes == ("expected HELO Fakemailserver.com, received HELO vm",)
    assert fed.course.judgements[4].notes == ("the message is not the script's: 18 octets, not 162",)
    assert isinstance(fed.acts[-1], Close)


def test_a_client_that_pipelines_gets_the_same() -> None:
    fed = serve(FORGED, b"".join(CLIENT[:4]), CLIENT[4] + CLIENT[5])
    assert ended(fed)[0] is Kind.DONE


def test_another_verb_is_a_deviation_and_said_to_the_client() -> None:
    fed = serve(FORGED, b"EHLO vm\r\n")
    assert ended(fed) == (Kind.DEVIATES, 2, "expected HELO Fakemailserver.com, received EHLO vm")
    assert fed.sent[-1] == b"421 4.3.0 The script has something else here\r\n"
    assert isinstance(fed.acts[-1], Close)


def test_strict_text_demands_the_line() -> None:
    assert ended(serve(FORGED, b"HELO vm\r\n", strict=True))[:2] == (Kind.DEVIATES, 2)
    assert ended(serve(FORGED, b"helo Fakemailserver.com\r\n", strict=True))[:2] == (Kind.DEVIATES, 2)
    text = "S: 220\nC: DATA\nS: 354\nC: a\nC: .\nS: 250"
    assert ended(serve(text, b"DATA\r\n", b"a\r\n.\r\n", strict=True))[0] is Kind.DONE
    assert ended(serve(text, b"DATA\r\n", b"b\r\n.\r\n", strict=True))[:2] == (Kind.DEVIATES, 5)


def test_a_client_that_goes_on() -> None:
    assert ended(serve("S: 220\nC: QUIT\nS: 221", b"QUIT\r\nNOOP\r\n")) == (
        Kind.DEVIATES,
        3,
        "the client goes on behind the end of the script: NOOP",
    )
    assert ended(serve("S: 220\nC: QUIT\nS: 221", b"QUIT\r\nNO"))[2].endswith(": NO")


@pytest.mark.parametrize(
    ("end", "kind"),
    [(End.CLOSED, Kind.DEVIATES), (End.TLS, Kind.DEVIATES), (End.CUT, Kind.TEMPORARY), (End.TIMEOUT, Kind.TEMPORARY)],
)
def test_a_client_that_leaves(end: End, kind: Kind) -> None:
    fed = serve(FORGED, b"HE", failed(end))
    assert ended(fed) == (kind, 2, f"no command: {end}: it is {end}")
    assert fed.course.lines[-1].data == b"HE"
    fed = serve("S: 220\nC: DATA\nS: 354\nC: x\nC: .\nS: 250", b"DATA\r\n", failed(end))
    assert ended(fed) == (kind, 5, f"no message: {end}: it is {end}")


def test_what_is_no_command() -> None:
    fed = serve(FORGED, b"x" * 20_000)
    assert ended(fed)[:2] == (Kind.DEVIATES, 2)
    assert "a line of more than" in ended(fed)[2]
    assert len(fed.course.lines[-2].data) == 12 * 1024


def test_a_client_that_cannot_be_written_to() -> None:
    fed = serve("S: 220\nC: QUIT\nS: 221", Failed(End.CUT, "unsent", 0.0))
    assert ended(fed) == (Kind.TEMPORARY, 1, "no reader of the reply: cut: unsent")


def test_replies_where_the_script_leaves_a_choice() -> None:
    text = (
        "S: 2xx\nC: EHLO x\nS: 250-SIZE *\nS: 250-!STARTTLS\nS: 250-a?c*\nS: 250 /AUTH (?P<mech>[A-Z]+)/\n"
        "C: AUTH x\nS: 3xx\nC: y\nS: 2xx ={mech}\nC: DATA\nS: 2xx|3xx\nC: x\nC: .\nS: !5xx\nC: NOOP\nS: 5xx\nC: QUIT\nS: 2xx\n"
    )
    fed = serve(text, b"EHLO y\r\n", b"AUTH x\r\n", b"anything\r\n", b"DATA\r\n", b"x\r\n.\r\n", b"NOOP\r\n", b"QUIT\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert fed.sent == [
        b"220 mailsec\r\n",
        b"250-mailsec\r\n250-SIZE \r\n250-axc\r\n250 AUTH A\r\n",
        b"334 OK\r\n",
        b"235 A\r\n",
        b"354 Go ahead\r\n",
        b"250 OK\r\n",
        b"550 OK\r\n",
        b"221 Bye\r\n",
    ]


def test_of_auth_the_mechanism_counts() -> None:
    assert ended(serve("S: 220\nC: AUTH PLAIN x\nS: 235", b"AUTH LOGIN\r\n"))[:2] == (Kind.DEVIATES, 2)
    fed = serve("S: 220\nC: AUTH PLAIN x\nS: 235", b"auth plain c2VjcmV0\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert "c2VjcmV0" not in repr((fed.course.judgements, fed.course.transcript, [line.shown for line in fed.course.lines]))


def test_what_the_client_says_sets_variables() -> None:
    text = (
        "S: 220\nC: EHLO {helo}\nS: 250 =hello {helo}\nC: MAIL FROM:<{from}> SIZE={size}\nS: 250 ={from} {size}\n"
        "C: NOOP {helo}\nS: 250"
    )
    fed = serve(text, b"EHLO me.example\r\n", b"MAIL FROM:<a@b> SIZE=5\r\n", b"NOOP me.example\r\n")
    assert [each for each in fed.sent if b"a@b" in each or b"hello" in each] == [b"250 hello me.example\r\n", b"250 a@b 5\r\n"]
    assert not any(judgement.notes for judgement in fed.course.judgements)
    fed = serve("S: 220\nC: NOOP {x:base64}\nS: 250 ={x}", b"noop YWJj\r\n")
    assert fed.sent[-1] == b"250 abc\r\n"
    fed = serve("S: 220\nC: NOOP {x:base64}\nS: 250 ={x}", b"NOOP !\r\n")
    assert fed.sent[-1] == b"250 {x}\r\n"
    fed = serve(text, b"EHLO me\0\r\n")
    assert fed.sent[-1] == b"250 hello {helo}\r\n"
    fed = serve("S: 220\nC: {all}{more}\nS: 250 ={all}", b"QUIT now\r\n")
    assert fed.sent[-1] == b"250 QUIT now\r\n"
    assert ended(serve("S: 220\nC: NOOP {a}-{b}\nS: 250", b"NOOP x\r\n", strict=True))[0] is Kind.DEVIATES
    assert ended(serve("S: 220\nC: NOOP {a}!\nS: 250", b"NOOP x!y\r\n", strict=True))[0] is Kind.DEVIATES
    assert ended(serve("S: 220\nC: NOOP {a}\nS: 250", b"QUIT x\r\n", strict=True))[0] is Kind.DEVIATES


STARTTLS = "S: 220\nC: EHLO x\nS: 250 STARTTLS\nC: STARTTLS\nS: 220\n!tls-expect version>=1.2 pkix=pass\nC: EHLO x\nS: 250\n"


def test_tls() -> None:
    fed = serve(STARTTLS, b"EHLO y\r\n", b"STARTTLS\r\n", b"EHLO y\r\n")
    assert ended(fed)[0] is Kind.DONE
    (switch,) = [act for act in fed.acts if isinstance(act, StartTls)]
    assert switch.wish == TlsWish(server=True)
    assert fed.sent[1] == b"250-mailsec\r\n250 STARTTLS\r\n"


def test_commands_behind_starttls_are_an_injection() -> None:
    fed = serve(STARTTLS, b"EHLO y\r\n", b"STARTTLS\r\nMAIL FROM:<evil>\r\n", Secured(TLS, 0.0, b"RCPT\r\n"), b"EHLO y\r\n")
    assert ended(fed)[0] is Kind.DONE
    (found,) = fed.course.findings
    assert (found.rule, found.message) == ("smtp-starttls-injection", "24 octets behind STARTTLS: MAIL FROM:<evil>\\r\\nRCPT")


def test_a_handshake_that_fails() -> None:
    fed = serve(STARTTLS, b"EHLO y\r\n", b"STARTTLS\r\n", failed(End.TLS))
    assert ended(fed) == (Kind.DEVIATES, 5, "the TLS handshake failed: tls: it is tls")


def test_tls_at_once_and_what_is_expected_of_it() -> None:
    fed = serve("!tls version>=1.3\n!tls-expect version<=1.2\nS: 220\nC: QUIT\nS: 221")
    assert isinstance(fed.acts[0], StartTls)
    assert fed.acts[0].wish == TlsWish(versions=("TLSv1.3", ""), server=True)
    assert ended(fed) == (Kind.DEVIATES, 2, "expected version<=1.2, received TLSv1.3")
    fed = serve("S: 220\n!tls-expect version>=1.2\nC: QUIT\nS: 221", b"QUIT\r\n")
    assert ended(fed) == (Kind.DEVIATES, 2, "TLS was expected and never came on")


def test_directives() -> None:
    fed = serve("S: 220\n!timeout 5\n!sleep 2\n!skip-unless X\n!tls\nC: QUIT\nS: 221\n!expect-close\nC: NOOP\n", b"QUIT\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert Pause(2.0) in fed.acts
    assert [act.until for act in fed.acts if isinstance(act, Receive)] == [pytest.approx(7.03, abs=0.03)]
    assert "!expect-close" in fed.course.transcript


def test_lmtp() -> None:
    lines = (b"LHLO me\r\nMAIL FROM:<>\r\n" + b"".join(b"RCPT TO:<%d>\r\n" % n for n in range(3)) + b"DATA\r\n", b"hi\r\n.\r\n")
    fed = serve(LMTP + "S: 250 one\nC: QUIT\nS: 221", *lines, b"QUIT\r\n")
    assert ended(fed)[0] is Kind.DONE
    assert fed.sent[-3:] == [b"250 one\r\n", b"250 one\r\n", b"221 Bye\r\n"]
    fed = serve(LMTP + "S: 250 one\nS: 452 two\nS: 250 three\nC: QUIT\nS: 221", *lines, b"QUIT\r\n")
    assert fed.sent[-3:] == [b"250 one\r\n", b"452 two\r\n", b"221 Bye\r\n"]


def test_a_message_with_bare_line_ends_is_told() -> None:
    fed = serve("S: 220\nC: DATA\nS: 354\nC: a\nC: .\nS: 250", b"DATA\n", b"a\nb\n.\nc\r\n.\r\n")
    assert [found.rule for found in fed.course.findings] == ["smtp-command-flaw", "smtp-bare-line-ends"]


def test_chunks() -> None:
    text = "S: 220\nC: BDAT 4\nC\\: a\\r\\nb\nS: 250\nC: BDAT 3 LAST\nC:< f\nS: 250\nC: QUIT\nS: 221"
    fed = serve(text, b"BDAT 4\r\na\r\nb", b"BDAT 3 LAST\r\n", b"c\r\nQUIT\r\n", files={5: b"c\r\n"})
    assert ended(fed)[0] is Kind.DONE
    assert fed.course.judgements[1].notes == ()
    fed = serve(text, b"BDAT 4\r\na\r\nb", b"QUIT\r\n", files={5: b"c\r\n"})
    assert ended(fed)[:2] == (Kind.DEVIATES, 5)
    assert ended(serve("S: 220\nC: BDAT 4\nC: QUIT\nS: 221\nS: 250", b"BDAT 2\r\nab"))[2] == (
        "expected QUIT, received a piece of a message"
    )
    assert ended(serve("S: 220\nC: BDAT x\nC\\: abc\nS: 250", b"BDAT x\r\nQUIT\r\n", files={}))[2] == (
        "expected a message, received QUIT"
    )


def test_a_line_in_pieces_is_awaited_as_one() -> None:
    fed = serve("S: 220\nC\\: QU\n!sleep 1\nC\\: IT\\r\\nNOOP\\n\nS: 221\nS: 250\n", b"QUIT\r\nNOOP\r\n", strict=True)
    assert ended(fed)[0] is Kind.DONE
    assert fed.sent == [b"220 mailsec\r\n", b"221 Bye\r\n", b"250 OK\r\n"]


def test_only_its_own_connection() -> None:
    text = "S: 220 one\n!conn 2\nS: 220 two\nC: QUIT\nS: 221\n!conn 1\nC: NOOP\nS: 250\n"
    assert b"".join(serve(text, b"NOOP\r\n", number=1).sent) == b"220 one\r\n250 OK\r\n"
    assert b"".join(serve(text, b"QUIT\r\n", number=2).sent) == b"220 two\r\n221 Bye\r\n"


# --- a script against its own mirror


@pytest.mark.parametrize(
    "text",
    [
        FORGED,
        STARTTLS,
        LMTP + "S: 250\nS: 452\nC: QUIT\nS: 221",
        LMTP + "S: 250\nC: QUIT\nS: 221",
        "!tls\n!tls-expect version=1.3\nS: 220\nC: QUIT\nS: 221\n!expect-close",
        "S: 220 one\n!conn 2\nS: 220 two\nC: QUIT\nS: 221\n!conn 1\nC: NOOP\nS: 250\n",
        "S: 220\nC: EHLO x\nS: 250-/SIZE (?P<size>[0-9]+)/\nS: 250 !STARTTLS\nC: MAIL FROM:<> SIZE={size}\n"
        "C: RCPT TO:<a>\nS: 2xx\nS: 4xx|5xx\n",
        "S: 220\nC: EHLO x\nS: 250-mx\nS: 250 AUTH LOGIN\n!skip-unless AUTH LOGIN\n"
        "C: AUTH LOGIN\nS: 334\nC: YQ==\nS: 334\nC: Yg==\nS: 235\n",
        "S: 220\nC: DATA\nS: 354\nC: .a\nC\\: ..\\r\\n\nC\\: \\xff\\0bare\\rcr\\n\\r\\n\nC: é {{x}}\nC: .\nS: 250 a*b\n",
        "S: 220 a\\*b \\= {{x}} é\nC: NOOP {{x}}\nS: 250 =ex*act\n",
    ],
)
def test_a_script_and_its_mirror_agree_and_so_do_their_transcripts(text: str) -> None:
    made = against_itself(text, strict=True)
    assert made.client.ending.kind is Kind.DONE, made.client.ending
    assert {server.ending.kind for server in made.servers} == {Kind.DONE}, [server.ending for server in made.servers]
    assert {found.rule for found in made.client.findings} <= {"smtp-reply-flaw"}
    again = script("\n".join(made.client.telling))
    second = duel(
        play(again, TARGET, Setting(strict=True)), lambda number: mirror(script(text), Place(number, ""), Setting(strict=True))
    )
    assert second.client.ending.kind is Kind.DONE, (made.client.telling, second.client.ending)
    said = [[line.data for line in course.lines if line.who] for course in (made.client, second.client)]
    assert said[0] == said[1]
    if len(made.servers) == 1:
        seen = script("\n".join(made.servers[0].telling))
        third = duel(play(seen, TARGET, Setting()), lambda number: mirror(script(text), Place(number, ""), Setting()))
        assert third.client.ending.kind is Kind.DONE, (made.servers[0].telling, third.client.ending)


WORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10)
COMMANDS = st.builds("C: {} {}".format, st.sampled_from(["EHLO", "MAIL", "RCPT", "NOOP", "XYZ"]), WORDS)
REPLIES = st.builds(
    "S: {} {}".format,
    st.sampled_from(["250", "2xx", "550", "!5xx", "250|251"]),
    WORDS.filter(lambda word: word[:1] not in "/!"),
)
CONTENT = st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=6), max_size=4)
MAILS = CONTENT.map(lambda lines: ["C: DATA", "S: 354", *(f"C: {line}" for line in lines if line != "."), "C: .", "S: 250"])
EXCHANGES = st.one_of(st.builds(lambda command, reply: [command, reply], COMMANDS, REPLIES), MAILS)


@given(st.lists(EXCHANGES, max_size=5))
def test_any_script_and_its_mirror_agree(exchanges: list[list[str]]) -> None:
    text = "\n".join(["S: 220 mx", *(line for each in exchanges for line in each)])
    made = against_itself(text, strict=True)
    assert made.client.ending.kind is Kind.DONE, made.client.ending
    assert made.servers[0].ending.kind is Kind.DONE, made.servers[0].ending
    again = script("\n".join(made.client.transcript))
    second = duel(play(again, TARGET, Setting()), lambda number: mirror(script(text), Place(number, ""), Setting()))
    assert second.client.ending.kind is Kind.DONE
    assert [line.data for line in second.client.lines if line.who is Party.CLIENT] == [
        line.data for line in made.client.lines if line.who is Party.CLIENT
    ]
