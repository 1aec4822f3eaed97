from __future__ import annotations

import sys

import pytest

from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions, default_format, use_color
from mailsec.core.rules import Severity
from tests.conftest import Mailsec

pytestmark = pytest.mark.usefixtures("probe")


def parsed(mailsec: Mailsec, *argv: str, tty: bool = False) -> list[str]:
    done = mailsec("echo", *argv, tty=tty)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), OutputOptions()),
        (("--json",), OutputOptions(format="json")),
        (("--json", "--format", "json"), OutputOptions(format="json")),
        (("--format", "jsonl"), OutputOptions(format="jsonl")),
        (("--format", "human", "--color", "always"), OutputOptions(format="human", color="always")),
        (("--fail-on", "low"), OutputOptions(fail_on=Severity.LOW)),
        (("--fail-on", "never", "--exit-zero"), OutputOptions(fail_on=None, exit_zero=True)),
        (("-q", "-vv", "--trace"), OutputOptions(quiet=True, verbose=2, trace=True)),
        (("-o", "out.txt"), OutputOptions(path="out.txt")),
        (("-o", "-"), OutputOptions()),
    ],
)
def test_output_options(mailsec: Mailsec, argv: tuple[str, ...], expected: OutputOptions) -> None:
    assert parsed(mailsec, *argv)[1] == repr(expected)


def test_people_get_the_human_format(mailsec: Mailsec) -> None:
    assert "format='human'" in parsed(mailsec, tty=True)[1]
    assert "format='plain'" in parsed(mailsec, "-o", "file", tty=True)[1]
    assert "format='human'" in parsed(mailsec, "-o", "-", tty=True)[1]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), DnsOptions()),
        (("--zone", "a.zone", "--zone", "b.zone"), DnsOptions(zones=("a.zone", "b.zone"))),
        (("--nameserver", "192.0.2.1"), DnsOptions(nameservers=("192.0.2.1",))),
        (("--nameserver", "192.0.2.1:53"), DnsOptions(nameservers=("192.0.2.1",))),
        (("--nameserver", "192.0.2.1:5353"), DnsOptions(nameservers=("192.0.2.1:5353",))),
        (("--nameserver", "2001:DB8:0::1"), DnsOptions(nameservers=("2001:db8::1",))),
        (("--nameserver", "[2001:db8::1]"), DnsOptions(nameservers=("2001:db8::1",))),
        (("--nameserver", "[2001:db8::1]:5353"), DnsOptions(nameservers=("[2001:db8::1]:5353",))),
        (("--timeout", "2.5", "--offline"), DnsOptions(timeout=2.5, offline=True)),
        (("--at", "received"), DnsOptions(at="received")),
        (("--at", "2026-11-21T12:00:00Z"), DnsOptions(at=1_795_262_400)),
    ],
)
def test_dns_options(mailsec: Mailsec, argv: tuple[str, ...], expected: DnsOptions) -> None:
    assert parsed(mailsec, *argv)[2] == repr(expected)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--json", "--format", "plain"), "--json and --format plain contradict each other"),
        (("--offline", "--nameserver", "192.0.2.1"), "--offline and --nameserver contradict each other"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--fail-on", "worst"), "'worst' is not one of"),
        (("--at", "yesterday"), "'yesterday': not a time"),
        (("--timeout", "0"), "0.1"),
        (("--nameserver", "ns.example"), "'ns.example' is not an IP address"),
        (("--nameserver", "192.0.2.1:0"), "a port is a number from 1 to 65535"),
        (("--nameserver", "192.0.2.1:99999"), "a port is a number from 1 to 65535"),
        (("--nameserver", "192.0.2.1:dns"), "a port is a number from 1 to 65535"),
        (("\udcff",), "not UTF-8 text"),
    ],
)
def test_options_that_make_no_sense(mailsec: Mailsec, argv: tuple[str, ...], message: str) -> None:
    done = mailsec("echo", *argv)
    assert (done.code, done.out) == (2, b"")
    assert message in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1].startswith("Usage: mailsec echo")


@pytest.mark.parametrize(
    ("choice", "env", "terminal", "expected"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ("auto", {"TERM": "xterm"}, True, True),
    ],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, choice: str, env: dict[str, str], terminal: bool, expected: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert use_color(choice, terminal) is expected


def test_help_ends_with_the_examples(mailsec: Mailsec) -> None:
    assert mailsec("echo", "--help").stdout.endswith("\nExamples:\n  mailsec echo X\n")


def test_a_closed_stdout_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert default_format("") == "plain"
