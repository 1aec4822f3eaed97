"""For whom a message is encrypted: addresses, the keys that are theirs, and what speaks against using one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailsec.content.openpgp.encrypting import EncryptingError, Objection, Target, target
from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.authors import author
from mailsec.message.fields import Message
from mailsec.message.person import normal
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

if TYPE_CHECKING:
    from mailsec.api.encrypt_message import EncryptOptions


_NAMED, _OURS = "named", "ours"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can read the message: an address ("" where a key was named and no address of the message is its), the key,
    and whether it is our own."""

    address: str
    target: Target
    own: bool = False

    @property
    def shown(self) -> str:
        """Who it is, in words."""
        fingerprint = self.target.certificate.fingerprint
        return f"{self.address} ({fingerprint})" if self.address else fingerprint


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


def choose(message: Message, options: EncryptOptions, *, now: int, with_bcc: bool = False) -> list[Recipient]:
    """The recipients, with a key for each. Raises KeyUnavailable, with everything that is amiss, where one has none."""
    fields = ("To", "Cc", "Bcc") if with_bcc or options.hidden else ("To", "Cc")
    chosen: list[Recipient] = []
    amiss: list[str] = []
    for address, certificate, named in _wanted(message, options, fields, amiss, each_alone=with_bcc):
        try:
            found = target(certificate, now=now)
        except EncryptingError as error:
            amiss.append(str(error))
            continue
        if not named and not options.keys.binding(certificate, address).bound.authenticated:
            said = (Objection.UNAUTHENTICATED, f"nobody vouched that it is the key of {address}")
            found = replace(found, objections=(*found.objections, said))
        amiss += [
            f"{certificate.fingerprint}: {reason} (--allow-{kind})"
            for kind, reason in found.objections
            if kind not in options.allow
        ]
        chosen.append(Recipient(address, found, own=named == _OURS))
    if amiss:
        overrule = "the option in brackets overrules it" if any("--allow-" in each for each in amiss) else ""
        raise KeyUnavailable(
            "; ".join(amiss), hint=overrule or "name the key's file (--to-key), or import it: mailsec keys import"
        )
    if not any(not each.own for each in chosen):
        raise KeyUnavailable("nobody to encrypt to", hint="name somebody: --to ADDRESS or --to-key FILE")
    return chosen


def _wanted(
    message: Message, options: EncryptOptions, fields: Sequence[str], amiss: list[str], *, each_alone: bool
) -> Iterator[tuple[str, Certificate, str]]:
    """Address and certificate of each recipient, and whether the certificate itself was named, or is our own."""
    in_message = addresses(message, fields)
    # where each gets a message alone, everybody who is named has to have a key
    certificates = (*options.named, *(options.certificates if not options.to else ()))
    asked = tuple(map(normal, options.to)) or (() if certificates and not each_alone else tuple(in_message))
    for certificate in certificates:
        claimed = [each for each in in_message if _claims(options.keys, certificate, each)]
        if not (each_alone and claimed):
            yield (claimed[0] if claimed else ""), certificate, _NAMED
    for address in asked:
        try:
            yield address, one_of(options.keys, address, options.allow), ""
        except KeyUnavailable as error:
            amiss.append(error.message)
    for certificate in _self(message, options, amiss):
        yield "", certificate, _OURS


def _self(message: Message, options: EncryptOptions, amiss: list[str]) -> Sequence[Certificate]:
    """The keys with which we read the message ourselves."""
    if not options.for_self:
        return ()
    signers = tuple(options.sign.signers) if options.sign is not None else ()
    found = options.own or signers or own_key(message, options.keys)
    if not found:
        amiss.append("no key of your own for the author is known (--for-self)")
    return found


def own_key(message: Message, keys: Keys) -> tuple[Certificate, ...]:
    """Our own key of the author, where there is one. Raises KeyUnavailable, with the candidates, where there are several."""
    address = author_address(message)
    own = {each.fingerprint for each in keys.own()}
    mine = (each for each in keys.of_address(address) if each.fingerprint in own and each.kind is Kind.OPENPGP)
    found = tuple(mine) if address else ()
    if len(found) > 1:
        names = ", ".join(each.fingerprint for each in found[:10])
        raise KeyUnavailable(f"{address} has several secret keys: {names}", hint="name one: --signer FINGERPRINT or --key FILE")
    return found


def author_address(message: Message) -> str:
    """The one address in From, "" where it is not one."""
    mailboxes = author(message).mailboxes
    return normal(from_bytes(mailboxes[0].address)) if len(mailboxes) == 1 else ""


def _claims(keys: Keys, certificate: Certificate, address: str) -> bool:
    return any(each.fingerprint == certificate.fingerprint for each in keys.of_address(address))


def one_of(keys: Keys, address: str, allow: frozenset[Objection] = frozenset()) -> Certificate:
    """The one certificate of `address`. Raises KeyUnavailable where there is none, or several, with the candidates."""
    claimed = _openpgp(keys, address)
    vouched = [each for each in claimed if keys.binding(each, address).bound.authenticated]
    candidates = vouched or (claimed if Objection.UNAUTHENTICATED in allow else [])
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise KeyUnavailable(f"{address} has several keys: " + ", ".join(each.fingerprint for each in candidates[:10]))
    if claimed:
        names = ", ".join(each.fingerprint for each in claimed[:10])
        raise KeyUnavailable(f"nobody vouched that {names} is the key of {address} (--allow-unauthenticated)")
    raise KeyUnavailable(f"no key of {address} is known")


def _openpgp(keys: Keys, address: str) -> list[Certificate]:
    return [each for each in keys.of_address(address) if each.kind is Kind.OPENPGP]
