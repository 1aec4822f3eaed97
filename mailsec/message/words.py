"""Encoded words (RFC 2047) read, for showing names and subjects; never for judging."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64

from mailsec.core.text import clipped, from_bytes

_WORD = re.compile(rb"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,40})?\?([bBqQ])\?([^? \t\r\n]{0,10000})\?=")
_GAP = re.compile(rb"[ \t\r\n]*\Z")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
# by name: among the codecs that Python knows are slow ones (punycode), escapes and UTF-7, which mail has no business with
_CHARSETS = re.compile(
    r"(?:us-ascii|ascii|utf-?8|iso-8859-\d{1,2}|windows-(?:125\d|874|31j)|cp(?:125\d|437|85\d|866|932|949)|koi8-[ru]|macintosh|"
    r"gb2312|gbk|gb18030|big5(?:-hkscs)?|euc-(?:jp|kr)|ks_c_5601-1987|shift_jis|iso-2022-(?:jp(?:-[123])?|kr)|tis-620)\Z"
)


def display_text(value: bytes, width: int = 200) -> str:
    """`value` (a display name, a Subject) as text: unfolded, encoded words decoded, at most `width` characters.

    What cannot be decoded stays as it is written. The result may hold control characters, as every untrusted string may.
    """
    value = _FOLD.sub(b"", value[: width * 40]).strip(b" \t\r\n")
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None
    done = 0
    for match in _WORD.finditer(value):
        charset, content = match[1].decode("ascii").lower(), _content(match)
        if content is None or not _CHARSETS.match(charset):
            continue
        between = value[done : match.start()]
        # white space between encoded words is not shown, and a character may be split over two of them
        if pending and _GAP.match(between) and pending[0] == charset:
            pending = (charset, pending[1] + content)
        else:
            pieces.append(_text(pending))
            if not (pending and _GAP.match(between)):
                pieces.append(from_bytes(between))
            pending = (charset, content)
        done = match.end()
    return clipped("".join((*pieces, _text(pending), from_bytes(value[done:]))), width)


def _content(match: re.Match[bytes]) -> bytes | None:
    if match[2] in b"qQ":
        return _HEX.sub(lambda code: bytes((int(code[1], 16),)), match[3].replace(b"_", b" "))
    try:
        return a2b_base64(match[3] + b"==")
    except Error:
        return None


def _text(word: tuple[str, bytes] | None) -> str:
    return "" if word is None else charset_text(word[1], word[0])


def is_common(charset: str) -> bool:
    """True for a charset (in lower case) that mail is written in and that can be decoded."""
    return _CHARSETS.match(charset) is not None


def charset_text(content: bytes, charset: str) -> str:
    """`content` in `charset` (in lower case) as text; as UTF-8 with escapes where there is none, or none that mail has business
    with."""
    try:
        plain = charset in ("", "utf-8", "utf8") or not _CHARSETS.match(charset)
        return from_bytes(content) if plain else content.decode(charset, "replace")
    except LookupError:
        return from_bytes(content)
