"""Options that mean the same in every command, and the frame of a command.

A command takes each group as one value: `@output_options` passes `output: OutputOptions`, `@dns_options` passes
`dns: DnsOptions`. `@command(examples=[...])` makes a click command whose `--help` ends with its examples.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mailsec.cli.times import At, parse_at
from mailsec.core.rules import Severity

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    _Type = click.ParamType  # no generic class in older versions of click

FORMATS = ("human", "plain", "json", "jsonl")
NEVER = "never"


class Command(click.Command):
    """A command whose help ends with examples."""

    examples: tuple[str, ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, one a line and never folded, so that they can be copied."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"  {example}\n")


def command(name: str, *, examples: Sequence[str], **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """A click command called `name` whose help ends with `examples`; the function's docstring is its help.

    The function returns its exit code, or None for 0.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, **settings)(function)
        made.examples = tuple(examples)
        return made

    return decorate


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


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How a command's answer is shown. `fail_on` None is `never`; `path` "" is stdout."""

    format: str = "plain"
    color: str = "auto"
    fail_on: Severity | None = Severity.HIGH
    exit_zero: bool = False
    path: str = ""
    quiet: bool = False
    verbose: int = 0
    trace: bool = False


@dataclass(frozen=True, slots=True)
class DnsOptions:
    """Where answers come from and the time they are judged for. `timeout` is in seconds.

    `nameservers` are IP addresses, with a port where it is not 53: 192.0.2.1:5353, [2001:db8::1]:5353.

    `at` None means that `--at` was not given, so that the command takes its own default.
    """

    zones: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    timeout: float | None = None
    at: At | None = None
    offline: bool = False
    overlays: tuple[str, ...] = ()
    answers: str = ""
    save_answers: str = ""
    dnssec: str = ""
    trust_anchor: str = ""
    allow_sha1: bool = False
    allow_private: bool = False
    ca_file: str = ""


_FORMAT = (
    click.option(
        "--format", "out_format", type=click.Choice(FORMATS), help="How to show the answer: human on a terminal, else plain."
    ),
    click.option("--json", "out_json", is_flag=True, help="Short for --format json."),
    click.option(
        "--color",
        "out_color",
        type=click.Choice(("auto", "always", NEVER)),
        default="auto",
        show_default=True,
        help="Colours in the human format; NO_COLOR and FORCE_COLOR are honoured.",
    ),
    click.option("-o", "--output", "out_path", type=PATH, default="", metavar="FILE", help="Write to FILE instead of stdout."),
)

_TRACE = click.option("--trace", "out_trace", is_flag=True, help="Show the evaluation step by step.")
_ANSWER = (
    *_FORMAT,
    click.option("-q", "--quiet", "out_quiet", is_flag=True, help="Print no answer: the exit code is the answer."),
    click.option("-v", "--verbose", "out_verbose", count=True, help="Show every fact and the evidence of every check."),
    _TRACE,
)

_OUTPUT = (
    *_ANSWER,
    click.option(
        "--fail-on",
        "out_fail_on",
        type=click.Choice((*(severity.value for severity in Severity), NEVER)),
        default=Severity.HIGH.value,
        show_default=True,
        help="The severity of a finding from which on the exit code is 1.",
    ),
    click.option("--exit-zero", "out_exit_zero", is_flag=True, help="Leave with 0 once judged, whatever the answer."),
)

_TIMEOUT = click.option(
    "--timeout",
    "dns_timeout",
    type=click.FloatRange(0.1, 3600),
    metavar="SECONDS",
    help="How long the questions about one input may take together.  [default: 10]",
)

_DNS = (
    click.option(
        "--zone", "dns_zones", type=PATH, multiple=True, metavar="FILE", help="Answer from this zone file alone (repeatable)."
    ),
    click.option(
        "--nameserver",
        "dns_nameservers",
        type=NAMESERVER,
        multiple=True,
        metavar="ADDRESS",
        help="Ask this server instead of the system's (repeatable).",
    ),
    click.option(
        "--at", "dns_at", type=TIME, metavar="TIME", help="Judge for this time: now, received, a date, 2026-11-21T12:00:00Z."
    ),
    click.option("--offline", "dns_offline", is_flag=True, help="Ask the network nothing."),
    click.option(
        "--overlay",
        "dns_overlays",
        type=PATH,
        multiple=True,
        metavar="FILE",
        help="Answer from this zone file first: records judged before they are published (repeatable).",
    ),
    click.option(
        "--answers", "dns_answers", type=PATH, default="", metavar="FILE", help="Repeat a run from the answers saved in FILE."
    ),
    click.option(
        "--save-answers",
        "dns_save_answers",
        type=PATH,
        default="",
        metavar="FILE",
        help="Save answers and time to FILE.",
    ),
    click.option(
        "--dnssec",
        "dns_dnssec",
        type=click.Choice(("validate", "trust-ad", "off")),
        help="validate: from the root down, here; trust-ad: believe the name server.",
    ),
    click.option(
        "--trust-anchor",
        "dns_trust_anchor",
        type=PATH,
        default="",
        metavar="FILE",
        help="Validate from these keys (DS, DNSKEY or XML) instead of the root's.",
    ),
    click.option("--allow-sha1", "dns_allow_sha1", is_flag=True, help="Let DNSSEC signatures with SHA-1 count."),
    click.option(
        "--allow-private", "dns_allow_private", is_flag=True, help="Let HTTPS requests go to addresses that are not public."
    ),
    click.option(
        "--ca",
        "dns_ca_file",
        type=PATH,
        default="",
        metavar="FILE",
        help="Roots (PEM) for HTTPS and S/MIME instead of the system's.",
    ),
)


protect_option = click.option(
    "--protect",
    type=TEXT,
    multiple=True,
    metavar="DOMAIN",
    help="A domain, such as our own, that no other sender may look like (repeatable).",
)


def output_options(function: F) -> F:
    """Adds the output options; the function gets them as `output`, an OutputOptions."""
    return _grouped(function, _OUTPUT, "out_", "output", _output)


def answer_options(function: F) -> F:
    """Adds the output options of commands that do something, whose exit code is what became of it, as `output`."""
    return _grouped(function, _ANSWER, "out_", "output", _output)


def shown_options(function: F) -> F:
    """Adds the output options of commands that evaluate nothing step by step; see `output_options`."""
    return _grouped(function, [each for each in _OUTPUT if each is not _TRACE], "out_", "output", _output)


def format_options(function: F) -> F:
    """Adds the output options of commands that judge nothing; the function gets them as `output`, an OutputOptions."""
    return _grouped(function, _FORMAT, "out_", "output", _output)


def dns_options(function: F) -> F:
    """Adds the options of commands that ask the DNS; the function gets them as `dns`, a DnsOptions."""
    return _grouped(function, (_TIMEOUT, *_DNS), "dns_", "dns", _dns)


def lookup_options(function: F) -> F:
    """The same for commands whose `--timeout` is about something else than the DNS."""
    return _grouped(function, _DNS, "dns_", "dns", _dns)


def _grouped(
    function: F, options: Sequence[Callable[[F], F]], prefix: str, argument: str, make: Callable[[dict[str, Any]], object]
) -> F:
    @wraps(function)
    def wrapper(*args: Any, **values: Any) -> Any:
        own = {name.removeprefix(prefix): values.pop(name) for name in list(values) if name.startswith(prefix)}
        return function(*args, **{argument: make(own)}, **values)

    decorated: Any = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    result: F = decorated
    return result


def _output(values: dict[str, Any]) -> OutputOptions:
    chosen = values["format"]
    if values["json"] and chosen not in (None, "json"):
        raise click.UsageError(f"--json and --format {chosen} contradict each other", click.get_current_context(silent=True))
    path = "" if values["path"] == "-" else values["path"]
    fail_on = values.get("fail_on", Severity.HIGH)
    return OutputOptions(
        format="json" if values["json"] else chosen or default_format(path),
        color=values["color"],
        fail_on=None if fail_on == NEVER else Severity(fail_on),
        exit_zero=values.get("exit_zero", False),
        path=path,
        quiet=values.get("quiet", False),
        verbose=values.get("verbose", 0),
        trace=values.get("trace", False),
    )


def _dns(values: dict[str, Any]) -> DnsOptions:
    if values["offline"] and values["nameservers"]:
        raise click.UsageError("--offline and --nameserver contradict each other", click.get_current_context(silent=True))
    if values["zones"] and values["answers"]:
        raise click.UsageError("--zone and --answers contradict each other", click.get_current_context(silent=True))
    return DnsOptions(**values | {"dnssec": values["dnssec"] or ""})


def default_format(path: str) -> str:
    """human where the answer goes to a terminal, else plain."""
    return "human" if not path and is_terminal() else "plain"


def is_terminal() -> bool:
    """True where stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def use_color(choice: str, terminal: bool) -> bool:
    """Whether to colour: the option first, then NO_COLOR, FORCE_COLOR and TERM=dumb, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"
