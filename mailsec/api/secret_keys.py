"""Secret keys that are at hand, and the passphrases that open them, asked for only when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

Ask = Callable[[str], str | None]
"""Asks for the passphrase of the key that is named in words; None where there is nobody to ask."""


def nobody(_: str) -> str | None:
    """There is nobody to ask."""
    return None


@dataclass(slots=True)
class Unlocker:
    """Secret keys with their passphrases. `ask` is called once for each locked key."""

    keys: Keys
    ask: Ask = nobody
    known: dict[str, str | None] = field(default_factory=dict)

    def all_of(self, certificates: Iterable[Certificate]) -> Iterator[tuple[bytes, str | None]]:
        """The secret keys of `certificates`, each with its passphrase, which is asked for when its turn comes; those that are
        not at hand are left out."""
        return (found for each in certificates if (found := self.of(each)) is not None)

    def apart(self, certificates: Iterable[Certificate]) -> tuple[list[Certificate], list[Certificate]]:
        """Those of `certificates` whose secret keys need no passphrase, and those whose keys are locked."""
        free: list[Certificate] = []
        locked: list[Certificate] = []
        for each in certificates:
            secret = self.keys.secret(each.fingerprint)
            if secret is not None:
                (locked if _is_locked(each, secret) else free).append(each)
        return free, locked

    def of(self, certificate: Certificate) -> tuple[bytes, str | None] | None:
        """The secret key of `certificate` and its passphrase. Raises KeyUnavailable where it is locked and stays so."""
        secret = self.keys.secret(certificate.fingerprint)
        if secret is None:
            return None
        if not _is_locked(certificate, secret):
            return secret, None
        if certificate.fingerprint not in self.known:
            self.known[certificate.fingerprint] = self.ask(f"{certificate.fingerprint} ({certificate.source})")
        passphrase = self.known[certificate.fingerprint]
        if passphrase is None:
            raise KeyUnavailable(
                f"the key {certificate.fingerprint} is locked",
                hint="give its passphrase with --passphrase-file or --passphrase-fd, or run mailsec on a terminal",
            )
        return secret, passphrase


def _is_locked(certificate: Certificate, secret: bytes) -> bool:
    if certificate.kind is Kind.X509:
        from mailsec.trust.x509.privatekey import is_locked as is_locked_x509

        return is_locked_x509(secret)
    from mailsec.content.openpgp.decrypting import is_locked

    return is_locked(secret)
