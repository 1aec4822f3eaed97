"""Files that only their owner may read."""

from __future__ import annotations

import os

from mailsec.core.errors import TemporaryFailure, UsageError
from mailsec.store.files import shown


def write_private(path: str, data: bytes) -> None:
    """Write `data`, a private key, to the new file `path` with mode 0600.

    Raises UsageError where it is there already or cannot be made: a key is never overwritten. Where the writing itself fails,
    TemporaryFailure is raised and no file stays.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(f"{shown(path)} is there already", hint="a key is never overwritten: give another name") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot write {shown(path)}: {reason}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
    except OSError as error:
        os.unlink(path)
        raise TemporaryFailure(f"cannot write {shown(path)}: {error.strerror}") from None
