"""Secrets from a file or from the person at the terminal, never from an argument: others can read those."""

from __future__ import annotations

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits import SASL_SECRET
from mailsec.store.files import STDIN, read, shown


def from_file(path: str) -> bytes:
    """The first line of the file at `path`, or of stdin for "-". Raises BadInput where it cannot be read or is empty."""
    try:
        data = read(path, 2 * SASL_SECRET)
    except BadInput as error:
        raise BadInput(f"{'stdin' if path == STDIN else shown(path)}: {error.message}", hint=error.hint) from None
    secret = data.partition(b"\n")[0].removesuffix(b"\r")
    if not secret:
        raise BadInput(f"{shown(path)}: its first line is empty", hint="write the secret there, and nothing else")
    return secret


def ask(name: str) -> bytes:
    """What the person types, unseen, on the terminal, whatever stdin is. Raises KeyUnavailable where there is none."""
    from getpass import GetPassWarning, getpass
    from warnings import catch_warnings, simplefilter

    try:
        with catch_warnings():
            simplefilter("error", GetPassWarning)
            return getpass(f"{name}: ").encode("utf-8", "surrogateescape")
    except (GetPassWarning, EOFError, OSError):
        raise KeyUnavailable(f"nobody can be asked for {name}: no terminal", hint=f"--secret {name}=FILE") from None
