"""Types of option values."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mailsec.cli.times import At, parse_at

IPAddress: TypeAlias = IPv4Address | IPv6Address

if TYPE_CHECKING:
    _Type: TypeAlias = click.ParamType[Any]
    _AddressType: TypeAlias = click.ParamType[IPAddress]
    _ServerType: TypeAlias = click.ParamType[tuple[str, int]]
else:
    _Type = _AddressType = _ServerType = click.ParamType  # no generic class in older versions of click


class Text(_Type):
    """Text that is UTF-8; what the terminal passed on as other bytes is a usage error, so that no string holds a surrogate."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself."""
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("not UTF-8 text", param, ctx)
        return text


class Time(_Type):
    """A time for `--at`; see `cli.times`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> At:
        """Seconds, or the word itself."""
        try:
            return parse_at(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


class Nameserver(_Type):
    """An IP address, with a port as 192.0.2.1:5353 or [2001:db8::1]:5353."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same in its shortest form; port 53 is left out."""
        host, port = host_and_port(value, "53")
        try:
            number = int(port) if port.isascii() and port.isdigit() else 0
            address = str(ip_address(host))
        except ValueError:
            self.fail(f"{value!r} is not an IP address, alone or with a port (192.0.2.1:53, [2001:db8::1]:53)", param, ctx)
        if not 0 < number < 65536:
            self.fail(f"{value!r}: a port is a number from 1 to 65535", param, ctx)
        if number == 53:
            return address
        return f"[{address}]:{number}" if ":" in address else f"{address}:{number}"


def host_and_port(text: str, default: str) -> tuple[str, str]:
    """What stands before and behind the last colon: of host, host:port, [address]:port, or an IPv6 address."""
    if text.startswith("[") and "]" in text:
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":") if rest else default
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, default


TEXT = Text()
TIME = Time()
NAMESERVER = Nameserver()
PATH = click.Path(path_type=str, allow_dash=True)
"""A file name as the shell gave it; whether it can be read is found out when it is read."""


class Address(_AddressType):
    """An IPv4 or IPv6 address."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IPAddress:
        """The address."""
        if isinstance(value, IPv4Address | IPv6Address):
            return value
        try:
            return ip_address(value)
        except ValueError:
            self.fail(f"{value!r} is not an IP address", param, ctx)


ADDRESS = Address()


class Server(_ServerType):
    """A host or address with a port (25 where none is given), or the path of a unix socket."""

    name = "server"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Host and port; the path and 0."""
        if isinstance(value, tuple):
            return value
        if value.startswith("/"):
            return value, 0
        host, port = host_and_port(value, "25")
        if not host or set(host) & set("[]/") or any(char.isspace() or not char.isprintable() for char in host):
            self.fail(f"{value!r} is no host, alone or with a port (mx.example.com:25, [2001:db8::1]:25)", param, ctx)
        if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
            self.fail(f"{value!r}: a port is a number from 1 to 65535", param, ctx)
        return host, int(port)


SERVER = Server()
