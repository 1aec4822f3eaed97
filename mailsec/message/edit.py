"""Fields put into a message, taken out and exchanged, byte-exact: nothing else of the file changes.

Every function takes the file as it was read and the `Message` that `fields.parse` made of it, and gives the new file. A file of
bare LF keeps them, a byte order mark or mbox line stays in front. One pass, however many fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailsec.core.errors import BadInput
from mailsec.message.fields import DefectKind, Field, Message, parse


def insert(file: bytes, message: Message, fields: Sequence[bytes], before: int | None = None) -> bytes:
    """The file with `fields` put in front of the field with the index `before`, of the topmost one unless it is given.

    Each of `fields` is one whole header field, with CRLF or LF line ends or without the final one. Raises ValueError where it
    is not, or there is no field of that index, and BadInput where the message has no header.
    """
    if not message.fields:
        raise BadInput("the message has no header field", hint="is this an e-mail message?")
    if not 0 <= (before or 0) < len(message.fields):
        raise ValueError(f"no field has the index {before}")
    at = message.fields[before or 0].start
    return _spliced(file, message, [(at, at, b"".join(map(_whole, fields)))])


def remove(file: bytes, message: Message, fields: Iterable[Field]) -> bytes:
    """The file without `fields`, which are fields of `message`."""
    return _spliced(file, message, [(field.start, field.end, b"") for field in fields])


def replace(file: bytes, message: Message, field: Field, new: bytes) -> bytes:
    """The file with the whole field `new` where `field` was. Raises ValueError where `new` is not one header field."""
    return _spliced(file, message, [(field.start, field.end, _whole(new))])


def _whole(field: bytes) -> bytes:
    """`field` with CRLF line ends and one at its end. What would be read back as anything but one field is refused, so that no
    text that came from a message can smuggle in a field of its own."""
    data = field.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    found = parse(data)
    if (
        len(found.fields) != 1
        or found.fields[0].raw != data
        or any(d.kind is not DefectKind.NO_SEPARATOR for d in found.defects)
    ):
        raise ValueError("not one well-formed header field")
    return data


def _spliced(file: bytes, message: Message, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for start, end, new in sorted(set(edits)):
        pieces += (message.data[done:start], new)
        done = end
    pieces.append(message.data[done:])
    data = b"".join(pieces)
    # all of these CRLF were LF: a file is converted only where it had none
    return file[: message.prefix] + (data.replace(b"\r\n", b"\n") if message.lf_only else data)
