"""Options of the commands that ask the network: where answers come from, and what is fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from mailsec.cli.options import grouped
from mailsec.cli.times import At
from mailsec.cli.types import NAMESERVER, PATH, TIME

F = TypeVar("F", bound=Callable[..., Any])


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
    fetch: bool = False
    bimi_ca: str = ""


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


_FETCH = (
    click.option(
        "--fetch",
        "dns_fetch",
        is_flag=True,
        help="Fetch what records and certificates name: logos and mark certificates over HTTPS, revocation data over HTTP too.",
    ),
    click.option(
        "--bimi-ca",
        "dns_bimi_ca",
        type=PATH,
        default="",
        metavar="FILE",
        help="Roots (PEM) for the mark certificates of BIMI besides those known.",
    ),
)


_REVOCATION = (
    click.option(
        "--crl",
        "crls",
        type=PATH,
        multiple=True,
        metavar="FILE",
        help="A revocation list (CRL, DER or PEM) for the certificates of S/MIME (repeatable).",
    ),
    click.option(
        "--ocsp", "ocsps", type=PATH, multiple=True, metavar="FILE", help="The same: an OCSP response (DER or PEM; repeatable)."
    ),
    click.option(
        "--require-revocation",
        is_flag=True,
        help="Do not take an S/MIME signature as good before it is known that no certificate of its path is revoked.",
    ),
)


def dns_options(function: F) -> F:
    """Adds the options of commands that ask the DNS; the function gets them as `dns`, a DnsOptions."""
    return grouped(function, (_TIMEOUT, *_DNS), "dns_", "dns", _dns)


def fetching_options(function: F) -> F:
    """The same, with `--fetch`, for commands that may fetch what records, messages and certificates name."""
    return grouped(function, (_TIMEOUT, *_DNS, *_FETCH), "dns_", "dns", _dns)


def lookup_options(function: F) -> F:
    """The same for commands whose `--timeout` is about something else than the DNS."""
    return grouped(function, _DNS, "dns_", "dns", _dns)


def revocation_options(function: F) -> F:
    """What says which certificates are revoked: `crls`, `ocsps` and `require_revocation`."""
    for option in reversed(_REVOCATION):
        function = option(function)
    return function


def _dns(values: dict[str, Any]) -> DnsOptions:
    if values["offline"] and values["nameservers"]:
        raise click.UsageError("--offline and --nameserver contradict each other", click.get_current_context(silent=True))
    if values["zones"] and values["answers"]:
        raise click.UsageError("--zone and --answers contradict each other", click.get_current_context(silent=True))
    return DnsOptions(**values | {"dnssec": values["dnssec"] or ""})
