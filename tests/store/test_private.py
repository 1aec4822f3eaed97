"""Private keys are written for their owner only, whole, and never over anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mailsec.core.errors import TemporaryFailure, UsageError
from mailsec.store.private import write_private


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(str(tmp_path / "k.pem"), b"secret")
    finally:
        os.umask(before)
    assert (tmp_path / "k.pem").read_bytes() == b"secret"
    assert stat.S_IMODE((tmp_path / "k.pem").stat().st_mode) == 0o600


def test_nothing_is_overwritten_and_no_link_followed(tmp_path: Path) -> None:
    (tmp_path / "k.pem").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("k.pem", "link"):
        with pytest.raises(UsageError, match="already"):
            write_private(str(tmp_path / name), b"new")
    assert (tmp_path / "k.pem").read_text() == "old"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["none/k.pem", "a\0b"])
def test_places_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_private(str(tmp_path / name), b"x")


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TemporaryFailure, match="No space"):
        write_private(str(tmp_path / "k.pem"), b"x")
    assert not (tmp_path / "k.pem").exists()
