"""Which name servers to ask: as `--nameserver` writes them, or as the system is configured (resolv.conf(5))."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from mailsec.core.errors import UsageError
from mailsec.core.limits.network import DNS_ATTEMPT, DNS_ATTEMPTS, DNS_SERVERS, RESOLV_CONF_BYTES
from mailsec.core.text import clipped, visible

DNS_PORT = 53
_HINT = "Name a server with --nameserver ADDRESS, or answer from files with --zone FILE."
_MOST_ATTEMPTS = 5
_LONGEST_ATTEMPT = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A name server: an IP address (an IPv6 one may have a scope) and a port."""

    host: str
    port: int = DNS_PORT

    def __str__(self) -> str:
        if self.port == DNS_PORT:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """What resolv.conf says: servers, seconds one attempt waits, and attempts a question (over all servers)."""

    servers: tuple[Server, ...]
    attempt: float = DNS_ATTEMPT
    attempts: int = DNS_ATTEMPTS


def parse_server(text: str) -> Server:
    """The server of "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or "[2001:db8::53]:5353". Raises UsageError.

    A host name is refused: to resolve it would need the very server it names.
    """
    host, port = _split(text)
    try:
        address = ip_address(host)
        number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
        if not 0 < number < 65_536:
            raise ValueError("port")
    except ValueError:
        raise UsageError(
            f"not a name server: {visible(clipped(text, 80))!r}",
            hint="Write an IP address, with a port if it is not 53: 192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:5353.",
        ) from None
    return Server(str(address), number)


def _split(text: str) -> tuple[str, str]:
    host, separator, port = text.rpartition(":")
    if separator and host.startswith("[") and host.endswith("]"):
        return host[1:-1], port
    if separator and ":" not in host:
        return host, port
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text, str(DNS_PORT)


def read_resolv_conf(path: str = "/etc/resolv.conf") -> SystemConfig:
    """The system's configuration. Raises UsageError, with a hint, where the file cannot be read or names no server.

    Lines that are not understood are passed over, as the C library does.
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(RESOLV_CONF_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"no name server is known: {path}: {error.strerror}", hint=_HINT) from None
    servers: list[Server] = []
    options: dict[str, int] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1 and len(servers) < DNS_SERVERS:
            servers += _address(words[1])
        elif words[:1] == ["options"]:
            options.update(_option(word) for word in words[1:])
    if not servers:
        raise UsageError(f"no name server is known: {path} names none", hint=_HINT)
    attempt = min(max(options.get("timeout", 0), 0), _LONGEST_ATTEMPT) or DNS_ATTEMPT
    rounds = min(options.get("attempts", 0), _MOST_ATTEMPTS)
    return SystemConfig(tuple(servers), float(attempt), rounds * len(servers) or max(DNS_ATTEMPTS, len(servers)))


def _address(text: str) -> list[Server]:
    try:
        return [Server(str(ip_address(text)))]
    except ValueError:
        return []


def _option(word: str) -> tuple[str, int]:
    name, _, value = word.partition(":")
    return name, int(value) if value.isascii() and value.isdigit() and len(value) < 5 else 0
