"""Keys named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.core.limits import MAX_KEY_BYTES, PGP_KEY_FILE
from mailsec.store.files import read, shown

if TYPE_CHECKING:
    from mailsec.trust.keyring.files import FileKeys


def read_key(path: str) -> bytes:
    """What the key file holds; an error names the file."""
    try:
        return read(path, MAX_KEY_BYTES)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def key_files(paths: Iterable[str]) -> FileKeys:
    """The OpenPGP keys in these files; naming them is the trust. An error names the file."""
    from mailsec.trust.keyring.files import FileKeys, read_keys  # few runs name a key

    keys = FileKeys()
    for path in paths:
        try:
            keys |= read_keys(read(path, PGP_KEY_FILE), f"file {shown(path)}")
        except BadInput as error:
            raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
    return keys
