"""Passphrases: from a file, a file descriptor, or the terminal, even where stdin is the message; never from an argument."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from mailsec.cli.options import PATH
from mailsec.core.errors import BadInput, UsageError

F = TypeVar("F", bound=Callable[..., Any])
_TERMINAL = "/dev/tty"


@dataclass(frozen=True, slots=True)
class PassphraseOptions:
    """Where passphrases come from; the terminal where neither is given."""

    path: str = ""
    descriptor: int | None = None


PASSPHRASE = (
    click.option(
        "--passphrase-file", type=PATH, default="", metavar="FILE", help="Read the passphrase from the first line of FILE."
    ),
    click.option(
        "--passphrase-fd", type=click.IntRange(0), metavar="N", help="Read it from this file descriptor (0 is stdin)."
    ),
)


def passphrase_options(function: F) -> F:
    """Adds the options for passphrases; the function gets them as `passphrase_file` and `passphrase_fd`."""
    for option in reversed(PASSPHRASE):
        function = option(function)
    return function


def asker(options: PassphraseOptions) -> Callable[[str], str | None]:
    """What gives the passphrase of a key that is named in words. Raises UsageError where both places are given."""
    if options.path and options.descriptor is not None:
        raise UsageError("--passphrase-file and --passphrase-fd exclude each other")
    if options.path or options.descriptor is not None:
        read: list[str] = []

        def once(_: str) -> str:
            if not read:
                read.append(_from_file(options.path) if options.path else _from_descriptor(options.descriptor or 0))
            return read[0]

        return once
    return from_terminal


def _from_file(path: str) -> str:
    from mailsec.core.limits import MAX_PASSPHRASE
    from mailsec.store.files import read, shown

    try:
        return _first_line(read(path, MAX_PASSPHRASE))
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def _from_descriptor(descriptor: int) -> str:
    from mailsec.core.limits import MAX_PASSPHRASE

    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return _first_line(file.read(MAX_PASSPHRASE))
    except OSError as error:
        raise UsageError(f"--passphrase-fd {descriptor}: {(error.strerror or str(error)).lower()}") from None


def _first_line(data: bytes) -> str:
    try:
        return data.split(b"\n", 1)[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise BadInput("the passphrase is not UTF-8 text") from None


def from_terminal(what: str) -> str | None:
    """Ask on the terminal without showing what is typed; None where there is no terminal."""
    import termios

    from mailsec.core.text import visible

    try:
        handle = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(handle)
        silent = list(before)
        silent[3] &= ~termios.ECHO
        os.write(handle, f"Passphrase for {visible(what)}: ".encode())
        termios.tcsetattr(handle, termios.TCSAFLUSH, silent)
        try:
            return _first_line(_line(handle))
        finally:
            termios.tcsetattr(handle, termios.TCSAFLUSH, before)
            os.write(handle, b"\n")
    finally:
        os.close(handle)


def _line(handle: int) -> bytes:
    from mailsec.core.limits import MAX_PASSPHRASE

    data = b""
    while b"\n" not in data and len(data) < MAX_PASSPHRASE:
        piece = os.read(handle, MAX_PASSPHRASE)
        if not piece:
            break
        data += piece
    return data
