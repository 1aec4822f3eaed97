"""The certificates that a message carries beside the keys that are known: whose they are is decided by the path to a root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.core.results import Status
from mailsec.message.person import parse_address, same
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Keys, Over

if TYPE_CHECKING:
    from mailsec.content.smime.dane import Association
    from mailsec.content.smime.signature import SignatureResult

_BOUNDS = {Status.PASS: Bound.DANE, Status.FAIL: Bound.DENIED, Status.TEMPERROR: Bound.OPEN}


@dataclass(frozen=True, slots=True)
class Harvested(Over):
    """A `Keys` over `base` and the signers' certificates in a message. Those in `vouched`, by fingerprint, have a path to a
    trusted root; `names` are the addresses that each certificate has, `associations` what SMIMEA records say of each."""

    listed: tuple[Certificate, ...]
    names: dict[str, tuple[str, ...]]
    vouched: frozenset[str]
    associations: Mapping[str, Association] = field(default_factory=dict)

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that claim `address`."""
        return (*self.base.of_address(address), *(each for each in self.listed if self._names(each, address)))

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """Whether `address` belongs to `certificate`: as the user says, as its domain publishes, or because the base or a
        trusted root vouches for it."""
        known = self.base.binding(certificate, address)
        named = self._names(certificate, address)
        said = self.associations.get(certificate.fingerprint)
        if said is not None and not known.bound.ours and said.address == address:
            unnamed = said.own and not self.names.get(certificate.fingerprint)
            if (named or unnamed) and (bound := _BOUNDS.get(said.status)) is not None:
                return Binding(address, bound, said.reason)
        if known.bound.authenticated or not named:
            return known
        if certificate.fingerprint in self.vouched:
            return Binding(address, Bound.CERTIFIED, "a root that is trusted vouches for its certificate")
        return Binding(address, Bound.NOT, "no root that is trusted vouches for the certificate")

    def _names(self, certificate: Certificate, address: str) -> bool:
        if not address:
            return not self.names.get(certificate.fingerprint)
        try:
            wanted = parse_address(address)
        except BadInput:
            return False
        return any(same(wanted, other) for other in self.names.get(certificate.fingerprint, ()))


def harvested(base: Keys, results: Iterable[SignatureResult]) -> Harvested:
    """The keys in `base` and the certificates whose signatures were found good."""
    listed: dict[str, Certificate] = {}
    names: dict[str, tuple[str, ...]] = {}
    vouched = set()
    associations = {}
    for result in results:
        held = result.held
        if held is None or result.described is None:
            continue
        listed.setdefault(held.fingerprint, held)
        names[held.fingerprint] = result.described.addresses
        if result.vouched:
            vouched.add(held.fingerprint)
        if result.association is not None:
            associations[held.fingerprint] = result.association
    return Harvested(base, tuple(listed.values()), names, frozenset(vouched), associations)
