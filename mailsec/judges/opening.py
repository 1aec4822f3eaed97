"""Rare kinds of encrypted OpenPGP messages are opened in a child process: what is inside may unfold to gigabytes, and the
library that opens it has no bound. The child has a limit of memory and time, and dies alone.

Keys and passphrases go through its stdin, never through arguments or the environment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mailsec.content.openpgp.decrypting import DecryptingError, Failure
from mailsec.content.openpgp.opening import Opened
from mailsec.core.limits.content import PGP_CHILD_MEMORY, PGP_CHILD_SECONDS
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.judges.child import Bounds, run_child
from mailsec.judges.opening_child import packed, unpacked
from mailsec.trust.keyring.packets import signature

_MEGABYTE = 1024 * 1024
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from mailsec.judges.opening_child import main; main()"


def open_message(data: bytes, secrets: Sequence[tuple[bytes, str | None]], bounds: Bounds | None = None) -> Opened:
    """What the first of `secrets` that fits (a transferable secret key and its passphrase) finds in the packets `data`.

    Raises DecryptingError; whatever becomes of the child is a failure.
    """
    fields = [data]
    for secret, passphrase in secrets:
        fields += (secret, b"" if passphrase is None else b"p" + passphrase.encode())
    # without site and the environment: half the time to start, and nothing that the caller did not load
    command = [sys.executable, "-S", "-E", "-c", _CODE, *sys.path]
    ran = run_child(command, packed(fields), bounds or _bounds(len(data)))
    if ran.failure or ran.code:
        raise DecryptingError(Failure.CHILD)
    return _read(list(unpacked(ran.output)))


def _bounds(size: int) -> Bounds:
    return Bounds(PGP_CHILD_SECONDS + size / _MEGABYTE, PGP_CHILD_MEMORY + 8 * size, MAX_MESSAGE_BYTES + _MEGABYTE)


def _read(fields: Sequence[bytes]) -> Opened:
    """The child's answer; one that died has given none."""
    if not fields or fields[0] == b"":
        raise DecryptingError(Failure[fields[1].decode()] if len(fields) > 1 else Failure.CHILD)
    return Opened(fields[2], tuple(signature(each) for each in fields[3:]), fields[1])
