"""Files in and out: bounded reading, and writing that leaves either the old file or the whole new one.

File names are `str` as the operating system gave them (`os.fsdecode`), and shown only by way of `shown`.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from mailsec.core.errors import BadInput, TemporaryFailure, UsageError
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.core.text import from_bytes

STDIN = "-"
_SPARE_NAMES = 100


def shown(path: str) -> str:
    """The file's name as text without lone surrogates; it may hold control characters, as every string of a report may."""
    return "stdin" if path == STDIN else from_bytes(os.fsencode(path))


def read(path: str, max_bytes: int = MAX_MESSAGE_BYTES) -> bytes:
    """What the file at `path` holds, or stdin for "-". Never more than `max_bytes` are read.

    Raises BadInput where it is missing, unreadable, a directory or larger.
    """
    if path == STDIN:
        return read_stdin(max_bytes)
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise BadInput("is a directory", hint="name the files in it")
        with open(path, "rb") as file:
            return _bounded(file, max_bytes)
    except OSError as error:
        raise BadInput(_reason(error), hint=_READ_HINTS.get(type(error), "")) from None
    except ValueError:  # a NUL in the name
        raise BadInput("is not a file name") from None


def read_stdin(max_bytes: int = MAX_MESSAGE_BYTES) -> bytes:
    """What stdin holds, read to its end. Raises BadInput where it is closed, unreadable or holds more than `max_bytes`."""
    if sys.stdin is None:
        raise BadInput("stdin is closed", hint="give a file name, or pipe something in")
    try:
        return _bounded(sys.stdin.buffer, max_bytes)
    except OSError as error:
        raise BadInput(_reason(error)) from None


def _bounded(file: BinaryIO, max_bytes: int) -> bytes:
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise BadInput(f"is larger than {max_bytes} bytes")
    return data


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


_READ_HINTS: dict[type[OSError], str] = {
    FileNotFoundError: "check the name; - stands for stdin",
    PermissionError: "check who may read it",
}


def same_file(one: str, other: str) -> bool:
    """True where both names lead to one existing file, by whatever links."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


@contextmanager
def writing(path: str, inputs: Iterable[str] = ()) -> Iterator[BinaryIO]:
    """A file to write to that appears under `path` whole once the block ends, and not at all where the block raises.

    A link is followed; a device or a pipe is written directly. The new file keeps the old one's permissions.
    Raises UsageError where `path` is one of `inputs` or cannot be written, TemporaryFailure where the writing itself fails.
    """
    if any(each != STDIN and same_file(path, each) for each in inputs):
        raise UsageError(f"{shown(path)} is an input: the output would overwrite it", hint="give another name with -o")
    try:
        target = os.path.realpath(path)
        mode = _mode(target)
        direct = mode is not None and not stat.S_ISREG(mode)
        spare, file = ("", _open(target, os.O_WRONLY)) if direct else _spare(target, mode)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsageError(f"cannot write {shown(path)}: {_reason(error)}") from None
    try:
        yield file
        file.flush()
        if spare:
            os.fsync(file.fileno())
            os.replace(spare, target)
            spare = ""
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TemporaryFailure(f"cannot write {shown(path)}: {_reason(error)}") from None
    finally:
        _let_go(file, spare)


def _let_go(file: BinaryIO, spare: str) -> None:
    """Close `file`, whatever is still in its buffer, and remove it where it is still a spare one."""
    with suppress(OSError):
        file.close()
    if spare:
        with suppress(OSError):
            os.unlink(spare)


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _spare(target: str, mode: int | None) -> tuple[str, BinaryIO]:
    """A new file beside `target`, its name and itself."""
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "permission denied")
    folder, name = os.path.split(target)
    for number in range(_SPARE_NAMES):
        spare = os.path.join(folder, f".{name[:100]}.{os.getpid()}.{number}")
        try:
            file = _open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            continue
        if mode is not None:
            os.fchmod(file.fileno(), stat.S_IMODE(mode))
        return spare, file
    raise FileExistsError(17, "temporary names are taken")


def _open(path: str, flags: int) -> BinaryIO:
    return os.fdopen(os.open(path, flags | os.O_CLOEXEC, 0o666), "wb")


def write(path: str, data: bytes, inputs: Iterable[str] = ()) -> None:
    """Write `data` to `path` as `writing` does."""
    with writing(path, inputs) as file:
        file.write(data)


def write_new(folder: str, name: str, data: bytes) -> str:
    """Write `data` to a new file in `folder` that only its owner can read; the name it got.

    `name` must be a safe one, without a path. Where it is taken a number is put in front of its extension; no file that is
    there is ever touched, and no link is followed. Raises UsageError where the folder cannot be written to.
    """
    stem, dot, extension = name.rpartition(".")
    try:
        for number in range(1, _SPARE_NAMES + 1):
            chosen = name if number == 1 else f"{stem}-{number}{dot}{extension}" if dot else f"{name}-{number}"
            try:
                handle = os.open(os.path.join(folder, chosen), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            return chosen
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write into {shown(folder)}: {_reason(error)}") from None
    raise UsageError(f"cannot write into {shown(folder)}: too many files are called {name}", hint="give another folder with -o")


def make_folder(path: str) -> None:
    """Make the folder `path`, for its owner alone, unless it is there. Raises UsageError where that cannot be done."""
    try:
        os.makedirs(path, 0o700, exist_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot make the folder {shown(path)}: {_reason(error)}") from None
