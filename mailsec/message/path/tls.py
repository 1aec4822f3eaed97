"""What a Received field says of the encryption of its hop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.message.received import Format, Hop

_VERSION = re.compile(r"(?:^|[^A-Za-z0-9])(TLS|SSL)[ _]?v?(\d)(?:[._](\d))?(?![\d_.]*[A-Za-z_])", re.IGNORECASE)
_CIPHER = re.compile(r"\b(?:with cipher |cipher ?= ?|tls )([A-Za-z0-9_-]{3,64})|:([A-Z0-9][A-Za-z0-9_-]{5,63}):\d")
_PATCHED = re.compile(r"([A-Z0-9-]{3,64}) encrypted$")
_SAYS_SO = re.compile(r"(?:UTF8)?(?:E?SMTP|LMTP)(S?)A?\Z", re.IGNORECASE)
_WEAK_VERSIONS = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1")
_WEAK_CIPHER = re.compile(r"(?:^|[-_])(?:RC4|DES|3DES|NULL|EXP|EXPORT|EXPORT1024|MD5|ADH|AECDH|RC2)(?:$|[-_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tls:
    """`used` is None where the field does not say. `version` is like "TLS 1.3"; `cipher` as written; both may be "".

    `weak` says why a version or cipher is no longer to be used (RFC 8996, RFC 9325), "" where it is not.
    """

    used: bool | None = None
    version: str = ""
    cipher: str = ""
    weak: str = ""


def read_tls(hop: Hop) -> Tls:
    """What `hop` says of TLS: by its comments, else by the S of its protocol (RFC 3848)."""
    version = cipher = ""
    for note in hop.notes:
        if not version and (match := _VERSION.search(note)):
            version = f"{match[1].upper()} {match[2]}.{match[3] or '0'}"
        if not cipher and (match := _CIPHER.search(note)):
            cipher = match[1] or match[2]
        elif not cipher and (match := _PATCHED.search(note)):
            cipher = match[1]
    if version or cipher:
        return Tls(True, version, cipher, _weak(version, cipher))
    says_so = _SAYS_SO.match(hop.protocol)
    if says_so and says_so[1]:
        return Tls(True)
    # only of programs that are known to write the S where it belongs
    plain = says_so and hop.format in (Format.POSTFIX, Format.EXIM, Format.SENDMAIL, Format.GMAIL, Format.DOVECOT)
    return Tls(False if plain else None)


def _weak(version: str, cipher: str) -> str:
    if version in _WEAK_VERSIONS:
        return version
    return cipher if _WEAK_CIPHER.search(cipher) else ""
