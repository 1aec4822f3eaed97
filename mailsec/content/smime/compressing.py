"""Text compressed (RFC 3274), as a MIME entity (RFC 8551 section 3.6)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from mailsec.content.smime.cms import OIDS, ZLIB, ContentType
from mailsec.content.smime.der import algorithm, integer, oid
from mailsec.content.smime.streamed import Streamed, content_info, element
from mailsec.content.smime.streamed import entity as cms_entity
from mailsec.message.encoded import Octets
from mailsec.message.pieces import chunks, size


def compressed_entity(entity: Iterable[Octets]) -> Iterator[Octets]:
    """The MIME entity of `entity` compressed, in pieces that come once."""
    deflater = zlib.compressobj()
    made = [piece for chunk in chunks(entity) if (piece := deflater.compress(chunk))]
    made.append(deflater.flush())
    content = element(0x30, oid(OIDS[ContentType.DATA]), element(0xA0, element(0x04, Streamed(size(made), made))))
    structure = content_info(ContentType.COMPRESSED, integer(0), algorithm(ZLIB), content)
    return cms_entity("pkcs7-mime; smime-type=compressed-data", "smime.p7z", structure)
