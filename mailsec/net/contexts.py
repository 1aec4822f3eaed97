"""The contexts of the TLS library for mail: what is offered, and what is said where that cannot be had."""

from __future__ import annotations

import ssl
import warnings

from mailsec.net.tls import words
from mailsec.transport.wire import TlsWish

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_OLD = frozenset({"TLSv1", "TLSv1.1"})
# They sign with SHA-1, which the library's levels above 0 do not allow.
_FOR_OLD = "DEFAULT:@SECLEVEL=0"


def new_context(wish: TlsWish, certificate: str) -> ssl.SSLContext:
    """A context for `wish`; a server shows `certificate`. Raises ValueError, OSError, ssl.SSLError where it cannot be had."""
    return _tuned(_server(certificate) if wish.server else _client(), wish.versions, wish.ciphers)


def problem(error: Exception) -> str:
    """Why there is no context, in words."""
    if isinstance(error, ssl.SSLError):
        return words(error) if getattr(error, "reason", None) else "no such cipher suites"
    return str(error)


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
