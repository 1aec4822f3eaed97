"""Text under the charset that a part declares, and under others that mail readers take it for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailsec.core.limits.message import MAX_TEXT_BYTES
from mailsec.message.words import charset_text, is_common


class Text(NamedTuple):
    """A text and how it was got: the charset, and whether it was "declared" or why else it is tried."""

    text: str
    charset: str
    why: str = "declared"


_SURPRISING = re.compile(
    r"(?:unicode-1-1-|x-unicode-2-0-|cs)?utf-?7(?:-imap)?|utf-?(?:16|32)(?:[-_]?[bl]e)?|ucs-?[24]|unicode|iso-10646-ucs-[24]|"
    r"hz-gb-2312|hz|iso-2022-(?:cn|cn-ext)|scsu|bocu-1|cesu-8|ibm-?(?:037|1026|1047|500)|cp(?:037|1026|1140|500)|ebcdic.*|"
    r"x-user-defined|replacement"
)
# the codecs that Python has for those of them that browsers or mail readers have known
_CODECS = {
    **dict.fromkeys(("utf-7", "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7"), "utf-7"),
    **dict.fromkeys(("utf-16", "utf16", "unicode"), "utf-16"),
    **dict.fromkeys(("utf-16le", "utf-16-le"), "utf-16-le"),
    **dict.fromkeys(("utf-16be", "utf-16-be", "ucs-2", "iso-10646-ucs-2"), "utf-16-be"),
    **dict.fromkeys(("utf-32", "utf32"), "utf-32"),
    **dict.fromkeys(("hz", "hz-gb-2312"), "hz"),
    **dict.fromkeys(("cp037", "ibm037", "ebcdic-us"), "cp037"),
}
_UTF7 = re.compile(rb"\+A[A-Za-z0-9+/]{2,}-?")
_META = re.compile(rb"(?i)<meta[^>]{0,200}?charset=[\"' ]*([a-z0-9_.:-]{1,40})")
_XML = re.compile(rb"(?i)<\?xml[^>]{0,200}?encoding=[\"']([a-z0-9_.:-]{1,40})")
_MARKS = ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"), (b"\xef\xbb\xbf", "utf-8"))


def is_surprising(charset: str) -> bool:
    """True for a charset whose octets hide ASCII text, or make it of other octets; in lower case."""
    return _SURPRISING.fullmatch(charset) is not None


def texts(data: bytes, charset: str) -> tuple[Text, ...]:
    """The text of `data`, at most `MAX_TEXT_BYTES` of it: as declared (UTF-8 where nothing is), then each other way that its
    first octets or its markup suggest and that reads differently."""
    data = data[:MAX_TEXT_BYTES]
    found = [Text(_read(data, charset), charset or "utf-8", "declared" if charset else "default")]
    for other, why in _suggested(data):
        text = _read(data, other)
        if all(text != each.text for each in found):
            found.append(Text(text, other, why))
    return tuple(found)


def _read(data: bytes, charset: str) -> str:
    codec = _CODECS.get(charset)
    if codec:
        return data.decode(codec, "replace")
    return charset_text(data, charset)


def _suggested(data: bytes) -> Iterator[tuple[str, str]]:
    for mark, charset in _MARKS:
        if data.startswith(mark):
            yield charset, "byte order mark"
            break
    head = data[:4096]
    for half, charset in ((head[::2], "utf-16be"), (head[1::2], "utf-16le")):
        if len(half) > 8 and half.count(0) * 10 > len(half) * 7:
            yield charset, "every other octet is NUL"
    for pattern in (_META, _XML):
        if match := pattern.search(head):
            name = match[1].decode("ascii").lower()
            if is_common(name) or is_surprising(name):
                yield name, "markup"
    if data.isascii() and _UTF7.search(data):
        yield "utf-7", "looks like it"
