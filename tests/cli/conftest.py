from __future__ import annotations

import pytest

from mailsec.cli.table import COMMANDS, Entry


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of tests/cli/probe.py stand in the table."""
    for name in ("reports", "echo", "fail", "copy", "leave"):
        monkeypatch.setitem(COMMANDS, name, Entry("tests.cli.probe", name, "For tests only."))
