"""What a path's certificates name, asked for before the path is judged: issuers that are missing, OCSP responses and CRLs.

It goes over plain HTTP, as what comes is signed by itself (RFC 5280 section 8, RFC 6960 appendix A.1). The certificates are
strangers': issuers are asked for only where the signature of the mail fits the certificate that names them, revocation only
where a path leads to a root that is trusted; the number of requests, their size and their redirections are bounded.
"""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import Certificate, ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from mailsec.core.flow import Fetched, FetchStatus, Flow, Purpose, fetch
from mailsec.core.limits.keys import (
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
from mailsec.trust.x509.form import is_der
from mailsec.trust.x509.path import load
from mailsec.trust.x509.revocation import RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from mailsec.trust.x509.tree import SignerPath
from mailsec.trust.x509.usage import Purpose as Use
from mailsec.trust.x509.usage import extension

_SHOWN = 200


class Shelf(Protocol):
    """What was fetched before (`store.cache.Cache`)."""

    def get(self, url: str) -> bytes:
        """What came from `url` and still counts; empty where that is nothing."""

    def put(self, url: str, body: bytes, until: int) -> None:
        """Keep what came from `url` until `until`, in seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came from `url` and counts until `until` (seconds since 1970 UTC, 0 where it does not say): revocation of the
    certificate `about` (DER), or, an `issuer`, that one itself."""

    url: str
    body: bytes
    until: int
    about: bytes
    issuer: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is at hand after the fetching: `files` with what was there before, `issuers` in DER, `requests` how many were made,
    `notes` why some brought nothing, and which was kept from before, `brought` what came over the network."""

    files: RevocationFiles
    issuers: tuple[bytes, ...] = ()
    requests: int = 0
    notes: tuple[str, ...] = ()
    brought: tuple[Brought, ...] = ()

    def shelve(self, shelf: Shelf, path: SignerPath) -> None:
        """Keep what proved good in the judgement: what anybody on the way could have sent stays for nobody else."""
        known = {each.der for each in path.steps if each.revocation.revoked is not None}
        standing = {each.der for each in path.steps if path.status is Status.PASS}
        for each in self.brought:
            if each.about in (standing if each.issuer else known):
                shelf.put(each.url, each.body, each.until)


class _Gathering:
    """One gathering under way; at most `most` requests, and none where it is None."""

    def __init__(self, files: RevocationFiles, most: int | None, use: Use | None, shelf: Shelf | None) -> None:
        self.found = Gathered(files)
        self._most, self._use, self._shelf = most, use, shelf
        self._fresh: set[str] = set()

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
                above = _certificates(body)
                self.found = replace(self.found, issuers=tuple(dict.fromkeys((*self.found.issuers, *above))))
                for each in above[:1]:
                    self._brought(Brought(url, body, _end(each), each, issuer=True))
            if self.found.issuers == before:
                break
            path = judge_signer((*chain[:X509_CHAIN], *self.found.issuers), roots, now=now, purpose=self._use)
        return path

    def revocation(self, of: Certificate, issuer: Certificate) -> Flow[None]:
        """An OCSP response about a certificate, or else the CRLs that it names. One that does not say until when it counts may
        still say that the certificate is revoked; that it is not, is asked for further."""
        about, request = of.public_bytes(Encoding.DER), _request(of, issuer)
        for url in _access(of, AuthorityInformationAccessOID.OCSP) if request else ():
            question = f"{url.rstrip('/')}/{request}"
            body = yield from self._asked(question, X509_OCSP_BYTES)
            if (until := counts_until(body)) is None:
                continue
            files = self.found.files
            self.found = replace(self.found, files=replace(files, ocsps=(*files.ocsps, body)))
            self._brought(Brought(question, body, until, about))
            if until:
                return
        for url in _points(of):
            body = yield from self._asked(url, X509_REVOCATION_BYTES)
            if (until := crl.counts_until(body)) is not None:
                files = self.found.files
                self.found = replace(self.found, files=replace(files, crls=(*files.crls, body)))
                self._brought(Brought(url, body, until, about))

    def _asked(self, url: str, most: int) -> Flow[bytes]:
        """What is at `url`; empty where that is nothing."""
        if kept := self._shelf.get(url) if self._shelf is not None else b"":
            self._noted(url, "kept from an earlier run")
            return kept
        if self._most is None:
            return b""
        if self.found.requests >= self._most:
            return self._noted(url, "not asked: too many were")
        self.found = replace(self.found, requests=self.found.requests + 1)
        reply: Fetched = yield from fetch(url, most, redirects=X509_FETCH_REDIRECTS, purpose=Purpose.REVOCATION)
        if reply.status is FetchStatus.OK and reply.code == 200:
            self._fresh.add(url)
            return reply.body
        return self._noted(url, reply.reason or f"{reply.status}, code {reply.code}")

    def _brought(self, found: Brought) -> None:
        if found.url in self._fresh:
            self.found = replace(self.found, brought=(*self.found.brought, found))

    def _noted(self, url: str, why: str) -> bytes:
        self.found = replace(self.found, notes=(*self.found.notes, f"{clipped(url, _SHOWN)}: {clipped(why, _SHOWN)}"))
        return b""


def gathered(
    chain: Sequence[bytes],
    roots: Sequence[bytes],
    files: RevocationFiles,
    *,
    now: int,
    most: int | None,
    use: Use | None = Use.SIGN,
    shelf: Shelf | None = None,
) -> Flow[Gathered]:
    """Ask for what the path of `chain` (DER, the person's certificate first, or the brand's) to one of `roots` lacks for `use`,
    in at most `most` requests, and none for what `shelf` has. None: nothing is asked for at all, so that the flow ends at once.
    """
    gathering = _Gathering(files, most, use, shelf)
    path = yield from gathering.issuers(chain, roots, now)
    if path.status is not Status.PASS:
        return gathering.found
    if files:
        above = (*chain[:X509_CHAIN], *gathering.found.issuers)
        path = judge_signer(above, roots, now=now, purpose=use, revocation=replace(files, required=False))
    for step, above_it in pairwise(path.steps):
        of, issuer = load(step.der), load(above_it.der)
        if path.status is Status.PASS and step.revocation.revoked is None and of is not None and issuer is not None:
            yield from gathering.revocation(of, issuer)
    return gathering.found


def counts_until(der: bytes) -> int | None:
    """Until when an OCSP response is the latest one, in seconds since 1970 UTC, 0 where it does not say; None where it is none
    that tells anything."""
    try:
        end = ocsp.load_der_ocsp_response(der).next_update_utc
    except Exception:  # ValueError and several classes of the library's own, for what strangers make up
        return None
    return int(end.timestamp()) if end is not None else 0


def _end(der: bytes) -> int:
    certificate = load(der)
    return int(certificate.not_valid_after_utc.timestamp()) if certificate is not None else 0


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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that change nothing
            found = pkcs7.load_der_pkcs7_certificates(body) if is_der(body) else x509.load_pem_x509_certificates(body)
    except Exception:  # the same
        return []
    ders = (each.public_bytes(Encoding.DER) for each in found[:X509_PATH])
    return [der for der in ders if len(der) <= X509_CERTIFICATE_BYTES]
