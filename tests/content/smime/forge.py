"""S/MIME put together by hand over asn1crypto and the primitives of `cryptography`: honest, and in every wrong way."""

from __future__ import annotations

import hashlib
import zlib
from base64 import encodebytes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import NOW, Issued, issue

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Bob, pay 100 to account 7.\r\n"
HEADER = (
    b"From: Alice <alice@bank.example>\r\nTo: bob@receiver.example\r\nSubject: Payment\r\n"
    b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@bank.example>\r\nMIME-Version: 1.0\r\n"
)
RSA_KEY = rsa.generate_private_key(65537, 2048)


def usage(*, sign: bool = True, encipher: bool = True, agree: bool = True) -> tuple[x509.ExtensionType, bool]:
    return x509.KeyUsage(sign, False, encipher, False, agree, False, False, False, False), True


def mail_extensions(
    *addresses: str,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    usages: tuple[x509.ExtensionType, bool] | None = None,
) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions of a person's certificate."""
    found: list[tuple[x509.ExtensionType, bool]] = [usages or usage()]
    if purposes:
        found.append((x509.ExtendedKeyUsage(purposes), False))
    if addresses:
        found.append((x509.SubjectAlternativeName([x509.RFC822Name(each) for each in addresses]), False))
    return found


def person(address: str, issuer: Issued | None, key: Any = None, **more: Any) -> Issued:
    """A person's certificate with `address`, issued by `issuer`."""
    days = more.pop("days", (-1, 365))
    key = key or ec.generate_private_key(ec.SECP256R1())
    key_id = (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return issue(address, issuer, days=days, key=key, extensions=[*mail_extensions(address, **more), key_id])


ROOT = issue("Test root", authority=True)
SUB = issue("Test authority", ROOT, authority=True)
OTHER_ROOT = issue("Unknown root", authority=True)
ALICE = person("alice@bank.example", SUB, RSA_KEY)
MALLORY = person("mallory@evil.example", SUB)
BOB = person("bob@receiver.example", SUB)


@dataclass(frozen=True)
class Signing:
    """How a signature is made. `change` is given the signed attributes and gives what to write and sign instead:
    their fields, or such that are made."""

    signer: Issued = ALICE
    digest: str = "sha256"
    pss: bool = False
    attributes: bool = True
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda attributes: attributes
    by_key_id: bool = False
    algorithm: str = ""
    flip: bool = False


def pss_only(of: Issued, issuer: Issued, **parameters: Any) -> Issued:
    """The certificate `of` for RSASSA-PSS alone, with the parameters of the signature of `issuer`, which has a curve's key."""
    made = asn1.Certificate.load(of.der)
    told = made["tbs_certificate"]["subject_public_key_info"]
    name: dict[str, Any] = {"algorithm": "rsassa_pss"}
    if parameters:
        name["parameters"] = algos.RSASSAPSSParams(parameters)
    key = {"algorithm": name, "public_key": told["public_key"]}
    made["tbs_certificate"]["subject_public_key_info"] = asn1.PublicKeyInfo(key)
    signature = issuer.key.sign(made["tbs_certificate"].dump(force=True), ec.ECDSA(hashes.SHA256()))
    made["signature_value"] = signature
    return Issued(made.dump(force=True), of.key)


def signer_info(content: bytes, how: Signing, kind: str = "data") -> cms.SignerInfo:
    made = asn1.Certificate.load(how.signer.der)
    attributes: cms.CMSAttributes | None = None
    signed = content
    if how.attributes:
        fields = [
            {"type": "content_type", "values": [kind]},
            {"type": "message_digest", "values": [hashlib.new(how.digest, content).digest()]},
            {"type": "signing_time", "values": [cms.Time({"utc_time": datetime.fromtimestamp(NOW, UTC)})]},
        ]
        attributes = cms.CMSAttributes(
            [each if isinstance(each, cms.CMSAttribute) else cms.CMSAttribute(each) for each in how.change(fields)]
        )
        signed = attributes.dump()
    name, signature = sign(how, signed)
    if how.by_key_id:
        key_id = hashlib.sha1(bytes(made.public_key["public_key"])).digest()
        sid = cms.SignerIdentifier("subject_key_identifier", key_id)
    else:
        sid = cms.SignerIdentifier("issuer_and_serial_number", {"issuer": made.issuer, "serial_number": made.serial_number})
    info: dict[str, Any] = {
        "version": "v3" if how.by_key_id else "v1",
        "sid": sid,
        "digest_algorithm": {"algorithm": how.digest},
        "signature_algorithm": name if isinstance(name, dict) else {"algorithm": name},
        "signature": bytes([signature[0] ^ 1]) + signature[1:] if how.flip else signature,
    }
    if attributes is not None:
        info["signed_attrs"] = attributes
    return cms.SignerInfo(info)


def sign(how: Signing, data: bytes) -> tuple[Any, bytes]:
    """The name of the algorithm, and the signature over `data`."""
    key = how.signer.key
    hashed: Any = getattr(hashes, how.digest.upper())()
    if isinstance(key, Ed25519PrivateKey):
        return how.algorithm or "ed25519", key.sign(data)
    if isinstance(key, EllipticCurvePrivateKey):
        return how.algorithm or f"{how.digest}_ecdsa", key.sign(data, ec.ECDSA(hashed))
    if isinstance(key, DSAPrivateKey):
        return how.algorithm or f"{how.digest}_dsa", key.sign(data, hashed)
    if not how.pss:
        return how.algorithm or "rsassa_pkcs1v15", key.sign(data, padding.PKCS1v15(), hashed)
    parameters = {
        "hash_algorithm": {"algorithm": how.digest},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": how.digest}},
        "salt_length": 32,
    }
    name = {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(parameters)}
    return name, key.sign(data, padding.PSS(padding.MGF1(hashed), 32), hashed)


def signed_data(
    content: bytes, *signings: Signing, detached: bool = True, certificates: Sequence[Issued] | None = None, kind: str = "data"
) -> bytes:
    """A signed-data (DER) over `content`; `certificates` None: those of the signers, and the authority."""
    carried = [*(each.signer for each in signings), SUB] if certificates is None else certificates
    inner: dict[str, Any] = {"content_type": kind}
    if not detached:
        inner["content"] = core.OctetString(content) if kind != "data" else content
    made = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": each.digest} for each in signings],
            "encap_content_info": cms.EncapsulatedContentInfo(inner),
            "certificates": [asn1.Certificate.load(each.der) for each in carried],
            "signer_infos": [signer_info(content, each, kind) for each in signings],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": made}).dump()


def multipart(content: bytes, signature: bytes, kind: bytes = b"pkcs7-signature") -> bytes:
    """A multipart/signed entity of `content` and `signature`."""
    head = b'Content-Type: multipart/signed; protocol="application/' + kind + b'"; micalg=sha-256; boundary=sm\r\n\r\n'
    p7s = (
        b"Content-Type: application/"
        + kind
        + b'; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + wrapped(signature)
    )
    return head + b"--sm\r\n" + content + b"\r\n--sm\r\n" + p7s + b"\r\n--sm--\r\n"


def mixed(*parts: bytes) -> bytes:
    line = b"--mix\r\n"
    return b"Content-Type: multipart/mixed; boundary=mix\r\n\r\n" + b"".join(line + e + b"\r\n" for e in parts) + b"--mix--\r\n"


def wrapped(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")


def p7m(data: bytes, kind: bytes = b"application/pkcs7-mime; smime-type=signed-data", name: bytes = b"smime.p7m") -> bytes:
    """An entity of a CMS structure."""
    fields = b"Content-Type: " + kind + b'; name="' + name + b'"\r\nContent-Transfer-Encoding: base64\r\n'
    return fields + b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\n' + wrapped(data)


def compressed(content: bytes) -> bytes:
    """A compressed-data (DER) of `content`."""
    made = cms.CompressedData(
        {
            "version": "v0",
            "compression_algorithm": {"algorithm": "zlib"},
            "encap_content_info": {"content_type": "data", "content": zlib.compress(content)},
        }
    )
    return cms.ContentInfo({"content_type": "compressed_data", "content": made}).dump()


def detached(content: bytes = TEXT, *signings: Signing, **more: Any) -> bytes:
    """A whole mail with a detached signature of `signings` (Alice's, where there are none)."""
    return HEADER + multipart(content, signed_data(content, *(signings or (Signing(),)), **more))


def opaque(content: bytes = TEXT, *signings: Signing, **more: Any) -> bytes:
    """A whole mail with an opaque signature."""
    return HEADER + p7m(signed_data(content, *(signings or (Signing(),)), detached=False, **more))


def indefinite(data: bytes, piece: int = 7) -> bytes:
    """`data` (DER) in BER as streaming programs write it: every constructed element without a length, strings in pieces."""
    tag, content, rest = _split(data)
    if tag in (0x04, 0x80) and len(content) > piece:
        pieces = b"".join(_short(0x04, content[at : at + piece]) for at in range(0, len(content), piece))
        made = bytes([tag | 0x20, 0x80]) + pieces + b"\0\0"
    elif (tag in (0x30, 0xA0) and not content.startswith(b"\x30\x82")) or tag == 0xA0:
        inner = b""
        while content:
            first, more = _take(content)
            inner += indefinite(first, piece) if first[0] in (0x30, 0xA0, 0x04, 0x80) else first
            content = more
        made = bytes([tag, 0x80]) + inner + b"\0\0"
    else:
        made = data[: len(data) - len(rest)]
    return made + rest


def _take(data: bytes) -> tuple[bytes, bytes]:
    _, _, rest = _split(data)
    return data[: len(data) - len(rest)], rest


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    start, size = 2, data[1]
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    return data[0], data[start : start + size], data[start + size :]


def _short(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def without(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """A change that leaves one attribute out."""
    return lambda fields: [each for each in fields if each["type"] != name]


def twice(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """A change that writes one attribute twice."""
    return lambda fields: [*fields, *(each for each in fields if each["type"] == name)]


def two_values(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """A change that gives one attribute its value twice."""
    return lambda fields: [each | {"values": each["values"] * 2} if each["type"] == name else each for each in fields]


def changed(signing: Signing, **more: Any) -> Signing:
    return replace(signing, **more)
