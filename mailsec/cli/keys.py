"""`mailsec keys`: the group, and the options that its commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mailsec.cli.group import group
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

    @click.option(
        "--ring", "ring_path", type=PATH, default="", envvar="MAILSEC_RING", metavar="FILE", help="Use this key ring."
    )
    @click.option("--at", "ring_at", type=TIME, metavar="TIME", help="Judge for this time instead of now.")
    @wraps(function)
    def wrapper(*args: Any, ring_path: str, ring_at: At | None, **values: Any) -> Any:
        if ring_at == "received":
            raise UsageError("--at received means nothing for keys")
        return function(*args, where=RingOptions(ring_path, ring_at), **values)

    decorated: Any = wrapper
    result: F = decorated
    return result


def passphrase_options(insist: str = "") -> Callable[[F], F]:
    """Adds the passphrase's options, and --no-passphrase with the help `insist`; the function gets them as `passphrase`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def wrapper(*args: Any, passphrase_file: str, passphrase_fd: int | None, **values: Any) -> Any:
            chosen = PassphraseOptions(passphrase_file, passphrase_fd, values.pop("no_passphrase", False))
            if bool(chosen.file) + (chosen.descriptor is not None) + chosen.without > 1:
                raise UsageError("the passphrase comes from one place")
            return function(*args, passphrase=chosen, **values)

        decorated: Any = wrapper
        if insist:
            decorated = click.option("--no-passphrase", is_flag=True, help=insist)(decorated)
        decorated = click.option(
            "--passphrase-fd", type=click.IntRange(0), metavar="N", help="... or comes from file descriptor N."
        )(decorated)
        decorated = click.option(
            "--passphrase-file",
            type=PATH,
            default="",
            metavar="FILE",
            help="The passphrase is the line in FILE [default: ask on the terminal].",
        )(decorated)
        result: F = decorated
        return result

    return decorate
