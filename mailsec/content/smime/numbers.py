"""Whether a signature's numbers fit a key: mathematics alone, no policy (RFC 5652 section 5.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from mailsec.content.smime.cms import CmsError, guarded
from mailsec.content.smime.identifier import key_algorithm
from mailsec.content.smime.signerinfo import SignerInfo, read_pss
from mailsec.message.encoded import Octets
from mailsec.trust.x509.path import load

HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
"""The hashes that signatures may be over."""
_FOR_PSS = "2a864886f70d01010a"
ALGORITHMS = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "dsa", "ed25519"})


def digest(name: str, *data: Octets) -> bytes:
    """The hash `name`, one of `HASHES`, of `data`, one piece after the other."""
    made = hashlib.new(name)
    for piece in data:
        made.update(piece)
    return made.digest()


def public_key(certificate: bytes) -> PublicKeyTypes | None:
    """The key of a certificate (DER); None where it cannot be read, or is no point of its curve."""
    loaded = load(certificate)
    try:
        return None if loaded is None else loaded.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def is_meant(certificate: bytes, info: SignerInfo) -> bool:
    """False where the key of a certificate (DER) is for RSASSA-PSS alone, and the signature is made otherwise or with other
    parameters than the key allows (RFC 4055 sections 1.2 and 3.3): the library that reads the key forgets that."""
    try:
        return guarded(lambda: _is_meant(certificate, info), "a key")
    except CmsError:
        return False


def _is_meant(certificate: bytes, info: SignerInfo) -> bool:
    name, *parameters = key_algorithm(certificate)
    if name.content.hex() != _FOR_PSS:
        return True
    if info.pss is None or not parameters:
        return info.pss is not None
    from asn1crypto import algos  # noqa: PLC0415 (large, and few messages are signed)

    stated = read_pss(algos.RSASSAPSSParams.load(bytes(parameters[0].whole)))
    hashes_fit = (info.pss.hash, info.pss.mask_hash) == (stated.hash, stated.mask_hash)
    return stated.usual and hashes_fit and info.pss.salt >= stated.salt


def is_for_pss(certificate: bytes) -> bool:
    """True where the key of a certificate (DER) that was read before is for RSASSA-PSS alone (RFC 4055 section 1.2)."""
    return key_algorithm(certificate)[0].content.hex() == _FOR_PSS


def fits(key: PublicKeyTypes, info: SignerInfo, content: Octets) -> bool:
    """True where the signature `info` is one of `key` over its attributes, or over `content` where it has none."""
    try:
        return _fits(key, info, content)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, OverflowError):  # the last for a giant length of salt
        return False


def _fits(key: PublicKeyTypes, info: SignerInfo, content: Octets) -> bool:
    signed = info.attributes.der if info.attributes is not None else content
    if info.algorithm == "ed25519" and isinstance(key, Ed25519PublicKey):
        key.verify(info.signature, signed)
        return True
    hashed, made = Prehashed(HASHES[info.digest]), digest(info.digest, signed)
    if info.algorithm == "ecdsa" and isinstance(key, EllipticCurvePublicKey):
        key.verify(info.signature, made, ECDSA(hashed))
    elif info.algorithm == "dsa" and isinstance(key, DSAPublicKey):
        key.verify(info.signature, made, hashed)
    elif info.algorithm == "rsassa_pkcs1v15" and isinstance(key, RSAPublicKey):
        key.verify(info.signature, made, padding.PKCS1v15(), hashed)
    elif info.pss is not None and isinstance(key, RSAPublicKey):
        mask = padding.MGF1(HASHES[info.pss.mask_hash])
        key.verify(info.signature, made, padding.PSS(mask, info.pss.salt), hashed)
    else:
        return False
    return True
