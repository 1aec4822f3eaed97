"""S/MIME signatures made: signed-data (RFC 5652 section 5), and the MIME entity around it (RFC 8551 section 3.5)."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from mailsec.content.smime.capabilities import ours
from mailsec.content.smime.decrypting import Secret
from mailsec.content.smime.encrypting import EncryptingError, check
from mailsec.content.smime.numbers import HASHES, digest
from mailsec.message.compose import multipart
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.x509.path import load
from mailsec.trust.x509.person import CertificateError
from mailsec.trust.x509.person import load as describe
from mailsec.trust.x509.usage import Purpose, date_flaw, strength_flaws, usage_flaws

_SigningKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
_UTC_TIME_ENDS = 2050


class SigningError(Exception):
    """A key may not or cannot sign, and why."""


@dataclass(frozen=True, slots=True)
class _Signer:
    certificate: bytes
    key: _SigningKey

    @property
    def hash(self) -> str:
        """The hash that fits the key in strength."""
        if isinstance(self.key, Ed25519PrivateKey):
            return "sha512"
        bits = self.key.key_size if isinstance(self.key, EllipticCurvePrivateKey) else 256
        return "sha256" if bits <= 256 else "sha384" if bits <= 384 else "sha512"

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """The name of the algorithm, and the signature over `data`."""
        hashed = HASHES[self.hash]
        if isinstance(self.key, Ed25519PrivateKey):
            return "ed25519", self.key.sign(data)
        if isinstance(self.key, EllipticCurvePrivateKey):
            return f"{self.hash}_ecdsa", self.key.sign(data, ECDSA(hashed))
        return "rsassa_pkcs1v15", self.key.sign(data, PKCS1v15(), hashed)


def signed_entity(entity: bytes, secrets: Sequence[Secret], others: Sequence[bytes], *, opaque: bool, now: int) -> bytes:
    """`entity`, made fit for the way, with its signatures at `now` (seconds since 1970 UTC); `others` are certificates (DER)
    that go along. Raises SigningError, BadInput for 8-bit headers."""
    signers = [_signer(each, now) for each in secrets]
    covered = entity if opaque else seven_bit(entity)
    made = _signed_data(covered, signers, others, opaque=opaque, now=now)
    kind = "pkcs7-mime" if opaque else "pkcs7-signature"
    name, more = ("smime.p7m", " smime-type=signed-data;") if opaque else ("smime.p7s", "")
    head = (
        f'Content-Type: application/{kind};{more} name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    part = head.encode() + encodebytes(made).replace(b"\n", b"\r\n")
    if opaque:
        return part
    micalg = ",".join(dict.fromkeys(f"sha-{each.hash[3:]}" for each in signers))
    parameters = (("micalg", micalg), ("protocol", "application/pkcs7-signature"))
    return multipart("signed", [covered, part.removesuffix(b"\r\n")], parameters)


def _signer(secret: Secret, now: int) -> _Signer:
    certificate = load(secret.certificate)
    if certificate is None:
        raise SigningError("the certificate cannot be read")
    flaws = (*usage_flaws(certificate, Purpose.SIGN), *strength_flaws(certificate, root=False), date_flaw(certificate, now))
    if flaw := next(filter(None, flaws), ""):
        raise SigningError(f"it cannot sign: {flaw}")
    passphrase = None if secret.passphrase is None else secret.passphrase.encode("utf-8")
    try:
        key = load_der_private_key(secret.key, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError("the private key cannot be read; is the passphrase the right one?") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise SigningError("the private key is of a kind that signs no mail")
    return _Signer(secret.certificate, key)


def _signed_data(content: bytes, signers: Sequence[_Signer], others: Sequence[bytes], *, opaque: bool, now: int) -> bytes:
    from asn1crypto import cms, x509  # noqa: PLC0415 (large, and few runs sign)

    carried = dict.fromkeys((*(each.certificate for each in signers), *others))
    made = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": name} for name in dict.fromkeys(each.hash for each in signers)],
            "encap_content_info": {"content_type": "data"} | ({"content": content} if opaque else {}),
            "certificates": [x509.Certificate.load(each) for each in carried],
            "signer_infos": [_signer_info(content, each, _preferred(each, carried, now), now) for each in signers],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": made}).dump())


def _preferred(signer: _Signer, carried: Iterable[bytes], now: int) -> bytes | None:
    """The certificate that mail to the signer is to be encrypted to: the signer's own, or another one with an address of it."""
    addresses = _addresses(signer.certificate)
    for each in (signer.certificate, *carried):
        try:
            check(each, now=now)
        except EncryptingError:
            continue
        if each == signer.certificate or addresses & _addresses(each):
            return each
    return None


def _addresses(certificate: bytes) -> frozenset[str]:
    try:
        return frozenset(describe(certificate).addresses)
    except CertificateError:
        return frozenset()


def _signer_info(content: bytes, signer: _Signer, preferred: bytes | None, now: int) -> Any:
    from asn1crypto import cms  # noqa: PLC0415

    moment = datetime.fromtimestamp(now, UTC)
    form = "utc_time" if moment.year < _UTC_TIME_ENDS else "general_time"
    said: list[dict[str, Any]] = [
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [digest(content, signer.hash)]},
        {"type": "signing_time", "values": [cms.Time({form: moment})]},
        {"type": "smime_capabilities", "values": [cms.SMIMECapabilites.load(ours().der)]},
    ]
    if preferred is not None:
        name = _named(preferred)
        said.append(
            {"type": "encrypt_key_pref", "values": [cms.SMIMEEncryptionKeyPreference("issuer_and_serial_number", name)]}
        )
    attributes = cms.CMSAttributes(said)
    scheme, signature = signer.sign(attributes.dump())
    return {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", _named(signer.certificate)),
        "digest_algorithm": {"algorithm": signer.hash},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": scheme},
        "signature": signature,
    }


def _named(der: bytes) -> dict[str, Any]:
    """The issuer and the serial number of a certificate."""
    from asn1crypto import x509  # noqa: PLC0415

    certificate = x509.Certificate.load(der)
    return {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
