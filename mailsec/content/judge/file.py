"""Does a person's key vouch for a file? It has no author to compare the signer with, so the answer names the signer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.content.judge import rules
from mailsec.content.judge.content import STATUSES, ContentResult
from mailsec.content.judge.header import Protected
from mailsec.content.judge.identity import TRUST, Identity
from mailsec.content.judge.layer import ContentAnswer, Signer
from mailsec.core.limits.content import CONTENT_SIGNER_ADDRESSES
from mailsec.core.lookup import listed
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.text import clipped
from mailsec.message.mime import Method
from mailsec.message.person import normal
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

_SHOWN = 200
SEALED = "it is encrypted: mailsec decrypt judges what is inside"
_NAME_IT = "mailsec verify --key FILE, with the key of whom you know that it is"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over a file, and the addresses that its certificate names."""

    signer: Signer
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedFile:
    """What was found in a file. `outside` names what no signature covers, `trouble` says why the signatures do not count;
    `sealed` is True where it is encrypted. `octets` are those that are signed."""

    method: Method
    signatures: tuple[Signature, ...] = ()
    octets: int = 0
    outside: str = ""
    trouble: str = ""
    findings: tuple[Finding, ...] = ()
    sealed: bool = False


def judge_file(found: SignedFile, keys: Keys) -> ContentResult:
    """The content answer for a file: good where a signature holds and its key is authenticated for an address that it names."""
    tried = [(each.signer, _owner(each, keys)) for each in found.signatures]
    answer, reason, command = _answer(found, tried)
    findings = [*found.findings, *(each for _, owner in tried if owner for each in owner.findings)]
    if found.outside and found.signatures:
        findings.append(finding(rules.UNSIGNED_PARTS, found.outside))
    facts = (
        Fact("answer", answer.value),
        Fact("method", found.method.value),
        Fact("signed-octets", found.octets if found.signatures else None),
    )
    shown = tuple(fact for fact in facts if fact.value is not None)
    children = tuple(each.signer.check for each in found.signatures)
    check = Check("content", STATUSES[answer], reason, shown, tuple(findings), children=children)
    return ContentResult(answer, reason, check, Protected(), commands=(command,) if command else ())


def _answer(found: SignedFile, tried: Sequence[tuple[Signer, Identity | None]]) -> tuple[ContentAnswer, str, str]:
    """The answer, its reason, and what the user can do about it."""
    if found.sealed:
        return ContentAnswer.UNJUDGED, SEALED, ""
    if found.trouble:
        return ContentAnswer.BAD, found.trouble, ""
    owners = [owner for _, owner in tried if owner is not None]
    if not owners:
        return _none_holds([signer for signer, _ in tried])
    best = next((each for each in owners if each.status is Status.PASS), owners[0])
    if best.status is not Status.PASS:
        return ContentAnswer.UNJUDGED, best.reason, best.command
    if found.outside:
        return ContentAnswer.PARTIAL, f"{best.reason}, but not all of it; unsigned: {found.outside}", ""
    return ContentAnswer.GOOD, best.reason, ""


def _none_holds(signers: Sequence[Signer]) -> tuple[ContentAnswer, str, str]:
    """What was changed stays so, whatever an unknown key says beside it."""
    if not signers:
        return ContentAnswer.ABSENT, "not signed", ""
    bad = next((each for each in signers if each.status is not Status.NEUTRAL), None)
    if bad is not None:
        return ContentAnswer.BAD, bad.reason, ""
    return ContentAnswer.UNJUDGED, signers[0].reason, signers[0].command


def _owner(signature: Signature, keys: Keys) -> Identity | None:
    """Whose the key is that made a signature; None where the signature does not hold."""
    certificate = signature.signer.certificate
    if signature.signer.status is not Status.PASS or certificate is None:
        return None
    addresses = list(_addresses(signature))
    bound = [(each, binding) for each in addresses if (binding := keys.binding(certificate, each)).bound.authenticated]
    if bound:
        names = listed([clipped(address, _SHOWN) for address, _ in bound])
        return Identity(Status.PASS, f"signed by {names} ({bound[0][1].reason or bound[0][1].bound})", bound[0][0])
    nameless = keys.binding(certificate, "")
    if nameless.bound.authenticated:
        return Identity(Status.PASS, f"signed with the key {certificate.fingerprint} ({nameless.reason or nameless.bound})")
    return _unauthenticated(certificate, addresses)


def _addresses(signature: Signature) -> Iterator[str]:
    for each in dict.fromkeys(signature.addresses[:CONTENT_SIGNER_ADDRESSES]):
        if "@" in (address := normal(each)):
            yield address


def _unauthenticated(certificate: Certificate, addresses: Sequence[str]) -> Identity:
    named = f"says that it is of {listed([clipped(each, _SHOWN) for each in addresses])}" if addresses else "names no address"
    command = _NAME_IT
    if addresses or certificate.kind is Kind.X509:
        command = TRUST[certificate.kind].format(certificate.fingerprint, *addresses[:1])
    said = f"the key {certificate.fingerprint} {named}; nobody vouched for that yet"
    return Identity(Status.NEUTRAL, said, findings=(finding(rules.UNAUTHENTICATED, said, fix=command),), command=command)
