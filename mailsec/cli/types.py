"""Types of option values that only some commands take."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mailsec.cli.options import host_and_port

IPAddress: TypeAlias = IPv4Address | IPv6Address

if TYPE_CHECKING:
    _Type: TypeAlias = click.ParamType[IPAddress]
else:
    _Type = click.ParamType


class Address(_Type):
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


if TYPE_CHECKING:
    _ServerType: TypeAlias = click.ParamType[tuple[str, int]]
else:
    _ServerType = click.ParamType


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
