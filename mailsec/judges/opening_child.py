"""The child that opens an encrypted message: it loads as little as it can, since it starts anew for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mailsec.content.openpgp.decrypting import DecryptingError, Failure, decrypted

_WIDTH = 8


def packed(fields: Sequence[bytes]) -> bytes:
    """Fields in one piece, each behind its length."""
    return b"".join(piece for field in fields for piece in (len(field).to_bytes(_WIDTH, "big"), field))


def unpacked(data: bytes) -> Iterator[bytes]:
    """The fields that `packed` put together."""
    at = 0
    while at + _WIDTH <= len(data):
        end = at + _WIDTH + int.from_bytes(data[at : at + _WIDTH], "big")
        yield data[at + _WIDTH : end]
        at = end


def answer(request: BinaryIO) -> bytes:
    """What the child says to a request: "", and a failure; or a mark, the name, the text and the signatures."""
    data, *rest = unpacked(request.read())
    failure = Failure.KEY
    for secret, passphrase in zip(rest[::2], rest[1::2], strict=True):
        try:
            opened = decrypted(data, secret, passphrase[1:].decode() if passphrase else None)
        except DecryptingError as error:
            failure = error.failure
            if failure is not Failure.KEY:
                break
        else:
            return packed([b"opened", opened.name, opened.data, *(each.body for each in opened.signatures)])
    return packed([b"", failure.name.encode()])


def main() -> None:
    """The child. Where memory ends it dies, and that is its answer."""
    sys.stdout.buffer.write(answer(sys.stdin.buffer))
