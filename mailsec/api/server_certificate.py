"""The certificate that a server of ours shows: one that was given, or one made on the fly."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from mailsec.core.errors import BadInput
from mailsec.core.limits.run import MAX_KEY_BYTES
from mailsec.store.files import read, shown


@contextmanager
def made_now(*names: str) -> Iterator[str]:
    """The path of a PEM file with a new key and a self-signed certificate for `names`; it is gone afterwards."""
    from mailsec.net.selfmade import selfmade

    with selfmade(names) as made:
        yield made.path


@contextmanager
def joined(certificate: str, key: str) -> Iterator[str]:
    """A PEM file with what the two hold, that only its owner can read and that is gone afterwards.

    Raises BadInput where one of them cannot be read or the TLS library can make nothing of them.
    """
    data = b"\n".join(_content(path) for path in (key, certificate) if path)
    handle, path = tempfile.mkstemp(prefix="mailsec-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        _check(path)
        yield path
    finally:
        os.unlink(path)


def _content(path: str) -> bytes:
    try:
        return read(path, MAX_KEY_BYTES)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def _check(path: str) -> None:
    import ssl

    try:
        # an encrypted key would make the library ask for its passphrase on the terminal
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password=_no_passphrase)
    except (ssl.SSLError, ValueError, OSError):
        raise BadInput(
            "certificate and key do not belong together, or are none",
            hint="PEM: --cert with the chain, --key without passphrase",
        ) from None


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")
