"""What certificate revocation lists say of one certificate (RFC 5280 sections 5 and 6.3).

A list is read once, and one entry is looked up in it, so that a hundred thousand entries cost no more than their octets. To say
that one *is* revoked takes less than to say that it is not: a list out of date, of some reasons alone, or a delta still
shows what it shows, but its silence means nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import CertificateRevocationList, ReasonFlags

from mailsec.core.limits.keys import X509_LIST_SIGNATURES
from mailsec.core.moment import utc
from mailsec.trust.x509.chains import Link, NameKey, name_key
from mailsec.trust.x509.revocation import RevocationAnswer, covers
from mailsec.trust.x509.usage import WEAK_HASHES, extension, is_authority, public_key

_KNOWN = (x509.IssuingDistributionPoint, x509.DeltaCRLIndicator, x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.FreshestCRL)

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class _List:
    """A list, who made it, and the first rule for lists that it breaks, "" where it is sound as far as that goes."""

    crl: CertificateRevocationList
    issuer: NameKey
    trouble: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists that were handed in, read once; `_signed` remembers whose signature of which was looked at."""

    lists: tuple[_List, ...]
    damaged: int
    _signed: dict[tuple[int, bytes], str] = field(default_factory=dict)

    def answer(self, certificate: Link, issuer: Link, now: int) -> RevocationAnswer:
        """Whether `certificate` of `issuer`, whose own path holds, is revoked at `now` (seconds since 1970 UTC)."""
        answers = [self._asked(place, certificate, issuer, now) for place in range(len(self.lists))]
        for revoked in (True, False):
            if found := next((each for each in answers if each.revoked is revoked), None):
                return found
        reasons = list(dict.fromkeys(f"CRL: {each.reason}" for each in answers if each.reason))
        if not reasons and self.damaged:
            reasons = ["a CRL is damaged"]
        return RevocationAnswer(None, "; ".join(reasons[:3]))

    def _asked(self, place: int, certificate: Link, issuer: Link, now: int) -> RevocationAnswer:
        each = self.lists[place]
        if each.issuer != certificate.issuer:
            indirect = _is_indirect(each.crl)
            return RevocationAnswer(None, "it is of another issuer, an indirect one, which is not judged" if indirect else "")
        if trouble := each.trouble or self._signature(place, issuer):
            return RevocationAnswer(None, trouble)
        try:
            return _says(each.crl, certificate, now)
        except (ValueError, TypeError):
            return RevocationAnswer(None, "it is damaged")

    def _signature(self, place: int, issuer: Link) -> str:
        """What is wrong with a list's signature as one of `issuer`; "" where nothing is."""
        key = (place, issuer.digest)
        if key not in self._signed:
            if len(self._signed) >= X509_LIST_SIGNATURES:
                self._signed.clear()
            self._signed[key] = _unsigned(self.lists[place].crl, issuer)
        return self._signed[key]


@lru_cache(maxsize=1)
def lists(ders: tuple[bytes, ...]) -> Lists:
    """The lists in `ders`; kept, as they are the same for one signature after the other."""
    found = [_read(der) for der in ders]
    return Lists(tuple(each for each in found if each is not None), found.count(None))


def counts_until(der: bytes) -> int | None:
    """Until when the list is the latest one, in seconds since 1970 UTC, 0 where it does not say; None where it is none."""
    found = _read(der)
    if found is None:
        return None
    end = found.crl.next_update_utc
    return int(end.timestamp()) if end is not None else 0


def is_list(der: bytes) -> bool:
    """Whether `der` is a CRL."""
    return _read(der) is not None


def _read(der: bytes) -> _List | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            crl = x509.load_der_x509_crl(der)
            _ = crl.last_update_utc, crl.next_update_utc
            return _List(crl, name_key(crl.issuer), next(_troubles(crl), ""))
    except Exception:  # ValueError, TypeError and several classes of the library's own, for what strangers make up
        return None


def _troubles(crl: CertificateRevocationList) -> Iterator[str]:
    """Why a list cannot be used at all."""
    for each in crl.extensions:
        if each.critical and not isinstance(each.value, _KNOWN):
            yield f"it has a critical extension that is not known ({each.oid.dotted_string}; RFC 5280 section 5.2)"
    if _is_indirect(crl):
        yield "it is an indirect one, which is not judged (RFC 5280 section 5.2.5)"
    try:
        hashed = crl.signature_hash_algorithm
    except UnsupportedAlgorithm:
        yield "its signature is of a kind that is not known"
        return
    if hashed is not None and hashed.name in WEAK_HASHES:
        yield f"it is signed with {hashed.name}, which can be forged"


def _unsigned(crl: CertificateRevocationList, issuer: Link) -> str:
    usage = extension(issuer.certificate, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:
        return "its issuer may not sign lists: no cRLSign in the key usage (RFC 5280 section 6.3.3)"
    if not is_authority(issuer.certificate):
        return "its issuer is no authority"
    above = _extension(crl, x509.AuthorityKeyIdentifier)
    if above and above.key_identifier and issuer.key_id and above.key_identifier != issuer.key_id:
        return "it is signed with another key of the issuer"
    try:
        good = crl.is_signature_valid(public_key(issuer.certificate))  # type: ignore[arg-type] # of any kind
    except (TypeError, ValueError, UnsupportedAlgorithm):
        good = False
    return "" if good else "its signature is not one of the issuer"


def _says(crl: CertificateRevocationList, certificate: Link, now: int) -> RevocationAnswer:
    """What a list with a good signature says."""
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial) if certificate.serial > 0 else None
    if entry is not None:
        reason, invalid = _details(entry)
        if reason is not ReasonFlags.remove_from_crl:
            return covers(reason, int(entry.revocation_date_utc.timestamp()), invalid, source="CRL", now=now)
    why = next(_silences(crl, certificate, now), "")
    return RevocationAnswer(None, why) if why else RevocationAnswer(False, "not revoked, says CRL")


def _details(entry: x509.RevokedCertificate) -> tuple[ReasonFlags, int | None]:
    """Why a certificate is listed, and since when its key was lost (seconds since 1970 UTC), None where that is not told.

    What of it cannot be read takes nothing back: the certificate is listed.
    """
    try:
        reason = _entry_extension(entry, x509.CRLReason)
        invalid = _entry_extension(entry, x509.InvalidityDate)
    except Exception:  # ValueError and several classes of the library's own, as `DuplicateExtension`
        return ReasonFlags.unspecified, None
    told = reason.reason if reason is not None else ReasonFlags.unspecified
    return told, int(invalid.invalidity_date_utc.timestamp()) if invalid is not None else None


def _silences(crl: CertificateRevocationList, certificate: Link, now: int) -> Iterator[str]:
    """Why it means nothing that a list does not have a certificate."""
    if crl.next_update_utc is None:
        yield "it does not say until when it counts (RFC 5280 section 5.1.2.5)"
    elif crl.next_update_utc.timestamp() < now:
        yield f"it is out of date since {utc(int(crl.next_update_utc.timestamp()))} (RFC 5280 section 6.3.3)"
    if _extension(crl, x509.DeltaCRLIndicator) is not None:
        yield "it is a delta without its base (RFC 5280 section 5.2.4)"
    if certificate.serial <= 0:
        yield "the certificate's serial number is not positive"
    scope = _extension(crl, x509.IssuingDistributionPoint)
    if scope is not None:
        yield from _out_of_scope(scope, certificate)


def _out_of_scope(scope: x509.IssuingDistributionPoint, certificate: Link) -> Iterator[str]:
    if scope.only_some_reasons:
        yield "it lists some reasons alone (RFC 5280 section 5.2.5)"
    authority = is_authority(certificate.certificate)
    if scope.only_contains_attribute_certs or (
        scope.only_contains_ca_certs if not authority else scope.only_contains_user_certs
    ):
        yield "it is for another kind of certificates (RFC 5280 section 5.2.5)"
    if scope.relative_name is not None:
        yield "it is for a part of the certificates that a relative name stands for, which is not judged"
    if scope.full_name is not None and not set(scope.full_name) & set(_points(certificate)):
        yield "it is for another part of the certificates (RFC 5280 section 6.3.3)"


def _points(certificate: Link) -> Iterator[x509.GeneralName]:
    for point in extension(certificate.certificate, x509.CRLDistributionPoints) or ():
        if point.crl_issuer is None:
            yield from point.full_name or ()


def _is_indirect(crl: CertificateRevocationList) -> bool:
    scope = _extension(crl, x509.IssuingDistributionPoint)
    return scope is not None and scope.indirect_crl


def _extension(crl: CertificateRevocationList, kind: type[_Extension]) -> _Extension | None:
    try:
        return crl.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _entry_extension(entry: x509.RevokedCertificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return entry.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
