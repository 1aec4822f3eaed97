"""An encrypted message opened with rPGP, which knows kinds of encryption that `deciphering` does not.

It unfolds whatever is inside without a bound and without saying how deep it was, so this runs only where its memory and time
are limited (`judges.opening`), and nothing compressed is accepted. Nothing comes out before the library has checked the
integrity of the whole.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from mailsec.content.openpgp.opening import Opened
from mailsec.core.limits.content import PGP_SIGNATURES
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.trust.keyring.packets import GNU_STUB, PacketError, signature

if TYPE_CHECKING:
    from openpgp.types import S2kParams


class Failure(StrEnum):
    """Why a message was not opened."""

    KEY = "no key of those at hand opens it"
    DAMAGED = "it was damaged or changed on its way"
    TOO_LARGE = "more comes out of it than a message may have"
    SIGNATURES = "it has too many signatures"
    COMPRESSED = "it is compressed within a rare kind of encryption, where how deep it is nested cannot be seen"
    CHILD = "it unfolds to more than the memory or time that opening it may take"


class DecryptingError(Exception):
    """The message was not opened; nothing of its text is given away."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


def decrypted(data: bytes, secret: bytes, passphrase: str | None) -> Opened:
    """What the transferable secret key `secret` finds in the packets `data`. Raises DecryptingError."""
    from openpgp.composed import Message, SignedSecretKey  # noqa: PLC0415
    from openpgp.errors import Error  # noqa: PLC0415

    try:
        opened = Message.from_bytes(data).decrypt(passphrase, SignedSecretKey.from_bytes(secret))
        if opened.is_nested:
            raise DecryptingError(Failure.DAMAGED)
        if opened.is_compressed:
            raise DecryptingError(Failure.COMPRESSED)
        text = opened.as_data_vec()
        made = [each.to_bytes() for each in opened.signatures()] if opened.signature_count() else []
        name = opened.literal_filename() or b""
    except Error as error:
        raise DecryptingError(Failure.KEY if error.code == "CRYPTO" else Failure.DAMAGED) from None
    if len(text) > MAX_MESSAGE_BYTES:
        raise DecryptingError(Failure.TOO_LARGE)
    if len(made) > PGP_SIGNATURES:
        raise DecryptingError(Failure.SIGNATURES)
    try:
        return Opened(text, tuple(signature(each) for each in made), name)
    except PacketError:
        raise DecryptingError(Failure.DAMAGED) from None


def is_locked(secret: bytes) -> bool:
    """True where a passphrase protects any key in a transferable secret key; one that is kept elsewhere has none to protect."""
    from openpgp.composed import SignedSecretKey  # noqa: PLC0415
    from openpgp.errors import Error  # noqa: PLC0415

    try:
        key = SignedSecretKey.from_bytes(secret)
        protections = [key.primary_secret_s2k(), *key.secret_subkey_s2ks()]
    except Error:
        return False
    return any(each.usage != "unprotected" and not _is_elsewhere(each) for each in protections)


def _is_elsewhere(protection: S2kParams) -> bool:
    """True for the stub that GnuPG writes for a key that is offline or on a card."""
    return protection.string_to_key is not None and protection.string_to_key.type_id == GNU_STUB
