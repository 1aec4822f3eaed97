"""A script and its variables: is every one known where it is used, and which files are sent."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from mailsec.core.limits.transport import SMTP_SCRIPT_FILES
from mailsec.core.text import from_bytes
from mailsec.transport.smtp.script import How, Reply, Say, Script, ScriptError, Sleep
from mailsec.transport.smtp.template import Reference

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def check_variables(script: Script, known: Iterable[str], *, mirrored: bool = False) -> None:
    """Raises ScriptError for a variable that nothing sets before it is used.

    `mirrored`: what the client says sets the variables in it, so only replies can use one that is not known.
    """
    names = set(known)
    for step in script.steps:
        if isinstance(step, Say):
            if mirrored and step.how is not How.FILE:
                names.update(reference.name for reference in step.text.references)
            _check(script, step.line, step.source, step.text.references, names)
        elif isinstance(step, Reply):
            sources = step.source.split("\n")
            for number, source, text in zip(step.numbers, sources, step.expected.texts, strict=True):
                _check(script, number, source, text.references, names)
                names.update(text.pattern.names if text.pattern is not None else ())


def _check(script: Script, line: int, source: str, references: Iterable[Reference], names: Container[str]) -> None:
    for reference in references:
        if reference.name not in names:
            name, written = reference.name, reference.source.decode()
            hint = f"--set {name}=VALUE, or {{{written}}} for the text itself"
            if name.startswith("masked-"):
                hint = f"a transcript has no secrets: give this one with --secret {name}=FILE"
            raise ScriptError(script.name, line, max(source.find(written), 0) + 1, f"nothing sets {written}", hint=hint)


def files_named(script: Script, values: Mapping[str, bytes]) -> Iterator[tuple[int, str]]:
    """The `C:<` steps, by index, and the name of the file each sends. A name is never taken from what a server said.

    Raises ScriptError.
    """
    for index, step in enumerate(script.steps):
        if isinstance(step, Say) and step.how is How.FILE:
            for reference in step.text.references:
                if reference.name not in values:
                    column = max(step.source.find(reference.source.decode()), 0) + 1
                    message = "the name of a file is never taken from what the other side says"
                    raise ScriptError(script.name, step.line, column, message, hint=f"--set {reference.name}=FILE")
            yield index, from_bytes(step.text.fill(values))


def as_content(data: bytes, step: Say, script: Script) -> bytes:
    """A message file with CRLF at the end of each line. Raises ScriptError where a CR or LF would be left alone."""
    if b"\r" not in data:
        data = data.replace(b"\n", b"\r\n")
    elif found := _BARE.search(data):
        what = "CR" if found[0] == b"\r" else "LF"
        message = f"the file has a {what} alone at octet {found.start()}, among lines that end with CRLF"
        raise ScriptError(script.name, step.line, 1, message, hint="C\\: sends octets as they are")
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"


def check_sleeps(script: Script, limit: float) -> None:
    """Raises ScriptError where the script sleeps longer than `limit` seconds."""
    slept = 0.0
    for step in script.steps:
        slept += step.seconds if isinstance(step, Sleep) else 0
        if slept > limit:
            message = f"the script sleeps longer than the whole may take ({limit:g} seconds)"
            raise ScriptError(script.name, step.line, 1, message, hint="--timeout SECONDS")


def check_size(script: Script, total: int) -> None:
    """Raises ScriptError where the files of a script are more than is ever sent."""
    if total > SMTP_SCRIPT_FILES:
        raise ScriptError(script.name, 1, 1, f"files of more than {SMTP_SCRIPT_FILES} octets together")
