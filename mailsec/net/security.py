"""How TLS is made for mail, and what is said of a finished handshake."""

from __future__ import annotations

import ssl
import time
import warnings
from ipaddress import ip_address

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.results import Status
from mailsec.net.tls import peer_chain, words
from mailsec.transport.wire import PkixVerdict, TlsState, TlsWish

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_OLD = frozenset({"TLSv1", "TLSv1.1"})
# They sign with SHA-1, which the library's levels above 0 do not allow.
_FOR_OLD = "DEFAULT:@SECLEVEL=0"


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
        kind = wish.versions, wish.ciphers, wish.server
        if kind not in self._contexts:
            if wish.server and not self._certificate:
                raise ValueError("there is no certificate to show")
            context = _server(self._certificate) if wish.server else _client()
            self._contexts[kind] = _tuned(context, wish.versions, wish.ciphers)
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
        if isinstance(error, ssl.SSLError):
            return "no such cipher suites" if error.reason == "NO_CIPHER_MATCH" else words(error)
        return str(error)

    def state(self, tls: ssl.SSLObject, wish: TlsWish) -> TlsState:
        """What the handshake came to, with the certificate judged where a server showed it."""
        cipher, _, bits = tls.cipher() or ("", "", 0)
        chain = peer_chain(tls)
        pkix = PkixVerdict(Status.SKIPPED) if wish.server else self._judged(chain, wish.name)
        return TlsState(tls.version() or "", cipher, bits, wish.name, chain, pkix)

    def _judged(self, chain: tuple[bytes, ...], name: str) -> PkixVerdict:
        # The cryptography is slow to load, and a dialogue in the clear never needs it.
        from mailsec.net.roots import trusted_roots  # noqa: PLC0415
        from mailsec.trust.x509.server import judge  # noqa: PLC0415

        now = int(time.time()) if self._now is None else self._now
        status, reasons = judge(chain, name, trusted_roots(self._ca_file), now=now)
        return PkixVerdict(status, reasons)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # judged beside the handshake
    return context


def _server(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _tuned(context: ssl.SSLContext, versions: tuple[str, str], ciphers: str) -> ssl.SSLContext:
    # Some builds of Python set it, and then whoever cuts the connection decides where the dialogue ends.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    lowest, highest = versions
    if unknown := [version for version in versions if version and version not in _VERSIONS]:
        raise ValueError(f"{unknown[0]} is no version of TLS that can be had here")
    with warnings.catch_warnings():
        # The old versions are deprecated, which is why they are asked for: to see what such a server does.
        warnings.simplefilter("ignore", DeprecationWarning)
        if lowest:
            context.minimum_version = _VERSIONS[lowest]
        if highest:
            context.maximum_version = _VERSIONS[highest]
    if ciphers or lowest in _OLD:
        context.set_ciphers(ciphers or _FOR_OLD)
    return context
