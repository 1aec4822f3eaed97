"""The file behind the key ring: SQLite with one transaction a change, private, versioned, and its troubles in words.

The journal is a rollback journal, so that a kill at any moment leaves the state before a change or after it. Several runs may
use a ring at once. The file and its folder are for their owner alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits.keys import RING_WAIT
from mailsec.core.text import from_bytes
from mailsec.store.files import shown

VERSION = 2
"""The form of the tables, in `PRAGMA user_version`."""
APPLICATION = 0x6D736563  # "msec"

_TABLES = """
CREATE TABLE certificates (
    fingerprint TEXT PRIMARY KEY, kind TEXT NOT NULL, key_id TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER,
    revoked_at INTEGER, revoked_hard INTEGER, revoked_reason TEXT, algorithm TEXT NOT NULL, bits INTEGER NOT NULL,
    data BLOB NOT NULL, owner_trust TEXT NOT NULL DEFAULT 'unknown', added INTEGER NOT NULL, changed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE handles (
    handle TEXT NOT NULL, fingerprint TEXT NOT NULL REFERENCES certificates ON DELETE CASCADE,
    PRIMARY KEY (handle, fingerprint)
) WITHOUT ROWID;
CREATE INDEX handles_of ON handles (fingerprint);
CREATE TABLE user_ids (
    fingerprint TEXT NOT NULL REFERENCES certificates ON DELETE CASCADE, place INTEGER NOT NULL, user_id TEXT NOT NULL,
    address TEXT NOT NULL, PRIMARY KEY (fingerprint, place)
) WITHOUT ROWID;
CREATE INDEX user_ids_by_address ON user_ids (address);
CREATE TABLE signatures (
    fingerprint TEXT NOT NULL REFERENCES certificates ON DELETE CASCADE, place INTEGER NOT NULL, issuer TEXT NOT NULL,
    PRIMARY KEY (fingerprint, place, issuer)
) WITHOUT ROWID;
CREATE INDEX signatures_by_issuer ON signatures (issuer);
CREATE TABLE statements (
    fingerprint TEXT NOT NULL REFERENCES certificates ON DELETE CASCADE, address TEXT NOT NULL, stated INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, address)
) WITHOUT ROWID;
CREATE TABLE sources (
    fingerprint TEXT NOT NULL REFERENCES certificates ON DELETE CASCADE, source TEXT NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, source)
) WITHOUT ROWID;
CREATE TABLE secret_keys (
    fingerprint TEXT PRIMARY KEY REFERENCES certificates ON DELETE CASCADE, protected INTEGER NOT NULL, data BLOB NOT NULL,
    added INTEGER NOT NULL
) WITHOUT ROWID;
"""
_SMIME = """
CREATE TABLE capabilities (
    fingerprint TEXT PRIMARY KEY REFERENCES certificates ON DELETE CASCADE, data BLOB NOT NULL, signed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE waiting_keys (
    public_key TEXT PRIMARY KEY, request BLOB NOT NULL, data BLOB NOT NULL, protected INTEGER NOT NULL, added INTEGER NOT NULL
) WITHOUT ROWID;
"""
# One entry for each version that came before: what leads from it to the next.
_MIGRATIONS: dict[int, str] = {0: _TABLES, 1: _SMIME}


class Database:
    """An open ring file. Raises BadInput where the file is no ring or one of a later version, KeyUnavailable where it cannot
    be opened, is locked for too long, or the disk is full."""

    def __init__(self, path: str) -> None:
        """Open the ring at `path`; it is made where it is missing."""
        self.path = path
        _make_private(path)
        with self._translated():
            # Transactions are begun and ended by `change` alone.
            self._connection = sqlite3.connect(path, timeout=RING_WAIT, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows that a query finds."""
        with self._translated():
            return self._connection.execute(query, values).fetchall()

    def do(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement, inside of `change`; how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def do_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each of `rows`, inside of `change`."""
        self._connection.executemany(statement, rows)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change of the ring: all of it or nothing."""
        with self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def _prepare(self) -> None:
        with self._translated():
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA secure_delete = ON")  # what was a secret key is overwritten
            version = self._version()
        if version < VERSION:
            with self.change():
                for step in range(self._version(), VERSION):  # asked again: another run may have been faster
                    for statement in _MIGRATIONS[step].split(";\n"):
                        self.do(statement)
                    self.do(f"PRAGMA application_id = {APPLICATION}")
                    self.do(f"PRAGMA user_version = {step + 1}")
        elif version > VERSION:
            raise BadInput(
                f"{shown(self.path)}: the ring was made by a later version of mailsec (form {version}, known is {VERSION})",
                hint="use that version, or another ring with --ring",
            )

    def _version(self) -> int:
        ((version,),) = self.rows("PRAGMA user_version")
        ((application,),) = self.rows("PRAGMA application_id")
        ((tables,),) = self.rows("SELECT count(*) FROM sqlite_master")
        if application != APPLICATION and (version or tables):
            raise BadInput(f"{shown(self.path)} is a database of something else", hint="name the ring with --ring")
        return int(version)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What SQLite says, in mailsec's words."""
        try:
            yield
        except sqlite3.Error as error:
            raise _unavailable(self.path, error) from None


def _make_private(path: str) -> None:
    """The file and its folder, for their owner alone, before anything is written into them."""
    try:
        folder = os.path.dirname(os.path.abspath(path))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except (OSError, ValueError) as error:
        raise _unavailable(path, error) from None


_BAD = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_HINTS = {
    sqlite3.SQLITE_BUSY: "another run is changing it: wait for it, then try again",
    sqlite3.SQLITE_FULL: "make room on the disk; the ring is as it was",
    sqlite3.SQLITE_READONLY: "check who may write the file and its folder",
}


def _unavailable(path: str, error: Exception) -> BadInput | KeyUnavailable:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = from_bytes((getattr(error, "strerror", None) or str(error)).lower().encode("utf-8", "replace"))
    if code in _BAD:
        return BadInput(f"{shown(path)} is no key ring: {words}", hint="name another with --ring, or restore it from a copy")
    return KeyUnavailable(f"the key ring {shown(path)} cannot be used: {words}", hint=_HINTS.get(code, ""))
