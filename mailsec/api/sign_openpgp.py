"""`sign --pgp`: a message whose content is signed by a person's key (PGP/MIME)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.api.recipients import author_address, own_key
from mailsec.api.secret_keys import Ask, Unlocker, nobody
from mailsec.api.tool import TOOL
from mailsec.content.judge import rules
from mailsec.content.openpgp.encrypting import EncryptingError, Signing
from mailsec.content.openpgp.signing import signed_entity
from mailsec.core.errors import BadInput, KeyUnavailable, NothingToJudge
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Finding, Produced, Report, Status, finding
from mailsec.core.rules import Severity
from mailsec.message.compose import entity_of, with_entity
from mailsec.message.fields import Message, parse
from mailsec.trust.keyring.keys import Certificate, Keys, Kind


@dataclass(frozen=True, slots=True)
class SignKeys:
    """The keys to sign with: those of `signers`, or our own key of the author where there are none. `ask` gives passphrases."""

    keys: Keys
    signers: Sequence[Certificate] = ()
    ask: Ask = nobody


def readable(file: bytes) -> Message:
    """The message in `file`. Raises NothingToJudge for an empty file, BadInput where it is no message."""
    if not file:
        raise NothingToJudge("the input is empty")
    message = parse(file)
    if not message.fields:
        raise BadInput("this is no mail message: it has no header field")
    return message


def sign_openpgp(file: bytes, subject: str, keys: SignKeys, *, now: int) -> Produced:
    """`file` with its content as the first part of a multipart/signed, its header fields and line ends kept.

    Raises NothingToJudge, BadInput, and KeyUnavailable where no key may sign or one stays locked.
    """
    message = readable(file)
    signings = signings_for(message, keys)
    try:
        data = with_entity(message, signed_entity(entity_of(message), signings, now=now))
    except EncryptingError as error:
        raise KeyUnavailable(str(error)) from None
    children = tuple(signing_check(message, each, keys.keys) for each in signings)
    sentence = "Signed by " + " and ".join(each.certificate.fingerprint for each in signings) + "."
    check = Check("openpgp", Status.PASS, sentence, children=children)
    return Produced(data, Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS))


def signings_for(message: Message, keys: SignKeys) -> list[Signing]:
    """The secret keys to sign `message` with. Raises KeyUnavailable where there is none."""
    chosen = keys.signers or own_key(message, keys.keys, Kind.OPENPGP, lambda _: False)
    unlocker = Unlocker(keys.keys, keys.ask)
    made = []
    for each in chosen:
        found = unlocker.of(each)
        if found is None:
            raise KeyUnavailable(f"the secret part of {each.fingerprint} is not at hand", hint="name its file: --key FILE")
        made.append(Signing(*found, each))
    if not made:
        raise KeyUnavailable("no key to sign with", hint="name one: --key FILE")
    return made


def signing_check(message: Message, signing: Signing, keys: Keys) -> Check:
    """A key that signed as a node of the report, with a finding where its owner is not the author."""
    address = author_address(message)
    findings: tuple[Finding, ...] = ()
    if not address or not keys.binding(signing.certificate, address).bound.authenticated:
        said = f"{address or 'the author'} is not an address of {signing.certificate.fingerprint}"
        findings = (finding(rules.SIGNER_NOT_AUTHOR, said, severity=Severity.MEDIUM),)
    facts = (Fact("certificate", signing.certificate.fingerprint), Fact("source", signing.certificate.source))
    return Check("signature", Status.PASS, "", facts, findings)
