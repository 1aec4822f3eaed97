"""What an OpenPGP key says, read with care: its bytes come from strangers.

The library judges the self-signatures at the time of its own clock; only the expiry is left to the reader of a `Key`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mailsec.core.limits.transport import KEY_NAME_TEXT, KEY_NAMES, KEY_PACKETS, KEY_RECORD_BYTES
from mailsec.core.text import clipped
from mailsec.message.person import address_in
from mailsec.trust.keyring.algorithms import algorithm_of, weakness
from mailsec.trust.keyring.packets import extent

if TYPE_CHECKING:
    from pysequoia import Cert
    from pysequoia.packet import Packet

_DAMAGED = "the data is no OpenPGP key: damaged or cut off"
_ARMOR = b"-----BEGIN PGP"
_SECRET_ARMOR = b"-----BEGIN PGP PRIVATE KEY"
# RFC 9580 section 10.1, with secret keys, trust, marker and padding. Containers are not among them: 64 kB of compressed data
# inside compressed data would unfold without end.
_SECRET = frozenset({5, 7})
_PRIMARY = frozenset({5, 6})
_IN_KEYS = frozenset({2, 6, 10, 12, 13, 14, 17, 21}) | _SECRET


class KeyDataError(ValueError):
    """The data is no OpenPGP key that can be read. `secret`: what was read before the mistake holds secret keys."""

    def __init__(self, message: str, *, secret: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.secret = secret


@dataclass(frozen=True, slots=True)
class Key:
    """A key. `bits` is 0 where its kind has no choice of sizes; `expires` in seconds since 1970 UTC, None where never.

    `user_ids` are those with a self-signature that holds; without `bound` the key itself has none.
    """

    fingerprint: str
    algorithm: str
    bits: int
    expires: int | None
    revoked: bool
    bound: bool
    user_ids: tuple[str, ...]

    @property
    def weakness(self) -> str:
        """Why the key is weak; "" where it is not."""
        return weakness(self.algorithm, self.bits)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The mail addresses in the user IDs: what stands in angle brackets, or the whole."""
        return tuple(address_in(user_id) for user_id in self.user_ids)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What one record holds; `secret` where secret keys are among it, `cut` where it has more packets than are read."""

    keys: tuple[Key, ...]
    secret: bool
    cut: bool


def tags_of(data: bytes) -> Iterator[int]:
    """The packet tags in `data`, in order (RFC 9580 section 4.2). Raises KeyDataError for what cannot be a part of a key."""
    at = 0
    while at < len(data):
        first = data[at]
        tag = first & 0x3F if first & 0x40 else first >> 2 & 0x0F
        if not first & 0x80 or tag not in _IN_KEYS:
            raise KeyDataError("the data is no OpenPGP key: it has a packet of another kind" if first & 0x80 else _DAMAGED)
        yield tag
        start, length = extent(data, at, new=bool(first & 0x40))
        if length is None:
            raise KeyDataError("the data is no OpenPGP key: a packet without a length of its own")
        at = start + length
    if at > len(data):
        raise KeyDataError(_DAMAGED)


def load(data: bytes) -> KeyRing:
    """The keys in `data`, binary OpenPGP packets. Raises KeyDataError."""
    # The library is large, and few runs read a key.
    from pysequoia import Cert  # noqa: PLC0415
    from pysequoia.packet import PacketPile  # noqa: PLC0415

    if len(data) > KEY_RECORD_BYTES:
        raise KeyDataError("more octets than a record can carry")
    if data.lstrip().startswith(_ARMOR):
        raise KeyDataError("ASCII armor, where the binary form has to stand", secret=_SECRET_ARMOR in data)
    tags: list[int] = []
    try:
        for tag in islice(tags_of(data), KEY_PACKETS + 1):
            tags.append(tag)
    except KeyDataError as error:
        raise KeyDataError(error.message, secret=not _SECRET.isdisjoint(tags)) from None
    secret = not _SECRET.isdisjoint(tags)
    if len(tags) > KEY_PACKETS:
        return KeyRing((), secret, True)
    try:
        packets = list(PacketPile.from_bytes(data))
        certificates = Cert.split_bytes(data)
    except RuntimeError:  # its text is a backtrace
        raise KeyDataError(_DAMAGED, secret=secret) from None
    primary = {packet.fingerprint: packet for packet in packets if int(packet.tag) in _PRIMARY}
    keys = tuple(_key(certificate, primary.get(certificate.fingerprint)) for certificate in certificates)
    if not keys:
        raise KeyDataError("no key in the data", secret=secret)
    return KeyRing(keys, secret, False)


def _key(certificate: Cert, packet: Packet | None) -> Key:
    algorithm, bits = algorithm_of(bytes(packet.body)) if packet else ("unknown", 0)
    try:
        expires, names, bound = certificate.expiration, [str(user_id) for user_id in certificate.user_ids], True
    except RuntimeError:
        expires, names, bound = None, [], False
    return Key(
        certificate.fingerprint,
        algorithm,
        bits,
        int(expires.timestamp()) if expires else None,
        certificate.is_revoked,
        bound,
        tuple(clipped(name.encode("utf-8", "replace").decode(), KEY_NAME_TEXT) for name in names[:KEY_NAMES]),
    )
