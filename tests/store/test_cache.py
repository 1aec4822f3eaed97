"""What was fetched is kept, and nothing but that comes out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.keys import X509_REVOCATION_BYTES
from mailsec.core.limits.network import CACHE_FILES, CACHE_SECONDS
from mailsec.store import cache, places
from mailsec.store.cache import Cache
from tests.certificates import NOW

URL = "http://crl.example/a.crl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mailsec" / "x509"


def test_what_is_put_comes_out_until_it_is_out_of_date(folder: Path) -> None:
    Cache(str(folder), NOW).put(URL, b"list\nof\n", NOW + 100)
    assert Cache(str(folder), NOW + 100).get(URL) == b"list\nof\n"
    assert Cache(str(folder), NOW + 101).get(URL) == b""
    assert Cache(str(folder), NOW).get(URL + "b") == b""
    assert folder.stat().st_mode & 0o777 == 0o700


def test_nothing_is_kept_for_longer_than_a_week_nor_from_the_future(folder: Path) -> None:
    Cache(str(folder), NOW).put(URL, b"x", NOW * 2)
    assert Cache(str(folder), NOW + CACHE_SECONDS).get(URL) == b"x"
    assert Cache(str(folder), NOW + CACHE_SECONDS + 1).get(URL) == b""
    assert Cache(str(folder), NOW - 1).get(URL) == b""


@pytest.mark.parametrize(("body", "until"), [(b"", NOW + 9), (b"x", NOW - 1), (b"x" * (X509_REVOCATION_BYTES + 1), NOW + 9)])
def test_what_is_not_kept(body: bytes, until: int, folder: Path) -> None:
    Cache(str(folder), NOW).put(URL, body, until)
    assert not folder.exists()


@given(st.integers(0, 120), st.binary(max_size=4), st.booleans())
def test_what_is_damaged_is_not_there(tmp_path_factory: pytest.TempPathFactory, at: int, octets: bytes, cut: bool) -> None:
    folder = tmp_path_factory.mktemp("kept")
    kept = Cache(str(folder), NOW)
    kept.put(URL, b"a list", NOW + 9)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    at %= len(whole)
    file.write_bytes(whole[:at] if cut else whole[:at] + octets + whole[at + len(octets) :])
    # the end of its time alone is not guarded: whoever can write it can write the rest
    assert kept.get(URL) in (b"", b"a list")


def test_the_file_of_another_address_is_not_taken(folder: Path) -> None:
    kept = Cache(str(folder), NOW)
    kept.put(URL, b"x", NOW + 9)
    (file,) = folder.iterdir()
    kept.put(URL + "b", b"y", NOW + 9)
    (other,) = {*folder.iterdir()} - {file}
    file.write_bytes(other.read_bytes())
    assert kept.get(URL) == b""


def test_what_is_no_file_of_ours_is_not_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(str(folder), NOW)
    kept.put(URL, b"x", NOW + 9)
    (file,) = folder.iterdir()
    moved = tmp_path / "elsewhere"
    file.rename(moved)
    file.symlink_to(moved)
    assert kept.get(URL) == b""
    file.unlink()
    file.mkdir()
    assert kept.get(URL) == b""
    kept.put(URL, b"x", NOW + 9)
    file.rmdir()
    os.mkfifo(file)
    assert kept.get(URL) == b""
    file.unlink()
    moved.rename(file)
    assert kept.get(URL) == b"x"
    folder.chmod(0o770)
    assert kept.get(URL) == b""
    kept.put(URL + "b", b"x", NOW + 9)
    assert len(list(folder.iterdir())) == 1
    folder.chmod(0o700)
    monkeypatch.setattr(cache.os, "geteuid", lambda: 12345)
    assert kept.get(URL) == b""


def test_the_oldest_make_room_and_strangers_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(str(folder), NOW)
    kept.put(URL, b"x", NOW + 9)
    (first,) = folder.iterdir()
    os.utime(first, (1, 1))
    (folder / "notes").write_text("mine")
    for number in range(CACHE_FILES):
        kept.put(f"{URL}{number}", b"x", NOW + 9)
    assert not first.exists()
    assert len(list(folder.iterdir())) == CACHE_FILES + 1
    monkeypatch.setattr(cache, "CACHE_BYTES", 400)
    kept.put(URL, b"x" * 400, NOW + 9)
    assert {each.name for each in folder.iterdir()} == {"notes", first.name}


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Cache(str(tmp_path / "file" / "x509"), NOW)
    kept.put(URL, b"x", NOW + 9)
    assert kept.get(URL) == b""


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert places.cache_path() == "/somewhere/mailsec"
    for stated in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", stated)
        monkeypatch.setenv("HOME", "/home/alice")
        assert places.cache_path() == "/home/alice/.cache/mailsec"
