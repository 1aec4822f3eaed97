"""Whether an X.509 certificate is somebody's because an authority says so that the ring's user trusts.

The cryptography is loaded when the first certificate is judged: a ring of OpenPGP keys needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailsec.core.results import Status
from mailsec.trust.keyring.keys import Binding, Bound, Certificate


@dataclass(frozen=True, slots=True)
class Paths:
    """The `roots` that are trusted and the `authorities` that are known, in DER; `now` in seconds since 1970 UTC."""

    roots: tuple[bytes, ...]
    authorities: tuple[bytes, ...]
    now: int

    @classmethod
    def of(cls, trusted: Iterable[bytes], known: Iterable[bytes], *, now: int) -> Paths:
        """What of the `trusted` and the `known` certificates may issue others."""
        return cls(tuple(filter(may_issue, trusted)), tuple(filter(may_issue, known)), now)

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """CERTIFIED where a path leads from the certificate, which has the address, to a trusted root."""
        from mailsec.trust.x509.signer import judge_signer  # noqa: PLC0415

        found = judge_signer((certificate.data, *self.authorities), self.roots, now=self.now, purpose=None)
        if found.status is Status.PASS:
            return Binding(address, Bound.CERTIFIED, f"certified under {found.steps[-1].subject}, which you trust")
        return Binding(address, Bound.NOT, "; ".join(found.reasons))


def may_issue(der: bytes) -> bool:
    """Whether the certificate is one of an authority."""
    from mailsec.trust.x509.path import load  # noqa: PLC0415
    from mailsec.trust.x509.usage import is_authority  # noqa: PLC0415

    certificate = load(der)
    return certificate is not None and is_authority(certificate)
