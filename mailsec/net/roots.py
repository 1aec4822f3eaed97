"""The trusted roots of the system, or of a file."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from functools import lru_cache

from mailsec.core.limits.transport import TLS_ROOTS, TLS_ROOTS_BYTES
from mailsec.net.tls import unreadable
from mailsec.trust.x509.path import Anchors

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+\Z")
"""How a folder of certificates names them for OpenSSL to find."""


def root_certificates(ca_file: str = "") -> tuple[bytes, ...]:
    """The roots (DER) in the PEM file `ca_file`, or (where it is "") those that the system trusts.

    Raises BadInput where the file cannot be read or has no certificate in it. A system without roots trusts nobody.
    """
    if not ca_file:
        return tuple(_of_system())[:TLS_ROOTS]
    try:
        found = tuple(_in_file(ca_file))
    except OSError as error:
        raise unreadable((error.strerror or str(error)).lower()) from None
    if not found:
        raise unreadable("no certificates in it")
    return found[:TLS_ROOTS]


@lru_cache(8)
def trusted_roots(ca_file: str = "") -> Anchors:
    """The same, as the judgement of TLS servers takes them. Raises BadInput."""
    return Anchors(root_certificates(ca_file))


def _of_system() -> Iterator[bytes]:
    """Those of the file and of the folder that the TLS library looks into, each once."""
    paths = ssl.get_default_verify_paths()
    seen: dict[bytes, None] = {}
    for path in _files(paths.cafile, paths.capath):
        try:
            seen.update(dict.fromkeys(_in_file(path)))
        except OSError:
            continue
    yield from seen


def _files(file: str | None, folder: str | None) -> Iterator[str]:
    if file:
        yield file
    elif folder:
        names = sorted(name for name in os.listdir(folder) if _HASHED.match(name))
        yield from (os.path.join(folder, name) for name in names[:TLS_ROOTS])


def _in_file(path: str) -> Iterator[bytes]:
    """The certificates in a PEM file, in DER; what stands between them is passed over. Raises OSError."""
    with open(path, "rb") as file:
        text = file.read(TLS_ROOTS_BYTES).decode("latin-1")
    for block in _BLOCK.finditer(text):
        try:
            yield ssl.PEM_cert_to_DER_cert(block[0])
        except ValueError:
            continue
