"""Decoders of DNS wire data (RFC 1035 section 3.3), uncompressed. Each raises RdataError on what it cannot read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from mailsec.core.limits.network import MAX_LABEL


class RdataError(ValueError):
    """The record's data is not what its type says."""


def txt_strings(rdata: bytes) -> tuple[bytes, ...]:
    """The character-strings of a TXT record."""
    strings = []
    at = 0
    while at < len(rdata):
        end = at + 1 + rdata[at]
        if end > len(rdata):
            raise RdataError("a character-string runs over the end")
        strings.append(rdata[at + 1 : end])
        at = end
    return tuple(strings)


def txt(rdata: bytes) -> bytes:
    """The text of a TXT record: its strings joined without a separator (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2)."""
    if rdata and rdata[0] == len(rdata) - 1:
        return rdata[1:]
    return b"".join(txt_strings(rdata))


def name(rdata: bytes, at: int = 0) -> str:
    """The name at `at`: lower case, no final dot, "" for the root; dots and oddities in a label come out as \\DDD."""
    return _name(rdata, at)[0]


def _name(rdata: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    while True:
        if at >= len(rdata):
            raise RdataError("a name runs over the end")
        length = rdata[at]
        if not length:
            return ".".join(labels), at + 1
        if length > MAX_LABEL or at + 1 + length > len(rdata):
            raise RdataError("a label is not valid")
        labels.append(_label(rdata[at + 1 : at + 1 + length]))
        at += 1 + length


def _label(raw: bytes) -> str:
    text = raw.lower().decode("latin-1")
    if text.replace("-", "").replace("_", "").isalnum() and text.isascii():
        return text
    return "".join(char if "!" <= char <= "~" and char not in '."\\' else f"\\{ord(char):03d}" for char in text)


def a(rdata: bytes) -> IPv4Address:
    """The address of an A record."""
    if len(rdata) != 4:
        raise RdataError("an A record has 4 octets")
    return IPv4Address(rdata)


def aaaa(rdata: bytes) -> IPv6Address:
    """The address of an AAAA record."""
    if len(rdata) != 16:
        raise RdataError("an AAAA record has 16 octets")
    return IPv6Address(rdata)


def mx(rdata: bytes) -> tuple[int, str]:
    """Preference and exchange of an MX record; the exchange of a null MX (RFC 7505) is ""."""
    if len(rdata) < 3:
        raise RdataError("an MX record has at least 3 octets")
    return int.from_bytes(rdata[:2], "big"), name(rdata, 2)


class Association(NamedTuple):
    """A TLSA or SMIMEA record: how a certificate is tied to a name (RFC 6698 section 2.1, RFC 8162 section 2)."""

    usage: int
    selector: int
    matching: int
    data: bytes


def association(rdata: bytes) -> Association:
    """The fields of a TLSA or SMIMEA record; the data may be empty here, and no number is checked."""
    if len(rdata) < 3:
        raise RdataError("a TLSA or SMIMEA record has at least 3 octets")
    return Association(rdata[0], rdata[1], rdata[2], rdata[3:])


def caa(rdata: bytes) -> tuple[int, bytes, bytes]:
    """Flags, tag and value of a CAA record (RFC 8659 section 4.1)."""
    if len(rdata) < 2:
        raise RdataError("a CAA record has at least 2 octets")
    start = 2 + rdata[1]
    if start > len(rdata):
        raise RdataError("the tag of a CAA record runs over the end")
    return rdata[0], rdata[2:start], rdata[start:]


def encode_name(text: str) -> bytes:
    """The wire form of `text`, a name without a final dot."""
    out = bytearray()
    for label in text.split(".") if text else ():
        try:
            raw = label.encode("latin-1")
        except UnicodeEncodeError:
            raise RdataError("a label has characters beyond one octet") from None
        if not 0 < len(raw) <= MAX_LABEL:
            raise RdataError("a label has 1 to 63 octets")
        out.append(len(raw))
        out += raw
    return bytes(out) + b"\0"


def encode_txt(text: bytes) -> bytes:
    """A TXT record's data for `text`, cut into strings of 255 octets."""
    pieces = [text[at : at + 255] for at in range(0, len(text), 255)] or [b""]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def show(type: str, rdata: bytes) -> str:
    """A record's data as zone files write it, for evidence and traces; other types in the generic form of RFC 3597."""
    try:
        if rdata and type in _SHOWN:
            return _SHOWN[type](rdata)
    except RdataError:
        pass
    return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def _quoted(raw: bytes) -> str:
    body = "".join(
        f"\\{char}" if char in '"\\' else char if " " <= char <= "~" else f"\\{ord(char):03d}" for char in raw.decode("latin-1")
    )
    return f'"{body}"'


def _show_mx(rdata: bytes) -> str:
    preference, exchange = mx(rdata)
    return f"{preference} {exchange}."


def _show_association(rdata: bytes) -> str:
    usage, selector, matching, data = association(rdata)
    if not data:
        raise RdataError("zone files cannot write a record without data")
    return f"{usage} {selector} {matching} {data.hex()}"


def _show_caa(rdata: bytes) -> str:
    flags, tag, value = caa(rdata)
    if not tag.isalnum():
        raise RdataError("zone files cannot write such a tag")
    return f"{flags} {tag.decode('ascii')} {_quoted(value)}"


def _show_txt(rdata: bytes) -> str:
    return " ".join(_quoted(string) for string in txt_strings(rdata))


def _show_name(rdata: bytes) -> str:
    return f"{name(rdata)}."


_SHOWN: dict[str, Callable[[bytes], str]] = {
    "TXT": _show_txt,
    "SPF": _show_txt,
    "A": lambda rdata: str(a(rdata)),
    "AAAA": lambda rdata: str(aaaa(rdata)),
    "MX": _show_mx,
    **dict.fromkeys(("CNAME", "NS", "PTR", "DNAME"), _show_name),
    **dict.fromkeys(("TLSA", "SMIMEA"), _show_association),
    "OPENPGPKEY": lambda rdata: b64encode(rdata).decode("ascii"),
    "CAA": _show_caa,
}
