"""S/MIME encryption made: authEnveloped-data with AES-GCM (RFC 5083), for old readers enveloped-data with AES-CBC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import AEADEncryptionContext, Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailsec.content.objection import Objection, Objections
from mailsec.content.smime.cms import OIDS, ContentType
from mailsec.content.smime.der import algorithm, integer, octets, oid, sequence, set_of, tlv
from mailsec.content.smime.enveloped import CIPHERS, ContentCipher, Mode
from mailsec.content.smime.identifier import issuer_and_serial
from mailsec.content.smime.numbers import is_for_pss, public_key
from mailsec.content.smime.streamed import Streamed, content_info, element, late
from mailsec.content.smime.streamed import entity as cms_entity
from mailsec.content.smime.unwrapping import OAEP_SHA_256, RSA_15, RSA_OAEP, SCHEMES, WRAPS, agreed, derived
from mailsec.message.encoded import Octets
from mailsec.message.pieces import Pieces, chunks, size
from mailsec.trust.keyring.keys import Certificate, Kind
from mailsec.trust.x509.path import load
from mailsec.trust.x509.usage import Purpose, date_flaws, strength_flaws, usage_flaws

_DATA = OIDS[ContentType.DATA]
_CIPHER_OIDS = {cipher: digits for digits, cipher in CIPHERS.items()}
_AES_WRAP = {size: digits for digits, size in WRAPS.items()}
"""The key that wraps is as long as the one that is wrapped (RFC 5753 section 8)."""
_EC_KEY, _X25519 = "2a8648ce3d0201", "2b656e"
_ECDH = {256: "2b8104010b01", 384: "2b8104010b02", 521: "2b8104010b03"}
"""X9.63 with the hash that fits the size of the curve (RFC 5753 section 7.1.4)."""
_X25519_HKDF = "2a864886f70d0109100313"
_TAG = _BLOCK = 16


class EncryptingError(Exception):
    """A certificate cannot or may not be encrypted to, and why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A certificate that can be encrypted to, and what speaks against it, with the reason."""

    certificate: Certificate
    objections: Objections


def target(certificate: Certificate, *, now: int) -> Target:
    """How `certificate` can be encrypted to at `now` (seconds since 1970 UTC). Raises EncryptingError where it cannot, or says
    itself that it is not for that, which nothing overrules."""
    loaded = load(certificate.data)
    if loaded is None:
        raise EncryptingError("the certificate cannot be read")
    if flaw := next(iter(usage_flaws(loaded, Purpose.ENCRYPT)), None):
        raise EncryptingError(flaw.message)
    key = public_key(certificate.data)
    sized = isinstance(key, EllipticCurvePublicKey) and key.curve.name in ("secp256r1", "secp384r1", "secp521r1")
    if not (sized or isinstance(key, RSAPublicKey | X25519PublicKey)) or is_for_pss(certificate.data):
        raise EncryptingError("its key is of a kind that mail is not encrypted to")
    weak = [(Objection.WEAK, flaw.message) for flaw in strength_flaws(loaded, root=False)]
    ended = [(Objection.EXPIRED, flaw.message) for flaw in date_flaws(loaded, now)]
    return Target(certificate, (*weak, *ended))


def check(certificate: bytes, *, now: int) -> None:
    """Raises EncryptingError where a certificate (DER) is not to be encrypted to at `now` (seconds since 1970 UTC)."""
    for _, reason in target(Certificate(Kind.X509, "", certificate), now=now).objections:
        raise EncryptingError(reason)


_NOTHING: Mapping[bytes, bool] = MappingProxyType({})


def encrypted_entity(
    entity: Pieces,
    certificates: Sequence[bytes],
    cipher: ContentCipher,
    *,
    oaep: bool = False,
    stated: Mapping[bytes, bool] = _NOTHING,
) -> Iterator[Octets]:
    """The MIME entity of `entity` encrypted to `certificates` (DER), all of which `target` let pass, with `cipher`, which is
    one of AES; in pieces, of which each is made when its turn comes.

    Every reader of authEnveloped-data should know OAEP; old ones know PKCS#1 v1.5 alone, and get `oaep` where it is asked for.
    `stated` is what the holder of a certificate says of OAEP, which counts more."""
    if cipher.mode is Mode.GCM:
        recipients = [(each, stated.get(each, True)) for each in certificates]
        kind, made = "authEnveloped-data", _auth_enveloped(entity, recipients, cipher)
    else:
        recipients = [(each, oaep or stated.get(each, False)) for each in certificates]
        kind, made = "enveloped-data", _enveloped(entity, recipients, cipher)
    return cms_entity(f"pkcs7-mime; smime-type={kind}", "smime.p7m", made)


def _auth_enveloped(entity: Pieces, certificates: Sequence[tuple[bytes, bool]], cipher: ContentCipher) -> Streamed:
    key, nonce = AESGCM.generate_key(8 * cipher.key), AESGCM.generate_key(128)[:12]
    sealer = Cipher(AES(key), modes.GCM(nonce)).encryptor()
    assert isinstance(sealer, AEADEncryptionContext)
    sealed = Streamed(size(entity), _updated(sealer, entity))
    parameters = sequence(octets(nonce), integer(_TAG))
    content = element(0x30, oid(_DATA), algorithm(_CIPHER_OIDS[cipher], parameters), element(0x80, sealed))
    recipients = set_of(*(_recipient(each, key, oaep=oaep) for each, oaep in certificates))
    return content_info(ContentType.AUTH_ENVELOPED, integer(0), recipients, content, late(_TAG + 2, lambda: octets(sealer.tag)))


def _enveloped(entity: Pieces, certificates: Sequence[tuple[bytes, bool]], cipher: ContentCipher) -> Streamed:
    key, iv = AESGCM.generate_key(8 * cipher.key), AESGCM.generate_key(128)
    sealer = Cipher(AES(key), modes.CBC(iv)).encryptor()
    # PKCS#7 padding: always some, up to a whole block
    filling = _BLOCK - size(entity) % _BLOCK
    sealed = Streamed(size(entity) + filling, _updated(sealer, (*entity, bytes([filling]) * filling)))
    content = element(0x30, oid(_DATA), algorithm(_CIPHER_OIDS[cipher], octets(iv)), element(0x80, sealed))
    recipients = [_recipient(each, key, oaep=oaep) for each, oaep in certificates]
    version = 0 if all(each[0] == 0x30 for each in recipients) else 2
    return content_info(ContentType.ENVELOPED, integer(version), set_of(*recipients), content)


def _updated(cipher: CipherContext, entity: Iterable[Octets]) -> Iterator[bytes]:
    """What a cipher makes of an entity, piece by piece."""
    for chunk in chunks(entity):
        yield cipher.update(chunk)
    yield cipher.finalize()


def _recipient(certificate: bytes, key: bytes, *, oaep: bool) -> bytes:
    """The RecipientInfo of one certificate."""
    name = issuer_and_serial(certificate)
    public = public_key(certificate)
    if isinstance(public, RSAPublicKey):
        padded: padding.AsymmetricPadding = padding.PKCS1v15()
        scheme = algorithm(RSA_15, b"\x05\x00")
        if oaep:
            padded = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
            scheme = algorithm(RSA_OAEP, OAEP_SHA_256)
        return sequence(integer(0), name, scheme, octets(public.encrypt(key, padded)))
    assert isinstance(public, EllipticCurvePublicKey | X25519PublicKey)
    return _agreement(public, name, key)


def _agreement(public: EllipticCurvePublicKey | X25519PublicKey, name: bytes, key: bytes) -> bytes:
    """A KeyAgreeRecipientInfo with a key of ours for this message alone (RFC 5753 section 3.1, RFC 8418)."""
    wrap = algorithm(_AES_WRAP[len(key)])
    if isinstance(public, X25519PublicKey):
        own = X25519PrivateKey.generate()
        secret, point = agreed(own, public.public_bytes_raw()), own.public_key().public_bytes_raw()
        scheme, kind = _X25519_HKDF, _X25519
    else:
        form = (Encoding.X962, PublicFormat.UncompressedPoint)
        ours = generate_private_key(public.curve)
        secret, point = agreed(ours, public.public_bytes(*form)), ours.public_key().public_bytes(*form)
        scheme, kind = _ECDH[public.curve.key_size], _EC_KEY
    kek = derived(secret, SCHEMES[scheme], wrap, b"", len(key))
    originator = tlv(0xA0, tlv(0xA1, algorithm(kind) + tlv(0x03, b"\0" + point)))
    keys = sequence(sequence(name, octets(aes_key_wrap(kek, key))))
    return tlv(0xA1, integer(3) + originator + algorithm(scheme, wrap) + keys)
