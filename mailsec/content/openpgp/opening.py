"""OpenPGP messages taken apart down to their literal data and signatures (RFC 9580 section 10.3), within bounds.

Compressed data is unfolded piece by piece against a budget, so that ten kilobytes can never become gigabytes. What is inside of
a ciphertext comes here too, once `deciphering` has found that its integrity holds.
"""

from __future__ import annotations

import bz2
import zlib
from dataclasses import dataclass
from typing import Protocol

from mailsec.core.limits.content import PGP_NESTING, PGP_SIGNATURES
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.trust.keyring.packets import (
    COMPRESSED,
    ENCRYPTED,
    ENCRYPTED_AEAD,
    ENCRYPTED_OLD,
    LITERAL,
    ONE_PASS,
    SESSION_KEY,
    SESSION_KEY_BY_PASSWORD,
    SIGNATURE,
    Packet,
    PacketError,
    SignaturePacket,
    packets,
    signature,
)

_ENCRYPTED = frozenset({SESSION_KEY, SESSION_KEY_BY_PASSWORD, ENCRYPTED, ENCRYPTED_OLD, ENCRYPTED_AEAD})
_FIRST = frozenset({SIGNATURE, ONE_PASS, LITERAL, COMPRESSED, *_ENCRYPTED})
_PACKETS = 4 * PGP_SIGNATURES
_PIECE = 1024 * 1024


class OpeningError(ValueError):
    """The message cannot be opened, and why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside: the literal data, the signatures over it, and its name where the sender gave one."""

    data: bytes
    signatures: tuple[SignaturePacket, ...] = ()
    name: bytes = b""


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def begins_with_packet(file: bytes) -> bool:
    """True where `file` begins, in binary, as an OpenPGP message or a signature does, and nothing else."""
    try:
        first = next(each.tag for each in packets(file) if not each.is_filler)
        return file[0] & 0x80 != 0 and first in _FIRST
    except (ValueError, StopIteration):
        return False


def unwrapped(data: bytes, limit: int = MAX_MESSAGE_BYTES) -> Opened | None:
    """What is inside of the message in the packets `data`; None where it is encrypted. At most `limit` octets come out.

    Raises OpeningError where it is damaged, nested too deep, too large, or no message at all.
    """
    signatures: list[SignaturePacket] = []
    for _ in range(PGP_NESTING):
        inner, outer = _one_level(data)
        signatures += outer
        if len(signatures) > PGP_SIGNATURES:
            raise OpeningError(f"more than {PGP_SIGNATURES} signatures")
        if inner.tag in _ENCRYPTED:
            return None
        if inner.tag == LITERAL:
            return _literal(inner.body, tuple(signatures), limit)
        data = _inflated(inner.body, limit)
    raise OpeningError(f"nested more than {PGP_NESTING} levels deep")


def _one_level(data: bytes) -> tuple[Packet, list[SignaturePacket]]:
    """The one packet that holds something, and the signatures over it."""
    inner: Packet | None = None
    signatures = []
    try:
        for packet in packets(data, _PACKETS):
            if packet.tag == SIGNATURE:
                signatures.append(signature(packet.body))
            elif packet.tag in _ENCRYPTED:
                return packet, signatures
            elif packet.tag in (LITERAL, COMPRESSED) and inner is None:
                inner = packet
            elif packet.tag != ONE_PASS and not packet.is_filler:
                raise OpeningError("packets that do not belong into a message, or several texts in one")
    except PacketError as error:
        raise OpeningError(f"damaged: {error}") from None
    if inner is None:
        raise OpeningError("there is no text in it")
    return inner, signatures


def _literal(body: bytes, signatures: tuple[SignaturePacket, ...], limit: int) -> Opened:
    """The literal data packet with this body (RFC 9580 section 5.9)."""
    start = 2 + (body[1] if len(body) > 1 else 0) + 4
    if len(body) < start:
        raise OpeningError("damaged: a text that is cut off")
    if len(body) - start > limit:
        raise OpeningError(f"more than {limit} octets come out of it")
    return Opened(body[start:], signatures, body[2 : start - 4])


def _inflated(body: bytes, limit: int) -> bytes:
    """The packets in a compressed data packet with this body (RFC 9580 section 5.6)."""
    algorithm, data = body[:1], body[1:]
    if algorithm == b"\0":
        return data
    if algorithm == b"\1":
        inflater: _Inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    elif algorithm == b"\2":
        inflater = zlib.decompressobj()
    elif algorithm == b"\3":
        inflater = bz2.BZ2Decompressor()
    else:
        raise OpeningError(f"compression algorithm {algorithm[0] if algorithm else 'missing'} is not known")
    try:
        made = _bounded(inflater, data, limit + _PIECE)
    except (zlib.error, OSError, EOFError):
        raise OpeningError("damaged: the compressed data cannot be unfolded") from None
    if len(made) > limit:
        raise OpeningError(f"more than {limit} octets come out of it")
    if not inflater.eof:
        raise OpeningError("damaged: the compressed data is cut off")
    return made


def _bounded(inflater: _Inflater, data: bytes, limit: int) -> bytes:
    """At most `limit` octets out of `data`, a piece at a time."""
    pieces = []
    total = 0
    while total <= limit and not inflater.eof:
        piece = inflater.decompress(data, _PIECE)
        data = getattr(inflater, "unconsumed_tail", b"")  # bz2 keeps it to itself
        if not piece and not data:
            break
        pieces.append(piece)
        total += len(piece)
    return b"".join(pieces)
