"""What a CMS structure says of itself to whoever has no key, as far as it reaches: it may be cut off in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.content.smime.ber import BerError, Element, elements, reached
from mailsec.content.smime.cms import TYPES, CmsError, ContentType, guarded
from mailsec.content.smime.identifier import Identifier, identifier_in, numbered
from mailsec.content.smime.names import algorithm_name
from mailsec.core.limits.content import CMS_OUTLINED

_INTEGER, _OID, _SEQUENCE, _SET = 0x02, 0x06, 0x30, 0x31
_TAGGED_0, _TAGGED_1, _IMPLICIT_0 = 0xA0, 0xA1, 0x80
_ORIGINATOR_INFO, _CERTIFICATES = _TAGGED_0, _TAGGED_0


@dataclass(frozen=True, slots=True)
class Party:
    """A signer or a recipient: what names the certificate, and the algorithms that are stated, in their order. `certificate` is
    None where a password or a key known beforehand opens it."""

    certificate: Identifier | None
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """`algorithms` are those of the content: hashes, cipher, compression.

    Of `recipients`, `signers` and `certificates` (issuer, serial number and kind of key of each that is carried) the first are
    listed; `counts` says how many of each there are, in this order. `detached`: the text that is signed stands elsewhere."""

    type: ContentType
    truncated: bool
    algorithms: tuple[str, ...] = ()
    recipients: tuple[Party, ...] = ()
    signers: tuple[Party, ...] = ()
    certificates: tuple[Party, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)
    detached: bool = False


def outline(data: bytes) -> Outline:
    """The outline of the CMS structure in `data`, BER or DER. Raises CmsError where it is none."""
    try:
        whole, truncated = reached(data)
        fields = elements(elements(memoryview(whole))[0].content)
        if not fields or fields[0].tag != _OID:
            raise CmsError("it is no CMS structure")
        kind = TYPES.get(fields[0].content.hex(), ContentType.OTHER)
        inside = _inside(_inside(fields[1:]))
    except (BerError, IndexError):
        raise CmsError("it is no CMS structure") from None
    return guarded(lambda: _of_type(kind, truncated, inside), "the structure")


def _inside(found: Sequence[Element]) -> Sequence[Element]:
    """What the first of some elements holds; nothing where there is none or it holds no elements."""
    return elements(found[0].content) if found and found[0].tag & 0x20 else ()


def _of_type(kind: ContentType, truncated: bool, fields: Sequence[Element]) -> Outline:
    if kind.encrypted:
        return _encrypted(kind, truncated, fields)
    if kind is ContentType.SIGNED:
        return _signed(truncated, fields)
    if kind is ContentType.COMPRESSED:
        return Outline(kind, truncated, tuple(_algorithms(fields[1:2])))
    return Outline(kind, truncated)


def _encrypted(kind: ContentType, truncated: bool, fields: Sequence[Element]) -> Outline:
    """Enveloped-data and authEnveloped-data: version, who made it, recipients, content."""
    infos = [info for each in fields if each.tag == _SET for info in elements(each.content)]
    content = next((elements(each.content) for each in fields if each.tag == _SEQUENCE), ())
    recipients = [party for info in infos for party in _recipients(info)]
    carried = [each for field in fields if field.tag == _ORIGINATOR_INFO for each in _inside(elements(field.content))]
    certificates = tuple(map(_certificate, carried[:CMS_OUTLINED]))
    counts = (len(recipients), 0, len(carried))
    return Outline(kind, truncated, tuple(_algorithms(content)), tuple(recipients[:CMS_OUTLINED]), (), certificates, counts)


def _recipients(info: Element) -> Iterator[Party]:
    """Those of one RecipientInfo: a key may be agreed upon with several."""
    if info.tag not in (_SEQUENCE, _TAGGED_1):
        yield Party(None)
        return
    fields = elements(info.content)
    if info.tag == _SEQUENCE:
        yield Party(_named(fields[1:2]), tuple(_algorithms(fields[2:])))
        return
    used = tuple(_algorithms(fields[2:4]))
    last = fields[-1] if fields else None
    # the algorithm and the keys are both a sequence: that of an algorithm begins with a name
    keys = elements(last.content) if last is not None and last.tag == _SEQUENCE else ()
    for each in keys if not keys or keys[0].tag == _SEQUENCE else ():
        yield Party(_named(elements(each.content)), used)


def _signed(truncated: bool, fields: Sequence[Element]) -> Outline:
    """Signed-data: version, hashes, content, certificates, revocation lists, signatures."""
    hashes = _algorithms(elements(fields[1].content)) if len(fields) > 1 else ()
    content = elements(fields[2].content) if len(fields) > 2 else ()
    carried = [each for field in fields[3:] if field.tag == _CERTIFICATES for each in elements(field.content)]
    infos = [each for field in fields[3:] if field.tag == _SET for each in elements(field.content)]
    return Outline(
        ContentType.SIGNED,
        truncated,
        tuple(dict.fromkeys(hashes))[:CMS_OUTLINED],
        signers=tuple(map(_signer, infos[:CMS_OUTLINED])),
        certificates=tuple(map(_certificate, carried[:CMS_OUTLINED])),
        counts=(0, len(infos), len(carried)),
        detached=len(content) == 1 and len(infos) > 0,
    )


def _signer(info: Element) -> Party:
    fields = elements(info.content)
    return Party(_named(fields[1:2]), tuple(_algorithms(fields[2:])))


def _certificate(found: Element) -> Party:
    """Issuer, serial number, and the kind of key of a certificate, as far as it reaches."""
    fields = [each for each in _inside(elements(found.content)) if each.tag != _TAGGED_0]
    named = numbered(fields[2], fields[0]) if len(fields) > 2 else None
    return Party(named, tuple(_algorithms(elements(fields[5].content))) if len(fields) > 5 else ())


def _named(found: Sequence[Element]) -> Identifier | None:
    """The certificate that the first of some elements names, None where it was cut off."""
    try:
        return identifier_in(found[0])
    except (ValueError, IndexError):
        return None


def _algorithms(found: Sequence[Element]) -> Iterator[str]:
    """The names of those of some elements that are algorithm identifiers."""
    for each in found:
        fields = elements(each.content) if each.tag == _SEQUENCE else ()
        if fields and fields[0].tag == _OID:
            yield algorithm_name(fields[0].content.hex())
