"""A message taken apart into its header and its MIME entity, and put together again around another entity.

Boundaries come from a hash of the content, so that the same input gives the same output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain

from mailsec.message.encoded import Octets
from mailsec.message.fields import Message, parse
from mailsec.message.pieces import Pieces, chunks, contains, gathered

_OWN = (b"content-", b"mime-version")


def is_mime_field(key: bytes) -> bool:
    """True for the name, in lower case, of a field that belongs to the entity and not to the message."""
    return key.startswith(_OWN[0]) or key == _OWN[1]


def entity_of(message: Message) -> bytes:
    """The MIME entity that `message` has as its content: its Content fields, an empty line, and its body, with CRLF line ends
    as the message has them. A message that does not say what it is, is plain text."""
    return b"".join(entity_pieces(message))


def entity_pieces(message: Message) -> Pieces:
    """The same as two pieces, the header with its empty line and a view of the body."""
    fields = [field.raw for field in message.fields if field.key.startswith(_OWN[0])]
    body = memoryview(message.data)[message.body :]
    if not any(field.key == b"content-type" for field in message.fields):
        ascii = all(bytes(chunk).isascii() for chunk in chunks([body]))
        charset = b"us-ascii" if ascii else b"utf-8"
        fields.insert(0, b"Content-Type: text/plain; charset=" + charset + b"\r\n")
        if not ascii and len(fields) == 1:
            fields.append(b"Content-Transfer-Encoding: 8bit\r\n")
    return b"".join(map(_ended, fields)) + b"\r\n", body


def header_alone(message: Message) -> Message:
    """The message without its body, which is let go."""
    return replace(message, data=message.data[: message.body])


def with_entity(message: Message, entity: bytes | Iterable[Octets], leave_out: Iterable[bytes] = ()) -> bytes:
    """A message with the header fields of `message`, byte for byte and in their order, without its own Content fields and those
    whose names (in lower case) are to be left out, and with `entity`, whole or in pieces, as its content. Line ends as in the
    file it came from."""
    without = frozenset(leave_out)
    kept = [_ended(field.raw) for field in message.fields if not is_mime_field(field.key) and field.key not in without]
    content = (entity,) if isinstance(entity, bytes) else entity
    return gathered(chain(kept, (b"MIME-Version: 1.0\r\n",), content), lf_only=message.lf_only)


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\n") else raw + b"\r\n"


def canonical(data: bytes) -> bytes:
    """`data` with CRLF line ends where it has bare LF alone; what is mixed stays as it is."""
    return data.replace(b"\n", b"\r\n") if b"\r\n" not in data else data


def as_entity(data: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    """`data` as a MIME entity: itself where it has a header of Content fields, wrapped where it has others too, so that they
    are not taken for those of the message, and else as content of the type `kind`."""
    return b"".join(as_pieces(data, kind))


def as_pieces(data: bytes, kind: str = "text/plain; charset=utf-8") -> Pieces:
    """The same in pieces, of which the largest is a view of `data`."""
    inner = parse(data)
    if not inner.fields and not data.startswith((b"\r\n", b"\n")):
        return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode(), data
    if all(is_mime_field(field.key) for field in inner.fields):
        header = b"".join(_ended(field.raw) for field in inner.fields if field.key != _OWN[1])
        return header + b"\r\n", memoryview(inner.data)[inner.body :]
    return multipart_pieces("mixed", [(data,)])


def multipart(subtype: str, parts: Sequence[bytes], parameters: Sequence[tuple[str, str]] = ()) -> bytes:
    """A multipart entity over `parts`, which are whole entities; each parameter is put in quotation marks."""
    return b"".join(multipart_pieces(subtype, [(part,) for part in parts], parameters))


def multipart_pieces(subtype: str, parts: Sequence[Pieces], parameters: Sequence[tuple[str, str]] = ()) -> Pieces:
    """The same in pieces, over parts in pieces."""
    boundary = boundary_for(parts)
    said = "".join(f'; {name}="{value}"' for name, value in parameters)
    head = f'Content-Type: multipart/{subtype}{said};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    line = f"--{boundary}".encode()
    return head, *(piece for part in parts for piece in (line + b"\r\n", *part, b"\r\n")), line + b"--\r\n"


def boundary_for(parts: Sequence[Pieces]) -> str:
    """A boundary that stands in none of `parts`: a hash of the last one. That is the only one, or one which was made from what
    stands before it and a key, a signature: whoever wrote the content cannot foresee it either way."""
    digest = sha256()
    for piece in parts[-1]:
        digest.update(piece)
    while True:
        boundary = f"=_{digest.hexdigest()[:40]}"
        if not any(contains(part, boundary.encode()) for part in parts):
            return boundary
        digest.update(b"again")
