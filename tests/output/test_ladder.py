"""Dialogues drawn as ladders. Whole pages of them are among the snapshots of test_human.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from mailsec.core.ladder import ladder, rung
from mailsec.core.results import Check, Evidence, EvidenceKind, Status
from mailsec.output.render import Style, render
from tests.output.samples import DIALOGUE, PASSED


def drawn(check: Check, style: Style) -> list[str]:
    page = "".join(render([replace(PASSED, checks=(check,))], "human", style))
    return page[page.index("dialogue") :].splitlines()


def test_rails_are_double_where_tls_is_on() -> None:
    lines = drawn(DIALOGUE, Style(80))
    assert [line[7] for line in lines if "QUIT" in line or "221" in line] == ["║", "║"]
    assert [line[7] for line in lines if "220 mx" in line] == ["│"]
    assert [line.strip()[0] for line in lines if "TLSv1.3" in line and "on:" not in line] == ["╓"]
    assert lines[-1].strip().startswith("╙")


def test_arrows_point_at_who_is_spoken_to() -> None:
    lines = drawn(DIALOGUE, Style(80))
    assert all(line.rstrip("│║").endswith("▶") for line in lines if " EHLO " in line or " QUIT " in line)
    assert all("◀─" in line for line in lines if "220 mx" in line or "221" in line)


def test_ascii() -> None:
    assert all(line.isascii() for line in drawn(DIALOGUE, Style(80, ascii=True)))


@pytest.mark.parametrize("width", [20, 30, 40, 55, 56, 80, 120])
@pytest.mark.parametrize("ascii", [True, False])
def test_it_fits(width: int, ascii: bool) -> None:
    hostile = ladder(
        "dialogue", [rung(1e9, "server", ("\x1b[31m日本語" * 90).encode() + b"\r\n", tls="TLS" * 30)], parties=("a", "b")
    )
    for check in (DIALOGUE, hostile):
        lines = drawn(check, Style(width, ascii=ascii))
        rails = [line for line in lines if line.rstrip()[-1:] in "│║|#╖╜"]
        assert rails
        if width >= 40:
            assert max(map(cell_len, lines)) <= width
        assert "\x1b" not in "".join(lines)


def test_what_failed_is_explained_and_notes_are_for_those_who_ask() -> None:
    failed = replace(
        rung(0.1, "server", b"550 no\r\n"),
        status=Status.FAIL,
        reason="expected 250, received 550",
        evidence=(Evidence(EvidenceKind.SCRIPT, "x.smtp:7", "S: 250"),),
    )
    noted = replace(rung(0.1, "server", b"250 fine\r\n"), status=Status.PASS, reason="expected text ok, received fine")
    check = ladder("dialogue", [failed, noted], parties=("client", "server"))
    text = "\n".join(drawn(check, Style(80)))
    assert "expected 250, received 550" in text
    assert "script x.smtp:7: S: 250" in text
    assert "expected text ok" not in text
    assert "expected text ok, received fine" in "\n".join(drawn(check, Style(80, verbose=True)))


def test_several_connections_and_octets_that_are_no_text() -> None:
    rungs = [rung(0, "client", b"a\r\n", lane="1"), rung(0, "server", b"\xff", lane="2"), rung(0, "client", b"\r\n", lane="2")]
    lines = drawn(ladder("dialogue", rungs, parties=("client", "server")), Style(80))
    assert sum("connection 1" in line for line in lines) == 1
    assert sum("connection 2" in line for line in lines) == 1
    assert any("base64 /w==" in line for line in lines)


def test_a_flood_is_cut() -> None:
    lines = drawn(ladder("dialogue", [rung(0, "server", b"250 x\r\n")] * 1000, parties=("a", "b")), Style(80))
    assert len(lines) < 420
    assert "… and more" in lines[-1]
