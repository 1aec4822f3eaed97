"""Writes an Authentication-Results field (RFC 8601 section 2.2).

Values come from messages. Each is written as a token, as an address of harmless characters, or as a quoted-string of printable
ASCII. Any other character becomes `?`: only internationalized messages may have UTF-8 here (RFC 6532), and whether this is one
is not known. No comment is ever written. So nothing can end the value that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.errors import UsageError
from mailsec.core.limits.sender import AUTHRES_VALUE
from mailsec.core.results import AuthResult, Status

_FOLD_AT = 78
_SAFE = r"A-Za-z0-9_+\-"
_TOKEN = re.compile(rf"[{_SAFE}.]+\Z")
_ADDRESS = re.compile(rf"(?:[{_SAFE}]+(?:\.[{_SAFE}]+)*)?@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\Z")
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_UNPRINTABLE = re.compile(r"[^ -~]")
_SPECIAL = re.compile(r'(["\\])')


def write(authserv_id: str, results: Sequence[AuthResult]) -> bytes:
    """The whole field with its name, folded, CRLF at the end. No line has over 998 octets, nor over 78 if it can fold.

    Results that are *skipped* have no word in RFC 8601 and are left out; without any other the field says `none`. A value of
    more than 400 characters is cut, which its last three characters (`...`) say.

    Raises UsageError where `authserv_id` is no name, ValueError where a method or property is no keyword.
    """
    identity = valid_id(authserv_id)
    written = [result for result in results if result.status is not Status.SKIPPED]
    lines = [f"Authentication-Results: {identity};"]
    if not written:
        lines[0] += " none"
    for at, result in enumerate(written):
        lines.extend(_folded(_pieces(result), "" if at == len(written) - 1 else ";"))
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def valid_id(text: str) -> str:
    """`text` as an authserv-id: a name, its labels in ASCII (RFC 8601 section 2.5).

    Raises UsageError where it is none.
    """
    try:
        return to_ascii(text)
    except DomainError as error:
        hint = "the name of the receiving host will do, as in mx.example.org"
        raise UsageError(f"not usable as an authserv-id: {error}", hint=hint) from None


def _pieces(result: AuthResult) -> Iterator[str]:
    """The parts of one result, between which the field may be folded."""
    yield f"{_keyword(result.method)}={_keyword(result.word or result.status)}"
    if result.reason:
        yield f"reason={_quoted(result.reason)}"
    for name, value in result.properties:
        ptype, _, property_ = name.partition(".")
        yield f"{_keyword(ptype)}.{_keyword(property_)}={_pvalue(value)}"


def _keyword(text: str) -> str:
    if not _KEYWORD.match(text):
        raise ValueError("not a keyword of RFC 8601")
    return text


def _pvalue(text: str) -> str:
    short = len(text) <= AUTHRES_VALUE
    return text if short and (_TOKEN.match(text) or _ADDRESS.match(text)) else _quoted(text)


def _quoted(text: str) -> str:
    if len(text) > AUTHRES_VALUE:
        text = text[: AUTHRES_VALUE - 3] + "..."
    return '"' + _SPECIAL.sub(r"\\\1", _UNPRINTABLE.sub("?", text)) + '"'


def _folded(pieces: Iterator[str], end: str) -> Iterator[str]:
    """Lines of at most 78 octets where the pieces allow it; a quoted-string folds at its spaces (RFC 5322 section 3.2.4)."""
    words = " ".join(pieces).split(" ")
    words[-1] += end
    line = " "
    for word in words:
        # a line of white space alone ends the header section for some readers, so only a word opens a line
        if word and line.strip() and len(line) + 1 + len(word) > _FOLD_AT:
            yield line
            line = " "
        line += word if line == " " else " " + word
    yield line
