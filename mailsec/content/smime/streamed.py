"""DER whose large contents are made only when they are written: the length of everything is known before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from mailsec.content.smime.ber import length
from mailsec.content.smime.cms import OIDS, ContentType
from mailsec.content.smime.der import oid
from mailsec.message.encoded import Octets
from mailsec.message.pieces import base64_lines


@dataclass(frozen=True, slots=True)
class Streamed:
    """`size` octets, which `pieces` give when they are gone through, once."""

    size: int
    pieces: Iterable[Octets]


def element(tag: int, *parts: bytes | Streamed) -> Streamed:
    """An element whose content are `parts`, one after the other."""
    each = [part if isinstance(part, Streamed) else Streamed(len(part), (part,)) for part in parts]
    size = sum(part.size for part in each)
    head = bytes([tag]) + length(size)
    return Streamed(len(head) + size, chain((head,), *(part.pieces for part in each)))


def content_info(kind: ContentType, *fields: bytes | Streamed) -> Streamed:
    """A ContentInfo (RFC 5652 section 3) of the type `kind` around a SEQUENCE of `fields`."""
    return element(0x30, oid(OIDS[kind]), element(0xA0, element(0x30, *fields)))


def late(size: int, make: Callable[[], bytes]) -> Streamed:
    """`size` octets that `make` gives when their turn has come, after all that is in front of them."""

    def made() -> Iterator[bytes]:
        yield make()

    return Streamed(size, made())


def entity(kind: str, name: str, content: Streamed) -> Iterator[Octets]:
    """The MIME entity of a CMS structure (RFC 8551 section 3.2), in pieces. `kind` is what stands behind "application/"."""
    head = (
        f'Content-Type: application/{kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return chain((head.encode(),), base64_lines(content.pieces))
