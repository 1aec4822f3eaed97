"""Private keys named on the command line."""

from __future__ import annotations

from mailsec.core.errors import BadInput
from mailsec.core.limits import MAX_KEY_BYTES
from mailsec.store.files import read, shown


def read_key(path: str) -> bytes:
    """What the key file holds; an error names the file."""
    try:
        return read(path, MAX_KEY_BYTES)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
