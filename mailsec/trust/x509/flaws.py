"""What can be wrong with a server's certificate, in words. Apart, so that nobody needs the cryptography to say it."""

from __future__ import annotations

from enum import StrEnum


class Flaw(StrEnum):
    """A reason not to believe a certificate."""

    NONE_SHOWN = "the server showed no certificate"
    UNREADABLE = "the certificate cannot be read"
    EARLY = "the certificate is not valid yet"
    EXPIRED = "the certificate has expired"
    SELF_SIGNED = "the certificate is self-signed"
    UNTRUSTED_ROOT = "the certificate's chain ends in a root that is not trusted"
    UNKNOWN_ISSUER = "the certificate's issuer is not known"
    REVOKED = "the certificate is revoked"
    OTHER_NAME = "the certificate is for another name"
