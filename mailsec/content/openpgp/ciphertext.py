"""The ciphertexts of a mail, or of a file that is no mail: where each is, and its packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.content.judge.layer import Layer
from mailsec.content.openpgp.mail import Judge, layers
from mailsec.content.openpgp.opening import OpeningError, begins_with_packet, unwrapped
from mailsec.message.fields import Message
from mailsec.message.leaf import part_content
from mailsec.message.mime import Form, Structure
from mailsec.trust.keyring.armor import MESSAGE, blocks, dearmored, is_armored


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """One ciphertext: its layer in the message, its packets, and whether it stands inline in a text part."""

    layer: Layer
    data: bytes
    inline: bool


def ciphertexts(message: Message, found: Structure, judge: Judge) -> Sequence[Ciphertext]:
    """The ciphertexts of `message`, in order. Raises ArmorError where one is damaged."""
    made = []
    seen: dict[int, int] = {}
    for layer in layers(message, found, judge):
        if layer.form is not Form.ENCRYPTED or layer.trouble:
            continue
        inline = layer.part == layer.covered
        text = part_content(message, found.parts[layer.covered])
        if inline:
            at = seen.get(layer.part, 0)
            seen[layer.part] = at + 1
            made.append(Ciphertext(layer, _encrypted(text)[at], True))
        else:
            made.append(Ciphertext(layer, dearmored(text, MESSAGE), False))
    return made


def _encrypted(text: bytes) -> list[bytes]:
    """The packets of the encrypted blocks in a text, as `layers` counts them."""
    made = []
    for block in blocks(text):
        try:
            if block.label == MESSAGE and unwrapped(block.data) is None:
                made.append(block.data)
        except OpeningError:
            continue
    return made


def is_bare(file: bytes) -> bool:
    """True where `file` is no mail but an OpenPGP message itself, armored or binary."""
    return is_armored(file) or begins_with_packet(file)
