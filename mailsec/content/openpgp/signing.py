"""A detached signature made with pysequoia, and the multipart/signed entity around it (RFC 3156 section 5)."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.content.openpgp.encrypting import EncryptingError, signing_key
from mailsec.message.compose import canonical, multipart
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.keyring.keys import Signing
from mailsec.trust.keyring.packets import SIGNATURE, framed, packets, signature

_MICALG = {8: "pgp-sha256", 9: "pgp-sha384", 10: "pgp-sha512", 11: "pgp-sha224", 12: "pgp-sha3-256", 14: "pgp-sha3-512"}


def detached(data: bytes, signings: Sequence[Signing], *, now: int) -> bytes:
    """The binary signatures over `data`. Raises EncryptingError where a key may not sign or stays locked.

    The time in a signature is that of the library's clock.
    """
    from pysequoia import SignatureMode, Tsk, sign  # noqa: PLC0415

    made = []
    for each in signings:
        signing_key(each, now=now)
        try:
            signer = Tsk.from_bytes(each.secret).signer(each.passphrase)
            made.append(sign(signer, data, mode=SignatureMode.DETACHED, armor=False))
        except RuntimeError:  # its text is a backtrace
            reason = "is the passphrase the right one?" if each.passphrase is not None else "it has no key that may sign"
            raise EncryptingError(f"{each.certificate.fingerprint} cannot sign: {reason}") from None
    return b"".join(framed(SIGNATURE, packet.body) for part in made for packet in packets(part))


def signed_entity(entity: bytes, signings: Sequence[Signing], *, now: int) -> bytes:
    """`entity`, made fit for the way, with its signatures. Raises EncryptingError, BadInput for 8-bit headers."""
    from pysequoia import ArmorKind, armor  # noqa: PLC0415

    covered = seven_bit(entity)
    made = detached(covered, signings, now=now)
    hashes = dict.fromkeys(signature(packet.body).hash for packet in packets(made))
    micalg = ",".join(_MICALG[each] for each in hashes)
    head = (
        b'Content-Type: application/pgp-signature; name="signature.asc"\r\n'
        b"Content-Description: OpenPGP digital signature\r\n\r\n"
    )
    block = canonical(armor(made, ArmorKind.Signature).encode())
    parameters = (("micalg", micalg), ("protocol", "application/pgp-signature"))
    return multipart("signed", [covered, head + block], parameters)


def encrypted_entity(block: bytes) -> bytes:
    """The multipart/encrypted entity around an armored message (RFC 3156 section 4)."""
    control = (
        b"Content-Type: application/pgp-encrypted\r\nContent-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n"
    )
    head = (
        b'Content-Type: application/octet-stream; name="encrypted.asc"\r\n'
        b"Content-Description: OpenPGP encrypted message\r\n"
        b'Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n'
    )
    return multipart("encrypted", [control, head + canonical(block)], (("protocol", "application/pgp-encrypted"),))
