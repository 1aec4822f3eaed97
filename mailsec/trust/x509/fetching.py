"""What a path's certificates name, asked for before the path is judged: issuers that are missing, OCSP responses and CRLs.

It goes over plain HTTP, as what comes is signed by itself (RFC 5280 section 8, RFC 6960 appendix A.1). The certificates are
strangers': issuers are asked for only where the signature of the mail fits the certificate that names them, revocation only
where a path leads to a root that is trusted; the number of requests, their size and their redirections are bounded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import Certificate, ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from mailsec.core.flow import Fetched, FetchStatus, Flow, Purpose, fetch
from mailsec.core.limits import (
    X509_CERTIFICATE_BYTES,
    X509_CHAIN,
    X509_FETCH_REDIRECTS,
    X509_FETCH_URLS,
    X509_ISSUER_BYTES,
    X509_OCSP_BYTES,
    X509_PATH,
    X509_REVOCATION_BYTES,
)
from mailsec.core.results import Status
from mailsec.core.text import clipped
from mailsec.trust.x509 import crl
from mailsec.trust.x509.path import load
from mailsec.trust.x509.revocation import RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from mailsec.trust.x509.tree import SignerPath
from mailsec.trust.x509.usage import Purpose as Use
from mailsec.trust.x509.usage import extension

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is at hand after the fetching: `files` with what was there before, `issuers` in DER, `requests` how many were made,
    `notes` why some brought nothing."""

    files: RevocationFiles
    issuers: tuple[bytes, ...] = ()
    requests: int = 0
    notes: tuple[str, ...] = ()


class _Gathering:
    """One gathering under way; at most `most` requests."""

    def __init__(self, files: RevocationFiles, most: int, use: Use | None) -> None:
        self.found = Gathered(files)
        self._most, self._use = most, use

    def issuers(self, chain: Sequence[bytes], roots: Sequence[bytes], now: int) -> Flow[SignerPath]:
        """The path, after issuers that are missing were asked for, from the person's certificate up."""
        path = judge_signer(chain, roots, now=now, purpose=self._use)
        for _ in range(X509_PATH):
            top = load(path.steps[-1].der) if path.status is Status.NEUTRAL and path.steps else None
            if top is None or top.subject == top.issuer:
                break
            before = self.found.issuers
            for url in _access(top, AuthorityInformationAccessOID.CA_ISSUERS):
                body = yield from self._asked(url, X509_ISSUER_BYTES)
                self.found = replace(self.found, issuers=tuple(dict.fromkeys((*self.found.issuers, *_certificates(body)))))
            if self.found.issuers == before:
                break
            path = judge_signer((*chain[:X509_CHAIN], *self.found.issuers), roots, now=now, purpose=self._use)
        return path

    def revocation(self, of: Certificate, issuer: Certificate) -> Flow[None]:
        """An OCSP response about a certificate, or else the CRLs that it names."""
        files = self.found.files
        for url in _access(of, AuthorityInformationAccessOID.OCSP):
            request = _request(of, issuer)
            body = (yield from self._asked(f"{url.rstrip('/')}/{request}", X509_OCSP_BYTES)) if request else b""
            if body and online_validity(body):
                self.found = replace(self.found, files=replace(files, ocsps=(*files.ocsps, body)))
                return
        for url in _points(of):
            body = yield from self._asked(url, X509_REVOCATION_BYTES)
            if body and crl.validity(body):
                files = replace(files, crls=(*files.crls, body))
        self.found = replace(self.found, files=files)

    def _asked(self, url: str, most: int) -> Flow[bytes]:
        """What is at `url`; empty where that is nothing."""
        if self.found.requests >= self._most:
            return self._noted(url, "not asked: too many were")
        self.found = replace(self.found, requests=self.found.requests + 1)
        reply: Fetched = yield from fetch(url, most, redirects=X509_FETCH_REDIRECTS, purpose=Purpose.REVOCATION)
        if reply.status is FetchStatus.OK and reply.code == 200:
            return reply.body
        return self._noted(url, reply.reason or f"{reply.status}, code {reply.code}")

    def _noted(self, url: str, why: str) -> bytes:
        self.found = replace(self.found, notes=(*self.found.notes, f"{clipped(url, _SHOWN)}: {clipped(why, _SHOWN)}"))
        return b""


def gathered(
    chain: Sequence[bytes],
    roots: Sequence[bytes],
    files: RevocationFiles,
    *,
    now: int,
    most: int,
    use: Use | None = Use.SIGN,
) -> Flow[Gathered]:
    """Ask for what the path of `chain` (DER, the person's certificate first, or the brand's) to one of `roots` lacks for `use`,
    in at most `most` requests."""
    gathering = _Gathering(files, most, use)
    path = yield from gathering.issuers(chain, roots, now)
    if path.status is Status.PASS:
        certificates = [each for each in (load(step.der) for step in path.steps) if each is not None]
        for of, issuer in pairwise(certificates):
            yield from gathering.revocation(of, issuer)
    return gathering.found


def online_validity(der: bytes) -> tuple[int, int] | None:
    """From when to when an OCSP response is the latest one, in seconds since 1970 UTC; None where it is none or never says."""
    try:
        read = ocsp.load_der_ocsp_response(der)
        begin, end = read.this_update_utc, read.next_update_utc
    except Exception:  # ValueError and several classes of the library's own, for what strangers make up
        return None
    return (int(begin.timestamp()), int(end.timestamp())) if end is not None else None


def is_response(der: bytes) -> bool:
    """Whether `der` is an OCSP response, of whatever content."""
    try:
        return bool(ocsp.load_der_ocsp_response(der).response_status.name)
    except Exception:  # the same
        return False


def _request(of: Certificate, issuer: Certificate) -> str:
    """The question for GET; "" where none can be made. Its SHA-1 only picks a name that all responders know (RFC 5019)."""
    try:
        made = ocsp.OCSPRequestBuilder().add_certificate(of, issuer, SHA1()).build()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""
    return quote(b64encode(made.public_bytes(Encoding.DER)).decode(), safe="")


def _access(of: Certificate, method: x509.ObjectIdentifier) -> list[str]:
    places = extension(of, x509.AuthorityInformationAccess) or ()
    return list(_urls(each.access_location for each in places if each.access_method == method))[:X509_FETCH_URLS]


def _points(of: Certificate) -> list[str]:
    points = extension(of, x509.CRLDistributionPoints) or ()
    return list(_urls(name for point in points for name in point.full_name or ()))[:X509_FETCH_URLS]


def _urls(names: Iterator[x509.GeneralName]) -> Iterator[str]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value[:8].lower().startswith(("http://", "https://")):
            yield name.value


def _certificates(body: bytes) -> list[bytes]:
    """A certificate, or those of a certs-only message (RFC 5280 section 4.2.2.1); DER, though some send PEM."""
    if load(body) is not None:
        return [body]
    try:
        found = pkcs7.load_der_pkcs7_certificates(body) if body[:1] == b"\x30" else x509.load_pem_x509_certificates(body)
    except Exception:  # the same
        return []
    ders = (each.public_bytes(Encoding.DER) for each in found[:X509_PATH])
    return [der for der in ders if len(der) <= X509_CERTIFICATE_BYTES]
