"""Which name servers are asked."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import UsageError
from mailsec.core.limits.network import DNS_ATTEMPT, DNS_ATTEMPTS, DNS_SERVERS
from mailsec.net.resolvconf import Server, SystemConfig, parse_server, read_resolv_conf


@pytest.mark.parametrize(
    ("text", "server", "shown"),
    [
        ("192.0.2.53", Server("192.0.2.53"), "192.0.2.53"),
        ("192.0.2.53:5353", Server("192.0.2.53", 5353), "192.0.2.53:5353"),
        ("::1", Server("::1"), "::1"),
        ("2001:DB8::53", Server("2001:db8::53"), "2001:db8::53"),
        ("[2001:db8::53]", Server("2001:db8::53"), "2001:db8::53"),
        ("[2001:db8::53]:53", Server("2001:db8::53"), "2001:db8::53"),
        ("[::1]:5353", Server("::1", 5353), "[::1]:5353"),
        ("fe80::1%eth0", Server("fe80::1%eth0"), "fe80::1%eth0"),
    ],
)
def test_servers(text: str, server: Server, shown: str) -> None:
    assert parse_server(text) == server
    assert str(server) == shown
    assert parse_server(shown) == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ns.example.com",
        "192.0.2",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:x",
        "192.0.2.1:-1",
        "192.0.2.1:٣",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]:",
        "[]:53",
        ":53",
        "192.0.2.1:000053",
        "[192.0.2.1",
        "192.0.2.1 ",
    ],
)
def test_what_is_no_server(text: str) -> None:
    with pytest.raises(UsageError, match="not a name server") as caught:
        parse_server(text)
    assert "192.0.2.53" in caught.value.hint


@given(st.text(max_size=30))
def test_any_text_is_a_server_or_refused(text: str) -> None:
    with suppress(UsageError):
        server = parse_server(text)
        assert parse_server(str(server)) == server


def config(tmp_path: Path, text: str | bytes) -> SystemConfig:
    path = tmp_path / "resolv.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_resolv_conf(str(path))


def test_a_configuration(tmp_path: Path) -> None:
    text = "# comment\nsearch a.example\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # second\nnameserver x\nnameserver\n"
    found = config(tmp_path, text)
    assert found == SystemConfig((Server("192.0.2.1"), Server("2001:db8::1")), DNS_ATTEMPT, DNS_ATTEMPTS)


@pytest.mark.parametrize(
    ("options", "attempt", "attempts"),
    [
        ("timeout:5 attempts:4", 5, 4),
        ("rotate timeout:0 attempts:0", DNS_ATTEMPT, DNS_ATTEMPTS),
        ("timeout:9999 attempts:9999", 30, 5),
        ("timeout:x attempts:-1 timeout", DNS_ATTEMPT, DNS_ATTEMPTS),
        ("attempts:99999999999999999999", DNS_ATTEMPT, DNS_ATTEMPTS),
    ],
)
def test_options_are_bounded(tmp_path: Path, options: str, attempt: float, attempts: int) -> None:
    found = config(tmp_path, f"nameserver 192.0.2.1\noptions {options}\n")
    assert (found.attempt, found.attempts) == (attempt, attempts)


def test_attempts_are_rounds_over_all_servers(tmp_path: Path) -> None:
    assert config(tmp_path, "nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions attempts:2").attempts == 4


def test_servers_are_bounded(tmp_path: Path) -> None:
    text = "".join(f"nameserver 192.0.2.{number}\n" for number in range(200))
    assert len(config(tmp_path, text).servers) == DNS_SERVERS


@pytest.mark.parametrize("text", ["", "search example.com\n", b"\xff\xfe\0", "x" * 200_000])
def test_a_configuration_without_servers(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(UsageError, match="names none") as caught:
        config(tmp_path, text)
    assert "--nameserver" in caught.value.hint


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no name server is known") as caught:
        read_resolv_conf(str(tmp_path / "none"))
    assert "--zone" in caught.value.hint
