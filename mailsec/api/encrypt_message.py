"""`encrypt --pgp`: a message that only its recipients can read (PGP/MIME), signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.keyring.component import Component
from mailsec.trust.keyring.keys import Certificate, Keys

RFC4880, RFC9580 = "rfc4880", "rfc9580"
"""What `EncryptOptions.openpgp` can be besides "": a container that all can read, or AEAD whatever the keys say."""


@dataclass(frozen=True, slots=True)
class EncryptOptions:
    """How a message is encrypted.

    `to` are addresses whose keys are looked for in `keys`, `certificates` keys that were named; without either the addresses in
    To and Cc count. `for_self` adds the keys of `sign`, or our own. `allow` overrules what speaks against a key.
    """

    keys: Keys
    to: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    sign: SignKeys | None = None
    for_self: tuple[Certificate, ...] = ()
    openpgp: str = ""
    compress: bool = False
    hidden: bool = False
    allow: frozenset[Objection] = frozenset()


def encrypt_message(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept but for Bcc.

    Raises NothingToJudge for an empty file, BadInput where it is no message, UsageError where it has a Bcc and recipients are
    not to be hidden, KeyUnavailable where a recipient has no key that may be used.
    """
    message = readable(file)
    if not options.hidden and not options.to and _has_bcc(message):
        raise UsageError(
            "the message has a Bcc: one encrypted message would tell everybody who else gets it",
            hint="--bcc split -o DIR writes one for each recipient, --bcc hidden leaves out whom it is for",
        )
    recipients = choose(message, options, now=now)
    signings = signings_for(message, options.sign) if options.sign is not None else []
    return _made(message, subject, recipients, signings, options, now)


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
            yield each.address, _made(message, subject, [each, *own], signings, options, now)


def _has_bcc(message: Message) -> bool:
    return bool(addresses(message, ("Bcc",)))


def _made(
    message: Message,
    subject: str,
    recipients: Sequence[Recipient],
    signings: Sequence[Signing],
    options: EncryptOptions,
    now: int,
) -> Produced:
    modern = _modern(recipients, options.openpgp)
    entity = entity_of(message)
    try:
        keys: list[tuple[Signing, Component]] = [(each, signing_key(each, now=now)) for each in signings]
        data = seven_bit(entity) if signings else entity
        targets = list({each.target.certificate.fingerprint: each.target for each in recipients}.values())
        block = encrypted(data, targets, keys, Manner(modern, options.compress, options.hidden))
    except EncryptingError as error:
        raise KeyUnavailable(str(error)) from None
    made = with_entity(message, encrypted_entity(block), (b"bcc",))
    return Produced(made, _report(message, subject, recipients, signings, options, now, modern=modern))


def _modern(recipients: Sequence[Recipient], openpgp: str) -> bool:
    """Whether the container is of version 2: where every key can read it, or where it is asked for and they can."""
    unable = [each.target.certificate.fingerprint for each in recipients if not each.target.modern]
    if openpgp == RFC9580 and unable:
        raise KeyUnavailable(f"{unable[0]} does not say that it can read RFC 9580 containers", hint="leave --openpgp out")
    return openpgp != RFC4880 and not unable


def _report(
    message: Message,
    subject: str,
    recipients: Sequence[Recipient],
    signings: Sequence[Signing],
    options: EncryptOptions,
    now: int,
    *,
    modern: bool,
) -> Report:
    sentence = "Encrypted to " + ", ".join(each.shown for each in recipients)
    sentence += (", signed by " + " and ".join(each.certificate.fingerprint for each in signings) if signings else "") + "."
    children = [
        Check(
            "recipient",
            Status.PASS,
            each.shown,
            (Fact("certificate", each.target.certificate.fingerprint), Fact("source", each.target.certificate.source)),
            tuple(finding(rules.OVERRULED, f"{each.shown}: {reason}") for _, reason in each.target.objections),
        )
        for each in recipients
    ]
    if options.sign is not None:
        children += [signing_check(message, each, options.sign.keys) for each in signings]
    named = {each.address for each in recipients}
    without = [each for each in addresses(message, ("To", "Cc")) if each not in named] if options.certificates else []
    findings = tuple(finding(rules.NOT_FOR, f"{each} may not be able to read it") for each in without[:20])
    facts = (Fact("container", 2 if modern else 1), Fact("hidden", options.hidden), Fact("compressed", options.compress))
    check = Check("openpgp", Status.PASS, sentence, facts, findings, children=tuple(children))
    return Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)
