"""S/MIME signatures made: signed-data (RFC 5652 section 5), and the MIME entity around it (RFC 8551 section 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from mailsec.content.smime.capabilities import ours
from mailsec.content.smime.cms import OIDS, ContentType
from mailsec.content.smime.compressing import compressed_entity
from mailsec.content.smime.decrypting import Secret, read_private
from mailsec.content.smime.der import algorithm, integer, octets, oid, sequence, set_of, tlv
from mailsec.content.smime.encrypting import EncryptingError, check
from mailsec.content.smime.identifier import issuer_and_serial
from mailsec.content.smime.numbers import HASHES, digest, is_for_pss
from mailsec.content.smime.signerinfo import CAPABILITIES, CONTENT_TYPE, KEY_PREFERENCE, MESSAGE_DIGEST, SIGNING_TIME
from mailsec.content.smime.streamed import Streamed, content_info, element
from mailsec.content.smime.streamed import entity as cms_entity
from mailsec.message.compose import multipart_pieces
from mailsec.message.encoded import Octets
from mailsec.message.pieces import Pieces, size
from mailsec.message.sevenbit import seven_bit_pieces
from mailsec.trust.x509.path import load
from mailsec.trust.x509.person import CertificateError
from mailsec.trust.x509.person import load as describe
from mailsec.trust.x509.privatekey import public_in, public_of
from mailsec.trust.x509.usage import Purpose, date_flaws, strength_flaws, usage_flaws

_SigningKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
_UTC_TIME, _GENERALIZED_TIME, _UTC_TIME_ENDS = 0x17, 0x18, 2050
_NULL = b"\x05\x00"
_DATA = OIDS[ContentType.DATA]
_HASHES: Mapping[str, str] = {
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
}
_ECDSA: Mapping[str, str] = {"sha256": "2a8648ce3d040302", "sha384": "2a8648ce3d040303", "sha512": "2a8648ce3d040304"}
_RSA, _PSS, _MGF1, _ED25519 = "2a864886f70d010101", "2a864886f70d01010a", "2a864886f70d010108", "2b6570"


class SigningError(Exception):
    """A key may not or cannot sign, and why."""


@dataclass(frozen=True, slots=True)
class _Signer:
    certificate: bytes
    key: _SigningKey
    pss: bool

    @property
    def hash(self) -> str:
        """The hash that fits the key in strength."""
        if isinstance(self.key, Ed25519PrivateKey):
            return "sha512"
        bits = self.key.key_size if isinstance(self.key, EllipticCurvePrivateKey) else 256
        return "sha256" if bits <= 256 else "sha384" if bits <= 384 else "sha512"

    def sign(self, data: bytes) -> tuple[bytes, bytes]:
        """The algorithm identifier (DER), and the signature over `data`."""
        hashed = HASHES[self.hash]
        if isinstance(self.key, Ed25519PrivateKey):
            return algorithm(_ED25519), self.key.sign(data)
        if isinstance(self.key, EllipticCurvePrivateKey):
            return algorithm(_ECDSA[self.hash]), self.key.sign(data, ECDSA(hashed))
        if not self.pss:
            return algorithm(_RSA, _NULL), self.key.sign(data, PKCS1v15(), hashed)
        return self._pss(), self.key.sign(data, PSS(MGF1(hashed), hashed.digest_size), hashed)

    def _pss(self) -> bytes:
        """RSASSA-PSS with one hash for all, and salt of its length (RFC 4055 section 3.1)."""
        name = algorithm(_HASHES[self.hash], _NULL)
        salt = tlv(0xA2, integer(HASHES[self.hash].digest_size))
        return algorithm(_PSS, sequence(tlv(0xA0, name), tlv(0xA1, algorithm(_MGF1, name)), salt))


@dataclass(frozen=True, slots=True)
class SignForm:
    """How a signature is written: `opaque`, with the text inside of it; `pss`, with RSASSA-PSS where the key is an RSA one;
    `compress`, with compression around the whole."""

    opaque: bool = False
    pss: bool = False
    compress: bool = False


DETACHED = SignForm()
"""The usual form: a multipart/signed."""


def signed_entity(
    entity: Pieces, secrets: Sequence[Secret], others: Sequence[bytes], form: SignForm, *, now: int
) -> Iterable[Octets]:
    """`entity`, made fit for the way, with its signatures at `now` (seconds since 1970 UTC), in pieces that come once;
    `others` are certificates (DER) that go along. Raises SigningError, BadInput for 8-bit headers."""
    signers = [_signer(each, form, now) for each in secrets]
    made = _entity(entity, signers, others, opaque=form.opaque, now=now)
    return compressed_entity(made) if form.compress else made


def _entity(entity: Pieces, signers: Sequence[_Signer], others: Sequence[bytes], *, opaque: bool, now: int) -> Iterable[Octets]:
    covered = entity if opaque else seven_bit_pieces(entity)
    made = _signed_data(covered, signers, others, opaque=opaque, now=now)
    if opaque:
        return cms_entity("pkcs7-mime; smime-type=signed-data", "smime.p7m", made)
    part = b"".join(cms_entity("pkcs7-signature", "smime.p7s", made)).removesuffix(b"\r\n")
    micalg = ",".join(dict.fromkeys(f"sha-{each.hash[3:]}" for each in signers))
    parameters = (("micalg", micalg), ("protocol", "application/pkcs7-signature"))
    return multipart_pieces("signed", [covered, (part,)], parameters)


def signing_flaw(der: bytes, *, now: int) -> str:
    """Why a certificate (DER) is not to sign with at `now` (seconds since 1970 UTC); "" where it is."""
    certificate = load(der)
    if certificate is None:
        return "the certificate cannot be read"
    flaws = (*usage_flaws(certificate, Purpose.SIGN), *strength_flaws(certificate, root=False), *date_flaws(certificate, now))
    return f"it cannot sign: {flaws[0].message}" if flaws else ""


def _signer(secret: Secret, form: SignForm, now: int) -> _Signer:
    if flaw := signing_flaw(secret.certificate, now=now):
        raise SigningError(flaw)
    try:
        key = read_private(secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningError("the private key cannot be read; is the passphrase the right one?") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
        raise SigningError("the private key is of a kind that signs no mail")
    if public_of(key) != public_in(secret.certificate):
        raise SigningError("the private key is not the one of the certificate")
    return _Signer(secret.certificate, key, form.pss or is_for_pss(secret.certificate))


def _signed_data(content: Pieces, signers: Sequence[_Signer], others: Sequence[bytes], *, opaque: bool, now: int) -> Streamed:
    carried = dict.fromkeys((*(each.certificate for each in signers), *others))
    digests = {name: digest(name, *content) for name in dict.fromkeys(each.hash for each in signers)}
    inside = (element(0xA0, element(0x04, Streamed(size(content), content))),) if opaque else ()
    return content_info(
        ContentType.SIGNED,
        integer(1),
        set_of(*(algorithm(_HASHES[name], _NULL) for name in digests)),
        element(0x30, oid(_DATA), *inside),
        tlv(0xA0, b"".join(sorted(carried))),
        set_of(*(_signer_info(digests[each.hash], each, _preferred(each, carried, now), now) for each in signers)),
    )


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


def _signer_info(content_digest: bytes, signer: _Signer, preferred: bytes | None, now: int) -> bytes:
    """A SignerInfo (RFC 5652 section 5.3); `preferred` is the certificate that others should encrypt to."""
    preference = [] if preferred is None else [_attribute(KEY_PREFERENCE, b"\xa0" + issuer_and_serial(preferred)[1:])]
    attributes = set_of(
        _attribute(CONTENT_TYPE, oid(_DATA)),
        _attribute(MESSAGE_DIGEST, octets(content_digest)),
        _attribute(SIGNING_TIME, _time(now)),
        _attribute(CAPABILITIES, ours().der),
        *preference,
    )
    scheme, signature = signer.sign(attributes)
    return sequence(
        integer(1),
        issuer_and_serial(signer.certificate),
        algorithm(_HASHES[signer.hash], _NULL),
        b"\xa0" + attributes[1:],
        scheme,
        octets(signature),
    )


def _attribute(kind: str, value: bytes) -> bytes:
    return sequence(oid(kind), set_of(value))


def _time(now: int) -> bytes:
    """The signing time in the form that its year asks for (RFC 5652 section 11.3)."""
    moment = datetime.fromtimestamp(now, UTC)
    if moment.year < _UTC_TIME_ENDS:
        return tlv(_UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode())
    return tlv(_GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode())
