"""For whom a message is encrypted: addresses, the keys that are theirs, and what speaks against using one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mailsec.api.methods import NOUNS, beside, of_kind, way_out
from mailsec.content.objection import Objection, Objections
from mailsec.core.errors import BadInput, KeyUnavailable, UsageError
from mailsec.core.results import Check, Fact, Status, finding
from mailsec.core.rules import Rule
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.authors import author
from mailsec.message.fields import Message
from mailsec.message.person import normal
from mailsec.trust.keyring.keys import Bound, Certificate, Keys, Kind

if TYPE_CHECKING:
    from mailsec.api.signers import SignKeys


_NAMED, _OURS = "named", "ours"
_SHOWN = 10


class Target(Protocol):
    """A certificate that can be encrypted to, and what speaks against that."""

    @property
    def certificate(self) -> Certificate:
        """Whose key it is."""

    @property
    def objections(self) -> Objections:
        """Why one does not encrypt to it."""


T = TypeVar("T", bound=Target)
Judge = Callable[[Certificate], T]
"""How a certificate can be encrypted to; raises KeyUnavailable where it cannot."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """For whom a message is to be encrypted, with OpenPGP and S/MIME alike; `kind` is that of the keys.

    `to` are addresses whose keys are looked for in `keys`, `certificates` keys that were named; without either the addresses in
    To and Cc count. `named` are keys of the ring that were called by their fingerprints: recipients beside those of `to`.
    `for_self` adds the keys in `own`, or without any our own key of the author. `allow` overrules what speaks against a key.
    With `everybody` those in To and Cc who have none among the `certificates` get one from `keys` too.
    """

    keys: Keys
    to: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    sign: SignKeys | None = None
    for_self: bool = False
    own: tuple[Certificate, ...] = ()
    hidden: bool = False
    allow: frozenset[Objection] = frozenset()
    named: tuple[Certificate, ...] = ()
    everybody: bool = False
    kind: Kind = Kind.OPENPGP


@dataclass(frozen=True, slots=True)
class Recipient(Generic[T]):
    """Somebody who can read the message: an address ("" where a key was named and no address of the message is its), the key,
    what of it was overruled, and whether it is our own."""

    address: str
    target: T
    overruled: Objections = ()
    own: bool = False

    @property
    def shown(self) -> str:
        """Who it is, in words."""
        fingerprint = self.target.certificate.fingerprint
        return f"{self.address} ({fingerprint})" if self.address else fingerprint

    def check(self, rule: Rule) -> Check:
        """The recipient as a node of the report, with a finding of `rule` for each objection that was overruled."""
        certificate = self.target.certificate
        facts = (Fact("certificate", certificate.fingerprint), Fact("source", certificate.source))
        found = tuple(finding(rule, f"{self.shown}: {reason}") for _, reason in self.overruled)
        return Check("recipient", Status.PASS, self.shown, facts, found)


def addresses(message: Message, names: Sequence[str]) -> list[str]:
    """The addresses in the fields called `names`, each once, in order. Raises BadInput where one can be read in two ways."""
    found: dict[str, None] = {}
    for name in names:
        for field in message.all(name):
            parsed = parse_addresses(field.value)
            if parsed.ambiguous:
                raise BadInput(f"programs will read different addresses in {name}", hint="name the recipients: --to ADDRESS")
            found.update((normal(from_bytes(each.address)), None) for each in parsed.mailboxes)
    return list(found)


def wanted(message: Message, wishes: Wishes, *, with_bcc: bool = False) -> tuple[str, ...]:
    """The addresses for which keys are looked for."""
    if wishes.to:
        return tuple(dict.fromkeys(map(normal, wishes.to)))
    if (wishes.certificates or wishes.named) and not (with_bcc or wishes.everybody):
        return ()
    return tuple(addresses(message, _fields(wishes, with_bcc=with_bcc)))


def _fields(wishes: Wishes, *, with_bcc: bool) -> tuple[str, ...]:
    return ("To", "Cc", "Bcc") if with_bcc or wishes.hidden else ("To", "Cc")


def refuse_bcc(message: Message, hint: str) -> None:
    """Raises UsageError where the message has a Bcc; `hint` says what can be done."""
    if addresses(message, ("Bcc",)):
        raise UsageError("the message has a Bcc: one encrypted message would tell everybody who else gets it", hint=hint)


def unnamed(message: Message, recipients: Sequence[Recipient[T]], wishes: Wishes) -> list[str]:
    """The addresses in the message of which no key takes part."""
    there, keys = {each.address for each in recipients}, {each.target.certificate.fingerprint for each in recipients}
    return [
        each
        for each in addresses(message, _fields(wishes, with_bcc=False))
        if each not in there and keys.isdisjoint(found.fingerprint for found in wishes.keys.of_address(each))
    ]


def choose(message: Message, wishes: Wishes, judge: Judge[T], *, with_bcc: bool = False) -> list[Recipient[T]]:
    """The recipients, with a key for each. Raises KeyUnavailable, with everything that is amiss, where one has none."""
    chosen: list[Recipient[T]] = []
    amiss: list[str] = []
    for address, certificate, named in _wanted(message, wishes, judge, amiss, with_bcc=with_bcc):
        try:
            found = judge(certificate)
        except KeyUnavailable as error:
            amiss.append(error.message)
            continue
        objections = found.objections if named else (*found.objections, *_unauthenticated(certificate, address, wishes))
        amiss += [
            f"{certificate.fingerprint}: {reason} (--allow-{kind})" for kind, reason in objections if kind not in wishes.allow
        ]
        chosen.append(Recipient(address, found, objections, own=named == _OURS))
    if amiss:
        raise KeyUnavailable(
            "; ".join(amiss), hint=way_out(wanted(message, wishes, with_bcc=with_bcc), wishes.keys, wishes.kind, amiss)
        )
    if all(each.own for each in chosen):
        raise KeyUnavailable("nobody to encrypt to", hint="name somebody: --to ADDRESS or --to-key FILE")
    return chosen


def _unauthenticated(certificate: Certificate, address: str, wishes: Wishes) -> Objections:
    binding = wishes.keys.binding(certificate, address)
    if binding.bound.authenticated:
        return ()
    why = f": {binding.reason}" if wishes.kind is Kind.X509 else ""
    return ((Objection.UNAUTHENTICATED, f"nobody vouched that it is the {NOUNS[wishes.kind]} of {address}{why}"),)


def _wanted(
    message: Message, wishes: Wishes, judge: Judge[T], amiss: list[str], *, with_bcc: bool
) -> Iterator[tuple[str, Certificate, str]]:
    """Address and certificate of each recipient, and whether the certificate itself was named, or is our own."""
    in_message = addresses(message, _fields(wishes, with_bcc=with_bcc))
    asked = wanted(message, wishes, with_bcc=with_bcc)
    explicit = (*wishes.named, *(wishes.certificates if not wishes.to else ()))
    claims = {each: {found.fingerprint for found in wishes.keys.of_address(each)} for each in in_message} if explicit else {}
    for certificate in explicit:
        claimed = [each for each, found in claims.items() if certificate.fingerprint in found]
        # whose address is asked for is found by that
        if not any(each in asked for each in claimed):
            yield (claimed[0] if claimed else ""), certificate, _NAMED
    for address in asked:
        try:
            yield from ((address, *found) for found in of_address(address, wishes, judge))
        except KeyUnavailable as error:
            amiss.append(error.message)
    for certificate in _self(message, wishes, judge, amiss):
        yield "", certificate, _OURS


def _self(message: Message, wishes: Wishes, judge: Judge[T], amiss: list[str]) -> Sequence[Certificate]:
    """The keys with which we read the message ourselves."""
    if not wishes.for_self:
        return ()
    signing = wishes.sign.signers if wishes.sign is not None else ()
    signers = tuple(each for each in signing if _can_read(each, judge))
    found = wishes.own or signers or own_key(message, wishes.keys, wishes.kind, lambda each: _is_usable(each, judge))
    if not found:
        amiss.append(f"no {NOUNS[wishes.kind]} of your own for the author is known (--for-self)")
    return found


def own_key(message: Message, keys: Keys, kind: Kind, usable: Callable[[Certificate], bool]) -> tuple[Certificate, ...]:
    """Our own key of the author, where there is one. Raises KeyUnavailable, with the candidates, where there are several: then
    those that are `usable` go before others."""
    address = author_address(message)
    own = {each.fingerprint for each in keys.own()}
    mine = [each for each in of_kind(keys, address, kind) if each.fingerprint in own] if address else []
    found = _preferred(mine, usable)
    if len(found) > 1:
        said = f"{address} has several secret keys: {_listed(found)}"
        raise KeyUnavailable(said, hint="name one: --signer FINGERPRINT or --key FILE")
    return tuple(found)


def author_address(message: Message) -> str:
    """The one address in From, "" where it is not one."""
    mailboxes = author(message).mailboxes
    return normal(from_bytes(mailboxes[0].address)) if len(mailboxes) == 1 else ""


def of_address(address: str, wishes: Wishes, judge: Judge[T]) -> list[tuple[Certificate, str]]:
    """The certificate of `address`, and whether it was named. Raises KeyUnavailable where there is none, or several, with the
    candidates.

    What was named goes before what is kept, what somebody vouched for before what nobody did, and what can be used now before
    what cannot. Of several that a domain publishes all count: they are of the present and of the next key (RFC 8162).
    """
    keys, noun = wishes.keys, NOUNS[wishes.kind]
    claimed = of_kind(keys, address, wishes.kind)
    named = [each for each in claimed if _is_among(each, (*wishes.named, *wishes.certificates))]
    bound = {each.fingerprint: keys.binding(each, address).bound for each in claimed}
    vouched = [each for each in claimed if bound[each.fingerprint].authenticated]
    found = _preferred(named or vouched or claimed, lambda each: _is_usable(each, judge))
    if len(found) > 1 and any(bound[each.fingerprint] is not Bound.DANE for each in found):
        raise KeyUnavailable(
            f"{address} has several {noun}s: {_listed(found)}: name one with --to FINGERPRINT or --to-key FILE"
        )
    if not found:
        raise KeyUnavailable(f"no {noun} of {address} is known{beside(address, keys, wishes.kind)}")
    return [(each, _NAMED if named else "") for each in found]


def _preferred(candidates: list[Certificate], usable: Callable[[Certificate], bool]) -> list[Certificate]:
    """Of several the ones that can be used, where there are any: people renew, and may sign and read with different keys."""
    return ([each for each in candidates if usable(each)] or candidates) if len(candidates) > 1 else candidates


def _can_read(certificate: Certificate, judge: Judge[T]) -> bool:
    try:
        judge(certificate)
    except KeyUnavailable:
        return False
    return True


def _is_usable(certificate: Certificate, judge: Judge[T]) -> bool:
    try:
        return not judge(certificate).objections
    except KeyUnavailable:
        return False


def _is_among(certificate: Certificate, others: Sequence[Certificate]) -> bool:
    return any(each.fingerprint == certificate.fingerprint for each in others)


def _listed(found: Sequence[Certificate]) -> str:
    return ", ".join(each.fingerprint for each in found[:_SHOWN])
