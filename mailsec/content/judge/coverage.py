"""Coverage: is what a layer protects the whole body of the message, a part of it, or another message inside of it?"""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.content.judge.layer import Coverage, Layer
from mailsec.core.limits.content import CONTENT_SHOWN_PARTS
from mailsec.message.fields import Message
from mailsec.message.leaf import paths
from mailsec.message.mime import MESSAGE_TYPES, MimeDefectKind, Structure

_HARMLESS = (MimeDefectKind.ENCODED_COMPOSITE,)
_CARRIERS = frozenset(
    f"application/{name}"
    for name in (
        *("pgp-signature", "pgp-encrypted", "octet-stream"),
        *("pkcs7-signature", "x-pkcs7-signature", "pkcs7-mime", "x-pkcs7-mime"),
    )
)
"""The types of parts that carry a signature or a version and that no program shows as a text: in another one something can
stand behind the signature, to be read and signed by nobody."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How much a layer covers. `outside` are the indexes of the leaves it does not; `attached` is True where it belongs to an
    enclosed message or an attachment; `ambiguous` names what is wrong with the structure around it."""

    coverage: Coverage
    outside: tuple[int, ...] = ()
    attached: bool = False
    ambiguous: str = ""


def coverage(message: Message, found: Structure, layer: Layer) -> Covered:
    """What `layer` covers of `message`, whose MIME structure is `found`. Full: nothing that a reader is shown is outside."""
    start, end = _extent(found, layer)
    holders = {part.parent for part in found.parts}
    outside = tuple(
        index
        for index, part in enumerate(found.parts)
        if index not in holders
        and not (start <= part.header and part.end <= end)
        and not (index in layer.control and part.type in _CARRIERS)
        and message.data[part.body : part.end].strip()
    )
    attached = any(
        found.parts[index].type in MESSAGE_TYPES
        or (found.parts[index].media.disposition == "attachment" and not (layer.opaque and index == layer.part))
        for index in _above(found, layer.part)
    )
    ambiguous = next(
        (defect.kind.value for defect in found.defects if defect.kind not in _HARMLESS and not start <= defect.start < end), ""
    )
    full = layer.whole and not outside and not attached and not ambiguous
    return Covered(Coverage.FULL if full else Coverage.PARTIAL, outside, attached, ambiguous)


def _extent(found: Structure, layer: Layer) -> tuple[int, int]:
    part = found.parts[layer.covered]
    return part.header, part.end


def _above(found: Structure, index: int) -> list[int]:
    """The part at `index` and all around it."""
    above = []
    while index >= 0:
        above.append(index)
        index = found.parts[index].parent
    return above


def within(found: Structure, inner: Layer, outer: Layer) -> bool:
    """True where `inner` lies in what `outer` covers, so that `outer` speaks for it."""
    start, end = _extent(found, outer)
    part = found.parts[inner.part]
    return inner is not outer and inner.part != outer.part and start <= part.header and part.end <= end


def named(message: Message, found: Structure, indexes: tuple[int, ...]) -> str:
    """Parts in words: "2 (text/plain, 120 octets)"."""
    numbers = paths(found.parts)
    shown = [
        f"{numbers[index]} ({found.parts[index].type}, {found.parts[index].end - found.parts[index].body} octets)"
        for index in indexes[:CONTENT_SHOWN_PARTS]
    ]
    more = f" and {len(indexes) - CONTENT_SHOWN_PARTS} more" if len(indexes) > CONTENT_SHOWN_PARTS else ""
    return ", ".join(shown) + more
