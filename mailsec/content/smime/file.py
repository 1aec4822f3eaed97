"""S/MIME files that are no mail: CMS structures in DER, in PEM or in base64 alone, and detached signatures (.p7s)."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mailsec.content.judge.file import Signature, SignedFile
from mailsec.content.judge.layer import Layer
from mailsec.content.smime import rules
from mailsec.content.smime.cms import Cms, CmsError, ContentType, SignedData, decompressed, opened, signed_data, stated_type
from mailsec.content.smime.enveloped import Enveloped, enveloped
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.mail import Found, layers
from mailsec.content.smime.signature import SignatureResult, judge_signatures, spoiled
from mailsec.core.limits.content import CMS_NESTING
from mailsec.core.limits.message import MAX_HEADER_BYTES
from mailsec.core.results import Check, finding
from mailsec.core.rules import Rule
from mailsec.message.authors import author
from mailsec.message.encoded import Octets
from mailsec.message.fields import parse
from mailsec.message.leaf import part_content
from mailsec.message.mime import Form, Method, is_pkcs7, structure

_PEM = re.compile(rb"\s*-----BEGIN (?:PKCS7|CMS)-----[ \t]*\r?\n")
_END = b"-----END "
_SPACE = b" \t\r\n"
_HEAD = 88
"""Characters of base64 that the first octets of a structure take, more or less."""
_ALONE = "a signature alone: name the file that it is about (mailsec verify --detached SIGNATURE FILE)"

_NO_SIGNATURE = SignedFile(Method.SMIME)

Unseal = Callable[[Enveloped], bytes]
"""Opens a ciphertext with whatever keys are at hand."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a file holds at its core. `signed` is what the signatures over `content` say, `results` what became of each;
    `around` are those that decide nothing, around a ciphertext or under another signature. `steps` are the ciphertexts that
    were opened, without what was in them."""

    content: Octets
    signed: SignedFile = _NO_SIGNATURE
    results: tuple[SignatureResult, ...] = ()
    around: tuple[Check, ...] = ()
    steps: tuple[Enveloped, ...] = ()


def structure_in(file: bytes) -> bytes | None:
    """The CMS structure that `file` consists of, in DER or BER; None where it is something else.

    Raises CmsError for base64 that is damaged or cut off."""
    if stated_type(file) is not None:
        return file
    if (pem := _PEM.match(file)) is not None:
        end = file.find(_END, pem.end())
        if end < 0:
            raise CmsError("the PEM is cut off")
        return _decoded(file[pem.end() : end])
    head = file[: 2 * _HEAD].translate(None, _SPACE)[:_HEAD]
    try:
        begins = head[:2] == b"MI" and stated_type(a2b_base64(head[: len(head) // 4 * 4], strict_mode=True)) is not None
    except Base64Error:
        return None
    return _decoded(file) if begins else None


def _decoded(text: bytes) -> bytes:
    try:
        return a2b_base64(text.translate(None, _SPACE), strict_mode=True)
    except Base64Error:
        raise CmsError("it is damaged or cut off: no base64") from None


def opened_file(der: bytes, known: Sequence[bytes], judge: Judge, unseal: Unseal | None = None) -> Inside:
    """All layers of the structure `der` taken off, compressed, signed and (with `unseal`) encrypted ones, and judged. What is
    signed inside of a signature, or around a ciphertext, is shown; the outermost signature over the core decides.

    `known` are certificates (DER) that signers may have beside those in the file. Raises CmsError, and whatever `unseal` does.
    """
    inside = Inside(der)
    cms: Cms | None = opened(der)
    for _ in range(CMS_NESTING):
        if cms is None:
            return _of_entity(inside, judge)
        if cms.type.encrypted:
            if unseal is None:
                return replace(inside, signed=SignedFile(Method.SMIME, sealed=True), around=_around(inside))
            inside = _unsealed(inside, enveloped(cms), unseal)
        elif cms.type is ContentType.COMPRESSED:
            inside = replace(inside, content=decompressed(cms))
        else:
            inside = _unsigned(inside, _with_content(cms), known, judge)
        cms = _structure_within(inside.content)
    raise CmsError(f"more than {CMS_NESTING} layers inside each other")


def detached(der: bytes, file: bytes, known: Sequence[bytes], judge: Judge) -> Inside:
    """The signatures of the structure `der` over `file`. Raises CmsError where it is none that can be read."""
    signed = signed_data(opened(der))
    if signed.content is not None:
        said = "the signature carries a text of its own beside the file"
        return Inside(file, _troubled(rules.CONTENT_TWICE, said))
    return _judged(Inside(file), signed, memoryview(file), known, judge)


def _with_content(cms: Cms) -> SignedData:
    """Signed-data with what it is about in it. Raises CmsError."""
    if cms.type is not ContentType.SIGNED:
        raise CmsError("nothing in it is signed or encrypted")
    signed = signed_data(cms)
    if signed.content is None:
        raise CmsError(_ALONE if signed.signers else "certificates alone: nothing in it is signed")
    return signed


def _unsealed(inside: Inside, outside: Enveloped, unseal: Unseal) -> Inside:
    text = unseal(outside)
    steps = (*inside.steps, replace(outside, content=memoryview(b"")))
    return Inside(text, around=_around(inside), steps=steps)


def _unsigned(inside: Inside, signed: SignedData, known: Sequence[bytes], judge: Judge) -> Inside:
    """What is signed, judged; where a signature is around it already, that one speaks for it."""
    assert signed.content is not None
    made = _judged(replace(inside, content=signed.content), signed, signed.content, known, judge)
    if not _has_signature(inside):
        return made
    checks = (*inside.around, *(each.signer.check for each in made.signed.signatures))
    return replace(inside, content=signed.content, around=checks)


def _has_signature(inside: Inside) -> bool:
    return bool(inside.signed.signatures or inside.signed.trouble)


def _around(inside: Inside) -> tuple[Check, ...]:
    return (*inside.around, *(each.signer.check for each in inside.signed.signatures))


def _judged(inside: Inside, signed: SignedData, text: memoryview, known: Sequence[bytes], judge: Judge) -> Inside:
    if not signed.signers:
        return replace(inside, signed=_troubled(rules.NOT_SIGNED, "not signed: there is no signature in it"))
    results = judge_signatures(signed, text, known, judge)
    return replace(inside, signed=_of_results(results, len(text), spoiled(results)), results=results)


def _of_results(results: Sequence[SignatureResult], octets: int, trouble: str) -> SignedFile:
    made = tuple(Signature(each.signer(), each.described.addresses if each.described else ()) for each in results)
    return SignedFile(Method.SMIME, made, octets, trouble=trouble)


def _troubled(rule: Rule, trouble: str) -> SignedFile:
    return SignedFile(Method.SMIME, trouble=trouble, findings=(finding(rule, trouble),))


def _structure_within(content: Octets) -> Cms | None:
    """The structure that some content consists of, itself or as a MIME entity; None where it is a text, a file, a signature
    without what it is about, or cannot be read: then it stays as it is."""
    head = bytes(content[:MAX_HEADER_BYTES])
    try:
        if stated_type(head) is not None:
            return _layer(opened(bytes(content)))
        if not is_pkcs7(structure(parse(head)).parts[0].media):
            return None
        entity = parse(bytes(content))
        return _layer(opened(part_content(entity, structure(entity).parts[0])))
    except CmsError:
        return None


def _layer(cms: Cms) -> Cms | None:
    if cms.type is ContentType.SIGNED:
        return cms if signed_data(cms).content is not None else None
    return cms if cms.type.encrypted or cms.type is ContentType.COMPRESSED else None


def _of_entity(inside: Inside, judge: Judge) -> Inside:
    """The signature that the core has as a MIME entity (multipart/signed), where nothing around it is signed."""
    head = parse(bytes(inside.content[:MAX_HEADER_BYTES]))
    if _has_signature(inside) or structure(head).parts[0].type != "multipart/signed":
        return inside
    entity = parse(bytes(inside.content))
    found = structure(entity)
    outer: Found | None = next((each for each in layers(entity, found, author(entity), judge) if _is_outer(each.layer)), None)
    if outer is None:
        return inside
    covered = found.parts[outer.layer.covered]
    signed = _of_results(outer.results, covered.end - covered.header, outer.layer.trouble)
    unreadable = outer.layer.check.findings if outer.layer.check else ()
    return replace(inside, signed=replace(signed, findings=unreadable), results=outer.results)


def _is_outer(layer: Layer) -> bool:
    return layer.part == 0 and layer.form is Form.SIGNED
