"""Whether an X.509 certificate is somebody's because an authority says so that the ring's user trusts.

The cryptography is loaded when the first certificate is judged: a ring of OpenPGP keys needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.core.limits.keys import X509_CHAIN, X509_PATH
from mailsec.core.results import Status
from mailsec.trust.keyring.keys import Binding, Bound, Certificate

if TYPE_CHECKING:
    from mailsec.trust.x509.chains import NameKey
    from mailsec.trust.x509.tree import SignerPath


@dataclass(frozen=True, slots=True)
class Paths:
    """The `roots` that are trusted and the `authorities` that are known, by name, in DER; `now` in seconds since 1970 UTC."""

    roots: tuple[bytes, ...]
    authorities: Mapping[NameKey, Sequence[bytes]]
    now: int

    @classmethod
    def of(cls, trusted: Iterable[bytes], known: Iterable[bytes], *, now: int) -> Paths:
        """What of the `trusted` and the `known` certificates may issue others."""
        authorities: dict[NameKey, list[bytes]] = {}
        for der in filter(may_issue, known):
            authorities.setdefault(_names(der)[0], []).append(der)
        return cls(tuple(filter(may_issue, trusted)), authorities, now)

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """CERTIFIED where a path leads from the certificate, which has the address, to a trusted root."""
        found = self.judged(certificate.data)
        if found.status is Status.PASS:
            return Binding(address, Bound.CERTIFIED, f"certified under {found.steps[-1].subject}, which you trust")
        return Binding(address, Bound.NOT, "; ".join(found.reasons))

    def between(self, der: bytes) -> list[bytes]:
        """The authorities between a certificate and its root, as far as there is a way."""
        return [step.der for step in self.judged(der).steps[1:] if step.subject != step.issuer]

    def judged(self, der: bytes) -> SignerPath:
        """The path from a certificate to a trusted root, or as far as there is a way."""
        from mailsec.trust.x509.signer import judge_signer  # noqa: PLC0415 (large, and an OpenPGP ring needs none of it)

        return judge_signer((der, *self._above(der)), self.roots, now=self.now, purpose=None)

    def _above(self, der: bytes) -> list[bytes]:
        """The authorities that may stand above a certificate, by their names: of a large ring a few."""
        found: dict[bytes, None] = {}
        level = [der]
        for _ in range(X509_PATH):
            issuers = {_names(each)[1] for each in level}
            level = [each for name in issuers for each in self.authorities.get(name, ()) if each not in found][:X509_CHAIN]
            found.update(dict.fromkeys(level))
        return list(found)


def _names(der: bytes) -> tuple[NameKey, NameKey]:
    """Subject and issuer of a certificate that can be read."""
    from mailsec.trust.x509.chains import name_key  # noqa: PLC0415 (the same)
    from mailsec.trust.x509.path import load  # noqa: PLC0415 (the same)

    certificate = load(der)
    return (name_key(certificate.subject), name_key(certificate.issuer)) if certificate is not None else ((), ())


def may_issue(der: bytes) -> bool:
    """Whether the certificate is one of an authority."""
    from mailsec.trust.x509.path import load  # noqa: PLC0415 (the same)
    from mailsec.trust.x509.usage import is_authority  # noqa: PLC0415 (the same)

    certificate = load(der)
    return certificate is not None and is_authority(certificate)
