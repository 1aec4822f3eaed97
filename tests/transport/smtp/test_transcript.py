"""What a transcript keeps of variables, secrets and octets that are no text. That it runs again is tested in test_mirror.py."""

from __future__ import annotations

from mailsec.transport.smtp.course import Kind
from tests.transport.smtp.dialogues import run, serve


def statements(lines: tuple[str, ...]) -> list[str]:
    return [line for line in lines if not line.startswith("#")]


def test_given_variables_are_written_out_and_captured_ones_stay() -> None:
    text = "S: 220 /(?P<id>\\w+)/\nC: NOOP {who} {id}\nS: 250-={who}!\nS: 250-!{who}?\nS: 250-{who}*\nS: 250 *{id}?\n"
    fed = run(text, b"220 mx\r\n", b"250-bob!\r\n250 mx1\r\n", values={"who": b"bob"})
    assert fed.course.ending.kind is Kind.DONE, fed.course.ending
    assert statements(fed.course.transcript) == [
        "S: 220 /(?P<id>\\w+)/",
        "C: NOOP bob {id}",
        "S: 250-=bob!",
        "S: 250-!bob\\?",
        "S: 250-bob*",
        "S: 250 *{id}?",
    ]


def test_secrets_stay_by_name_and_are_written_out_on_demand() -> None:
    text = "S: 220\nC: NOOP {pass}\nS: 250 ={pass}\nC\\: {pass:base64}\\r\\n\nS: 250\n"
    given = {"values": {"pass": b"hunter2"}, "secrets": frozenset({"pass"})}
    fed = run(text, b"220 mx\r\n", b"250 hunter2\r\n", b"250 x hunter2 y\r\n", **given)
    assert statements(fed.course.transcript) == [
        "S: 220 mx",
        "C: NOOP {pass}",
        "S: 250 ={pass}",
        "C\\: {pass:base64}\\r\\n",
        "S: 250 x {pass} y",
    ]
    assert statements(fed.course.telling) == [
        "S: 220 mx",
        "C: NOOP hunter2",
        "S: 250 =hunter2",
        "C\\: aHVudGVyMg==\\r\\n",
        "S: 250 x hunter2 y",
    ]


def test_a_mirror_hides_secrets_that_a_client_says() -> None:
    given = {"values": {"pass": b"hunter2"}, "secrets": frozenset({"pass"})}
    fed = serve("S: 220\nC: NOOP\nS: 250\n", b"NOOP hunter2\r\n", **given)
    assert statements(fed.course.transcript)[1:] == ["C\\: NOOP ", "C\\: {pass}", "C\\: \\r\\n", "S: 250 OK"]


def test_lines_that_are_no_text_are_written_as_octets() -> None:
    data = b"caf\xe9\r\n\x1b[31m\r\n..\r\n" + b"x" * 9000 + b"\r\nlast"
    fed = run("S: 220\nC: DATA\nS: 354\nC:< m\nS: 250\n", b"220 x\r\n", b"354 x\r\n", b"250 x\r\n", files={3: data})
    assert statements(fed.course.transcript)[3:] == [
        "C\\: caf\\xe9\\r\\n",
        "C\\: \\x1b[31m\\r\\n",
        "C: ..",
        "C\\: " + "x" * 8192,
        "C\\: " + "x" * 808 + "\\r\\n",
        "C\\: last",
        "S: 250 x",
    ]


def test_a_huge_file_stays_a_file() -> None:
    fed = run("S: 220\nC:< m.eml\nS: 250\n", b"220 x\r\n", b"250 x\r\n", files={1: b"x" * (9 * 1024 * 1024) + b"\r\n"})
    assert "C:< m.eml" in fed.course.transcript
