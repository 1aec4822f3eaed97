"""How TLS is made for mail, and what is said of a finished handshake."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.results import Status
from mailsec.transport.wire import PkixVerdict, TlsState, TlsWish

if TYPE_CHECKING:
    import ssl


class Security:
    """Whom to believe and what to show.

    `ca_file` names roots (PEM) in place of the system's; `now` is the time to judge certificates for, in seconds since 1970
    UTC (None: the time of the handshake); `certificate` is a PEM file with key and chain, which a server shows. BadInput, where
    `ca_file` cannot be read, is raised when a certificate is judged by it.
    """

    def __init__(self, ca_file: str = "", *, now: int | None = None, certificate: str = "") -> None:
        self._ca_file = ca_file
        self._now = now
        self._certificate = certificate
        self._contexts: dict[tuple[tuple[str, str], str, bool], ssl.SSLContext] = {}

    def context(self, wish: TlsWish) -> ssl.SSLContext:
        """The context for `wish`. Raises ValueError, OSError, ssl.SSLError where the library cannot do it."""
        from mailsec.net.contexts import new_context  # noqa: PLC0415 - ssl is slow to load, and a dialogue in the clear has none

        kind = wish.versions, wish.ciphers, wish.server
        if kind not in self._contexts:
            if wish.server and not self._certificate:
                raise ValueError("there is no certificate to show")
            self._contexts[kind] = new_context(wish, self._certificate)
        return self._contexts[kind]

    @staticmethod
    def indication(wish: TlsWish) -> str | None:
        """The name that a client asks for (SNI, RFC 6066 section 3): none for addresses and for what is no name."""
        if wish.server or not wish.name or _is_address(wish.name):
            return None
        try:
            return to_ascii(wish.name)
        except DomainError:
            return None

    @staticmethod
    def problem(error: Exception) -> str:
        """Why a context could not be made, in words."""
        from mailsec.net.contexts import problem  # noqa: PLC0415 - loads ssl, as `context` does

        return problem(error)

    def state(self, tls: ssl.SSLObject, wish: TlsWish) -> TlsState:
        """What the handshake came to, with the certificate judged where a server showed it."""
        from mailsec.net.tls import peer_chain  # noqa: PLC0415 - loads ssl, as `context` does

        cipher, _, bits = tls.cipher() or ("", "", 0)
        chain = peer_chain(tls)
        pkix = PkixVerdict(Status.SKIPPED) if wish.server else self._judged(chain, wish.name)
        return TlsState(tls.version() or "", cipher, bits, wish.name, chain, pkix)

    def _judged(self, chain: tuple[bytes, ...], name: str) -> PkixVerdict:
        from mailsec.net.roots import trusted_roots  # noqa: PLC0415 - cryptography is slow to load: only where one is judged
        from mailsec.trust.x509.server import judge  # noqa: PLC0415 - the same

        now = int(time.time()) if self._now is None else self._now
        status, reasons = judge(chain, name, trusted_roots(self._ca_file), now=now)
        return PkixVerdict(status, reasons)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
