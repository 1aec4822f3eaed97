"""`encrypt --pgp`: a message that only its recipients can read (PGP/MIME), signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailsec.api.recipients import Recipient, addresses, choose
from mailsec.api.sign_openpgp import SignKeys, readable, signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.encrypting import EncryptingError, Manner, Objection, Signing, encrypted, signing_key
from mailsec.content.openpgp.signing import encrypted_entity
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Produced, Report, Status, finding
from mailsec.message.compose import entity_of, with_entity
from mailsec.message.fields import Message
from mailsec.message.person import normal
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

if TYPE_CHECKING:
    from mailsec.api.session import Session

_SHOWN = 20
RFC4880, RFC9580 = "rfc4880", "rfc9580"
"""What `EncryptOptions.openpgp` can be besides "": a container that all can read, or AEAD whatever the keys say."""


@dataclass(frozen=True, slots=True)
class EncryptOptions:
    """How a message is encrypted.

    `to` are addresses whose keys are looked for in `keys`, `certificates` keys that were named; without either the addresses in
    To and Cc count. `named` are keys of the ring that were called by their fingerprints: recipients beside those of `to`.
    `for_self` adds the keys in `own`, or without any our own key of the author. `allow` overrules what speaks against a key.
    """

    keys: Keys
    to: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    sign: SignKeys | None = None
    for_self: bool = False
    own: tuple[Certificate, ...] = ()
    openpgp: str = ""
    compress: bool = False
    hidden: bool = False
    allow: frozenset[Objection] = frozenset()
    named: tuple[Certificate, ...] = ()


def encrypt_message(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept but for Bcc.

    Raises NothingToJudge for an empty file, BadInput where it is no message, UsageError where it has a Bcc and recipients are
    not to be hidden, KeyUnavailable where a recipient has no key that may be used.
    """
    message = readable(file)
    if not options.hidden and _has_bcc(message):
        raise UsageError(
            "the message has a Bcc: one encrypted message would tell everybody who else gets it",
            hint="--bcc split -o DIR writes one for each recipient, --bcc hidden leaves out whom it is for",
        )
    recipients = choose(message, options, now=now)
    signings = signings_for(message, options.sign) if options.sign is not None else []
    return _made(_Letter(message, recipients, signings, options), subject, now)


def encrypt_split(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Iterator[tuple[str, Produced]]:
    """One encrypted message for each recipient, Bcc included: pairs of the address and what is for it alone.

    Every key is chosen before the first message is made. Raises as `encrypt_message` does.
    """
    message = readable(file)
    recipients = choose(message, options, now=now, with_bcc=True)
    own = [each for each in recipients if each.own]
    signings = signings_for(message, options.sign) if options.sign is not None else []
    for each in recipients:
        if not each.own:
            letter = _Letter(message, [each, *own], signings, options, alone=True)
            yield each.address or each.target.certificate.fingerprint, _made(letter, subject, now)


def with_published(
    file: bytes, options: EncryptOptions, session: Session, *, bcc: bool = False, accept_case_variant: bool = False
) -> EncryptOptions:
    """`options` with the keys that the DNS has for recipients behind those at hand; everybody in the message is one where `to`
    is empty, those in Bcc with `bcc`.

    A domain that publishes a key says whose it is, as far as its mailboxes go (RFC 7929 section 5). Raises KeyUnavailable with
    every reason, TemporaryFailure where a lookup failed.
    """
    from mailsec.api.dane_keys import dane_keys, found_for  # DNSSEC, and few ask for it

    fields = ("To", "Cc", "Bcc") if bcc else ("To", "Cc")
    to = tuple(dict.fromkeys(map(normal, options.to))) or tuple(addresses(readable(file), fields))
    keys = dane_keys(options.keys, to, session, now=session.now, kind=Kind.OPENPGP, accept_case_variant=accept_case_variant)
    anyone = Objection.UNAUTHENTICATED in options.allow
    found_for(keys, [each for each in to if not (anyone and options.keys.of_address(each))])
    theirs = {each.fingerprint for address in to for each in options.keys.of_address(address)}
    beside = () if options.to else tuple(each for each in options.certificates if each.fingerprint not in theirs)
    return replace(options, keys=keys, to=to, named=(*options.named, *beside))


def _has_bcc(message: Message) -> bool:
    return bool(addresses(message, ("Bcc",)))


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message that is to be made: for whom, and signed by whom; `alone` where others get one of their own."""

    message: Message
    recipients: Sequence[Recipient]
    signings: Sequence[Signing]
    options: EncryptOptions
    alone: bool = False

    @property
    def modern(self) -> bool:
        """Whether the container is of version 2: where every key can read it, and where it is asked for and they can."""
        unable = [each.target.certificate.fingerprint for each in self.recipients if not each.target.modern]
        if self.options.openpgp == RFC9580 and unable:
            raise KeyUnavailable(f"{unable[0]} does not say that it can read RFC 9580 containers", hint="leave --openpgp out")
        return self.options.openpgp != RFC4880 and not unable

    def without_key(self) -> list[str]:
        """The addresses in the message of which no key takes part."""
        named = {each.address for each in self.recipients}
        fields = ("To", "Cc", "Bcc") if self.options.hidden else ("To", "Cc")
        return [] if self.alone else [each for each in addresses(self.message, fields) if each not in named]


def _made(letter: _Letter, subject: str, now: int) -> Produced:
    options, entity = letter.options, entity_of(letter.message)
    try:
        keys = [(each, signing_key(each, now=now)) for each in letter.signings]
        data = seven_bit(entity) if keys else entity
        targets = list({each.target.certificate.fingerprint: each.target for each in letter.recipients}.values())
        block = encrypted(data, targets, keys, Manner(letter.modern, options.compress, options.hidden))
    except EncryptingError as error:
        raise KeyUnavailable(str(error)) from None
    made = with_entity(letter.message, encrypted_entity(block), (b"bcc",))
    return Produced(made, _report(letter, subject, now))


def _report(letter: _Letter, subject: str, now: int) -> Report:
    options = letter.options
    signers = " and ".join(each.certificate.fingerprint for each in letter.signings)
    sentence = "Encrypted to " + ", ".join(each.shown for each in letter.recipients)
    sentence += f", signed by {signers}." if signers else "."
    children = [_recipient_check(each) for each in letter.recipients]
    if options.sign is not None:
        children += [signing_check(letter.message, each, options.sign.keys) for each in letter.signings]
    findings = tuple(finding(rules.NOT_FOR, f"{each} may not be able to read it") for each in letter.without_key()[:_SHOWN])
    container = 2 if letter.modern else 1
    facts = (Fact("container", container), Fact("hidden", options.hidden), Fact("compressed", options.compress))
    check = Check("openpgp", Status.PASS, sentence, facts, findings, children=tuple(children))
    return Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)


def _recipient_check(recipient: Recipient) -> Check:
    certificate = recipient.target.certificate
    facts = (Fact("certificate", certificate.fingerprint), Fact("source", certificate.source))
    overruled = tuple(finding(rules.OVERRULED, f"{recipient.shown}: {reason}") for _, reason in recipient.target.objections)
    return Check("recipient", Status.PASS, recipient.shown, facts, overruled)
