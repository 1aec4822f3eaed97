"""Exceptions that mean *the job could not be done*. A verdict, however bad, is a value and never one of these.

They are translated once, in `cli/main.py`, to `mailsec: error: …` and `hint: …`.
"""

from __future__ import annotations

from mailsec.core.exits import Exit


class MailsecError(Exception):
    """The base of all. `hint` tells the user the next step; `exit` is the exit code."""

    exit: Exit = Exit.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MailsecError):
    """Options or arguments that make no sense together."""

    exit = Exit.USAGE


class NothingToJudge(MailsecError):
    """Empty input."""

    exit = Exit.NOTHING


class BadInput(MailsecError):
    """A message, key, record, zone or script that could not be read at all."""

    exit = Exit.BAD_INPUT


class KeyAlone(BadInput):
    """A private key of which the certificate is not at hand."""


class TemporaryFailure(MailsecError):
    """Something that may work when tried again."""

    exit = Exit.TEMPORARY


class KeyUnavailable(MailsecError):
    """A key that is missing, locked, expired or not trusted."""

    exit = Exit.KEY
