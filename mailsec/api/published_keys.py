"""The certificates and keys that a domain publishes for an address and that DNSSEC vouches for: SMIMEA 3 0 0 (RFC 8162) and
OPENPGPKEY (RFC 7929)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mailsec.content.openpgp.published import keys_in
from mailsec.content.openpgp.published import published as openpgpkey
from mailsec.content.smime.published import published as smimea
from mailsec.core.errors import BadInput
from mailsec.core.flow import Flow
from mailsec.core.results import Status
from mailsec.message.person import Address, parse_address, same
from mailsec.trust.keyring.certificates import reading
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.reading import Reading
from mailsec.trust.x509.bundle import Held

_CARRIES = (3, 0, 0)
"""The one form of SMIMEA that has a certificate to encrypt to."""


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The keys of one kind that the DNS has for an address, at `name`; `form` says where in words.

    pass: DNSSEC vouches for `keys`; none: there is none that may be taken, `reason` says why; temperror: the lookup failed.
    """

    kind: Kind
    name: str
    form: str
    status: Status
    reason: str
    keys: tuple[Reading, ...] = ()


def published_keys(address: str, kind: Kind, *, accept_case_variant: bool = False) -> Flow[PublishedKeys]:
    """Ask for the keys of `address`, present and next ones. A record binds a certificate or key to the address, but one that
    names others alone is somebody else's; with `accept_case_variant` that of the lower-cased address counts."""
    try:
        mailbox = parse_address(address)
    except BadInput:
        return PublishedKeys(kind, "", "", Status.NONE, "not an address that the DNS can be asked for")
    theirs = (mailbox, mailbox.lowered) if accept_case_variant else (mailbox,)
    ask = _certificates if kind is Kind.X509 else _openpgp_keys
    return (yield from ask(mailbox, theirs, accept_case_variant))


def _certificates(mailbox: Address, theirs: Sequence[Address], accept_case_variant: bool) -> Flow[PublishedKeys]:
    found = yield from smimea(mailbox, accept_case_variant=accept_case_variant)
    carried = [each.data for each in found.records if (each.usage, each.selector, each.matching) == _CARRIES]
    made = PublishedKeys(Kind.X509, found.name, f"SMIMEA 3 0 0 at {found.name}", found.status, found.reason)
    if found.status is Status.PASS and not carried:
        return replace(made, status=Status.NONE, reason="its SMIMEA records confirm a certificate, but none carries it (3 0 0)")
    return _with_keys(made, carried, lambda der: [_certificate(der, theirs)])


def _openpgp_keys(mailbox: Address, theirs: Sequence[Address], accept_case_variant: bool) -> Flow[PublishedKeys]:
    found = yield from openpgpkey(mailbox, accept_case_variant=accept_case_variant)
    made = PublishedKeys(Kind.OPENPGP, found.name, f"OPENPGPKEY at {found.name}", found.status, found.reason)
    return _with_keys(made, [each.rdata for each in found.records], lambda data: keys_in(data, theirs))


def _with_keys(made: PublishedKeys, records: Iterable[bytes], read: Callable[[bytes], list[Reading]]) -> PublishedKeys:
    """`made` with what `read` finds in `records`, each key once; without any, with the reason."""
    if made.status is not Status.PASS:
        return made
    keys: dict[str, Reading] = {}
    why = ""
    for data in records:
        try:
            keys |= {each.fingerprint: each for each in read(data)}
        except BadInput as error:
            why = f"{made.form}: {error.message}"
    return replace(made, keys=tuple(keys.values())) if keys else replace(made, status=Status.NONE, reason=why)


def _certificate(der: bytes, theirs: Sequence[Address]) -> Reading:
    read = reading(Held(der))
    named = [user_id.address for user_id in read.user_ids if user_id.address]
    if named and not any(same(address, each) for address in theirs for each in named):
        raise BadInput("the certificate names other addresses (RFC 8550 section 3)")
    return read
