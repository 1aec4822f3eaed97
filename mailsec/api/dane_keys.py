"""Keys of recipients out of the DNS, that DNSSEC vouches for, behind other keys: SMIMEA 3 0 0 and OPENPGPKEY records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailsec.api.published_keys import PublishedKeys, published_keys
from mailsec.api.session import Session
from mailsec.content.smime.encrypting import EncryptingError, check
from mailsec.core.errors import BadInput, KeyUnavailable, TemporaryFailure
from mailsec.core.results import Status
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Keys, Kind, Over
from mailsec.trust.keyring.reading import Reading, merged


@dataclass(frozen=True, slots=True)
class DaneKeys(Over):
    """A `Keys` over `base` and the keys that the DNS has for addresses: `found` has those that may be encrypted to,
    `refused` why there is none."""

    found: Mapping[str, tuple[Certificate, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that the base has for `address`, then those of the DNS."""
        kept = self.base.of_address(address)
        known = {each.fingerprint for each in kept}
        return (*kept, *(each for each in self.found.get(address, ()) if each.fingerprint not in known))

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """Whether `address` belongs to `certificate`: as the base says, or because its domain publishes it."""
        known = self.base.binding(certificate, address)
        if known.bound.authenticated:
            return known
        for each in self.found.get(address, ()):
            if each.fingerprint == certificate.fingerprint:
                return Binding(address, Bound.DANE, f"{each.source}, DNSSEC secure")
        return known


def dane_keys(
    base: Keys, addresses: Sequence[str], session: Session, *, now: int, kind: Kind, accept_case_variant: bool = False
) -> DaneKeys:
    """`base`, and behind it what the DNS has for those of `addresses` that it has no certificate of this `kind` for. With
    `accept_case_variant` the records of a lower-cased address serve as well.

    Raises TemporaryFailure where a lookup fails that may have found one.
    """
    wanted = [each for each in dict.fromkeys(addresses) if not _known(base, each, kind)]
    flows = [published_keys(each, kind, accept_case_variant=accept_case_variant) for each in wanted]
    found: dict[str, tuple[Certificate, ...]] = {}
    refused: dict[str, str] = {}
    for index, answer in session.run_many(flows):
        address = wanted[index]
        if answer.status is Status.TEMPERROR:
            raise TemporaryFailure(f"no key of {address}: {answer.reason}", hint="try again, or name it: --to-key FILE")
        good, why = _certificates(answer, now) if kind is Kind.X509 else _openpgp(answer, base, now)
        if good:
            found[address] = good
        else:
            refused[address] = why
    return DaneKeys(base, found, refused)


def found_for(keys: DaneKeys, addresses: Sequence[str]) -> tuple[Certificate, ...]:
    """The certificates out of the DNS for `addresses`. Raises KeyUnavailable, with every reason, where one has none."""
    amiss = [f"{each}: {keys.refused[each]}" for each in addresses if each in keys.refused]
    if amiss:
        raise KeyUnavailable("no key for " + "; ".join(amiss), hint="name it: --to-key FILE")
    return tuple(dict.fromkeys(found for each in addresses for found in keys.found.get(each, ())))


def _known(base: Keys, address: str, kind: Kind) -> bool:
    claimed = (each for each in base.of_address(address) if each.kind is kind)
    return any(base.binding(each, address).bound.authenticated for each in claimed)


def _certificates(answer: PublishedKeys, now: int) -> tuple[tuple[Certificate, ...], str]:
    """The certificates to encrypt to, of the present and of the next key; without any, why."""
    good, why = [], answer.reason
    for read in answer.keys:
        try:
            check(read.data, now=now)
        except EncryptingError as error:
            why = f"{answer.form}: {error}"
        else:
            good.append(_kept(answer, read, now))
    return tuple(good), why


def _openpgp(answer: PublishedKeys, base: Keys, now: int) -> tuple[tuple[Certificate, ...], str]:
    """The newest key, first of those that nothing speaks against, with what is known of it here: that it was revoked, perhaps.
    Without any, why."""
    from mailsec.content.openpgp.encrypting import EncryptingError as NoKeyError
    from mailsec.content.openpgp.encrypting import target

    able, why = [], answer.reason
    for read in answer.keys:
        try:
            # anybody can have the key as a subkey of his own
            known = [each for each in base.certificates((read.fingerprint,)) if each.fingerprint == read.fingerprint]
            whole = merged(known[0].data, read) if known else read
            able.append((not target(_kept(answer, whole, now), now=now).objections, whole))
        except (NoKeyError, BadInput) as error:
            why = f"{answer.form}: {error}"
    if not able:
        return (), why
    _, best = max(able, key=lambda each: (each[0], each[1].created))
    return (_kept(answer, best, now),), ""


def _kept(answer: PublishedKeys, read: Reading, now: int) -> Certificate:
    return Certificate(answer.kind, read.fingerprint, read.data, answer.form, now)
