"""The OpenPGP in a mail: PGP/MIME (RFC 3156), and inline blocks in text parts, which are read and never made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailsec.content.judge.layer import Layer, Signer
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.opening import OpeningError, unwrapped
from mailsec.content.openpgp.signature import Answer, SignatureResult, judge, signatures_in
from mailsec.core.limits.content import CONTENT_INLINE_BYTES, CONTENT_LAYERS, CONTENT_WORK
from mailsec.core.results import Check, finding
from mailsec.message.fields import Message
from mailsec.message.leaf import part_content
from mailsec.message.mime import Form, Method, Part, Structure, protection
from mailsec.trust.keyring.armor import MESSAGE, SIGNATURE, SIGNED, ArmorError, Block, blocks, dearmored
from mailsec.trust.keyring.keys import Keys
from mailsec.trust.keyring.packets import PacketError, SignaturePacket

INJECTED = "lines in front of the signed text look signed and are not"
_MARK = b"-----BEGIN PGP "
_INLINE = (MESSAGE, SIGNED)


@dataclass(slots=True)
class Judge:
    """What signatures are judged with: keys, and the time in seconds since 1970 UTC. `watch` is shown each and its text."""

    keys: Keys
    now: int
    watch: Callable[[bytes, SignatureResult], None] | None = None
    work: int = CONTENT_WORK

    def signers(self, data: bytes, packets: Sequence[SignaturePacket]) -> tuple[Signer, ...]:
        """The signatures over `data`, each with its own answer."""
        results = [self._judged(data, packet) for packet in packets]
        if self.watch is not None:
            for each in results:
                self.watch(data, each)
        return tuple(map(signer, results))

    def _judged(self, data: bytes, packet: SignaturePacket) -> SignatureResult:
        """Signatures inside each other are over the same octets again and again: beyond `work` of them none is judged."""
        self.work -= len(data)
        if self.work < 0:
            return SignatureResult(Answer.UNSUPPORTED, "not judged: more octets are signed than are looked at", packet)
        return judge(data, packet, self.keys, now=self.now)


def signer(result: SignatureResult) -> Signer:
    """A signature as the judgement of the whole mail takes it."""
    command = ""
    if result.answer is Answer.UNKNOWN_KEY:
        command = "mailsec keys import FILE (or name the file: --key FILE)"
    return Signer(result.answer.status, result.reason, result.check(), result.certificate, command)


def present(message: Message, found: Structure) -> bool:
    """True where the message may hold OpenPGP at all: cheap, so that other mail pays nothing."""
    if any(each.method is Method.OPENPGP for each in protection(found)) or _MARK in message.data:
        return True
    return any(_encoded_text(part) for part in found.parts) and next(_inline(message, found), None) is not None


def layers(message: Message, found: Structure, judge: Judge) -> tuple[Layer, ...]:
    """Every OpenPGP signature and ciphertext of `message`, in the order of their parts; those that cannot be read too."""
    made = [
        _mime_layer(message, found, each.form, each.part, judge) for each in protection(found) if each.method is Method.OPENPGP
    ]
    taken = {index for each in made for index in (each.covered, *each.control) if each.form is Form.ENCRYPTED}
    made += [layer for layer in _inline_layers(message, found, judge) if layer.part not in taken]
    return tuple(sorted(made, key=lambda layer: layer.part))


def _mime_layer(message: Message, found: Structure, form: Form, part: int, judge: Judge) -> Layer:
    children = tuple(found.children(part))
    if len(children) < 2:
        return Layer(
            Method.OPENPGP, form, part, children[0] if children else part, trouble=f"the {form} part has not two parts"
        )
    if form is Form.ENCRYPTED:
        return Layer(Method.OPENPGP, form, part, children[1], children[:1])
    layer = Layer(Method.OPENPGP, form, part, children[0], children[1:2])
    covered, control = found.parts[children[0]], found.parts[children[1]]
    try:
        packets = signatures_in(dearmored(part_content(message, control), SIGNATURE, MESSAGE))
    except (ArmorError, PacketError) as error:
        return _troubled(layer, f"the signature cannot be read: {error}")
    # an own boundary line, so that the CRLF before it is no part of what is signed (RFC 3156 section 5)
    data = message.data[covered.header : covered.end]
    return _with(layer, judge.signers(data, packets))


def _with(layer: Layer, signers: tuple[Signer, ...], check: Check | None = None) -> Layer:
    return Layer(layer.method, layer.form, layer.part, layer.covered, layer.control, layer.whole, signers, "", check)


def _troubled(layer: Layer, trouble: str) -> Layer:
    found = () if layer.form is Form.ENCRYPTED else (finding(rules.SIGNATURE_UNREADABLE, trouble),)
    check = Check("unreadable", None, trouble, findings=found)
    return Layer(layer.method, layer.form, layer.part, layer.covered, layer.control, layer.whole, (), trouble, check)


def _encoded_text(part: Part) -> bool:
    """True for text in which an armored block would not be seen before it is decoded."""
    return part.type == "text/plain" and part.media.encoding == "base64"


def _inline(message: Message, found: Structure) -> Iterator[tuple[int, bytes]]:
    """The text parts, by index and decoded, that may hold inline OpenPGP."""
    budget = CONTENT_INLINE_BYTES
    for index, part in enumerate(found.parts):
        if part.type not in ("text/plain", "application/pgp"):
            continue
        if not _encoded_text(part) and message.data.find(_MARK, part.body, part.end) < 0:
            continue
        budget -= part.end - part.body
        if budget < 0:
            return
        text = part_content(message, part)
        if _MARK in text:
            yield index, text


def _inline_layers(message: Message, found: Structure, judge: Judge) -> Iterator[Layer]:
    count = 0
    for index, text in _inline(message, found):
        count += 1
        if count > CONTENT_LAYERS:
            return
        try:
            there = [block for block in blocks(text) if block.label in _INLINE]
        except ArmorError as error:
            trouble = f"inline OpenPGP: {error}"
            yield _troubled(Layer(Method.OPENPGP, Form.SIGNED, index, index, whole=False), trouble)
            continue
        for block in there:
            alone = len(there) == 1 and not (text[: block.start] + text[block.end :]).strip()
            yield _inline_layer(index, block, alone, judge)


def _inline_layer(index: int, block: Block, alone: bool, judge: Judge) -> Layer:
    signed = Layer(Method.OPENPGP, Form.SIGNED, index, index, whole=alone)
    try:
        if block.text is not None:
            packets = signatures_in(block.data)
            if block.injected:
                return _injected(signed)
            return _with(signed, judge.signers(block.text, packets))
        opened = unwrapped(block.data)
    except (PacketError, OpeningError) as error:
        return _troubled(signed, f"inline OpenPGP: {error}")
    if opened is None:
        return Layer(Method.OPENPGP, Form.ENCRYPTED, index, index, whole=alone)
    return _with(signed, judge.signers(opened.data, opened.signatures))


def _injected(layer: Layer) -> Layer:
    check = Check("cleartext", None, INJECTED, findings=(finding(rules.INJECTED, INJECTED),))
    return Layer(layer.method, layer.form, layer.part, layer.covered, (), layer.whole, (), INJECTED, check)
