"""The two libraries, each asked for what it can be trusted with: pysequoia judges, rPGP says whether the numbers fit.

Both are large, and loaded by the first call. Their error texts are backtraces or differ from version to version, so nothing is
read from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailsec.trust.keyring.component import Component
from mailsec.trust.keyring.packets import PUBLIC_KEY, SIGNATURE, SignaturePacket, framed


class Signed(NamedTuple):
    """The fingerprints of the certificate whose signature holds, and of the key in it that made it."""

    certificate: str
    key: str


def holds(data: bytes, signature: SignaturePacket, certificate: bytes) -> Signed | None:
    """Whose good signature over `data` this is, None where the library refuses it for whatever reason.

    The library judges certificate and key at the time that the signature states, and the signature at the time of its own
    clock. Its policy refuses weak hashes and keys, revoked and expired signers, and keys that are not bound.
    """
    from pysequoia import Cert, Sig, verify  # noqa: PLC0415

    try:
        known = Cert.from_bytes(certificate)
        result = verify(bytes=data, store=lambda _: [known], signature=Sig.from_bytes(framed(SIGNATURE, signature.body)))
    except RuntimeError:
        return None
    for each in result.valid_sigs:
        return Signed(each.certificate.upper(), each.signing_key.upper())
    return None


def fits(data: bytes, signature: SignaturePacket, keys: Iterable[Component]) -> Component | None:
    """The key whose signature over `data` this is by the numbers alone: no policy, no time, no binding is looked at."""
    from openpgp.composed import DetachedSignature  # noqa: PLC0415
    from openpgp.errors import Error  # noqa: PLC0415
    from openpgp.packet import Packet, PublicKey  # noqa: PLC0415

    try:
        made = DetachedSignature.from_bytes(framed(SIGNATURE, signature.body)).signature
    except Error:
        return None
    for each in keys:
        if signature.issuer and signature.issuer not in (each.fingerprint, each.key_id):
            continue
        try:
            key = Packet.from_bytes(framed(PUBLIC_KEY, each.body)).value
            if isinstance(key, PublicKey):
                made.verify(key, data)
                return each
        except Error:
            continue
    return None


class Facts(NamedTuple):
    """What the library vouches for about a certificate: that it is revoked by its owner, and when it expires."""

    revoked: bool
    expires: int | None
    bound: bool
    user_ids: Sequence[str]


def facts(certificate: bytes) -> Facts:
    """What the library makes of a certificate at the time of its own clock; not `bound` where no self-signature holds."""
    from pysequoia import Cert  # noqa: PLC0415

    try:
        known = Cert.from_bytes(certificate)
        revoked = known.is_revoked
    except RuntimeError:
        return Facts(False, None, False, ())
    try:
        expires = known.expiration
        return Facts(revoked, int(expires.timestamp()) if expires else None, True, [str(each) for each in known.user_ids])
    except RuntimeError:
        return Facts(revoked, None, False, ())
