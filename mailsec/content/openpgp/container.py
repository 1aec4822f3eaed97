"""What an encrypted message says on its outside: for whom it is, and in which kind of container (RFC 9580 section 10.3)."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.content.openpgp.opening import OpeningError
from mailsec.core.limits.content import PGP_RECIPIENTS
from mailsec.trust.keyring.packets import (
    ENCRYPTED,
    ENCRYPTED_AEAD,
    ENCRYPTED_OLD,
    SESSION_KEY,
    SESSION_KEY_BY_PASSWORD,
    PacketError,
    packets,
)

_ALGORITHMS = frozenset({1, 2, 16, 18, 25, 26, 35, 36})
_HIDDEN = frozenset({"", "0" * 16})


@dataclass(frozen=True, slots=True)
class Container:
    """`recipients` are the fingerprints or key IDs that are named; `hidden` is True where there are others that are not, and
    `by_password` where a password opens it too. `version` is that of the container: 1 (with MDC) or 2 (AEAD)."""

    recipients: tuple[str, ...]
    hidden: bool
    by_password: bool
    version: int


def container(data: bytes) -> Container:
    """The outside of the encrypted message in the packets `data`.

    Raises OpeningError where it is none, has no protection of its integrity, or uses versions or algorithms that are not known.
    """
    named: list[str] = []
    by_password = False
    version = 0
    try:
        for packet in packets(data, PGP_RECIPIENTS + 10):
            if packet.is_filler:
                continue
            if version:
                raise OpeningError("something that is not encrypted stands behind the ciphertext")
            if packet.tag == SESSION_KEY:
                named += _recipient(packet.body)
            elif packet.tag == SESSION_KEY_BY_PASSWORD:
                by_password = True
            elif packet.tag in (ENCRYPTED, ENCRYPTED_OLD, ENCRYPTED_AEAD):
                version = _version(packet.tag, packet.body)
            else:
                raise OpeningError("it is no encrypted OpenPGP message")
    except PacketError as error:
        raise OpeningError(f"damaged: {error}") from None
    if not version:
        raise OpeningError("nothing encrypted is in it")
    shown = tuple(dict.fromkeys(each for each in named if each not in _HIDDEN))
    hidden = any(each in _HIDDEN for each in named)
    return _checked(Container(shown, hidden, by_password, version), named)


def _recipient(body: bytes) -> list[str]:
    """Whom a session key is for: "" where it is hidden, nothing where version or algorithm are not known."""
    if body[:1] == b"\x03" and len(body) > 9:
        return [body[1:9].hex().upper()] if body[9] in _ALGORITHMS else []
    size = body[1] if len(body) > 1 else 0
    if body[:1] == b"\x06" and len(body) > 2 + size and body[2 + size] in _ALGORITHMS:
        return [body[3 : 2 + size].hex().upper()]
    return []


def _version(tag: int, body: bytes) -> int:
    if tag == ENCRYPTED_OLD:
        raise OpeningError("it has no protection of its integrity (SED without MDC): whoever passed it on may have changed it")
    if tag == ENCRYPTED_AEAD:
        return 2
    if body[:1] not in (b"\x01", b"\x02"):
        raise OpeningError(f"a container of version {body[0] if body else 'missing'} is not known")
    return body[0]


def _checked(found: Container, named: list[str]) -> Container:
    if not named and not found.by_password:
        raise OpeningError("none of its session keys is of a version and algorithm that is known")
    return found
