"""TLS: the contexts, the peer's certificates, and what went wrong in words."""

from __future__ import annotations

import ssl
from typing import Any

from mailsec.core.errors import BadInput
from mailsec.core.limits.transport import TLS_CHAIN
from mailsec.trust.x509.flaws import Flaw

# The numbers of OpenSSL's X509_V_ERR_*.
_WORDS = {
    9: Flaw.EARLY,
    10: Flaw.EXPIRED,
    18: Flaw.SELF_SIGNED,
    19: Flaw.UNTRUSTED_ROOT,
    20: Flaw.UNKNOWN_ISSUER,
    21: Flaw.UNKNOWN_ISSUER,
    23: Flaw.REVOKED,
    62: Flaw.OTHER_NAME,
}
_REASONS = {
    "WRONG_VERSION_NUMBER": "the other side does not speak TLS here",
    "UNSUPPORTED_PROTOCOL": "the other side only has versions that are not allowed",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the other side has none of the versions offered",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the other side has nothing in common with what was offered",
    "NO_SHARED_CIPHER": "no cipher suite in common",
}
_DER = 2  # _ssl.ENCODING_DER


class Trust:
    """Whom to believe: the system's roots, or those of the PEM file `ca_file` alone.

    `verifying` is the context that checks the certificate and its name; `looking` checks nothing: it is for looking at
    certificates that were refused, never for sending anything. Raises BadInput where the file cannot be read.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        self.verifying = _context()
        if ca_file is None:
            self.verifying.load_default_certs()
        else:
            _load(self.verifying, ca_file)
        self.looking = _context()
        self.looking.check_hostname = False
        self.looking.verify_mode = ssl.CERT_NONE


def _load(context: ssl.SSLContext, ca_file: str) -> None:
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError, for a file without certificates, is one
        why = "no certificates in it" if isinstance(error, ssl.SSLError) else (error.strerror or str(error)).lower()
        raise unreadable(why) from None


def unreadable(why: str) -> BadInput:
    """What is said of a file of roots that is none."""
    return BadInput(f"the file of trusted roots cannot be read: {why}", hint="give certificates in PEM")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Some builds of Python set it, and then whoever cuts the connection decides where the reply ends.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.set_alpn_protocols(["http/1.1"])
    return context


def peer_chain(sock: ssl.SSLSocket | ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates that the peer sent, in DER, leaf first; of a handshake that did not get there, none."""
    # Public from Python 3.13 on; the object beneath has had it since 3.10.
    public: Any = getattr(sock, "get_unverified_chain", None)
    if public is not None:
        return tuple((public() or ())[:TLS_CHAIN])
    beneath: Any = getattr(sock, "_sslobj", None)
    certificates = beneath.get_unverified_chain() or ()
    return tuple(each.public_bytes(_DER) for each in certificates[:TLS_CHAIN])


def _reason(error: ssl.SSLError) -> str:
    # Those that the library itself does not raise have none.
    return getattr(error, "reason", None) or "unknown error"


def was_cut(error: ssl.SSLError) -> bool:
    """True where the connection ended without TLS saying so."""
    # Older Pythons have no exception of its own for an end that came too early.
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or _reason(error) == "UNEXPECTED_EOF_WHILE_READING"


def words(error: ssl.SSLError) -> str:
    """What a TLS error means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _WORDS.get(error.verify_code, f"the certificate is not valid: {error.verify_message}")
    if was_cut(error):
        return "the connection was cut"
    reason = _reason(error)
    return f"TLS failed: {_REASONS.get(reason, reason.replace('_', ' ').lower())}"
