"""The addresses of a host as this machine knows them: its hosts file, then its name servers."""

from __future__ import annotations

import socket

from mailsec.core.errors import TemporaryFailure
from mailsec.core.limits.transport import WIRE_ADDRESSES


def addresses(host: str) -> tuple[str, ...]:
    """The addresses of `host`, in the order in which to try them. Raises TemporaryFailure where there are none."""
    # a name in ASCII goes as octets, past the codec of IDNA, which is slow to load
    plain = host.isascii() and all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))
    try:
        found = socket.getaddrinfo(host.encode() if plain else host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or "not a host name").lower()
        raise TemporaryFailure(f"{host}: no address: {reason}", hint="check the name, or give an address") from None
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))[:WIRE_ADDRESSES]
