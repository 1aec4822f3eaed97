from __future__ import annotations

import io
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput, TemporaryFailure, UsageError
from mailsec.store import files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").write_bytes(b"data")
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_read(folder: Path) -> None:
    assert files.read(str(folder / "in")) == b"data"
    assert files.read(str(folder / "in"), 4) == b"data"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("in", "is larger than 3 bytes"),
        ("none", "no such file or directory"),
        (".", "is a directory"),
        ("in/x", "not a directory"),
        ("\0", "is not a file name"),
        ("x" * 300, "file name too long"),
    ],
)
def test_what_cannot_be_read(folder: Path, path: str, message: str) -> None:
    with pytest.raises(BadInput) as error:
        files.read(str(folder / path), 3)
    assert error.value.message == message


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(BadInput) as error:
        files.read(str(folder / "in"))
    assert (error.value.message, error.value.hint) == ("permission denied", "check who may read it")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"x" * 200_000,))
    writer.start()
    assert files.read(str(tmp_path / "pipe")) == b"x" * 200_000
    writer.join()


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(BadInput, match="larger"):
        files.read("/dev/zero", 100_000)


class _Stdin:
    def __init__(self, buffer: object) -> None:
        self.buffer = buffer


class _Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(io.BytesIO(b"abc")))
    assert files.read("-") == b"abc"
    monkeypatch.setattr(sys, "stdin", _Stdin(_Broken()))
    with pytest.raises(BadInput, match="input/output error"):
        files.read("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadInput, match="closed"):
        files.read_stdin()


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_names_are_shown_without_surrogates(name: bytes) -> None:
    files.shown(os.fsdecode(name)).encode()


def test_stdin_has_a_name() -> None:
    assert files.shown("-") == "stdin"


def test_write(folder: Path) -> None:
    files.write(str(folder / "out"), b"new")
    assert (folder / "out").read_bytes() == b"new"
    assert names(folder) == {"in", "out"}


def test_a_new_files_permissions_are_the_usual_ones(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write(str(folder / "out"), b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "out").stat().st_mode) == 0o640


def test_an_old_files_permissions_stay(folder: Path) -> None:
    (folder / "out").write_bytes(b"old")
    (folder / "out").chmod(0o604)
    files.write(str(folder / "out"), b"new")
    assert stat.S_IMODE((folder / "out").stat().st_mode) == 0o604
    assert (folder / "out").read_bytes() == b"new"


def test_a_link_is_followed(folder: Path) -> None:
    (folder / "link").symlink_to("out")
    files.write(str(folder / "link"), b"new")
    assert (folder / "link").is_symlink()
    assert (folder / "out").read_bytes() == b"new"


def test_nothing_appears_before_the_end(folder: Path) -> None:
    with files.writing(str(folder / "out")) as file:
        file.write(b"x" * 100_000)
        assert not (folder / "out").exists()
    assert (folder / "out").stat().st_size == 100_000


def fail(path: str, error: type[BaseException]) -> None:
    with files.writing(path) as file:
        file.write(b"new")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, BrokenPipeError])
def test_a_failure_leaves_the_old_file_and_nothing_else(folder: Path, error: type[BaseException]) -> None:
    (folder / "out").write_bytes(b"old")
    with pytest.raises(error):
        fail(str(folder / "out"), error)
    assert (folder / "out").read_bytes() == b"old"
    assert names(folder) == {"in", "out"}


def test_a_disk_error_is_told_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TemporaryFailure, match="no space left on device"):
        files.write(str(folder / "out"), b"new")
    assert names(folder) == {"in"}


def test_a_device_is_written_directly(folder: Path) -> None:
    files.write(os.devnull, b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    with pytest.raises(TemporaryFailure, match="no space left on device"):
        files.write("/dev/full", b"x")


def test_a_pipe_is_written_directly(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((folder / "pipe").read_bytes()))
    reader.start()
    files.write(str(folder / "pipe"), b"through")
    reader.join()
    assert got == [b"through"]
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@pytest.mark.parametrize("path", ["none/out", ".", "in/out", "\0"])
def test_where_nothing_can_be_written(folder: Path, path: str) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        files.write(str(folder / path), b"new")
    assert names(folder) == {"in"}


def test_a_file_that_may_not_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="permission denied"):
        files.write(str(folder / "in"), b"new")
    assert (folder / "in").read_bytes() == b"data"


def test_names_of_spare_files_may_be_taken(folder: Path) -> None:
    for number in range(100):
        (folder / f".out.{os.getpid()}.{number}").touch()
    with pytest.raises(UsageError, match="temporary names are taken"):
        files.write(str(folder / "out"), b"new")
    (folder / f".out.{os.getpid()}.7").unlink()
    files.write(str(folder / "out"), b"new")
    assert (folder / "out").read_bytes() == b"new"


def test_a_name_as_long_as_names_can_be(folder: Path) -> None:
    files.write(str(folder / ("n" * 255)), b"new")
    assert (folder / ("n" * 255)).read_bytes() == b"new"


def test_an_input_is_never_written(folder: Path) -> None:
    os.link(folder / "in", folder / "hard")
    (folder / "soft").symlink_to("in")
    for name in ("in", "hard", "soft", "./in"):
        with pytest.raises(UsageError, match="is an input"):
            files.write(str(folder / name), b"new", ["-", str(folder / "none"), str(folder / "in")])
    assert (folder / "in").read_bytes() == b"data"


def test_the_spare_file_that_somebody_removed_is_no_second_error(folder: Path) -> None:
    def lose() -> None:
        with files.writing(str(folder / "out")):
            next(folder.glob(".out*")).unlink()
            raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        lose()


def test_same_file(folder: Path) -> None:
    assert files.same_file(str(folder / "in"), str(folder / "./in"))
    assert not files.same_file(str(folder / "in"), str(folder / "none"))
    assert not files.same_file("\0", str(folder))


def test_a_new_file_takes_a_free_name_and_is_the_owners_alone(tmp_path: Path) -> None:
    assert [files.write_new(str(tmp_path), "a.txt", b"x") for _ in range(3)] == ["a.txt", "a-2.txt", "a-3.txt"]
    assert [files.write_new(str(tmp_path), "b", b"x") for _ in range(2)] == ["b", "b-2"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_names_run_out(tmp_path: Path) -> None:
    for _ in range(100):
        files.write_new(str(tmp_path), "a.txt", b"")
    with pytest.raises(UsageError, match=r"too many files are called a\.txt"):
        files.write_new(str(tmp_path), "a.txt", b"")


def test_folders(tmp_path: Path) -> None:
    files.make_folder(str(tmp_path / "a" / "b"))
    files.make_folder(str(tmp_path / "a" / "b"))
    for bad in (f"{tmp_path}/x\0", "/dev/null/x"):
        with pytest.raises(UsageError):
            files.make_folder(bad)
        with pytest.raises(UsageError):
            files.write_new(bad, "a", b"")
