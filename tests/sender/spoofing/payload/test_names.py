from __future__ import annotations

import time

import pytest

from mailsec.sender.spoofing.payload.names import double_extension, hidden_end, leads_out, runs


@pytest.mark.parametrize("name", ["a.exe", "A.EXE", "a.lnk", "a.exe. ", "x/y.js", "a.pdf.vbs"])
def test_names_of_programs(name: str) -> None:
    assert runs(name)


@pytest.mark.parametrize("name", ["", "a", "exe", "a.pdf", "a.exe.txt", "a.sh", "a.py"])
def test_names_of_others(name: str) -> None:
    assert not runs(name)


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("invoice.pdf.exe", ".pdf.exe"),
        ("Invoice.PDF .Exe", ".pdf.Exe"),
        ("photo.jpg_.scr", ".jpg.scr"),
        ("a.pdf.exe. ", ".pdf.exe"),
        ("setup.exe", ""),
        ("archive.tar.gz", ""),
        ("v1.2.exe", ""),
        ("report.pdf.zip", ""),
        ("", ""),
    ],
)
def test_double_extension(name: str, both: str) -> None:
    assert double_extension(name) == both


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("a\u202efdp.exe", "direction"),
        ("a\u2066.exe", "direction"),
        ("invoice.pdf          .exe", "blanks"),
        ("invoice.pdf________.exe", "blanks"),
        ("a\u2800\u2800\u2800\u2800\u2800.exe", "blanks"),
        ("inv\u200boice.pdf", "invisible"),
    ],
)
def test_hidden_end(name: str, word: str) -> None:
    assert word in hidden_end(name)


@pytest.mark.parametrize(
    "name", ["", "a b c.pdf", "a____b.pdf", "\u05d3\u05d5\u05d7\u200f.pdf", "x" * 200 + ".pdf", "a........pdf"]
)
def test_ends_that_are_seen(name: str) -> None:
    assert hidden_end(name) == ""


@pytest.mark.parametrize("name", [" " * 60_000 + "x y.exe", "_" * 60_000 + " x.exe", ". " * 30_000 + ".exe"])
def test_long_names_take_no_longer(name: str) -> None:
    start = time.process_time()
    hidden_end(name)
    double_extension(name)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("name", ["../a", "a/../b", "..\\a", "/etc", "\\a", "C:a", "c:/a"])
def test_leads_out(name: str) -> None:
    assert leads_out(name)


@pytest.mark.parametrize("name", ["a", "a/b", "a..b", "...", "ab:c"])
def test_stays_inside(name: str) -> None:
    assert not leads_out(name)
