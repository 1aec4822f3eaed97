"""Passwords and tokens: from a file, a file descriptor or the terminal, never from an argument."""

from __future__ import annotations

import os
from contextlib import suppress

from mailsec.core.errors import BadInput, KeyUnavailable, UsageError
from mailsec.core.limits.transport import SASL_SECRET
from mailsec.store.files import STDIN, read, shown

_TERMINAL = "/dev/tty"


def secret_in_file(path: str) -> str:
    """The one line that the file holds. Raises BadInput where there are several, or none, or it is not UTF-8."""
    if path == STDIN:
        raise UsageError("stdin is for the message", hint="give a file, or another file descriptor")
    try:
        return _line(read(path, SASL_SECRET + 2))
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def secret_from_descriptor(number: int) -> str:
    """The one line that the file descriptor, which the caller opened, gives."""
    try:
        with os.fdopen(number, "rb") as file:
            data = file.read(SASL_SECRET + 3)
    except (OSError, ValueError, OverflowError):
        raise UsageError(f"file descriptor {number} cannot be read", hint="open it: 3< password-file") from None
    return _line(data)


def _line(data: bytes) -> str:
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) > SASL_SECRET:
        raise BadInput(f"is longer than {SASL_SECRET} octets")
    if not line or b"\n" in line or b"\r" in line:
        raise BadInput("not one line" if line else "is empty")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise BadInput("not UTF-8 text") from None


def asked(what: str, whose: str = "", *, hint: str = "", again: bool = False) -> str:
    """What is typed on the terminal, unseen, even where stdin is the message. Raises KeyUnavailable without a terminal."""
    from getpass import getpass  # nobody is asked in most runs

    from mailsec.core.text import visible

    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise KeyUnavailable(f"there is no terminal to ask for the {what}", hint=hint or f"--{what}-file FILE") from None
    typed = ""
    with suppress(EOFError):
        typed = getpass(f"{what.capitalize()}{f' for {visible(whose)}' if whose else ''}{' again' if again else ''}: ")
    if not typed:
        raise KeyUnavailable(f"no {what} was typed")
    return typed
