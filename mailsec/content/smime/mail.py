"""The S/MIME in a mail (RFC 8551 section 3): detached signatures, and CMS structures as content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailsec.content.judge.layer import Layer
from mailsec.content.smime import rules
from mailsec.content.smime.cms import (
    HEAD,
    Cms,
    CmsError,
    ContentType,
    SignedData,
    decompressed,
    opened,
    signed_data,
    stated_type,
)
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.signature import SignatureResult, judge_signatures, spoiled
from mailsec.core.limits.content import CMS_JUDGED, CMS_NESTING, CONTENT_LAYERS
from mailsec.core.results import Check, Finding, finding
from mailsec.core.rules import Rule
from mailsec.core.text import from_bytes
from mailsec.message.authors import Author
from mailsec.message.compose import as_entity, canonical, with_entity
from mailsec.message.fields import Message, parse
from mailsec.message.leaf import part_content, part_head
from mailsec.message.mime import Form, Method, Protection, Structure, protection, structure
from mailsec.trust.keyring.keys import Kind

_SEALED = (Form.ENCRYPTED, Form.COMPRESSED)


@dataclass(frozen=True, slots=True)
class Found:
    """A layer, and what became of each signature in it."""

    layer: Layer
    results: tuple[SignatureResult, ...] = ()


def unfolded(message: Message, found: Structure) -> tuple[Message, Structure]:
    """The message without the compression around the whole of it (RFC 3274), where it can be undone."""
    for _ in range(CMS_NESTING):
        cms = _whole(message, found)
        if cms is None or cms.type is not ContentType.COMPRESSED:
            break
        try:
            entity = as_entity(canonical(decompressed(cms)))
        except CmsError:
            break
        message = parse(with_entity(replace(message, lf_only=False), entity))
        found = structure(message)
    return message, found


def _whole(message: Message, found: Structure) -> Cms | None:
    """The CMS structure that the message consists of; None where it is none, or says nothing of compression."""
    if not any(each.part == 0 and each.form in (Form.COMPRESSED, Form.UNKNOWN) for each in protection(found)):
        return None
    try:
        return opened(part_content(message, found.parts[0]))
    except CmsError:
        return None


def layers(message: Message, found: Structure, author: Author, judge: Judge) -> tuple[Found, ...]:
    """Every S/MIME signature and ciphertext of `message`, in the order of their parts; those that cannot be read too."""
    known = tuple(_known(author, judge))
    made: list[Found] = []
    for each in protection(found):
        if each.method is not Method.SMIME or len(made) > CONTENT_LAYERS:
            continue
        detached = found.parts[each.part].type.startswith("multipart/")
        stated = None if detached else stated_type(part_head(message, found.parts[each.part], 2 * HEAD))
        if stated is not None and stated.encrypted:
            made.append(_encrypted(each.part))  # whether it can be read shows when it is opened
        elif sum(len(other.results) for other in made) >= CMS_JUDGED:
            unread = Layer(Method.SMIME, Form.SIGNED, each.part, each.part)
            made.append(_troubled(unread, rules.SIGNATURE_UNREADABLE, f"not judged: it stands behind {CMS_JUDGED} signatures"))
        elif detached:
            made.append(_detached(message, found, each.part, known, judge))
        elif (layer := _opaque(message, found, each, known, judge)) is not None:
            made.append(layer)
    return tuple(made)


def _known(author: Author, judge: Judge) -> Iterator[bytes]:
    """The certificates of the author that are known without the message."""
    for mailbox in author.mailboxes[:1]:
        for each in judge.keys.of_address(from_bytes(mailbox.address)):
            if each.kind is Kind.X509:
                yield each.data


def _detached(message: Message, found: Structure, part: int, known: Sequence[bytes], judge: Judge) -> Found:
    """A multipart/signed (RFC 8551 section 3.5.3)."""
    children = tuple(found.children(part))
    layer = Layer(Method.SMIME, Form.SIGNED, part, children[0] if children else part, children[1:2])
    if len(children) < 2:
        return _troubled(layer, rules.SIGNATURE_UNREADABLE, "the signed part has not two parts")
    try:
        signed = signed_data(opened(part_content(message, found.parts[children[1]])))
    except CmsError as error:
        return _troubled(layer, rules.SIGNATURE_UNREADABLE, f"the signature cannot be read: {error}")
    if signed.content is not None:
        return _troubled(layer, rules.CONTENT_TWICE, "the signature carries a text of its own beside the one that is shown")
    covered = found.parts[children[0]]
    return _judged(layer, signed, memoryview(message.data)[covered.header : covered.end], known, judge)


def _opaque(message: Message, found: Structure, said: Protection, known: Sequence[bytes], judge: Judge) -> Found | None:
    """A CMS structure as content (RFC 8551 section 3.5.2); None where it protects nothing, as one of certificates alone.

    What the message says of it counts only where it cannot be read.
    """
    part = said.part
    layer = Layer(Method.SMIME, said.form if said.form in _SEALED else Form.SIGNED, part, part)
    try:
        cms = opened(part_content(message, found.parts[part]))
        if cms.type is ContentType.COMPRESSED:
            if part:  # a part of the message: nothing in it decides, and fifty of them could be bombs
                return None
            layer = replace(layer, form=Form.COMPRESSED)
            decompressed(cms)
            return _troubled(layer, rules.SIGNATURE_UNREADABLE, f"compressed more than {CMS_NESTING} times")
        signed = signed_data(cms) if cms.type is ContentType.SIGNED else None
    except CmsError as error:
        return _troubled(layer, rules.SIGNATURE_UNREADABLE, f"the S/MIME structure cannot be read: {error}")
    if signed is None:
        return _encrypted(part) if cms.type.encrypted else None
    if signed.content is None:
        return _without_text(layer) if signed.signers else None
    return _judged(replace(layer, form=Form.SIGNED, entity=signed.content), signed, signed.content, known, judge)


def _encrypted(part: int) -> Found:
    return Found(Layer(Method.SMIME, Form.ENCRYPTED, part, part))


def _without_text(layer: Layer) -> Found:
    said = "a signature without the text that it is about"
    return _troubled(replace(layer, form=Form.SIGNED), rules.SIGNATURE_UNREADABLE, said)


def _judged(layer: Layer, signed: SignedData, text: memoryview, known: Sequence[bytes], judge: Judge) -> Found:
    if not signed.signers:
        return _troubled(layer, rules.NOT_SIGNED, "not signed: there is no signature in it")
    results = judge_signatures(signed, text, known, judge)
    return Found(replace(layer, signers=tuple(each.signer() for each in results), trouble=spoiled(results)), results)


def _troubled(layer: Layer, rule: Rule, trouble: str) -> Found:
    found: tuple[Finding, ...] = (finding(rule, trouble),)
    return Found(replace(layer, trouble=trouble, check=Check("unreadable", None, trouble, findings=found)))
