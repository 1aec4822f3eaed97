"""The keys that a command may use: those of the files that were named, then those of the ring, opened when one is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Binding, Certificate, Issuing, Keys, Kind, Rooted, Stating

if TYPE_CHECKING:
    from mailsec.store.ring import Ring


class AtHand:
    """A `Keys` over files and the ring at `path`, and a context manager that closes the ring. No ring is made by looking."""

    def __init__(self, files: FileKeys, path: str, *, now: int) -> None:
        self.files = files
        self._path = path
        self._now = now
        self._stack = ExitStack()
        self._ring: Ring | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _in_turn(self) -> Iterator[Keys]:
        """The files, then the ring: it is opened by the first question that the files leave open."""
        yield self.files
        if (ring := self._opened()) is not None:
            yield ring

    def _opened(self) -> Ring | None:
        if self._ring is None and os.path.exists(self._path):
            from mailsec.store.ring import Ring  # SQLite, and most runs need no key

            self._ring = self._stack.enter_context(Ring(self._path, now=self._now))
        return self._ring

    def named(self, name: str, kind: Kind) -> Certificate:
        """The certificate of this kind in the ring that `name` means: a fingerprint, a long key ID, or an address that is
        authenticated.

        Raises KeyUnavailable where there is none or more than one, UsageError for what is no name of a key.
        """
        from mailsec.api.keys.names import find

        ring = self._opened()
        if ring is None:
            raise KeyUnavailable(f"there is no key ring with a key for {name}", hint="mailsec keys import FILE")
        return find(ring, name, kind).certificate

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """The certificates that hold a key with one of these fingerprints or key IDs."""
        wanted = tuple(handles)
        return _each_once(found for source in self._in_turn() for found in source.certificates(wanted))

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that claim an address."""
        return _each_once(found for source in self._in_turn() for found in source.of_address(address))

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """The first binding that is authenticated, else why the last source has none."""
        for source in self._in_turn():
            found = source.binding(certificate, address)
            if found.bound.authenticated:
                break
        return found

    def roots(self) -> Sequence[bytes]:
        """The X.509 certificates of authorities that the ring's user trusts, in DER."""
        return tuple(der for source in self._in_turn() if isinstance(source, Rooted) for der in source.roots())

    def issuers(self, certificate: Certificate) -> Sequence[bytes]:
        """The authorities between an X.509 certificate and its root that the ring has, in DER."""
        return [der for source in self._in_turn() if isinstance(source, Issuing) for der in source.issuers(certificate)]

    def is_stated(self, certificate: Certificate) -> bool:
        """True where the user named a file with the certificate, or said in the ring whose it is."""
        return any(isinstance(source, Stating) and source.is_stated(certificate) for source in self._in_turn())

    def secret(self, fingerprint: str) -> bytes | None:
        """The secret key of a certificate."""
        return next((found for source in self._in_turn() if (found := source.secret(fingerprint)) is not None), None)

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys are at hand."""
        return _each_once(found for source in self._in_turn() for found in source.own())

    def capabilities(self, fingerprint: str) -> bytes | None:
        """What the holder of an X.509 certificate signed that it can read (SMIMECapabilities, DER)."""
        return next((found for source in self._in_turn() if (found := source.capabilities(fingerprint)) is not None), None)


def _each_once(found: Iterator[Certificate]) -> list[Certificate]:
    unique: dict[str, Certificate] = {}
    for each in found:
        unique.setdefault(each.fingerprint, each)
    return list(unique.values())
