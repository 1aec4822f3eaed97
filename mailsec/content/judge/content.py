"""The content answer: cryptography, coverage and identity together decide whether a person's key vouches for a mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailsec.content.judge import rules
from mailsec.content.judge.coverage import Covered, coverage, named, within
from mailsec.content.judge.header import Protected, protected
from mailsec.content.judge.identity import Identity, identify, others
from mailsec.content.judge.layer import ContentAnswer, Coverage, Layer, Signer
from mailsec.content.judge.surroundings import html_findings
from mailsec.core.limits.content import CONTENT_LAYERS
from mailsec.core.limits.message import MAX_HEADER_BYTES
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.message.authors import Author
from mailsec.message.evidence import octets_evidence
from mailsec.message.fields import Message, parse
from mailsec.message.mime import Form, Structure
from mailsec.trust.keyring.keys import Keys

STATUSES = {
    ContentAnswer.ABSENT: Status.NONE,
    ContentAnswer.GOOD: Status.PASS,
    ContentAnswer.PARTIAL: Status.POLICY,
    ContentAnswer.BAD: Status.FAIL,
    ContentAnswer.UNJUDGED: Status.NEUTRAL,
}
_BEST = (ContentAnswer.GOOD, ContentAnswer.BAD, ContentAnswer.UNJUDGED, ContentAnswer.PARTIAL, ContentAnswer.ABSENT)


@dataclass(frozen=True, slots=True)
class ContentResult:
    """The content answer and why. `protected` says what the signature says of the header; `exposed` names a field that nothing
    protects and that names somebody else; `commands` are what the user can do about it; `temporary` is True where a lookup
    failed that could change the answer, `attached` where what is signed is inside of an attachment: whatever that signature is
    worth, it says nothing about the message."""

    answer: ContentAnswer
    reason: str
    check: Check
    protected: Protected
    exposed: str = ""
    commands: tuple[str, ...] = ()
    temporary: bool = False
    attached: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """The message that is judged, as the message wing read it, and what is known of keys."""

    message: Message
    structure: Structure
    author: Author
    keys: Keys


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one layer comes to."""

    layer: Layer
    answer: ContentAnswer
    reason: str
    check: Check
    covered: Covered
    command: str = ""
    address: str = ""


def judge_content(mail: Mail, layers: Sequence[Layer]) -> ContentResult:
    """The content answer for `mail`, whose signatures and ciphertexts are `layers`, from the outermost to the innermost.

    A layer inside of what another one covers is shown and decides nothing: the outer one speaks for it.
    """
    judged = [_layer(mail, layer, layers) for layer in layers[:CONTENT_LAYERS]]
    outer = [each for each in judged if not any(within(mail.structure, each.layer, other.layer) for other in judged)]
    findings = list(_surroundings(mail, outer))
    if len(layers) > CONTENT_LAYERS:
        findings.append(finding(rules.TOO_MANY, f"{len(layers)} of them; the first {CONTENT_LAYERS} are judged"))
    best = min(outer, key=lambda each: (_BEST.index(each.answer), each.covered.attached), default=None)
    if best is None:
        return _nothing(findings)
    guarded = Protected()
    strange: tuple[Finding, ...] = ()
    if best.answer is ContentAnswer.GOOD:
        guarded = protected(mail.message, _signed_header(mail, best.layer))
        strange = () if guarded.complete else others(mail.message, best.address)
        findings += [*_header(guarded), *strange]
    children = tuple(each.check for each in judged)
    facts = (Fact("answer", best.answer.value), Fact("coverage", best.covered.coverage.value))
    status = best.check.status
    check = Check("content", status, best.reason, facts, tuple(findings), children=children)
    exposed = strange[0].message if strange else ""
    commands = tuple(each.command for each in outer if each.command)
    temporary, attached = status is Status.TEMPERROR, best.covered.attached
    return ContentResult(best.answer, best.reason, check, guarded, exposed, commands, temporary, attached)


def beside(mail: Mail, layers: Sequence[Layer]) -> tuple[Finding, ...]:
    """What stands beside ciphertexts that are about to be opened, and that is not to be joined with what is inside."""
    judged = [_layer(mail, layer, layers) for layer in layers[:CONTENT_LAYERS]]
    return tuple(_surroundings(mail, judged))


def _signed_header(mail: Mail, layer: Layer) -> bytes:
    """The header section of what is signed; nothing where the signature is about the text in a part, and not its header."""
    if layer.entity is not None:
        inner = parse(bytes(layer.entity[:MAX_HEADER_BYTES]))
        return inner.data[: inner.body]
    if layer.covered == layer.part:
        return b""
    part = mail.structure.parts[layer.covered]
    return mail.message.data[part.header : part.body]


def _nothing(findings: Sequence[Finding]) -> ContentResult:
    reason = "no signature that counts"
    return ContentResult(
        ContentAnswer.ABSENT, reason, Check("content", Status.NONE, reason, findings=tuple(findings)), Protected()
    )


def _header(guarded: Protected) -> list[Finding]:
    if guarded.differing:
        return [finding(rules.HEADER_DIFFERS, f"signed otherwise: {', '.join(guarded.differing)}")]
    return [] if guarded.complete else [finding(rules.HEADER_UNPROTECTED, "the header is not signed")]


def _surroundings(mail: Mail, outer: Sequence[_Judged]) -> list[Finding]:
    """What stands beside the layers that decide."""
    found = mail.structure
    outside = {index for each in outer for index in each.covered.outside}
    if not outer:
        outside = set(range(len(found.parts)))
    covered = {each.layer.covered for each in outer}
    findings = list(html_findings(mail.message, found, sorted(outside - covered), beside=bool(outer)))
    ciphertexts = [each for each in outer if each.layer.form is Form.ENCRYPTED]
    if len(ciphertexts) > 1:
        findings.append(finding(rules.SEVERAL_CIPHERTEXTS, f"{len(ciphertexts)} of them"))
    elif ciphertexts and ciphertexts[0].covered.coverage is not Coverage.FULL:
        beside = named(mail.message, found, ciphertexts[0].covered.outside) or "text in the same part"
        findings.append(finding(rules.CIPHERTEXT_BESIDE, f"not encrypted: {beside}"))
    return findings


def _layer(mail: Mail, layer: Layer, layers: Sequence[Layer]) -> _Judged:
    covered = coverage(mail.message, mail.structure, layer)
    counts = not any(within(mail.structure, layer, other) for other in layers[:CONTENT_LAYERS])
    answer, reason, identity, signer = _answer(mail, layer, covered)
    findings = list(identity.findings if identity else ())
    if layer.form is Form.SIGNED and not layer.trouble:
        findings += _coverage_findings(mail, covered, layer)
    facts = (
        Fact("method", layer.method.value),
        Fact("form", layer.form.value),
        Fact("coverage", covered.coverage.value),
        Fact("uncovered", named(mail.message, mail.structure, covered.outside) or None),
        Fact("author", identity.address or None if identity else None),
    )
    shown = tuple(fact for fact in facts if fact.value is not None)
    place = mail.structure.parts[layer.covered]
    below = [each.check if counts and not covered.attached else _quiet(each.check) for each in layer.signers]
    children = (*((layer.check,) if layer.check else ()), *below)
    temporary = answer is ContentAnswer.UNJUDGED and identity is not None and identity.status is Status.TEMPERROR
    check = Check(
        f"{layer.method} {layer.form}",
        Status.TEMPERROR if temporary else STATUSES[answer],
        reason,
        shown,
        tuple(findings) if counts else (),
        (octets_evidence(mail.message, place.header, place.end),),
        children,
    )
    command = (signer.command if signer else "") or (identity.command if identity else "")
    return _Judged(layer, answer, reason, check, covered, command, identity.address if identity else "")


def _quiet(check: Check) -> Check:
    """The check of what decides nothing, without its findings."""
    return replace(check, findings=())


def _coverage_findings(mail: Mail, covered: Covered, layer: Layer) -> list[Finding]:
    findings = []
    if covered.attached:
        findings.append(finding(rules.SIGNED_ATTACHMENT, "it belongs to a message or file inside of this one"))
    elif covered.outside or not layer.whole:
        where = named(mail.message, mail.structure, covered.outside) or "text around the signed one, in the same part"
        findings.append(finding(rules.UNSIGNED_PARTS, where))
    if covered.ambiguous:
        findings.append(finding(rules.AMBIGUOUS, covered.ambiguous))
    return findings


def _answer(mail: Mail, layer: Layer, covered: Covered) -> tuple[ContentAnswer, str, Identity | None, Signer | None]:
    """Answer and reason of one layer, and the identity and the signature that they rest on."""
    if layer.form is not Form.SIGNED:
        reason = layer.trouble or "encrypted: whether and by whom it is signed shows when it is decrypted (mailsec decrypt)"
        return ContentAnswer.UNJUDGED, reason, None, None
    if covered.attached:
        return ContentAnswer.PARTIAL, "what is signed is inside of an attachment", None, None
    if layer.trouble:
        return ContentAnswer.BAD, layer.trouble, None, None
    tried = [(signer, _identity(mail, signer)) for signer in layer.signers]
    for signer, identity in tried:
        if identity is not None and identity.status is Status.PASS:
            if covered.coverage is Coverage.FULL:
                return ContentAnswer.GOOD, f"signed by {identity.reason}, all of it", identity, signer
            return ContentAnswer.PARTIAL, _partly(mail, covered, identity), identity, signer
    return _not_good(tried)


def _identity(mail: Mail, signer: Signer) -> Identity | None:
    if signer.status is not Status.PASS or signer.certificate is None:
        return None
    return identify(mail.author, signer.certificate, mail.keys)


def _partly(mail: Mail, covered: Covered, identity: Identity) -> str:
    if covered.ambiguous:
        return f"signed by {identity.reason}, but programs can disagree about what is signed ({covered.ambiguous})"
    outside = named(mail.message, mail.structure, covered.outside)
    return f"signed by {identity.reason}, but not all of it" + (f"; unsigned: {outside}" if outside else "")


def _not_good(tried: Sequence[tuple[Signer, Identity | None]]) -> tuple[ContentAnswer, str, Identity | None, Signer | None]:
    """None of the signatures is a good one of the author's. One that fits and lacks trust counts most, then one that does not
    hold: what was changed stays so, whatever an unknown key says beside it."""
    for signer, identity in tried:
        if identity is not None and identity.status in (Status.NEUTRAL, Status.TEMPERROR):
            return ContentAnswer.UNJUDGED, identity.reason, identity, signer
    for signer, identity in tried:
        if identity is not None or signer.status is not Status.NEUTRAL:
            return ContentAnswer.BAD, identity.reason if identity else signer.reason, identity, signer
    signer, _ = tried[0]
    return ContentAnswer.UNJUDGED, signer.reason, None, signer
