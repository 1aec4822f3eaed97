"""OpenPGP packets and signature packets taken apart (RFC 9580 sections 4 and 5.2): framing only, nothing is verified here.

The libraries judge; this reads what their answers do not say: which key a signature names, its times, flags and reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256

from mailsec.core.limits.content import PGP_PACKETS, PGP_SUBPACKETS

SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY, COMPRESSED, ENCRYPTED_OLD = 2, 5, 6, 7, 8, 9
SESSION_KEY, SESSION_KEY_BY_PASSWORD, ONE_PASS, MARKER, LITERAL, USER_ID, PUBLIC_SUBKEY = 1, 3, 4, 10, 11, 13, 14
USER_ATTRIBUTE, ENCRYPTED, ENCRYPTED_AEAD, PADDING = 17, 18, 20, 21
GNU_STUB = 101
"""The string-to-key specifier by which GnuPG says that a secret key is kept on a card or offline."""
_UNCRITICAL = 40
_STREAMED = frozenset({COMPRESSED, ENCRYPTED_OLD, LITERAL, ENCRYPTED, ENCRYPTED_AEAD})


class PacketError(ValueError):
    """The data is not a sequence of OpenPGP packets: damaged, cut off, or too many of them."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its type ID ("tag"), its body without the header, and where the whole stands in the data."""

    tag: int
    body: bytes
    start: int
    end: int

    @property
    def is_filler(self) -> bool:
        """True for what says nothing in a message: marker, padding, and unknown types that are not critical (section 4.3)."""
        return self.tag in (MARKER, PADDING) or self.tag >= _UNCRITICAL

    @property
    def framed(self) -> bytes:
        """The packet by itself, its length in the new format."""
        return framed(self.tag, self.body)


def extent(data: bytes, at: int, *, new: bool) -> tuple[int, int | None]:
    """Where the body of the packet at `at` begins, and its length; None for partial or indeterminate lengths."""
    octet = data[at + 1] if at + 1 < len(data) else 0
    if not new:
        octets = (1, 2, 4, 0)[data[at] & 3]
    elif octet < 192:
        return at + 2, octet
    elif octet < 224:
        return at + 3, (octet - 192 << 8) + int.from_bytes(data[at + 2 : at + 3], "big") + 192
    else:
        octets, at = (4 if octet == 255 else 0), at + 1
    if not octets:
        return at + (0 if new else 1), None
    return at + 1 + octets, int.from_bytes(data[at + 1 : at + 1 + octets], "big")


def packets(data: bytes, limit: int = PGP_PACKETS) -> Iterator[Packet]:
    """The packets in `data`, in order. Raises PacketError for damaged or cut off data and beyond `limit` packets."""
    at = count = 0
    while at < len(data):
        count += 1
        first = data[at]
        if not first & 0x80 or count > limit:
            raise PacketError(f"more than {limit} packets" if first & 0x80 else "no OpenPGP packet where one must begin")
        new = bool(first & 0x40)
        tag = first & 0x3F if new else first >> 2 & 0x0F
        start, length = extent(data, at, new=new)
        if length is not None:
            body, end = data[start : start + length], start + length
        elif tag not in _STREAMED:
            raise PacketError("a packet without a length of its own")
        else:
            body, end = _partial(data, start) if new else (data[start:], len(data))
        if end > len(data):
            raise PacketError("cut off within a packet")
        yield Packet(tag, body, at, end)
        at = end


def _partial(data: bytes, at: int) -> tuple[bytes, int]:
    """A body in chunks (RFC 9580 section 4.2.1.4), the first length octet at `at`; and where it ends."""
    chunks = []
    while at < len(data) and 224 <= data[at] < 255:
        size = 1 << (data[at] & 0x1F)
        chunks.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    if at >= len(data):
        raise PacketError("cut off within a packet")
    start, length = extent(data, at - 1, new=True)
    assert length is not None
    chunks.append(data[start : start + length])
    return b"".join(chunks), start + length


def framed(tag: int, body: bytes) -> bytes:
    """A packet with this body, its length in the new format."""
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def fingerprint(body: bytes) -> str:
    """The fingerprint of a public key or subkey packet with this body, upper-case; "" for an unknown version."""
    if body[:1] == b"\x04":
        return sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False).hexdigest().upper()
    if body[:1] == b"\x06":
        return sha256(b"\x9b" + len(body).to_bytes(4, "big") + body).hexdigest().upper()
    return ""


def key_id(fingerprint: str) -> str:
    """The key ID: the low 64 bits of a v4 fingerprint, the high 64 of a v6 one (RFC 9580 section 5.5.4)."""
    return fingerprint[:16] if len(fingerprint) == 64 else fingerprint[-16:]


@dataclass(frozen=True, slots=True)
class SignaturePacket:
    """What a signature packet says. Only what is hashed counts, but for the issuer, which the cryptography proves anyway.

    `type`, `algorithm` and `hash` are the numbers of RFC 9580 sections 5.2.1, 9.1 and 9.5. `created` is in seconds since 1970
    UTC, `lasts` and `key_lasts` in seconds from the creation of signature and key, None where there is no end. `issuer` is a
    fingerprint or key ID, "" where it names none. `flags` are key flags, `reason` the code of a revocation, None without one.
    """

    body: bytes
    version: int
    type: int = -1
    algorithm: int = 0
    hash: int = 0
    created: int | None = None
    lasts: int | None = None
    key_lasts: int | None = None
    issuer: str = ""
    flags: int | None = None
    reason: int | None = None
    features: int = 0

    @property
    def expires(self) -> int | None:
        """When the signature itself expires, in seconds since 1970 UTC; None for never."""
        return self.created + self.lasts if self.created is not None and self.lasts else None


def signature(body: bytes) -> SignaturePacket:
    """What the signature packet with this body says. Raises PacketError where it is damaged.

    Of a version that is not 4 or 6 nothing but the version is read.
    """
    version = body[0] if body else 0
    if version not in (4, 6):
        return SignaturePacket(body, version)
    width = 4 if version == 6 else 2
    hashed, at = _area(body, 4, width)
    unhashed, at = _area(body, at, width)
    values = {kind & 0x7F: value for kind, value in reversed(list(subpackets(hashed)))}
    loose = {kind & 0x7F: value for kind, value in reversed(list(subpackets(unhashed)))}
    return SignaturePacket(
        body,
        version,
        body[1],
        body[2],
        body[3],
        _number(values.get(2)),
        _number(values.get(3)) or None,
        _number(values.get(9)) or None,
        _issuer(values) or _issuer(loose),
        (values[27] or b"\0")[0] if 27 in values else None,
        (values[29] or b"\0")[0] if 29 in values else None,
        (values.get(30) or b"\0")[0],
    )


def is_local(body: bytes) -> bool:
    """True for a certification that says of itself that it is not to be exported (RFC 9580 section 5.2.3.19)."""
    if body[:1] not in (b"\x04", b"\x06"):
        return False
    try:
        hashed, _ = _area(body, 4, 4 if body[0] == 6 else 2)
        return any(kind & 0x7F == 4 and value == b"\0" for kind, value in subpackets(hashed))
    except PacketError:
        return False


def _area(body: bytes, at: int, width: int) -> tuple[bytes, int]:
    end = at + width + int.from_bytes(body[at : at + width], "big")
    if end > len(body) or at + width > len(body):
        raise PacketError("a damaged signature packet")
    return body[at + width : end], end


def subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    """Type (with the critical bit, 0x80) and value of each subpacket. Raises PacketError where they are damaged or too many."""
    at = count = 0
    while at < len(area):
        count += 1
        first = area[at]
        if first < 192:
            size, at = first, at + 1
        elif first < 255:
            size, at = (first - 192 << 8) + int.from_bytes(area[at + 1 : at + 2], "big") + 192, at + 2
        else:
            size, at = int.from_bytes(area[at + 1 : at + 5], "big"), at + 5
        if not size or at + size > len(area) or count > PGP_SUBPACKETS:
            raise PacketError("a damaged signature packet")
        yield area[at], area[at + 1 : at + size]
        at += size


def _number(value: bytes | None) -> int | None:
    return int.from_bytes(value[:4], "big") if value and len(value) >= 4 else None


def _issuer(values: dict[int, bytes]) -> str:
    if len(values.get(33, b"")) > 16:
        return values[33][1:].hex().upper()
    return values[16].hex().upper() if len(values.get(16, b"")) == 8 else ""
