"""A log of swaks as a script: line by line, so that line numbers stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailsec.transport.smtp.expect import written
from mailsec.transport.smtp.template import braced

_LINE = re.compile(r"(?:\*\*|\*~| -| ~)> ?(.*)|<(?:- |~ |\*\*|~\*) ?(.*)", re.DOTALL)
_REPLY = re.compile(r"([0-9]{3})(?:([ -])(.*))?", re.DOTALL)
_SHORTENED = re.compile(r"[0-9]+ lines sent")
_LOOKED_AT = 50


def is_swaks_log(lines: Sequence[str]) -> bool:
    """True where the first of `lines` that says anything is one of swaks's own."""
    first = next((line for line in lines[:_LOOKED_AT] if line.strip()), "")
    return first.startswith(("=== ", "*** "))


def translated(lines: Sequence[str]) -> list[str]:
    """The statements of a script that the log is, one for each of its lines."""
    return _Translator().all(lines)


class _Translator:
    def __init__(self) -> None:
        self._said = False  # anything was
        self._content = False  # behind a 354

    def all(self, lines: Sequence[str]) -> list[str]:
        return [self._statement(line) for line in lines]

    def _statement(self, line: str) -> str:
        if line.startswith("=== TLS started") and not self._said:
            return "!tls"
        if line.startswith("*** Remote host closed connection"):
            return "!expect-close"
        found = _LINE.fullmatch(line)
        if found is None:
            return "#"
        self._said = True
        return self._client(found[1]) if found[1] is not None else self._server(found[2])

    def _client(self, text: str) -> str:
        if self._content:
            if _SHORTENED.fullmatch(text):
                # what --suppress-data leaves out cannot be sent
                return text
            if text == "..":
                return "C\\: ..\\r\\n"  # a line of one dot, which `C: .` would take for the end
            if text == ".":
                self._content = False
            elif text.startswith("."):
                text = text[1:]
        return f"C: {braced(text.encode()).decode()}"

    def _server(self, text: str) -> str:
        found = _REPLY.fullmatch(text)
        if found is None:
            return text
        self._content = found[1] == "354"
        return f"S: {found[1]}{found[2] or ''}{written((found[3] or '').encode())}"
