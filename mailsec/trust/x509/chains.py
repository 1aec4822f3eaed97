"""The ways from a certificate up to a trusted root, out of certificates in any order (RFC 5280 section 6.1, RFC 4158).

Names and key identifiers lead the way; nothing is verified here. The certificates are strangers': they may certify each other
in circles, and the number of ways may grow without end, so that the ways and the search are bounded.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from mailsec.core.limits.keys import X509_PATH, X509_PATHS, X509_STEPS
from mailsec.trust.x509.path import load
from mailsec.trust.x509.spki import public_key_info
from mailsec.trust.x509.usage import extension, public_key, signature_hash

NameKey = tuple[frozenset[tuple[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate, and what leads from it to its issuer. `digest` is the SHA-256 of its public key and subject."""

    certificate: Certificate
    der: bytes
    serial: int
    subject: NameKey
    issuer: NameKey
    key_id: bytes | None
    issuer_key_id: bytes | None
    digest: bytes


Chain = tuple[Link, ...]
"""A certificate, its issuer, the issuer's issuer, and so on."""


def link(der: bytes) -> Link | None:
    """The certificate in `der`, or None where it cannot be read."""
    certificate, key = load(der), public_key_info(der)
    if certificate is None or key is None or not _is_sound(certificate):
        return None
    der = certificate.public_bytes(Encoding.DER)
    subject = certificate.subject.public_bytes()
    return Link(
        certificate,
        der,
        _serial(certificate),
        name_key(certificate.subject),
        name_key(certificate.issuer),
        own.digest if (own := extension(certificate, x509.SubjectKeyIdentifier)) else None,
        above.key_identifier if (above := extension(certificate, x509.AuthorityKeyIdentifier)) else None,
        sha256(key + subject).digest(),
    )


class Finder:
    """Finds the chains from certificates to `roots`, over `others`."""

    def __init__(self, others: Sequence[Link], roots: Sequence[Link]) -> None:
        self._roots = frozenset(each.der for each in roots)
        self._by_name: dict[NameKey, list[Link]] = defaultdict(list)
        # Roots first: the shortest way to something trusted is tried before any other.
        for each in {each.der: each for each in (*roots, *others)}.values():
            self._by_name[each.subject].append(each)

    def chains(self, leaf: Link) -> list[Chain]:
        """The chains that end in a root, at most `X509_PATHS`. `leaf` is the first of each, and may be a root itself."""
        found: list[Chain] = []
        for chain in self._walk(leaf):
            if chain[-1].der in self._roots:
                found.append(chain)
            if len(found) == X509_PATHS:
                break
        return found

    def longest(self, leaf: Link) -> Chain:
        """The longest chain there is, whether a root ends it or not: what can be shown where there is no path."""
        return max(self._walk(leaf), key=len)

    def _walk(self, leaf: Link) -> Iterator[Chain]:
        """Every chain from `leaf` on, each followed by those that lengthen it; a root is never lengthened."""
        stack: list[Chain] = [(leaf,)]
        for _ in range(X509_STEPS):
            if not stack:
                return
            chain = stack.pop()
            yield chain
            if chain[-1].der not in self._roots and len(chain) < X509_PATH:
                stack.extend((*chain, issuer) for issuer in reversed(self._issuers(chain)))

    def _issuers(self, chain: Chain) -> list[Link]:
        """Who may have issued the last of `chain`; nobody whose name and key the chain has already: no circles."""
        last, met = chain[-1], {each.digest for each in chain}
        return [
            each
            for each in self._by_name.get(last.issuer, ())
            if each.digest not in met and (None in (each.key_id, last.issuer_key_id) or each.key_id == last.issuer_key_id)
        ]


def _serial(certificate: Certificate) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that is not positive changes nothing for a path
        return certificate.serial_number


def _is_sound(certificate: Certificate) -> bool:
    """Whether its key, and how it was signed, can be read, if only to find that they are of a kind that is not known."""
    try:
        public_key(certificate)
        signature_hash(certificate)
    except ValueError:
        return False
    return True


def name_key(name: x509.Name) -> NameKey:
    """The name as names are compared: without regard to case, to the number of spaces and to the kind of string."""
    return tuple(frozenset((each.oid.dotted_string, _text(each.value)) for each in rdn) for rdn in name.rdns)


def _text(value: str | bytes) -> str:
    return " ".join(str(value).lower().split())
