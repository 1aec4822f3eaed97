from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from mailsec.cli import io
from mailsec.cli.options import OutputOptions
from mailsec.core.errors import TemporaryFailure
from tests.conftest import Mailsec
from tests.output.harmless import harmful

pytestmark = pytest.mark.usefixtures("probe")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("pass", "fail", "later", "shown", "junk"):
        (tmp_path / name).write_text(f"{name}\n")
    return tmp_path


def test_a_pipe_gets_plain_lines(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", files / "pass")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("signed.eml\tverdict\toverall\tpass\t")


def test_a_terminal_gets_a_page_in_its_width(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", files / "fail", tty=True, columns=40)
    assert done.code == 1
    assert done.stdout.startswith("\x1b[1;31mFAIL\x1b[0m  ")
    page = mailsec("reports", files / "fail", tty=True, columns=40, env={"NO_COLOR": "1"}).stdout
    assert 35 < max(map(len, page.splitlines())) <= 40


@pytest.mark.parametrize(("columns", "expected"), [("3", 20), ("60", 60), ("1000", 120), ("x", 80), ("", 80)])
def test_widths_are_bounded(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert io.style(OutputOptions(format="human", path="file")).width == expected


def test_several_inputs(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", "--json", files / "later", files / "junk", files / "missing", files / "pass")
    assert done.code == 5
    assert [report["subject"] for report in json.loads(done.out)["reports"]] == ["later.eml", "signed.eml"]
    assert done.stderr == (
        f"mailsec: error: {files}/junk: names no report\nhint: write pass\n"
        f"mailsec: error: {files}/missing: no such file or directory\nhint: check the name; - stands for stdin\n"
    )


def test_several_inputs_none_of_which_can_be_read_still_make_a_document(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", "--json", files / "none", files / "nil")
    assert (done.code, json.loads(done.out)) == (4, {"schema": "mailsec/1", "reports": []})


def test_one_input_makes_its_report(mailsec: Mailsec, files: Path) -> None:
    assert json.loads(mailsec("reports", "--json", files / "pass").out)["subject"] == "signed.eml"
    assert mailsec("reports", "--json", files / "missing").out == b""


def test_stdin(mailsec: Mailsec) -> None:
    assert mailsec("reports", "-", stdin=b"fail\n").code == 1
    done = mailsec("reports", "-", stdin=b"else")
    assert (done.code, done.stderr.splitlines()[0]) == (4, "mailsec: error: stdin: names no report")


def test_stdin_cannot_be_read_twice(mailsec: Mailsec) -> None:
    done = mailsec("reports", "-", "-", stdin=b"pass\n")
    assert (done.code, done.stderr) == (2, "mailsec: error: stdin (-) can be read only once\n")


def test_too_much_is_not_read(mailsec: Mailsec) -> None:
    done = mailsec("reports", "-", stdin=b"x" * 1001)
    assert (done.code, done.stderr) == (4, "mailsec: error: stdin: is larger than 1000 bytes\n")


def test_a_hostile_file_name(mailsec: Mailsec, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\x1b[31m\xff\n.eml"
    done = mailsec("reports", os.fsdecode(path))
    assert done.code == 4
    assert "\\x1b[31m\\xff\\n.eml: no such file" in done.stderr
    assert not harmful(done.stderr)
    Path(os.fsdecode(path)).write_bytes(b"pass\n")
    assert mailsec("reports", os.fsdecode(path)).code == 0


def test_exit_zero_is_for_judgements_only(mailsec: Mailsec, files: Path) -> None:
    assert mailsec("reports", "--exit-zero", files / "fail", files / "later").code == 0
    assert mailsec("reports", "--exit-zero", files / "fail", files / "junk").code == 4


def test_quiet(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", "-q", files / "fail", files / "junk", "-o", files / "out")
    assert (done.code, done.out) == (1, b"")
    assert "names no report" in done.stderr
    assert not (files / "out").exists()


def test_an_output_file(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", "--json", files / "pass", "-o", files / "out.json")
    assert (done.code, done.out, done.err) == (0, b"", b"")
    assert json.loads((files / "out.json").read_bytes())["subject"] == "signed.eml"


def test_an_output_file_is_utf8_and_drawn_with_lines(mailsec: Mailsec, files: Path) -> None:
    mailsec("reports", "--format", "human", files / "fail", "-o", files / "out.txt", encoding="ascii")
    assert "├─ " in (files / "out.txt").read_text()


def test_the_output_never_overwrites_an_input(mailsec: Mailsec, files: Path) -> None:
    (files / "link").symlink_to(files / "pass")
    for name in ("pass", "link"):
        done = mailsec("reports", files / "fail", files / "pass", "-o", files / name)
        assert done.code == 2
        assert "is an input" in done.stderr
    assert (files / "pass").read_text() == "pass\n"


def test_an_ascii_terminal_gets_ascii(mailsec: Mailsec, files: Path) -> None:
    done = mailsec("reports", "--format", "human", files / "fail", encoding="ascii")
    assert done.code == 1
    assert done.out.isascii()
    assert b"\n`- temperror signature 2" in done.out
    assert b"\\x" not in done.out


def test_json_is_utf8_whatever_the_locale(mailsec: Mailsec) -> None:
    assert mailsec("schema", encoding="utf-16").out.startswith(b"{\n")


@pytest.mark.parametrize("data", [b"Subject: x\r\n\r\nhi\tyou\r\n", "Grüße\n".encode()])
def test_a_harmless_message_may_be_printed(mailsec: Mailsec, data: bytes) -> None:
    assert mailsec("copy", "-", stdin=data, tty=True).out == data


@pytest.mark.parametrize("data", [b"\x1b[31m", b"\xff", b"a\rb", "\u202e".encode(), b"\0"])
def test_a_harmful_message_is_not_printed_on_a_terminal(mailsec: Mailsec, data: bytes, tmp_path: Path) -> None:
    done = mailsec("copy", "-", stdin=data, tty=True)
    assert (done.code, done.out) == (2, b"")
    assert "-o FILE" in done.stderr
    assert mailsec("copy", "-", stdin=data).out == data
    assert mailsec("copy", "-", "-o", "-", stdin=data, tty=True).out == data
    assert mailsec("copy", "-", "-o", tmp_path / "out", stdin=data, tty=True).out == b""
    assert (tmp_path / "out").read_bytes() == data


def test_a_message_does_not_overwrite_its_input(mailsec: Mailsec, files: Path) -> None:
    assert mailsec("copy", files / "pass", "-o", files / "pass").code == 2


def test_stdout_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(TemporaryFailure):
        io.put("x")
    assert io.style(OutputOptions()).ascii is False
