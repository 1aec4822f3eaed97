"""`decrypt` for S/MIME: each layer taken off, from the outermost to the innermost, and what was inside judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailsec.api.secret_keys import Unlocker
from mailsec.api.tool import TOOL
from mailsec.api.verify_content import ContentKeys, judged_layers
from mailsec.content.judge.content import ContentResult, Mail, beside, judge_content
from mailsec.content.judge.coverage import coverage
from mailsec.content.judge.layer import ContentAnswer, Coverage, Layer
from mailsec.content.smime import rules
from mailsec.content.smime.cms import CmsError, opened
from mailsec.content.smime.decrypting import DecryptingError, Secret, decrypted, is_for
from mailsec.content.smime.enveloped import Enveloped, enveloped
from mailsec.content.smime.mail import unfolded
from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.limits.content import CMS_NESTING
from mailsec.core.limits.message import MAX_HEADER_BYTES
from mailsec.core.results import Check, Fact, Finding, Produced, Report, Status, finding, worst_severity
from mailsec.message.authors import author
from mailsec.message.compose import as_pieces, canonical, header_alone, with_entity
from mailsec.message.fields import Message, parse
from mailsec.message.leaf import part_content
from mailsec.message.mime import Form, Method, Structure, protection, structure
from mailsec.trust.keyring.keys import Kind

if TYPE_CHECKING:
    from mailsec.api.decrypt_message import DecryptOptions
    from mailsec.content.smime.published import Published

_SHOWN = 10
_WRAPPED = (Form.ENCRYPTED, Form.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Step:
    """One ciphertext that was opened: what the outside said, without the ciphertext itself, and whether that was the whole
    message."""

    outside: Enveloped
    whole: bool
    findings: tuple[Finding, ...]


def decrypt_smime(held: list[Message], subject: str, options: DecryptOptions, *, now: int) -> Produced | None:
    """The only message in `held` with all that is encrypted to us inside opened, and its report; None where nothing in it is
    encrypted or compressed. It is taken out of the list, so that no ciphertext is kept beside the text that was in it.

    Where nothing made sure that a text was not changed on its way, neither its encryption nor a good signature within, it is
    not given out (`Produced.held`) unless that is allowed. Raises BadInput, KeyUnavailable.
    """
    steps: list[Step] = []
    around: list[Check] = []
    published: Published | None = None
    message = held.pop()
    lf_only = message.lf_only
    packed = False
    for _ in range(CMS_NESTING):
        before = message
        message, found = unfolded(message, structure(message))
        packed = packed or message is not before
        del before
        if published is None and options.published is not None:
            published = options.published(found, author(message))
        known = ContentKeys(options.keys, options.paths, published=published)
        layers, keys = judged_layers(message, found, author(message), known, now=now)
        sealed = [each for each in layers if _is_sealed(each) and (each.part == 0 or not steps)]
        inside = _signed_around(message, found, layers)
        if inside is not None:
            around += (check for each in layers if each.part == 0 for check in _of_layer(each))
            message = inside
        elif sealed:
            outside, step = _found(
                Mail(message, found, author(message), keys), sealed, options, None if steps else options.part
            )
            message = header_alone(message)
            steps.append(step)
            text = unsealed(outside, options)
            del outside
            message = _within(message, text)
            del text
        else:
            break
    else:
        raise BadInput(f"more than {CMS_NESTING} layers inside each other")
    if not steps and not packed:
        return None
    content = judge_content(Mail(message, found, author(message), keys), layers)
    content = replace(content, check=replace(content.check, children=(*around, *content.check.children)))
    data = message.data.replace(b"\r\n", b"\n") if lf_only else message.data
    del message
    if content.answer is ContentAnswer.UNJUDGED and options.published is None:
        content = replace(content, reason=f"{content.reason}; whether the author's domain publishes it was not asked (--dane)")
    return produced(data, subject, steps, content, options, now)


def _is_sealed(layer: Layer) -> bool:
    return layer.method is Method.SMIME and layer.form is Form.ENCRYPTED


def _signed_around(message: Message, found: Structure, layers: Sequence[Layer]) -> Message | None:
    """The message that consists of what is signed, where that is another CMS structure (the triple wrap of RFC 2634)."""
    for each in layers:
        if each.part != 0 or each.form is not Form.SIGNED or each.method is not Method.SMIME:
            continue
        covered = found.parts[each.covered]
        if each.entity is not None:
            entity = memoryview(each.entity)
            inner = structure(parse(bytes(entity[:MAX_HEADER_BYTES]))), 0
        elif each.opaque:
            continue
        else:
            entity = memoryview(message.data)[covered.header : covered.end]
            inner = found, each.covered
        # looked at first, as most of what is signed is a large text and no structure
        within = _within(message, bytes(entity)) if _holds_ciphertext(*inner) else None
        if within is not None and _holds_ciphertext(structure(within), 0):
            return within
    return None


def _holds_ciphertext(found: Structure, part: int) -> bool:
    """True where a part is said to be an encrypted structure, or one of an unknown kind."""
    return any(each.part == part and each.form in _WRAPPED for each in protection(found))


def _of_layer(layer: Layer) -> Iterator[Check]:
    """What became of a signature around a ciphertext. It says who sent that on, not who wrote the text, and decides nothing;
    one that does not hold is said."""
    if layer.check is not None:
        yield layer.check
    yield from (each.check for each in layer.signers)


def _within(message: Message, entity: bytes) -> Message:
    return parse(with_entity(replace(message, lf_only=False), as_pieces(canonical(entity))))


def _found(mail: Mail, sealed: Sequence[Layer], options: DecryptOptions, part: int | None) -> tuple[Enveloped, Step]:
    """The ciphertext to open, and what is to be said of it. Raises BadInput where there is no single one that may be opened."""
    if part is None and len(sealed) > 1:
        raise BadInput(
            f"the message holds {len(sealed)} ciphertexts, as somebody would who wants strangers' texts decrypted",
            hint=f"pick one: --part 1 to --part {len(sealed)}",
        )
    if (part or 1) > len(sealed):
        raise BadInput(f"the message holds {len(sealed)} ciphertexts, so there is no number {part}")
    layer = sealed[(part or 1) - 1]
    try:
        outside = enveloped(opened(part_content(mail.message, mail.structure.parts[layer.part])))
    except CmsError as error:
        raise BadInput(f"cannot be opened: {error}") from None
    whole = coverage(mail.message, mail.structure, layer).coverage is Coverage.FULL
    return outside, Step(replace(outside, content=memoryview(b"")), whole, beside(mail, sealed))


def unsealed(outside: Enveloped, options: DecryptOptions) -> bytes:
    """The text in a ciphertext. Raises KeyUnavailable where no key opens it, BadInput where its cipher is not allowed."""
    if outside.cipher.legacy and not options.allow_legacy:
        raise BadInput(f"it is encrypted with {outside.cipher.name}, which can be broken", hint="open it with --allow-legacy")
    own = [each for each in options.keys.own() if each.kind is Kind.X509 and is_for(outside, each.data)]
    unlocker = Unlocker(options.keys, options.ask)
    free, locked = unlocker.apart(own)
    if not free and not locked:
        raise KeyUnavailable(f"no private key that opens it is at hand: it is for {_whom(outside)}", hint="name it: --key FILE")
    try:
        # nobody is asked for a passphrase that is not needed
        return decrypted(outside, (Secret(each.data, *found) for each in (*free, *locked) if (found := unlocker.of(each))))
    except (DecryptingError, CmsError) as error:
        raise KeyUnavailable(f"{error}; it is for {_whom(outside)}") from None


def _whom(outside: Enveloped) -> str:
    names = [str(each.certificate) for each in outside.recipients[:_SHOWN]]
    if outside.others:
        names.append(f"{outside.others} with a password or another kind of key")
    return ", ".join(names) or "nobody"


def produced(
    data: bytes, subject: str, steps: Sequence[Step], content: ContentResult, options: DecryptOptions, now: int
) -> Produced:
    """What was inside (`data`) and the report, where nothing is against giving it out."""
    if content.answer is ContentAnswer.GOOD and not all(each.whole for each in steps):
        reason = f"{content.reason}, but only a part was encrypted"
        content = replace(content, answer=ContentAnswer.PARTIAL, reason=reason)
    good = content.answer is ContentAnswer.GOOD
    held = not (good or all(each.outside.authenticated for each in steps) or options.allow_unauthenticated)
    checks = (*(_check(each, good=good) for each in steps), content.check)
    code = _exit(content, checks, options)
    signed = content.answer is not ContentAnswer.ABSENT
    sentence = f"{'Decrypted' if steps else 'Opened; it was not encrypted'}; {content.reason if signed else 'not signed'}."
    if held:
        sentence = "Not given out: nothing shows that it was not changed on its way (--allow-unauthenticated overrules that)."
        code = Exit.DOES_NOT_HOLD
    status = {Exit.HOLDS: Status.PASS, Exit.KEY: Status.NEUTRAL}.get(code, Status.FAIL)
    return Produced(b"" if held else data, Report(subject, status, sentence, checks, now, TOOL, code), held)


def _exit(content: ContentResult, checks: Sequence[Check], options: DecryptOptions) -> Exit:
    from mailsec.api.decrypt_message import EXITS

    if options.require_signature and content.answer is ContentAnswer.ABSENT:
        return Exit.DOES_NOT_HOLD
    allowed = rules.NOT_AUTHENTICATED.id if options.allow_unauthenticated else ""
    found = (each for check in checks for each in check.all_findings() if each.rule != allowed)
    worst = worst_severity(found)
    code = EXITS[content.answer]
    if code is Exit.HOLDS and worst and options.fail_on and worst.rank >= options.fail_on.rank:
        return Exit.DOES_NOT_HOLD
    return code


def _check(step: Step, *, good: bool) -> Check:
    outside = step.outside
    facts = (
        Fact("recipients", _whom(outside)),
        Fact("cipher", outside.cipher.name),
        Fact("authenticated", outside.authenticated),
    )
    findings = list(step.findings)
    if not (outside.authenticated or good):
        findings.append(finding(rules.NOT_AUTHENTICATED, outside.cipher.name))
    if outside.cipher.legacy:
        findings.append(finding(rules.LEGACY_CIPHER, outside.cipher.name))
    reason = "its integrity holds" if outside.authenticated else "nothing but a signature inside can show that it is unchanged"
    return Check("decryption", Status.PASS if outside.authenticated else None, reason, facts, tuple(findings))
