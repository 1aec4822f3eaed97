"""`mailsec keys`: the group, and the options that its commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mailsec.cli.group import group
from mailsec.cli.options import grouped
from mailsec.cli.table import KEYS
from mailsec.cli.times import At
from mailsec.cli.types import PATH, TEXT, TIME
from mailsec.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RingOptions:
    """Which ring, and the time to judge for. `path` "" is the user's own ring, `at` None is now."""

    path: str = ""
    at: At | None = None


@dataclass(frozen=True, slots=True)
class PassphraseOptions:
    """Where a passphrase comes from; none of them: it is asked for on the terminal. `without` insists on none."""

    file: str = ""
    descriptor: int | None = None
    without: bool = False


@group("keys", KEYS)
def keys() -> None:
    """The key ring: certificates of others, keys of your own, and why each counts as somebody's.

    A key is named by its fingerprint, its key ID of 16 digits, or by an address that is authenticated: your own, one that a key
    you trust has certified, or one that you stated with `keys trust FINGERPRINT --address ADDRESS`.
    """


def is_given(option: str) -> bool:
    """Whether an option with a default was given all the same."""
    return click.get_current_context().get_parameter_source(option) is not ParameterSource.DEFAULT


signer_option = click.option(
    "--signer",
    "signers",
    type=TEXT,
    multiple=True,
    metavar="KEY",
    help="Sign with this key of the ring: a fingerprint, key ID or address (repeatable).",
)
"""Adds --signer; the function gets the names as `signers`."""
case_option = click.option(
    "--accept-case-variant",
    is_flag=True,
    help="Take what the DNS has for the lower-cased address too: on some hosts that is somebody else.",
)
ring_option = click.option(
    "--ring", "ring", type=PATH, default="", envvar="MAILSEC_RING", metavar="FILE", help="Use this key ring."
)
"""Adds --ring alone; the function gets its path as `ring`, "" for the user's own."""


def ring_options(function: F) -> F:
    """Adds --ring and --at; the function gets them as `where`, a RingOptions."""
    return grouped(function, _RING, "ring_", "where", _where)


_RING = (
    click.option(
        "--ring", "ring_path", type=PATH, default="", envvar="MAILSEC_RING", metavar="FILE", help="Use this key ring."
    ),
    click.option("--at", "ring_at", type=TIME, metavar="TIME", help="Judge for this time instead of now."),
)


def _where(values: dict[str, Any]) -> RingOptions:
    if values["at"] == "received":
        raise UsageError("--at received means nothing for keys")
    return RingOptions(**values)


def passphrase_options(insist: str = "") -> Callable[[F], F]:
    """Adds the passphrase's options, and --no-passphrase with the help `insist`; the function gets them as `passphrase`."""
    without = (click.option("--no-passphrase", "passphrase_without", is_flag=True, help=insist),) if insist else ()
    return lambda function: grouped(function, (*_PASSPHRASE, *without), "passphrase_", "passphrase", _passphrase)


_PASSPHRASE = (
    click.option(
        "--passphrase-file",
        type=PATH,
        default="",
        metavar="FILE",
        help="The passphrase is the line in FILE [default: ask on the terminal].",
    ),
    click.option(
        "--passphrase-fd",
        "passphrase_descriptor",
        type=click.IntRange(0),
        metavar="N",
        help="... or comes from file descriptor N.",
    ),
)


def _passphrase(values: dict[str, Any]) -> PassphraseOptions:
    chosen = PassphraseOptions(**values)
    if bool(chosen.file) + (chosen.descriptor is not None) + chosen.without > 1:
        raise UsageError("the passphrase comes from one place")
    return chosen
