"""What an OpenPGP key says, read with care: its bytes come from strangers.

The library judges the self-signatures at the time of its own clock; only the expiry is left to the reader of a `Key`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mailsec.core.limits import KEY_NAME_TEXT, KEY_NAMES, KEY_PACKETS, KEY_RECORD_BYTES
from mailsec.core.text import clipped
from mailsec.trust.keyring.packets import PRIMARY_TAGS, SECRET_TAGS, KeyDataError, algorithm_of, tags_of

if TYPE_CHECKING:
    from pysequoia import Cert
    from pysequoia.packet import Packet

_DAMAGED = "the data is no OpenPGP key: damaged or cut off"
_MIN_RSA_BITS = 2048
_ARMOR = b"-----BEGIN PGP"
_SECRET_ARMOR = b"-----BEGIN PGP PRIVATE KEY"


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
        if self.algorithm == "rsa" and self.bits < _MIN_RSA_BITS:
            return f"an RSA key of {self.bits} bits"
        return f"a key for {self.algorithm}" if self.algorithm in ("dsa", "elgamal") else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The mail addresses in the user IDs: what stands in angle brackets, or the whole."""
        return tuple(_address(user_id) for user_id in self.user_ids)


def _address(user_id: str) -> str:
    start = user_id.rfind("<")
    return user_id[start + 1 : -1] if start >= 0 and user_id.endswith(">") else user_id


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What one record holds; `secret` where secret keys are among it, `cut` where it has more packets than are read."""

    keys: tuple[Key, ...]
    secret: bool
    cut: bool


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
        raise KeyDataError(error.message, secret=not SECRET_TAGS.isdisjoint(tags)) from None
    secret = not SECRET_TAGS.isdisjoint(tags)
    if len(tags) > KEY_PACKETS:
        return KeyRing((), secret, True)
    try:
        packets = list(PacketPile.from_bytes(data))
        certificates = Cert.split_bytes(data)
    except RuntimeError:  # its text is a backtrace
        raise KeyDataError(_DAMAGED, secret=secret) from None
    primary = {packet.fingerprint: packet for packet in packets if int(packet.tag) in PRIMARY_TAGS}
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
