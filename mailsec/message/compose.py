"""A message taken apart into its header and its MIME entity, and put together again around another entity.

Boundaries come from a hash of the content, so that the same input gives the same output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from mailsec.message.fields import Message, parse

_OWN = (b"content-", b"mime-version")


def is_mime_field(key: bytes) -> bool:
    """True for the name, in lower case, of a field that belongs to the entity and not to the message."""
    return key.startswith(_OWN[0]) or key == _OWN[1]


def entity_of(message: Message) -> bytes:
    """The MIME entity that `message` has as its content: its Content fields, an empty line, and its body, with CRLF line ends
    as the message has them. A message that does not say what it is, is plain text."""
    fields = [field.raw for field in message.fields if field.key.startswith(_OWN[0])]
    if not any(field.key == b"content-type" for field in message.fields):
        seven_bit = message.data[message.body :].isascii()
        fields.insert(0, b"Content-Type: text/plain; charset=" + (b"us-ascii" if seven_bit else b"utf-8") + b"\r\n")
        if not seven_bit and len(fields) == 1:
            fields.append(b"Content-Transfer-Encoding: 8bit\r\n")
    return b"".join((*map(_ended, fields), b"\r\n", memoryview(message.data)[message.body :]))


def with_entity(message: Message, entity: bytes, leave_out: Iterable[bytes] = ()) -> bytes:
    """A message with the header fields of `message`, byte for byte and in their order, without its own Content fields and those
    whose names (in lower case) are to be left out, and with `entity` as its content. Line ends as in the file it came from."""
    without = frozenset(leave_out)
    kept = [_ended(field.raw) for field in message.fields if not is_mime_field(field.key) and field.key not in without]
    data = b"".join((*kept, b"MIME-Version: 1.0\r\n", entity))
    return data.replace(b"\r\n", b"\n") if message.lf_only else data


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\n") else raw + b"\r\n"


def canonical(data: bytes) -> bytes:
    """`data` with CRLF line ends where it has bare LF alone; what is mixed stays as it is."""
    return data.replace(b"\n", b"\r\n") if b"\r\n" not in data else data


def as_entity(data: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    """`data` as a MIME entity: itself where it has a header of Content fields, wrapped where it has others too, so that they
    are not taken for those of the message, and else as content of the type `kind`."""
    inner = parse(data)
    if not inner.fields and not data.startswith((b"\r\n", b"\n")):
        return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + data
    if all(is_mime_field(field.key) for field in inner.fields):
        return (
            b"".join(_ended(field.raw) for field in inner.fields if field.key != _OWN[1]) + b"\r\n" + inner.data[inner.body :]
        )
    return multipart("mixed", [data])


def multipart(subtype: str, parts: Sequence[bytes], parameters: Sequence[tuple[str, str]] = ()) -> bytes:
    """A multipart entity over `parts`, which are whole entities; each parameter is put in quotation marks."""
    boundary = boundary_for(parts)
    said = "".join(f'; {name}="{value}"' for name, value in parameters)
    head = f'Content-Type: multipart/{subtype}{said};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    line = f"--{boundary}".encode()
    pieces = [piece for part in parts for piece in (line, b"\r\n", part, b"\r\n")]
    return b"".join((head, *pieces, line, b"--\r\n"))


def boundary_for(parts: Sequence[bytes]) -> str:
    """A boundary that stands in none of `parts`: a hash of them."""
    digest = sha256()
    for part in parts:
        digest.update(part)
    while True:
        boundary = f"=_{digest.hexdigest()[:40]}"
        if not any(boundary.encode() in part for part in parts):
            return boundary
        digest.update(b"again")
