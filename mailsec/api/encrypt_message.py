"""`encrypt --pgp`: a message that only its recipients can read (PGP/MIME), signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mailsec.api.letters import Letter, one_for_all, one_for_each
from mailsec.api.readable import readable
from mailsec.api.recipients import Judge, Wishes, refuse_bcc
from mailsec.api.signers import signings_for
from mailsec.api.tool import TOOL
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.encrypting import EncryptingError, Manner, Target, encrypted, signing_key, target
from mailsec.content.openpgp.signing import encrypted_entity
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Produced, Report, Status
from mailsec.message.compose import entity_of, with_entity
from mailsec.message.sevenbit import seven_bit
from mailsec.trust.keyring.keys import Certificate

RFC4880, RFC9580 = "rfc4880", "rfc9580"
"""What `EncryptOptions.openpgp` can be besides "": a container that all can read, or AEAD whatever the keys say."""


@dataclass(frozen=True, slots=True)
class EncryptOptions(Wishes):
    """How a message is encrypted with OpenPGP. `hidden` leaves out whom it is for."""

    openpgp: str = ""
    compress: bool = False


_Letter: TypeAlias = Letter[Target, EncryptOptions]


def encrypt_message(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept but for Bcc.

    Raises NothingToJudge for an empty file, BadInput where it is no message, UsageError where it has a Bcc and recipients are
    not to be hidden, KeyUnavailable where a recipient has no key that may be used.
    """
    message = readable(file)
    if not options.hidden:
        refuse_bcc(message, "--bcc split -o DIR writes one for each recipient, --bcc hidden leaves out whom it is for")
    return _made(one_for_all(message, options, _judge(now), signings_for), subject, now)


def encrypt_split(file: bytes, subject: str, options: EncryptOptions, *, now: int) -> Iterator[tuple[str, Produced]]:
    """One encrypted message for each recipient, Bcc included: pairs of the address and what is for it alone.

    Every key is chosen before the first message is made. Raises as `encrypt_message` does.
    """
    for name, each in one_for_each(readable(file), options, _judge(now), signings_for):
        yield name, _made(each, subject, now)


def _judge(now: int) -> Judge[Target]:
    def judge(certificate: Certificate) -> Target:
        try:
            return target(certificate, now=now)
        except EncryptingError as error:
            raise KeyUnavailable(str(error)) from None

    return judge


def _made(letter: _Letter, subject: str, now: int) -> Produced:
    options, entity = letter.options, entity_of(letter.message)
    modern = _is_modern(letter)
    try:
        keys = [(each, signing_key(each, now=now)) for each in letter.signings]
        data = seven_bit(entity) if keys else entity
        block = encrypted(data, letter.targets, keys, Manner(modern, options.compress, options.hidden))
    except EncryptingError as error:
        raise KeyUnavailable(str(error)) from None
    facts = (
        Fact("container", 2 if modern else 1),
        Fact("hidden", options.hidden),
        Fact("compressed", options.compress),
    )
    sentence, findings = letter.sentence, letter.not_for(rules.NOT_FOR)
    check = Check("openpgp", Status.PASS, sentence, facts, findings, children=letter.checks(rules.OVERRULED))
    report = Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)
    return Produced(with_entity(letter.message, encrypted_entity(block), (b"bcc",)), report)


def _is_modern(letter: _Letter) -> bool:
    """Whether the container is of version 2: where every key can read it, and where it is asked for and they can."""
    unable = [each.certificate.fingerprint for each in letter.targets if not each.modern]
    if letter.options.openpgp == RFC9580 and unable:
        raise KeyUnavailable(f"{unable[0]} does not say that it can read RFC 9580 containers", hint="leave --openpgp out")
    return letter.options.openpgp != RFC4880 and not unable
