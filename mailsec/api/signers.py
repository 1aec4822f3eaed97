"""Who signs a message: the keys that were chosen or are the author's, of either kind, and what is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.api.recipients import author_address, own_key
from mailsec.api.secret_keys import Ask, Unlocker, nobody
from mailsec.content.judge import rules
from mailsec.core.errors import KeyUnavailable
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.message.fields import Message
from mailsec.trust.keyring.keys import Certificate, Keys, Kind, Signing


@dataclass(frozen=True, slots=True)
class SignKeys:
    """The keys to sign with: those of `signers`, or our own key of the author where there are none. `ask` gives passphrases."""

    keys: Keys
    signers: Sequence[Certificate] = ()
    ask: Ask = nobody


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
