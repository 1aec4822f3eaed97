"""Private keys of one's own that wait for their certificates: made here, with the request (PKCS#10) for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.store.database import Database


@dataclass(frozen=True, slots=True)
class WaitingKey:
    """A key that waits. `name` is the SHA-256 of its SubjectPublicKeyInfo in upper-case hexadecimal digits, `request` is
    in DER, `secret` PKCS#8, `added` in seconds since 1970 UTC."""

    name: str
    request: bytes
    secret: bytes
    protected: bool
    added: int


class Waiting:
    """The keys of a ring that wait. What writes does so inside of the ring's `change` only."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, key: WaitingKey) -> None:
        """Keep a key."""
        row = (key.name, key.request, key.secret, int(key.protected), key.added)
        self._db.do("INSERT OR REPLACE INTO waiting_keys VALUES (?, ?, ?, ?, ?)", row)

    def delete(self, name: str) -> None:
        """Forget a key."""
        self._db.do("DELETE FROM waiting_keys WHERE public_key = ?", (name,))

    def get(self, name: str) -> WaitingKey | None:
        """The key with this name."""
        return next(self._found("WHERE public_key = ?", (name,)), None)

    def all(self) -> list[WaitingKey]:
        """All of them, oldest first."""
        return list(self._found("", ()))

    def _found(self, where: str, values: Sequence[str]) -> Iterator[WaitingKey]:
        query = f"SELECT public_key, request, data, protected, added FROM waiting_keys {where} ORDER BY added, public_key"
        for name, request, secret, protected, added in self._db.rows(query, values):
            yield WaitingKey(name, request, secret, bool(protected), added)
