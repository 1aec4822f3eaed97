from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.transport import SMTP_PATTERN_REPLY, SMTP_PATTERN_TEXT
from mailsec.transport.smtp.expect import Demand, Expectation, Judged, read_codes, read_text, written
from mailsec.transport.smtp.replies import Reply, ReplyReader


def reply(*lines: str, code: int = 250) -> Reply:
    raw = "".join(f"{code}{' ' if at == len(lines) - 1 else '-'}{line}\r\n" for at, line in enumerate(lines)).encode()
    (read,) = ReplyReader().feed(raw)
    assert isinstance(read, Reply)
    return read


def expectation(codes: str, *texts: str) -> Expectation:
    found = read_codes(codes)
    assert found is not None
    return Expectation(found[0], tuple(map(read_text, texts)))


def judge(text: str, *lines: str, strict: bool = False, **values: bytes) -> Judged:
    return expectation("250", text).judge(reply(*lines), values, strict=strict)


@pytest.mark.parametrize(
    ("source", "within", "without", "example"),
    [
        ("250", {250}, {251, 550}, 250),
        ("2xx", {200, 250, 299}, {354, 199}, 250),
        ("25x", {250, 259}, {260}, 250),
        ("22x", {220, 221}, {250}, 220),
        ("250|251", {250, 251}, {252}, 250),
        ("2xx|354", {211, 354}, {350}, 250),
        ("!5xx", {250, 421}, {500, 599}, 250),
        ("!250", {251, 550}, {250}, 354),
        ("!2xx|3xx", {421, 550}, {250, 354}, 451),
        ("!2xx|3xx|4xx|5xx", {100}, {250}, 250),
        ("3XX", {334, 354}, {250}, 354),
        ("4xx", {421}, {250}, 451),
        ("5xx", {554}, {250}, 550),
    ],
)
def test_codes(source: str, within: set[int], without: set[int], example: int) -> None:
    found = read_codes(f"{source} text")
    assert found is not None
    codes, length = found
    assert length == len(source)
    assert all(code in codes for code in within)
    assert not any(code in codes for code in without)
    assert codes.example == example


@pytest.mark.parametrize("text", ["", "25", "2500", "xxx", "2x0", "650", "250|", "250;", "!!5xx", "250x"])
def test_what_is_no_code(text: str) -> None:
    assert read_codes(text) is None


def test_the_code_decides() -> None:
    assert judge("anything", "else").problems == ()
    assert expectation("354", "").judge(reply("x"), {}).problems == ("expected 354, received 250",)


@pytest.mark.parametrize("text", ["", "OK", "Ok", "ok", "…", "..."])
def test_texts_that_are_any(text: str) -> None:
    assert judge(text, "whatever", strict=True) == Judged()


def test_a_differing_text_is_a_note_or_demanded() -> None:
    said = "expected text queued, received stored"
    assert judge("queued", "stored") == Judged(notes=(said,))
    assert judge("queued", "stored", strict=True).problems == (said,)
    assert judge("=queued", "stored").problems == (said,)
    assert judge("=queued", "queued") == Judged()
    assert judge("=que*ed", "que*ed") == Judged()
    assert judge("=", "x").problems
    assert judge("queued", "first", "queued", "last", strict=True) == Judged()


def test_lines_match_in_any_order() -> None:
    both = expectation("250", "=SIZE 5", "=8BITMIME")
    assert both.judge(reply("x", "8BITMIME", "SIZE 5"), {}) == Judged()
    assert both.judge(reply("x", "SIZE 5"), {}).problems == ("expected text 8BITMIME, received x / SIZE 5",)


@pytest.mark.parametrize(
    ("text", "line", "there"),
    [
        ("SIZE *", "SIZE 1000", True),
        ("SIZE *", "SIZE", False),
        ("*queued*", "message queued as 5", True),
        ("*queued*", "message stored", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*b?", "axxbc", True),
        ("a*b?", "axxb", False),
        ("*.example", "mx.example", True),
        ("*.example", "mx.example.org", False),
        ("*", "", True),
        ("a\\**", "a* b", True),
        ("a\\**", "ab", False),
        ("{name}*", "a.c!", True),
        ("{name}*", "abc!", False),
        ("{name}*", "a", False),
        ("[a]*", "[a] x", True),
    ],
)
def test_globs_are_demanded(text: str, line: str, there: bool) -> None:
    assert read_text(text).demand is Demand.GLOB
    assert bool(judge(text, line, name=b"a.c").problems) is not there


def test_a_question_mark_alone_is_text() -> None:
    assert read_text("How are you?").demand is Demand.FREE
    assert judge("How are you?", "How are you?", strict=True) == Judged()


def test_what_must_not_occur() -> None:
    for line in ("STARTTLS", "starttls", "STARTTLS now", "STARTTLS=1"):
        assert judge("!STARTTLS", "mx", line).problems == (f"must not occur: {line}",)
    assert judge("!STARTTLS", "mx", "STARTTLSX") == Judged()
    assert judge("!AUTH {mech}", "mx", "AUTH PLAIN LOGIN", mech=b"PLAIN").problems


def test_expressions_capture() -> None:
    assert judge(r"/queued as (?P<id>\w+)/", "first", "ok: queued as A12").captured == {"id": b"A12"}
    assert judge("/QUEUED/i", "queued") == Judged()
    assert judge("/queued/", "stored").problems == ("expected a text that matches /queued/, received stored",)
    assert judge(r"/a\/b/", "a/b") == Judged()
    assert read_text("/no end").demand is Demand.FREE
    twice = expectation("250", r"/as (?P<id>\w+)/", "={id}")
    assert twice.judge(reply("as A1", "A1"), {}) == Judged(captured={"id": b"A1"})


def test_a_hostile_capture_is_refused() -> None:
    (made,) = ReplyReader().feed(b"250 id a\rRCPT TO:<x>\r\n")
    judged = expectation("250", r"/id (?P<id>[^x]+)/").judge(made, {})  # type: ignore[arg-type] # it is a Reply
    assert judged.captured == {}
    assert judged.problems == ("control characters in what {id} would become",)


def test_expressions_see_a_bounded_text() -> None:
    assert judge("/x$/", "a" * (SMTP_PATTERN_TEXT + 1) + "x").problems
    assert judge("/x$/", "a" * (SMTP_PATTERN_TEXT - 1) + "x") == Judged()
    lines = ["a" * 4000] * (SMTP_PATTERN_REPLY // 4000 + 1)
    assert judge("/x/", *lines, "x").problems


def test_escapes_of_texts() -> None:
    assert judge(r"\=a", "=a", strict=True) == Judged()
    assert judge(r"\/a/", "/a/", strict=True) == Judged()
    assert judge(r"\!a \\ \x41", "!a \\ A", strict=True) == Judged()
    assert judge(r"C:\new", r"C:\new", strict=True) == Judged()


def test_variables_in_texts() -> None:
    assert judge("={name} there", "bob there", name=b"bob") == Judged()
    assert [each.name for each in read_text("a{x}*{y}").references] == ["x", "y"]
    assert [each.name for each in read_text("=a{x}").references] == ["x"]


PIECES = [
    b"=",
    b"/",
    b"!",
    b"*",
    b"?",
    b"\\",
    b"{name}",
    b"{",
    b"}",
    b"a",
    b"\xff",
    b"\xc3\xa9",
    b"\x1b",
    b" ",
    b"\xe2\x80\xae",
    b"x41",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join))
def test_what_is_written_means_itself(data: bytes) -> None:
    text = read_text(written(data))
    assert text.demand in (Demand.FREE, Demand.ANY)
    if text.demand is Demand.FREE:
        assert text.template.fill({"name": b"value"}) == data
    assert written(data).isprintable()


@given(st.text(max_size=20).filter(lambda text: "\r" not in text and "\n" not in text))
def test_any_text_can_be_written(text: str) -> None:
    made = read_text(written(text.encode("utf-8", "replace")))
    assert made.demand is Demand.ANY or made.template.fill({}) == text.encode("utf-8", "replace")
