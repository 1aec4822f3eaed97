"""Names and record types between text and wire (RFC 1035 section 5.1, RFC 4343): what zone files and questions share.

The text form is that of `core.rdata.name`: lower case, no final dot, odd octets as `\\DDD`.
"""

from __future__ import annotations

import re

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.network import MAX_LABEL, MAX_NAME
from mailsec.core.rdata import name
from mailsec.core.text import clipped, visible

_PIECE = re.compile(r"\\[0-9]{3}|\\[^0-9]|[^.\\]+|\.|\\", re.DOTALL)
_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "DNAME": 39,
    "RRSIG": 46,
    "SPF": 99,
}
_TYPE_TEXTS = {number: text for text, number in _TYPES.items()}
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")

ROOT = b"\0"
MAX_WIRE_NAME = MAX_NAME + 2
"""Octets of a name on the wire, its final zero octet included (RFC 1035 section 2.3.4)."""


class NameProblem(ValueError):
    """The text is not a domain name, or not a record type."""


def quote(text: str) -> str:
    """`text` for an error message: short and harmless."""
    return f"'{visible(clipped(text, 80))}'"


def encode(text: str, origin: bytes | None = ROOT) -> bytes:
    """The wire form of `text`, its case kept. Without a final dot it is relative to `origin` (wire form).

    Escapes (`\\.`, `\\DDD`) are understood; labels that are not ASCII become A-labels. Raises NameProblem where it is no name,
    and where it is relative and `origin` is None.
    """
    labels, absolute = ([], True) if text in ("", ".") else _labels(text)
    if not absolute and origin is None:
        raise NameProblem(f"{quote(text)} is a relative name, and no $ORIGIN says relative to what")
    wire = b"".join(labels) + (ROOT if absolute or origin is None else origin)
    if len(wire) > MAX_WIRE_NAME:
        raise NameProblem(f"{quote(text)} is longer than {MAX_NAME} octets")
    return wire


def _labels(text: str) -> tuple[list[bytes], bool]:
    if text.isascii() and "\\" not in text:
        raw = text.encode("ascii").split(b".")
    else:
        raw = [_a_label(label) for label in _unescaped(text.translate(_DOTS))]
    absolute = not raw[-1]
    if absolute:
        raw.pop()
    for label in raw:
        if not 0 < len(label) <= MAX_LABEL:
            raise NameProblem(f"{quote(text)} has {'an empty label' if not label else f'a label over {MAX_LABEL} octets'}")
    return [bytes((len(label),)) + label for label in raw], absolute


def _unescaped(text: str) -> list[list[str | int]]:
    """The labels of `text`, each in pieces: text as it stands, and the octets that were written as escapes."""
    labels: list[list[str | int]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == ".":
            labels.append([])
        elif piece[0] != "\\":
            labels[-1].append(piece)
        elif len(piece) == 2 and piece.isascii():
            labels[-1].append(ord(piece[1]))
        elif len(piece) == 4 and int(piece[1:]) < 256:
            labels[-1].append(int(piece[1:]))
        else:
            raise NameProblem(f"{quote(text)} has an escape that is not valid")
    return labels


def _a_label(pieces: list[str | int]) -> bytes:
    if len(pieces) == 1 and isinstance(pieces[0], str) and not pieces[0].isascii():
        try:
            return to_ascii(pieces[0]).encode("ascii")
        except DomainError as error:
            raise NameProblem(f"{quote(pieces[0])}: {error}") from None
    try:
        return b"".join(bytes((piece,)) if isinstance(piece, int) else piece.encode("ascii") for piece in pieces)
    except UnicodeEncodeError:
        raise NameProblem("a label mixes escapes with characters that are not ASCII") from None


def canonical(text: str) -> str:
    """`text`, a name with or without a final dot, in the form of `core.rdata.name`. Raises NameProblem."""
    return name(encode(text))


def type_number(text: str) -> int:
    """The number of a record type that has data ("TXT", "TYPE16"), any case. Raises NameProblem, for ANY and its like too."""
    text = text.upper()
    if (known := _TYPES.get(text)) is not None:
        return known
    # dnspython's table is only needed for the rarer types.
    import dns.exception  # noqa: PLC0415 - see above
    import dns.rdatatype  # noqa: PLC0415 - see above

    try:
        number = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise NameProblem(f"{quote(text)} is not a record type") from None
    if number == 0 or dns.rdatatype.is_metatype(number):
        raise NameProblem(f"{quote(text)} is not a type that records have")
    return int(number)


def type_text(number: int) -> str:
    """The mnemonic of a record type, or TYPEnnn (RFC 3597 section 5)."""
    if (known := _TYPE_TEXTS.get(number)) is not None:
        return known
    import dns.rdatatype  # noqa: PLC0415 - only needed for the rarer types

    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))
