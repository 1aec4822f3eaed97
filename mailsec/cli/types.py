"""Types of option values that only some commands take."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

import click

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
