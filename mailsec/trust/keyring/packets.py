"""OpenPGP packets of keys, read with care: their bytes come from strangers (RFC 9580 sections 4 and 5).

Only what a library does not say is read here: the frame of the packets, before any library sees them, and the subpackets of a
signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_DAMAGED = "the data is no OpenPGP key: damaged or cut off"
# RFC 9580 section 10.1, with secret keys, trust, marker and padding. Containers are not among them: 64 kB of compressed data
# inside compressed data would unfold without end.
SECRET_TAGS = frozenset({5, 7})
PRIMARY_TAGS = frozenset({5, 6})
_IN_KEYS = frozenset({2, 6, 10, 12, 13, 14, 17, 21}) | SECRET_TAGS
# RFC 9580 section 9.1: the algorithms whose key is a number of any size, and the first number of which says that size.
_SIZED = {1: "rsa", 2: "rsa", 3: "rsa", 16: "elgamal", 17: "dsa"}
_OTHER = {25: "x25519", 26: "x448", 27: "ed25519", 28: "ed448"}
_WITH_CURVE = {18: "ecdh", 19: "ecdsa", 22: "eddsa"}
# RFC 9580 section 9.2
_CURVES = {
    "2a8648ce3d030107": "p256",
    "2b81040022": "p384",
    "2b81040023": "p521",
    "2b2403030208010107": "brainpoolP256r1",
    "2b240303020801010b": "brainpoolP384r1",
    "2b240303020801010d": "brainpoolP512r1",
    "2b06010401da470f01": "ed25519",
    "2b060104019755010501": "curve25519",
}


class KeyDataError(ValueError):
    """The data is no OpenPGP key that can be read. `secret`: what was read before the mistake holds secret keys."""

    def __init__(self, message: str, *, secret: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.secret = secret


def tags_of(data: bytes) -> Iterator[int]:
    """The packet tags in `data`, in order (RFC 9580 section 4.2). Raises KeyDataError for what cannot be a part of a key."""
    at = 0
    while at < len(data):
        first = data[at]
        tag = first & 0x3F if first & 0x40 else first >> 2 & 0x0F
        if not first & 0x80 or tag not in _IN_KEYS:
            raise KeyDataError("the data is no OpenPGP key: it has a packet of another kind" if first & 0x80 else _DAMAGED)
        yield tag
        start, length = _extent(data, at, new=bool(first & 0x40))
        at = start + length
    if at > len(data):
        raise KeyDataError(_DAMAGED)


def _extent(data: bytes, at: int, *, new: bool) -> tuple[int, int]:
    """Where the body of the packet at `at` begins, and its length. Raises KeyDataError for partial lengths."""
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
        raise KeyDataError("the data is no OpenPGP key: a packet without a length of its own")
    return at + 1 + octets, int.from_bytes(data[at + 1 : at + 1 + octets], "big")


def algorithm_of(body: bytes) -> tuple[str, int]:
    """Algorithm and size in bits of a public key packet (RFC 9580 section 5.5.2), with the curve's name where there is one.

    Sizes are 0 where the algorithm has only one.
    """
    material = body[10:] if body[:1] == b"\x06" else body[6:]
    number = body[5] if len(body) > 5 else 0
    if number in _SIZED:
        return _SIZED[number], int.from_bytes(material[:2], "big")
    if number in _WITH_CURVE:
        curve = material[1 : 1 + material[0]].hex() if material else ""
        return f"{_WITH_CURVE[number]} {_CURVES.get(curve, curve)}", 0
    return _OTHER.get(number, f"algorithm {number}"), 0


@dataclass(frozen=True, slots=True)
class SignaturePacket:
    """The body of a signature packet of version 4 or 6, taken apart (RFC 9580 section 5.2.3).

    `hashed` is what the signature covers of itself, `left` the first two octets of the digest, `material` what follows.
    `subpackets` are the hashed ones (they alone are signed), by type, the first of each; `critical` are the types that must be
    understood. `unhashed` are the others: a hint and no more.
    """

    version: int
    type: int
    public: int
    hash: int
    hashed: bytes
    subpackets: dict[int, bytes]
    critical: frozenset[int]
    unhashed: dict[int, bytes]
    left: bytes
    salt: bytes
    material: bytes

    def number(self, subpacket: int) -> int | None:
        """The value of a hashed subpacket that holds a number, None where it is not there."""
        value = self.subpackets.get(subpacket)
        return None if value is None else int.from_bytes(value, "big")


def signature_of(body: bytes) -> SignaturePacket | None:
    """The signature in a packet's body; None for another version or a damaged one."""
    if len(body) < 6 or body[0] not in (4, 6):
        return None
    wide = 4 if body[0] == 6 else 2
    start = 4 + wide
    end = start + int.from_bytes(body[4:start], "big")
    rest = end + wide + int.from_bytes(body[end : end + wide], "big")
    if rest + 2 > len(body):
        return None
    signed, critical = _subpackets(body[start:end])
    unhashed, _ = _subpackets(body[end + wide : rest])
    salt = b""
    after = rest + 2
    if body[0] == 6:
        salt = body[after + 1 : after + 1 + body[after]] if after < len(body) else b""
        after += 1 + len(salt)
    return SignaturePacket(
        body[0], body[1], body[2], body[3], body[:end], signed, critical, unhashed, body[rest : rest + 2], salt, body[after:]
    )


def _subpackets(data: bytes) -> tuple[dict[int, bytes], frozenset[int]]:
    """The subpackets by type, the first of each, and the types of those marked critical. What is cut off is not there."""
    found: dict[int, bytes] = {}
    critical = set()
    at = 0
    while at < len(data):
        octet = data[at]
        if octet < 192:
            start, length = at + 1, octet
        elif octet < 255:
            start, length = at + 2, (octet - 192 << 8) + int.from_bytes(data[at + 1 : at + 2], "big") + 192
        else:
            start, length = at + 5, int.from_bytes(data[at + 1 : at + 5], "big")
        at = start + length
        if not length or at > len(data):
            break
        kind = data[start] & 0x7F
        found.setdefault(kind, data[start + 1 : at])
        if data[start] & 0x80:
            critical.add(kind)
    return found, frozenset(critical)


def mpis(data: bytes, count: int) -> list[int] | None:
    """The first `count` numbers in `data` (RFC 9580 section 3.2), None where they are not all there."""
    found = []
    at = 0
    for _ in range(count):
        octets = (int.from_bytes(data[at : at + 2], "big") + 7) // 8
        if at + 2 + octets > len(data):
            return None
        found.append(int.from_bytes(data[at + 2 : at + 2 + octets], "big"))
        at += 2 + octets
    return found
