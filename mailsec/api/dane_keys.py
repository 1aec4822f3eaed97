"""Certificates of recipients out of the DNS: SMIMEA 3 0 0 records that DNSSEC vouches for (RFC 8162), behind other keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailsec.api.recipients import Wishes, wanted
from mailsec.api.session import Session
from mailsec.content.smime.encrypting import EncryptingError, check
from mailsec.content.smime.published import Published, published
from mailsec.core.errors import BadInput, KeyUnavailable, TemporaryFailure
from mailsec.core.flow import Flow, pure
from mailsec.core.results import Status
from mailsec.message.fields import Message
from mailsec.message.person import parse_address, same
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Keys, Kind
from mailsec.trust.x509.person import CertificateError, load

_CARRIES = (3, 0, 0)
"""The one form that has a certificate to encrypt to."""


@dataclass(frozen=True, slots=True)
class DaneKeys:
    """A `Keys` over `base` and the certificates that the DNS has for addresses: `found` has those that may be encrypted to,
    `refused` why there is none."""

    base: Keys
    found: Mapping[str, tuple[Certificate, ...]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """Those of the base: the DNS knows addresses alone."""
        return self.base.certificates(handles)

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

    def secret(self, fingerprint: str) -> bytes | None:
        """The secret key of a certificate."""
        return self.base.secret(fingerprint)

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys are at hand."""
        return self.base.own()

    def capabilities(self, fingerprint: str) -> bytes | None:
        """Those that the base knows."""
        return self.base.capabilities(fingerprint)


def dane_keys(
    base: Keys, addresses: Sequence[str], session: Session, *, now: int, accept_case_variant: bool = False
) -> DaneKeys:
    """`base`, and behind it what the DNS has for those of `addresses` that it has no certificate for. With
    `accept_case_variant` the records of a lower-cased address serve as well.

    Raises TemporaryFailure where a lookup fails that may have found one.
    """
    wanted = [each for each in dict.fromkeys(addresses) if not _known(base, each)]
    flows = [_asked(each, accept_case_variant) for each in wanted]
    found: dict[str, tuple[Certificate, ...]] = {}
    refused: dict[str, str] = {}
    for index, answer in session.run_many(flows):
        address = wanted[index]
        if answer is not None and answer.status is Status.TEMPERROR:
            raise TemporaryFailure(f"no certificate of {address}: {answer.reason}", hint="try again, or name it: --to-key FILE")
        good, why = _usable(address, answer, now)
        if good:
            found[address] = good
        else:
            refused[address] = why
    return DaneKeys(base, found, refused)


def found_for(keys: DaneKeys, addresses: Sequence[str]) -> tuple[Certificate, ...]:
    """The certificates out of the DNS for `addresses`. Raises KeyUnavailable, with every reason, where one has none."""
    amiss = [f"{each}: {keys.refused[each]}" for each in addresses if each in keys.refused]
    if amiss:
        raise KeyUnavailable("no certificate for " + "; ".join(amiss), hint="name it: --to-key FILE")
    return tuple(dict.fromkeys(found for each in addresses for found in keys.found.get(each, ())))


def keys_for(
    message: Message, wishes: Wishes, session: Session, *, with_bcc: bool = False, accept_case_variant: bool = False
) -> DaneKeys:
    """The keys of `wishes` with those of the DNS behind them, which is asked for whom the message is for and has none.

    Raises KeyUnavailable, with every reason, where somebody has one neither here nor there, and TemporaryFailure.
    """
    asked = wanted(message, wishes, with_bcc=with_bcc)
    keys = dane_keys(wishes.keys, asked, session, now=session.now, accept_case_variant=accept_case_variant)
    # what is at hand and nobody vouched for is refused, or taken, where keys are chosen
    found_for(keys, [each for each in asked if all(found.kind is not wishes.kind for found in keys.of_address(each))])
    return keys


def _known(base: Keys, address: str) -> bool:
    claimed = (each for each in base.of_address(address) if each.kind is Kind.X509)
    return any(base.binding(each, address).bound.authenticated for each in claimed)


def _asked(address: str, accept_case_variant: bool) -> Flow[Published | None]:
    try:
        return published(parse_address(address), accept_case_variant=accept_case_variant)
    except BadInput:
        return pure(None)


def _usable(address: str, answer: Published | None, now: int) -> tuple[tuple[Certificate, ...], str]:
    """The certificates to encrypt to, of the present and of the next key; without any, why."""
    if answer is None:
        return (), "not an address that the DNS can be asked for"
    if answer.status is not Status.PASS:
        return (), answer.reason
    carried = [each.data for each in answer.records if (each.usage, each.selector, each.matching) == _CARRIES]
    good, why = [], "its SMIMEA records confirm a certificate, but none carries it (3 0 0)"
    for der in carried:
        try:
            good.append(_sound(address, der, f"SMIMEA 3 0 0 at {answer.name}", now))
        except (EncryptingError, CertificateError) as error:
            why = f"SMIMEA 3 0 0 at {answer.name}: {error}"
    return tuple(good), why


def _sound(address: str, der: bytes, source: str, now: int) -> Certificate:
    """The certificate, as keys are kept. The record binds it to the address whatever names it has (usage 3), but one that names
    others alone is somebody else's. Raises EncryptingError and CertificateError."""
    person = load(der)
    check(der, now=now)
    if person.addresses and not any(same(parse_address(address), each) for each in person.addresses):
        raise EncryptingError("the certificate names other addresses (RFC 8550 section 3)")
    return Certificate(Kind.X509, person.fingerprint.upper(), der, source, now)
