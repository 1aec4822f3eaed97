"""Reads a Received-SPF field (RFC 7208 section 9.1) as the one result that it is."""

from __future__ import annotations

import re

from mailsec.core.limits.sender import AUTHRES_BYTES, AUTHRES_RESULTS
from mailsec.core.text import from_bytes
from mailsec.sender.authres.read import AuthenticationResults, AuthresDefect, MethodResult

_RESULT = re.compile(rb"[ \t\r\n]*([A-Za-z]{1,20})[ \t\r\n;]*")
_PAIR = re.compile(
    rb'[ \t\r\n;]*([A-Za-z][A-Za-z0-9_.-]{0,63})[ \t]*=[ \t\r\n]*(?:"((?:[^"\\]|\\.)*)"|<?([^ \t\r\n;>]*)>?)', re.DOTALL
)
_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_PROPERTIES = {"envelope-from": "smtp.mailfrom", "helo": "smtp.helo", "client-ip": "smtp.remote-ip"}


def read_received_spf(value: bytes) -> AuthenticationResults:
    """The field whose value is `value`, in the terms of RFC 8601: its receiver= as the authserv-id, its keys as properties.

    The three keys that RFC 8601 has properties for come out as smtp.mailfrom, smtp.helo and smtp.remote-ip, the others as they
    are written; the comment is the reason. Never fails, linear in its length.
    """
    defects: list[AuthresDefect] = []
    if len(value) > AUTHRES_BYTES:
        defects.append(AuthresDefect.TOO_LARGE)
        value = value[:AUTHRES_BYTES]
    match = _RESULT.match(value)
    if match is None:
        return AuthenticationResults(None, 1, (), (*defects, AuthresDefect.BAD_RESULT))
    comment, at = _comment(value, match.end())
    if comment is None:
        defects.append(AuthresDefect.OPEN_COMMENT)
    pairs: list[tuple[str, str]] = []
    while (pair := _PAIR.match(value, at)) is not None:
        at = pair.end()
        if len(pairs) >= AUTHRES_RESULTS:
            defects.append(AuthresDefect.TOO_MANY)
            break
        key = pair[1].decode("ascii").lower()
        text = from_bytes(pair[3] if pair[2] is None else _ESCAPE.sub(rb"\1", pair[2]))
        pairs.append((_PROPERTIES.get(key, key), text))
    if value[at:].strip(b" \t\r\n;"):
        defects.append(AuthresDefect.BAD_PROPERTY)
    if ("identity", "helo") in pairs:  # then the result is not about the return path, which is given all the same
        pairs = [("envelope-from" if key == "smtp.mailfrom" else key, text) for key, text in pairs]
    receiver = next((text for key, text in pairs if key == "receiver"), None)
    result = MethodResult("spf", match[1].decode("ascii").lower(), comment or None, tuple(pairs))
    return AuthenticationResults(receiver or None, 1, (result,), tuple(defects))


def _comment(value: bytes, at: int) -> tuple[str | None, int]:
    """The comment at `at`, "" where there is none, and the offset behind it; None where it does not end."""
    if not value.startswith(b"(", at):
        return "", at
    depth = 0
    for match in _PARENTHESIS.finditer(value, at):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return " ".join(from_bytes(value[at + 1 : match.start()]).split()), match.end()
    return None, len(value)
