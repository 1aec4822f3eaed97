"""S/MIME encrypted by hand over asn1crypto and the primitives of `cryptography`, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.certificates import Issued
from tests.content.smime.forge import BOB, HEADER, p7m

NONCE = bytes(12)
IV = bytes(16)
AES_WRAP = {16: "2.16.840.1.101.3.4.1.5", 24: "2.16.840.1.101.3.4.1.25", 32: "2.16.840.1.101.3.4.1.45"}


@dataclass(frozen=True)
class Sealing:
    """How something is encrypted: to whom, with a key of how many octets, and what is to be wrong with it."""

    to: Issued = BOB
    size: int = 32
    gcm: bool = True
    oaep: str = ""
    ukm: bytes = b""
    wrong_key: bool = False
    attributes: bool = False
    tag: int = 16


def _rid(issued: Issued) -> dict[str, Any]:
    made = asn1.Certificate.load(issued.der)
    return {"issuer": made.issuer, "serial_number": made.serial_number}


def recipient(how: Sealing, key: bytes) -> cms.RecipientInfo:
    if isinstance(how.to.key, RSAPrivateKey):
        return cms.RecipientInfo("ktri", _transported(how, key))
    return cms.RecipientInfo("kari", _agreed(how, key))


def _transported(how: Sealing, key: bytes) -> cms.KeyTransRecipientInfo:
    public = how.to.key.public_key()
    algorithm: dict[str, Any] = {"algorithm": "rsaes_pkcs1v15"}
    sealed = public.encrypt(key, padding.PKCS1v15())
    if how.oaep:
        hashed: Any = getattr(hashes, how.oaep.upper())()
        sealed = public.encrypt(key, padding.OAEP(padding.MGF1(hashed), hashed, None))
        name = {"algorithm": how.oaep}
        parameters = {"hash_algorithm": name, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": name}}
        algorithm = {"algorithm": "rsaes_oaep", "parameters": algos.RSAESOAEPParams(parameters)}
    return cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier("issuer_and_serial_number", _rid(how.to)),
            "key_encryption_algorithm": algorithm,
            "encrypted_key": sealed,
        }
    )


def _agreed(how: Sealing, key: bytes) -> cms.KeyAgreeRecipientInfo:
    wrap = algos.AlgorithmIdentifier({"algorithm": AES_WRAP[32]})
    montgomery = isinstance(how.to.key, x25519.X25519PrivateKey)
    if montgomery:
        own: Any = x25519.X25519PrivateKey.generate()
        secret = own.exchange(how.to.key.public_key())
        point = own.public_key().public_bytes_raw()
        scheme, curve = "1.2.840.113549.1.9.16.3.19", "1.3.101.110"
    else:
        own = ec.generate_private_key(how.to.key.curve)
        secret = own.exchange(ec.ECDH(), how.to.key.public_key())
        point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        scheme, curve = "1.3.132.1.11.1", "1.2.840.10045.2.1"
    info = wrap.dump()
    if how.ukm:
        info += core.OctetString(how.ukm, explicit=0).dump()
    info = b"\x30" + bytes([len(info) + 8]) + info + bytes.fromhex("a2060404 00000100".replace(" ", ""))
    derive: Any = HKDF(hashes.SHA256(), 32, how.ukm or None, info) if montgomery else X963KDF(hashes.SHA256(), 32, info)
    originator = b"\x30" + _sized(algos.AlgorithmIdentifier({"algorithm": curve}).dump() + b"\x03" + _sized(b"\0" + point))
    fields: dict[str, Any] = {
        "version": "v3",
        "originator": cms.OriginatorIdentifierOrKey("originator_key", cms.PublicKeyInfo.load(originator)),
        "key_encryption_algorithm": cms.KeyEncryptionAlgorithm({"algorithm": scheme, "parameters": wrap}),
        "recipient_encrypted_keys": [
            {
                "rid": cms.KeyAgreementRecipientIdentifier("issuer_and_serial_number", _rid(how.to)),
                "encrypted_key": aes_key_wrap(derive.derive(secret), key),
            }
        ],
    }
    if how.ukm:
        fields["ukm"] = how.ukm
    return cms.KeyAgreeRecipientInfo(fields)


def _sized(content: bytes) -> bytes:
    size = len(content)
    return (bytes([size]) if size < 0x80 else bytes([0x81, size])) + content


def sealed(content: bytes, how: Sealing, *others: Sealing) -> bytes:
    """The CMS structure (DER) of `content` encrypted to the recipients of `how` and `others`."""
    key = AESGCM.generate_key(256)[: how.size]
    used = AESGCM.generate_key(256)[: how.size] if how.wrong_key else key
    recipients = [recipient(each, used) for each in (how, *others)]
    if how.gcm:
        return _authenticated(content, how, key, recipients)
    padded = content + bytes([16 - len(content) % 16]) * (16 - len(content) % 16)
    cipher = Cipher(AES(key), modes.CBC(IV)).encryptor()
    made = cms.EnvelopedData(
        {
            "version": "v2",
            "recipient_infos": recipients,
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {"algorithm": f"aes{8 * how.size}_cbc", "parameters": core.OctetString(IV)},
                "encrypted_content": cipher.update(padded) + cipher.finalize(),
            },
        }
    )
    return cms.ContentInfo({"content_type": "enveloped_data", "content": made}).dump()


def _authenticated(content: bytes, how: Sealing, key: bytes, recipients: list[cms.RecipientInfo]) -> bytes:
    attributes = cms.CMSAttributes([{"type": "content_type", "values": ["data"]}]) if how.attributes else None
    cipher = Cipher(AES(key), modes.GCM(NONCE)).encryptor()
    if attributes is not None:
        cipher.authenticate_additional_data(attributes.dump())
    body = cipher.update(content) + cipher.finalize()
    oid = {16: "2.16.840.1.101.3.4.1.6", 24: "2.16.840.1.101.3.4.1.26", 32: "2.16.840.1.101.3.4.1.46"}[how.size]
    parameters = core.Any(core.SequenceOf([core.OctetString(NONCE), core.Integer(how.tag)], spec=core.Any))
    fields: dict[str, Any] = {
        "version": "v0",
        "recipient_infos": recipients,
        "auth_encrypted_content_info": {
            "content_type": "data",
            "content_encryption_algorithm": {"algorithm": oid, "parameters": parameters},
            "encrypted_content": body,
        },
        "mac": cipher.tag[: how.tag],
    }
    if attributes is not None:
        fields["auth_attrs"] = attributes
    made = cms.AuthEnvelopedData(fields)
    return cms.ContentInfo({"content_type": "authenticated_enveloped_data", "content": made}).dump()


def mail(structure: bytes, kind: bytes = b"application/pkcs7-mime; smime-type=enveloped-data") -> bytes:
    """A whole mail of an encrypted structure."""
    return HEADER + p7m(structure, kind)
