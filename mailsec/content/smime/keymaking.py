"""Keys for S/MIME made: the request for a certificate (PKCS#10, RFC 2986), or a certificate by the key itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from asn1crypto.core import UTF8String
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailsec.core.errors import BadInput, UsageError
from mailsec.trust.keyring.reading import address_of
from mailsec.trust.x509.person import SMTP_UTF8_MAILBOX

if TYPE_CHECKING:
    _Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_PUBLIC_EXPONENT = 65_537
KINDS: dict[str, Callable[[], Any]] = {
    "rsa3072": partial(rsa.generate_private_key, _PUBLIC_EXPONENT, 3072),
    "rsa4096": partial(rsa.generate_private_key, _PUBLIC_EXPONENT, 4096),
    "p256": partial(ec.generate_private_key, ec.SECP256R1()),
    "p384": partial(ec.generate_private_key, ec.SECP384R1()),
    "p521": partial(ec.generate_private_key, ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
"""The kinds of keys; all but the last both sign and decrypt. X25519 is not among them: a request is signed by its own key."""
_CURVE_HASHES: dict[int, SHA256 | SHA384 | SHA512] = {256: SHA256(), 384: SHA384(), 521: SHA512()}


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a certificate is to name: the common name, and the mail addresses with their domains as A-labels."""

    name: str
    addresses: tuple[str, ...]


def person(user_ids: Sequence[str]) -> Person:
    """The person that user IDs name, as `Alice <alice@example.org>`. Raises BadInput where one names no address, or where the
    names differ."""
    names = dict.fromkeys(name for each in user_ids if (name := each.partition("<")[0].strip(' "\t')) and "@" not in name)
    if len(names) > 1:
        raise BadInput("a certificate names one person", hint='one name: "Alice <alice@example.org>" "<alice@work.example>"')
    addresses = tuple(dict.fromkeys(map(_address, user_ids)))
    return Person(next(iter(names), addresses[0]), addresses)


def make_key(kind: str) -> _Key:
    """A private key. Raises UsageError for a kind that is not among KINDS."""
    if kind not in KINDS:
        raise UsageError(f"no key of the kind {kind} for S/MIME", hint=f"one of {', '.join(KINDS)}")
    made: _Key = KINDS[kind]()
    return made


def request(key: _Key, wanted: Person) -> bytes:
    """The request for a certificate, in DER: the subject, the addresses, and that it is for mail."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(wanted))
    for extension, critical in _extensions(key, wanted):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, _hash(key)).public_bytes(Encoding.DER)


def self_signed(key: _Key, wanted: Person, *, now: int, expires: int) -> bytes:
    """A certificate (DER) that the key made for itself, valid from `now` to `expires` (seconds since 1970 UTC): for tests, as
    nobody vouches for it."""
    name = _subject(wanted)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(now, UTC))
        .not_valid_after(datetime.fromtimestamp(expires, UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    )
    for extension, critical in _extensions(key, wanted):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, _hash(key)).public_bytes(Encoding.DER)


def requested(der: bytes) -> Person:
    """Whom a request that was made here names."""
    found = x509.load_der_x509_csr(der)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (name,) = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Person(str(name.value), tuple(_written(each) for each in names))


def _address(user_id: str) -> str:
    address = address_of(user_id.strip())
    if not address:
        raise BadInput(f"{user_id}: a user ID names one mail address", hint='"Alice <alice@example.org>"')
    return address


def _subject(wanted: Person) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.name)])
    except ValueError:
        raise BadInput("a certificate takes a name of at most 64 characters") from None


def _extensions(key: _Key, wanted: Person) -> Iterator[tuple[x509.ExtensionType, bool]]:
    encipher, agree = isinstance(key, rsa.RSAPrivateKey), isinstance(key, ec.EllipticCurvePrivateKey)
    yield x509.SubjectAlternativeName([_general_name(each) for each in wanted.addresses]), False
    yield x509.KeyUsage(True, False, encipher, False, agree, False, False, False, False), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False


def _general_name(address: str) -> x509.GeneralName:
    """An rfc822Name, for a local part that is not ASCII an SmtpUTF8Mailbox (RFC 9598)."""
    if address.isascii():
        return x509.RFC822Name(address)
    return x509.OtherName(SMTP_UTF8_MAILBOX, UTF8String(address).dump())


def _written(name: x509.GeneralName) -> str:
    return str(UTF8String.load(name.value).native) if isinstance(name, x509.OtherName) else str(name.value)


def _hash(key: _Key) -> SHA256 | SHA384 | SHA512 | None:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    return _CURVE_HASHES[key.key_size] if isinstance(key, ec.EllipticCurvePrivateKey) else SHA256()
