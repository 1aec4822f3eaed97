"""Where certificates and secret keys come from: the ring, files named on the command line, or both; OpenPGP and X.509 alike.

Rooms ask a `Keys` and never know a file or a database. Fingerprints are upper-case hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Kind(StrEnum):
    """What a certificate is made of."""

    OPENPGP = "openpgp"
    X509 = "x509"


class Bound(StrEnum):
    """Why an address counts as belonging to a certificate, or that it does not."""

    OWN = "own"  # we hold the secret key, and it is marked as ours
    CERTIFIED = "certified"  # certified by an ultimately or fully trusted key, or by a root that is trusted
    STATED = "stated"  # `keys trust FINGERPRINT --address A`
    FILE = "file"  # the file was named on the command line: naming it is the trust
    DANE = "dane"  # the domain publishes it for the address, and DNSSEC vouches for that
    NOT = "not authenticated"
    DENIED = "denied"  # the domain publishes other ones for the address
    OPEN = "not found out"  # what the domain publishes could not be looked up, and it counts

    @property
    def authenticated(self) -> bool:
        """True where the address may stand for the certificate."""
        return self not in (Bound.NOT, Bound.DENIED, Bound.OPEN)

    @property
    def ours(self) -> bool:
        """True where the user said so, which outweighs what anybody publishes."""
        return self in (Bound.OWN, Bound.STATED, Bound.FILE)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it is kept: `data` in binary (OpenPGP packets or DER), never with secret parts.

    `source` says where it came from ("file bob.asc", "imported", "signed mail"), `added` when, in seconds since 1970 UTC.
    """

    kind: Kind
    fingerprint: str
    data: bytes
    source: str = ""
    added: int = 0


@dataclass(frozen=True, slots=True)
class Signing:
    """A secret key to sign with (a transferable secret key, or PKCS#8 in DER), its passphrase, and its certificate."""

    secret: bytes
    passphrase: str | None
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Binding:
    """Whether a certificate is the one of an address, and why, in words for people."""

    address: str
    bound: Bound
    reason: str = ""


class Keys(Protocol):
    """What rooms ask for keys. Nothing here touches the network; every answer is at hand."""

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """The certificates that hold a key with one of these fingerprints or 16-digit key IDs (primary or subkey)."""

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that claim `address` in a user ID or SAN, authenticated or not; `binding` says which."""

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """Whether `address` belongs to `certificate`; "" asks whether one that names no address is who it says it is."""

    def secret(self, fingerprint: str) -> bytes | None:
        """The secret key of a certificate (whole transferable secret key, or PKCS#8), or None."""

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys are at hand."""

    def capabilities(self, fingerprint: str) -> bytes | None:
        """The newest SMIMECapabilities (RFC 8551 section 2.5.2, DER) that an X.509 certificate's holder signed, or None."""


@runtime_checkable
class Rooted(Protocol):
    """Keys among which there are authorities that the user trusts."""

    def roots(self) -> Sequence[bytes]:
        """The X.509 certificates of authorities that are trusted, in DER: roots for persons' certificates."""


@runtime_checkable
class Issuing(Protocol):
    """Keys among which there are the authorities that issued others."""

    def issuers(self, certificate: Certificate) -> Sequence[bytes]:
        """The authorities between an X.509 certificate and its root, without that, as far as they are known, in DER."""


@runtime_checkable
class Stating(Protocol):
    """Keys of some of which the user said whose they are."""

    def is_stated(self, certificate: Certificate) -> bool:
        """True where the user said so of `certificate`, for whatever address: no authority need vouch for it."""


@dataclass(frozen=True, slots=True)
class Over:
    """What a `Keys` over another one, `base`, passes on to it: all that knows nothing of addresses."""

    base: Keys

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """Those of the base."""
        return self.base.certificates(handles)

    def secret(self, fingerprint: str) -> bytes | None:
        """The secret key of a certificate."""
        return self.base.secret(fingerprint)

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys are at hand."""
        return self.base.own()

    def capabilities(self, fingerprint: str) -> bytes | None:
        """Those that the base knows."""
        return self.base.capabilities(fingerprint)
