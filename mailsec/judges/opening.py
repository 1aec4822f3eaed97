"""Encrypted OpenPGP messages are opened in a child process: what is inside may unfold to gigabytes, and the library that opens
it has no bound. The child has a limit of memory and processor time, and dies alone.

Keys and passphrases go through its stdin, never through arguments or the environment.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mailsec.content.openpgp.decrypting import DecryptingError, Failure, decrypted
from mailsec.content.openpgp.opening import Opened
from mailsec.core.errors import TemporaryFailure
from mailsec.core.limits import PGP_CHILD_MEMORY, PGP_CHILD_SECONDS
from mailsec.trust.keyring.packets import signature

_MEGABYTE = 1024 * 1024
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from mailsec.judges.opening import main; main()"
_WIDTH = 8


def open_message(data: bytes, secrets: Sequence[tuple[bytes, str | None]]) -> Opened:
    """What the first of `secrets` that fits (a transferable secret key and its passphrase) finds in the packets `data`.

    Raises DecryptingError, TemporaryFailure where no child process can be started.
    """
    fields = [data]
    for secret, passphrase in secrets:
        fields += (secret, b"" if passphrase is None else b"p" + passphrase.encode())
    # without site and the environment: half the time to start, and nothing that the caller did not load
    command = [sys.executable, "-S", "-E", "-c", _CODE, *sys.path]
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise TemporaryFailure(f"cannot start a process to open the message: {error.strerror}") from None
    try:
        answer, _ = child.communicate(_packed(fields), timeout=3 * _seconds(len(data)))
    except subprocess.TimeoutExpired:
        raise DecryptingError(Failure.CHILD) from None
    finally:
        child.kill()
        child.wait()
    return _read(list(_unpacked(answer)))


def _seconds(size: int) -> int:
    return PGP_CHILD_SECONDS + size // _MEGABYTE


def _packed(fields: Sequence[bytes]) -> bytes:
    return b"".join(piece for field in fields for piece in (len(field).to_bytes(_WIDTH, "big"), field))


def _unpacked(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + _WIDTH <= len(data):
        end = at + _WIDTH + int.from_bytes(data[at : at + _WIDTH], "big")
        yield data[at + _WIDTH : end]
        at = end


def _read(fields: Sequence[bytes]) -> Opened:
    """The child's answer; one that died has given none."""
    if not fields or fields[0] == b"":
        raise DecryptingError(Failure[fields[1].decode()] if len(fields) > 1 else Failure.CHILD)
    return Opened(fields[2], tuple(signature(each) for each in fields[3:]), fields[1])


def answer(request: BinaryIO, confine: bool = True) -> bytes:
    """What the child says to a request: "", and a failure; or a mark, the name, the text and the signatures."""
    data, *rest = _unpacked(request.read())
    if confine:
        _confine(len(data))
    failure = Failure.KEY
    for secret, passphrase in zip(rest[::2], rest[1::2], strict=True):
        try:
            opened = decrypted(data, secret, passphrase[1:].decode() if passphrase else None)
        except DecryptingError as error:
            failure = error.failure
            if failure is not Failure.KEY:
                break
        else:
            return _packed([b"opened", opened.name, opened.data, *(each.body for each in opened.signatures)])
    return _packed([b"", failure.name.encode()])


def _confine(size: int) -> None:
    """Bound this process. A limit that is lower already stays."""
    wanted = (
        (resource.RLIMIT_AS, PGP_CHILD_MEMORY + 8 * size),
        (resource.RLIMIT_CPU, _seconds(size)),
        (resource.RLIMIT_CORE, 0),
    )
    for which, limit in wanted:
        _, hard = resource.getrlimit(which)
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (value, value))


def main() -> None:
    """The child."""
    try:
        made = answer(sys.stdin.buffer)
    except MemoryError:
        made = _packed([b"", Failure.CHILD.name.encode()])
    sys.stdout.buffer.write(made)
