"""The content key of an encrypted structure, got at with a recipient's private key (RFC 8551 section 2.3, RFC 5753, RFC 8418).

Whatever goes wrong gives a key that fits nothing, so that nobody who sends ciphertexts learns where it went wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from mailsec.content.smime.ber import BerError, elements
from mailsec.content.smime.cms import CmsError, guarded
from mailsec.content.smime.der import octets, sequence, tlv
from mailsec.content.smime.enveloped import Recipient

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | X25519PrivateKey

RSA_15, RSA_OAEP = "2a864886f70d010101", "2a864886f70d010107"
OAEP_SHA_256 = bytes.fromhex(
    "302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500"
)
"""The parameters of RSAES-OAEP with SHA-256 in both places (RFC 4055 section 4.1)."""
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""SHA-1 derives keys and masks soundly; it is for signatures that it is broken."""
WRAPS = {"608648016503040105": 16, "608648016503040119": 24, "60864801650304012d": 32}
"""Octets of the key that AES key wrap takes (RFC 3565)."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a key is derived from what was agreed upon."""

    hash: hashes.HashAlgorithm
    hkdf: bool = False


_STANDARD = {"2b81051086483f0002": "sha1", "2b8104010b00": "sha224", "2b8104010b01": "sha256"} | {
    "2b8104010b02": "sha384",
    "2b8104010b03": "sha512",
}
_HKDF = {"2a864886f70d0109100313": "sha256", "2a864886f70d0109100314": "sha384", "2a864886f70d0109100315": "sha512"}
# cofactor and standard agreement are one on the curves that are known here, whose cofactor is 1
_COFACTOR = {"2b81051086483f0003": "sha1", "2b8104010e00": "sha224", "2b8104010e01": "sha256"} | {
    "2b8104010e02": "sha384",
    "2b8104010e03": "sha512",
}
SCHEMES: Mapping[str, Scheme] = {oid: Scheme(_HASHES[name]) for oid, name in (_STANDARD | _COFACTOR).items()} | {
    oid: Scheme(_HASHES[name], hkdf=True) for oid, name in _HKDF.items()
}


def supported(recipient: Recipient) -> bool:
    """True where the algorithms of an encrypted key are known here."""
    if not recipient.originator:
        return recipient.algorithm.oid in (RSA_15, RSA_OAEP)
    return recipient.algorithm.oid in SCHEMES and _wrap(recipient)[0] in WRAPS


def content_key(recipient: Recipient, key: PrivateKey, size: int) -> bytes:
    """The content key, of `size` octets; one that fits nothing where it cannot be had."""
    nothing = AESGCM.generate_key(256)[:size]
    try:
        found = guarded(lambda: _content_key(recipient, key), "a key")
    except CmsError:
        return nothing
    return found if len(found) == size else nothing


def _content_key(recipient: Recipient, key: PrivateKey) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.decrypt(recipient.encrypted_key, _padding(recipient))
    wrap, der = _wrap(recipient)
    kek = derived(agreed(key, recipient.originator), SCHEMES[recipient.algorithm.oid], der, recipient.ukm, WRAPS[wrap])
    try:
        return aes_key_unwrap(kek, recipient.encrypted_key)
    except InvalidUnwrap:
        raise CmsError("the wrapped key does not fit") from None


def _padding(recipient: Recipient) -> padding.AsymmetricPadding:
    if recipient.algorithm.oid == RSA_15:
        return padding.PKCS1v15()
    from asn1crypto import algos  # noqa: PLC0415 (large, and few keys are encrypted so)

    parameters = algos.RSAESOAEPParams.load(recipient.algorithm.parameters or b"\x30\x00")
    source = parameters["p_source_algorithm"]["parameters"].native
    hashed = _HASHES[parameters["hash_algorithm"]["algorithm"].native]
    masked = _HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]
    return padding.OAEP(padding.MGF1(masked), hashed, source or None)


def _wrap(recipient: Recipient) -> tuple[str, bytes]:
    """The algorithm that wraps the key: its object identifier, and the whole identifier (DER)."""
    try:
        der = memoryview(recipient.algorithm.parameters)
        return elements(elements(der)[0].content)[0].content.hex(), bytes(der)
    except (BerError, IndexError):
        return "", b""


def agreed(key: EllipticCurvePrivateKey | X25519PrivateKey, public: bytes) -> bytes:
    """The shared secret of a private key and a public one, as the curve writes it."""
    if isinstance(key, X25519PrivateKey):
        return key.exchange(X25519PublicKey.from_public_bytes(public))
    return key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(key.curve, public))


def derived(secret: bytes, scheme: Scheme, wrap: bytes, ukm: bytes, size: int) -> bytes:
    """The key of `size` octets that wraps the content key: ECC-CMS-SharedInfo (RFC 5753 section 7.2) goes into it. HKDF has the
    sender's material as its salt too (RFC 8418 section 2.2)."""
    material = tlv(0xA0, octets(ukm)) if ukm else b""
    info = sequence(wrap, material, tlv(0xA2, octets((8 * size).to_bytes(4, "big"))))
    if scheme.hkdf:
        return HKDF(scheme.hash, size, ukm or None, info).derive(secret)
    return X963KDF(scheme.hash, size, info).derive(secret)
