"""URLs that may be fetched, and addresses that may be connected to. No sockets here.

What a record, a policy or a redirection names is hostile: only https (plain http where the caller says so), no user info, no
bare addresses, and by default only public addresses, so that nobody's DNS makes mailsec knock at the doors of an inner network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.network import MAX_URL

_URL = re.compile(r"http(s?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}\Z", re.ASCII)
_UNICAST = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")  # an IPv4 address inside, reached by whoever relays (RFC 7526: no longer)
_NAT64 = IPv6Network("64:ff9b::/96")
_DOCUMENTATION = IPv6Network("3fff::/20")


class UrlProblem(ValueError):
    """The URL is not one that is fetched."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` in A-labels; `path` as the request line takes it, with the query; `secure` for https."""

    host: str
    port: int
    path: str
    secure: bool = True

    @property
    def authority(self) -> str:
        """What the Host field says (RFC 9110 section 7.2)."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"


def parse(url: str, *, plain: bool = False) -> Target:
    """The target of `url`; `plain` lets http: be one too. Raises UrlProblem."""
    if len(url) > MAX_URL:
        raise UrlProblem(f"a URL of more than {MAX_URL} characters")
    match = _URL.match(url)
    if match is None or not (match[1] or plain):
        raise UrlProblem("only http and https are fetched" if plain else "only https is fetched")
    secure, authority, path = match.groups()
    if not (path.isascii() and path.isprintable()) or " " in path or "\\" in url:
        raise UrlProblem("the URL has characters that do not belong there")
    if "@" in authority:
        raise UrlProblem("a URL with user info is not fetched")
    host, _, port = authority.partition(":")
    try:
        name = "" if authority.startswith("[") else to_ascii(host)
    except DomainError as error:
        raise UrlProblem(f"the URL's host: {error}") from None
    if not name or name.rpartition(".")[2].isdigit():
        raise UrlProblem("the URL names an address, not a host")
    return Target(name, _port(port, 443 if secure else 80), path if path.startswith("/") else "/" + path, bool(secure))


def _port(text: str, default: int) -> int:
    if not text:
        return default
    if not _PORT.match(text) or not 0 < int(text) < 65_536:
        raise UrlProblem("the URL's port is not valid")
    return int(text)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """True where `address` is one host of the public internet (RFC 6890), an IPv4 address inside an IPv6 one included."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _UNICAST and address.is_global and address not in _DOCUMENTATION and address not in _SIX_TO_FOUR
