"""X.509 certificates as keys are kept: what the ring knows of one, and those in files that were named on the command line."""

from __future__ import annotations

from mailsec.core.errors import BadInput
from mailsec.message.person import normal
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind
from mailsec.trust.keyring.reading import Reading, UserId
from mailsec.trust.x509.bundle import Held, Passphrase, read_bundle
from mailsec.trust.x509.person import CertificateError, load


def reading(held: Held) -> Reading:
    """What a certificate says, in the form of the ring: its "user IDs" are its subject with each address. Raises BadInput."""
    try:
        person = load(held.certificate)
    except CertificateError as error:
        raise BadInput(str(error)) from None
    fingerprint = person.fingerprint.upper()
    named = tuple(UserId(f"{person.subject} <{each}>", _address(each)) for each in person.addresses)
    return Reading(
        fingerprint,
        (fingerprint,),
        person.not_before,
        person.not_after,
        None,
        person.algorithm,
        person.bits if person.algorithm in ("rsa", "dsa") else 0,
        named or ((UserId(person.subject, ""),) if person.subject else ()),
        held.certificate,
        held.secret,
        Kind.X509,
    )


def read_certificates(data: bytes, source: str, passphrase: Passphrase) -> FileKeys:
    """The X.509 certificates in `data` (PEM, DER, PKCS#12, .p7c) and the private keys beside them; `source` names the file.

    Raises BadInput where there is none or it is damaged, KeyUnavailable for a passphrase that does not fit.
    """
    readings = [reading(held) for held in read_bundle(data, passphrase)]
    return FileKeys(
        tuple(Certificate(Kind.X509, each.fingerprint, each.data, source) for each in readings),
        {each.fingerprint: each.secret for each in readings if each.secret is not None},
        {each.fingerprint: tuple(user_id.address for user_id in each.user_ids if user_id.address) for each in readings},
        {each.fingerprint: (each.fingerprint,) for each in readings},
    )


def _address(text: str) -> str:
    """The address as the ring compares it; "" where it is none."""
    found = normal(text)
    return found if "@" in found else ""
