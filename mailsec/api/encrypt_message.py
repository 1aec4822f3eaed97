"""`encrypt --pgp`: a message that only its recipients can read (PGP/MIME), signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.api.readable import readable
from mailsec.api.recipients import Judge, Recipient, Wishes, choose, refuse_bcc, unnamed
from mailsec.api.signers import signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.encrypting import EncryptingError, Manner, Target, encrypted, signing_key, target
from mailsec.content.openpgp.signing import encrypted_entity
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Produced, Report, Status, finding
from mailsec.message.compose import entity_of, with_entity
from mailsec.message.fields import Message
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.keyring.keys import Certificate, Signing

_SHOWN = 20
RFC4880, RFC9580 = "rfc4880", "rfc9580"
"""What `EncryptOptions.openpgp` can be besides "": a container that all can read, or AEAD whatever the keys say."""


@dataclass(frozen=True, slots=True)
class EncryptOptions(Wishes):
    """How a message is encrypted with OpenPGP. `hidden` leaves out whom it is for."""

    openpgp: str = ""
    compress: bool = False


def encrypt_message(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept but for Bcc.

    Raises NothingToJudge for an empty file, BadInput where it is no message, UsageError where it has a Bcc and recipients are
    not to be hidden, KeyUnavailable where a recipient has no key that may be used.
    """
    message = readable(file)
    if not options.hidden:
        refuse_bcc(message, "--bcc split -o DIR writes one for each recipient, --bcc hidden leaves out whom it is for")
    recipients = choose(message, options, _judge(now))
    signings = signings_for(message, options.sign) if options.sign is not None else []
    return _made(_Letter(message, recipients, signings, options), subject, now)


def encrypt_split(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Iterator[tuple[str, Produced]]:
    """One encrypted message for each recipient, Bcc included: pairs of the address and what is for it alone.

    Every key is chosen before the first message is made. Raises as `encrypt_message` does.
    """
    message = readable(file)
    recipients = choose(message, options, _judge(now), with_bcc=True)
    own = [each for each in recipients if each.own]
    signings = signings_for(message, options.sign) if options.sign is not None else []
    for each in recipients:
        if not each.own:
            letter = _Letter(message, [each, *own], signings, options, alone=True)
            yield each.address or each.target.certificate.fingerprint, _made(letter, subject, now)


def _judge(now: int) -> Judge[Target]:
    def judge(certificate: Certificate) -> Target:
        try:
            return target(certificate, now=now)
        except EncryptingError as error:
            raise KeyUnavailable(str(error)) from None

    return judge


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message that is to be made: for whom, and signed by whom; `alone` where others get one of their own."""

    message: Message
    recipients: Sequence[Recipient[Target]]
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
        return [] if self.alone else unnamed(self.message, self.recipients, self.options)


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
    children = [each.check(rules.OVERRULED) for each in letter.recipients]
    if options.sign is not None:
        children += [signing_check(letter.message, each, options.sign.keys) for each in letter.signings]
    findings = tuple(finding(rules.NOT_FOR, f"{each} may not be able to read it") for each in letter.without_key()[:_SHOWN])
    container = 2 if letter.modern else 1
    facts = (Fact("container", container), Fact("hidden", options.hidden), Fact("compressed", options.compress))
    check = Check("openpgp", Status.PASS, sentence, facts, findings, children=tuple(children))
    return Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)
