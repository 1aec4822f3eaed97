"""What was fetched, kept until it is out of date: a folder with a file for each address it came from.

It is no more than a convenience: what is damaged, foreign or too large counts as not there, and what cannot be written is not.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256

from mailsec.core.errors import MailsecError
from mailsec.core.limits.keys import X509_REVOCATION_BYTES
from mailsec.core.limits.network import CACHE_BYTES, CACHE_FILES, CACHE_SECONDS
from mailsec.store.files import make_folder
from mailsec.store.files import write as write_whole

_MAGIC = b"mailsec-cache/1"
_HEAD_BYTES = 256
_HEX = frozenset("0123456789abcdef")


class Cache:
    """The folder `folder` as it is at `moment` (seconds since 1970 UTC, by the clock and not by `--at`)."""

    def __init__(self, folder: str, moment: int) -> None:
        self._folder = folder
        self._moment = moment

    def get(self, url: str) -> bytes:
        """What came from `url` and is not out of date; empty where that is nothing."""
        try:
            self._look()
            head, _, body = self._read(self._path(url)).partition(b"\n")
            magic, until, digest = head.split(b" ")
            good = magic == _MAGIC and self._moment <= int(until) <= self._moment + CACHE_SECONDS
        except (OSError, ValueError):
            return b""
        return body if good and digest == _digest(url, body) else b""

    def put(self, url: str, body: bytes, until: int) -> None:
        """Keep `body` until `until` (seconds since 1970 UTC), a week at most: authorities write what they like."""
        until = min(until, self._moment + CACHE_SECONDS)
        if until < self._moment or not body or len(body) > X509_REVOCATION_BYTES:
            return
        with suppress(MailsecError, OSError):
            make_folder(self._folder)
            self._look()
            self._make_room(len(body))
            write_whole(self._path(url), b"%b %d %b\n" % (_MAGIC, until, _digest(url, body)) + body)

    def _path(self, url: str) -> str:
        return os.path.join(self._folder, sha256(url.encode("utf-8", "surrogatepass")).hexdigest())

    def _read(self, path: str) -> bytes:
        """Raises OSError for what is not there, or no file of ours."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                raise PermissionError
            return file.read(X509_REVOCATION_BYTES + _HEAD_BYTES)

    def _look(self) -> None:
        """Raises OSError where the folder is not there, or somebody else could write into it."""
        found = os.stat(self._folder)
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError

    def _make_room(self, size: int) -> None:
        """Take the oldest files away until there is room for one more of `size` octets; what is not named as ours stays."""
        there = []
        for entry in os.scandir(self._folder):
            if len(entry.name) == 64 and _HEX.issuperset(entry.name):
                found = entry.stat(follow_symlinks=False)
                there.append((found.st_mtime, found.st_size, entry.path))
        there.sort()
        total = sum(each for _, each, _ in there)
        while there and (len(there) >= CACHE_FILES or total + size > CACHE_BYTES):
            _, freed, path = there.pop(0)
            total -= freed
            os.unlink(path)


def _digest(url: str, body: bytes) -> bytes:
    return sha256(url.encode("utf-8", "surrogatepass") + b"\n" + body).hexdigest().encode()
