"""The options of commands that play a script: its variables, its secrets, and what is made of the dialogue."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import UsageError

if TYPE_CHECKING:
    from mailsec.api.smtp_script import ScriptOptions
    from mailsec.core.rules import Severity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ScriptChoices:
    """What was given: `stated` pairs of name and value, `secrets` names or NAME=FILE."""

    stated: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    strict_text: bool
    transcript: bool
    show_secrets: bool
    timeout: float | None


_NAMED = {
    "mail_from": ("--from", "ADDRESS", "The variable {from}."),
    "rcpt_to": ("--to", "ADDRESS", "The variable {to}."),
    "helo": ("--helo", "NAME", "The variable {helo}."),
}

_OPTIONS = (
    *(click.option(flag, f"script_{name}", type=TEXT, metavar=kind, help=text) for name, (flag, kind, text) in _NAMED.items()),
    click.option(
        "--message", "script_message", type=PATH, metavar="FILE", help="The variable {message}, a file to send: C:< {message}"
    ),
    click.option("--set", "script_set", type=TEXT, multiple=True, metavar="NAME=VALUE", help="Another variable (repeatable)."),
    click.option(
        "--secret",
        "script_secret",
        type=PATH,
        multiple=True,
        metavar="NAME[=FILE]",
        help="A variable that is never shown: the line in FILE, else asked for on the terminal (repeatable).",
    ),
    click.option("--strict-text", "script_strict", is_flag=True, help="Demand every text of the script, not only the codes."),
    click.option(
        "--transcript",
        "script_transcript",
        is_flag=True,
        help="Print the dialogue as a script; the verdict goes to stderr.",
    ),
    click.option("--show-secrets", "script_show_secrets", is_flag=True, help="Show what is hidden otherwise."),
    click.option(
        "--timeout",
        "script_timeout",
        type=click.FloatRange(0.1, 3600),
        metavar="SECONDS",
        help="How long a dialogue may take.  [default: 60]",
    ),
)


def script_options(function: F) -> F:
    """Adds the options; the function gets them as `choices`, a ScriptChoices."""
    from functools import wraps

    @wraps(function)
    def wrapper(*args: Any, **values: Any) -> Any:
        own = {name.removeprefix("script_"): values.pop(name) for name in list(values) if name.startswith("script_")}
        return function(*args, choices=_choices(own), **values)

    decorated: Any = wrapper
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    result: F = decorated
    return result


def _choices(own: dict[str, Any]) -> ScriptChoices:
    stated = [(flag.removeprefix("--"), own[name]) for name, (flag, _, _) in _NAMED.items() if own[name] is not None]
    if (message := own["message"]) is not None:
        stated.append(("message", message if message == "-" else os.path.abspath(message)))
    for text in own["set"]:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: no value", hint="--set NAME=VALUE")
        stated.append((name, value))
    return ScriptChoices(tuple(stated), own["secret"], own["strict"], own["transcript"], own["show_secrets"], own["timeout"])


def options(choices: ScriptChoices, script: str, fail_on: Severity | None, *, name: str = "") -> ScriptOptions:
    """What the script at the path `script` is played with. Raises UsageError for a name or a value that is none."""
    from mailsec.api.smtp_script import ScriptOptions
    from mailsec.core.limits.transport import SMTP_TIMEOUT

    values = {variable: _value(variable, os.fsencode(value)) for variable, value in choices.stated}
    secrets = {variable: _value(variable, secret) for variable, secret in _secrets(choices.secrets)}
    return ScriptOptions(
        values={**values, **secrets},
        secrets=frozenset(secrets),
        folder=os.path.dirname(os.path.abspath(script)) if script != "-" else "",
        timeout=choices.timeout or SMTP_TIMEOUT,
        strict=choices.strict_text,
        show_secrets=choices.show_secrets,
        name=name,
        fail_on=fail_on,
    )


def _value(name: str, value: bytes) -> bytes:
    import re

    from mailsec.core.limits.transport import SMTP_VARIABLE_BYTES
    from mailsec.transport.smtp.template import NAME

    if not re.fullmatch(NAME, name):
        raise UsageError(f"{name!r} is no name of a variable", hint="letters, digits, - and _, at most 32")
    if len(value) > SMTP_VARIABLE_BYTES or any(octet < 0x20 or octet == 0x7F for octet in value):
        message = f"the variable {name} holds a control character or more than {SMTP_VARIABLE_BYTES} octets"
        raise UsageError(message, hint="C:< FILE sends a message, C\\: any octets")
    try:
        value.decode()
    except UnicodeDecodeError:
        raise UsageError(f"the variable {name} is not UTF-8", hint="C\\: sends any octets") from None
    return value


def _secrets(given: Sequence[str]) -> list[tuple[str, bytes]]:
    from mailsec.cli.secrets import asked, secret_in_file

    found: list[tuple[str, bytes]] = []
    for each in given:
        name, equals, path = each.partition("=")
        secret = secret_in_file(path) if equals else asked(name, hint=f"--secret {name}=FILE")
        found.append((name, secret.encode("utf-8", "surrogateescape")))
    return found
