"""ASCII armor and the cleartext signature framework, read (RFC 9580 sections 6 and 7).

A checksum is not looked at: it protects nothing that the packets' own integrity does not (section 6.1). Reading is linear.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass

from mailsec.core.limits.content import PGP_BLOCKS

MESSAGE, SIGNATURE, SIGNED, PUBLIC, PRIVATE = (
    "MESSAGE",
    "SIGNATURE",
    "SIGNED MESSAGE",
    "PUBLIC KEY BLOCK",
    "PRIVATE KEY BLOCK",
)
_BEGIN = re.compile(rb"(?m)^-----BEGIN PGP ([A-Z0-9 ,/]{1,40})-----[ \t]*\r?$\n?")
_END = b"-----END PGP "
_END_LINE = re.compile(rb"-----END PGP [A-Z0-9 ,/]{1,40}-----[ \t]*(?:\r?\n)?")
_BLANK = re.compile(rb"(?m)^[ \t]*\r?$\n?")
_CHECKSUM = re.compile(rb"\n=[A-Za-z0-9+/]{4}\s*\Z")
_SPACE = b" \t\r\n\v\f"
_HASH_HEADER = re.compile(rb"(?:Hash:[A-Za-z0-9, \t-]*\r?\n)*\Z")  # no two runs that could share the same octets


class ArmorError(ValueError):
    """The armor is damaged or cut off."""


@dataclass(frozen=True, slots=True)
class Block:
    """One armored block, `start` to `end` of the data it stands in: its label ("MESSAGE") and its packets in binary.

    For a cleartext signed message `data` holds the signatures, `text` the text as it is signed (lines end in CRLF, without
    space at their ends, RFC 9580 section 7.2), and `injected` is True where its header holds anything but Hash lines, which
    some programs show as if they were signed.
    """

    label: str
    start: int
    end: int
    data: bytes
    text: bytes | None = None
    injected: bool = False


def is_armored(data: bytes) -> bool:
    """True where `data` is text that begins with an armored block."""
    return data.lstrip()[:15] == b"-----BEGIN PGP "


def dearmored(data: bytes, *labels: str) -> bytes:
    """The packets in `data`, which may be binary or one armored block with one of `labels`. Raises ArmorError."""
    if not is_armored(data):
        return data
    found = blocks(data)
    if len(found) != 1 or found[0].label not in labels:
        raise ArmorError(f"not one block of the kind PGP {' or '.join(labels)}")
    return found[0].data


def blocks(data: bytes, limit: int = PGP_BLOCKS) -> tuple[Block, ...]:
    """The armored blocks in `data` that begin at a line's start, in order, at most `limit`. Raises ArmorError."""
    found: list[Block] = []
    at = 0
    while (match := _BEGIN.search(data, at)) is not None:
        if len(found) >= limit:
            raise ArmorError(f"more than {limit} armored blocks")
        label = match[1].decode("ascii")
        block = _cleartext(data, match) if label == SIGNED else _plain(data, label, match)
        found.append(block)
        at = block.end
    return tuple(found)


def _plain(data: bytes, label: str, begin: re.Match[bytes]) -> Block:
    blank = _BLANK.search(data, begin.end())
    end = data.find(_END, begin.end())
    tail = _END_LINE.match(data, end) if end >= 0 else None
    if blank is None or tail is None or blank.end() > end:
        raise ArmorError(f"the armored PGP {label} is cut off or damaged")
    return Block(label, begin.start(), tail.end(), _decoded(data, blank.end(), end))


def _decoded(data: bytes, start: int, end: int) -> bytes:
    """The base64 in these lines of `data`, copied as seldom as can be: it may be most of a large message."""
    last = data.rfind(b"\n=", start - 1, end)
    if last >= 0 and _CHECKSUM.match(data, last, end):
        end = last
    cleaned = data[start:end].translate(None, _SPACE)
    try:
        return a2b_base64(cleaned, strict_mode=True) if cleaned else b""
    except (Base64Error, ValueError):
        raise ArmorError("the armor is damaged: no base64") from None


def _cleartext(data: bytes, begin: re.Match[bytes]) -> Block:
    blank = _BLANK.search(data, begin.end())
    signature = _BEGIN.search(data, blank.end()) if blank else None
    if blank is None or signature is None or signature[1] != SIGNATURE.encode():
        raise ArmorError("the cleartext signed message is cut off: it has no signature")
    block = _plain(data, SIGNATURE, signature)
    header = data[begin.end() : blank.start()]
    return Block(
        SIGNED,
        begin.start(),
        block.end,
        block.data,
        signed_text(data[blank.end() : signature.start()]),
        _HASH_HEADER.match(header) is None,
    )


def signed_text(text: bytes) -> bytes:
    """The octets that a cleartext signature is over: dash escapes, space at line ends and the last line end taken away."""
    text = text.removesuffix(b"\n").removesuffix(b"\r")
    lines = (line.rstrip(b" \t\r") for line in text.split(b"\n"))
    return b"\r\n".join(line[2:] if line.startswith(b"- ") else line for line in lines)
