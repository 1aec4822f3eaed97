"""The MTA-STS policy: a text file to a frozen `StsPolicy` and back (RFC 8461 section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mailsec.core.domains import is_name, parent
from mailsec.core.limits.transport import STS_MAX_AGE, STS_POLICY_BYTES
from mailsec.core.text import from_bytes
from mailsec.transport.fields import NAME, Defect

VERSION = "STSv1"

_WSP = " \t"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_AGE = re.compile(r"[0-9]{1,10}\Z")


class Mode(StrEnum):
    """What senders do with a host that fails."""

    NONE = "none"
    TESTING = "testing"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy. `mx` are the patterns that are valid, in lower case; `max_age` in seconds. None where missing or not valid."""

    mode: Mode | None
    max_age: int | None
    mx: tuple[str, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    defects: tuple[Defect, ...] = field(default=(), compare=False)
    text: str = field(default="", compare=False)

    @property
    def valid(self) -> bool:
        """False where senders take it for no policy at all."""
        return not any(defect.fatal for defect in self.defects)

    def uncovered(self, hosts: Iterable[str]) -> tuple[str, ...]:
        """Those of `hosts` that no pattern allows. A wildcard stands for one label (RFC 8461 section 4.1)."""
        allowed = frozenset(self.mx)
        return tuple(host for host in hosts if host not in allowed and f"*.{parent(host)}" not in allowed)

    def unused(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """The patterns that allow none of `hosts`."""
        wanted = {form for host in hosts for form in (host, f"*.{parent(host)}")}
        return tuple(pattern for pattern in self.mx if pattern not in wanted)


def parse(body: bytes) -> StsPolicy:
    """The policy in `body`, with everything that is wrong in it. Lines end with CRLF or LF."""
    reader = _Reader(from_bytes(body[:STS_POLICY_BYTES]))
    if len(body) > STS_POLICY_BYTES:
        reader.defect(f"more than {STS_POLICY_BYTES} octets", 0, 0)
    mode, max_age, mx = reader.mode(), reader.max_age(), tuple(dict.fromkeys(reader.mx))
    if not mx and mode is not Mode.NONE:
        reader.defect("there is no valid mx", 0, 0)
    extensions = tuple((name, value) for name, (value, _, _) in reader.once.items() if name not in _KNOWN)
    return StsPolicy(mode, max_age, mx, extensions, tuple(reader.defects), reader.text)


_KNOWN = frozenset({"version", "mode", "max_age"})


class _Reader:
    """The fields of a policy: `once` by name with the place of each value, the patterns of `mx`, and what was wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.once: dict[str, tuple[str, int, int]] = {}
        self.mx: list[str] = []
        self.defects: list[Defect] = []
        if text.startswith("\ufeff"):
            self.defect("a byte order mark stands first", 0, 1)
        at = 0
        for line in text.split("\n"):
            content = line.removesuffix("\r")
            if at + len(line) < len(text) or content:
                self.line(content, at)
            at += len(line) + 1
        if self.required("version") not in (None, VERSION):
            self.bad("version", f"version is not {VERSION}")

    def defect(self, message: str, start: int, end: int, *, fatal: bool = True) -> None:
        self.defects.append(Defect(message, start, end, fatal))

    def bad(self, name: str, message: str) -> None:
        _, start, end = self.once[name]
        self.defect(message, start, end)

    def line(self, line: str, start: int) -> None:
        name, colon, value = line.partition(":")
        end = start + len(line)
        at = start + len(name) + 1 + len(value) - len(value.lstrip(_WSP))
        value = value.strip(_WSP)
        if not line.strip(_WSP):
            self.defect("an empty line", start, end, fatal=False)
        elif not colon or not NAME.match(name) or _CONTROL.search(value):
            self.defect("a line is not `name: value`", start, end)
        elif name == "mx":
            self.pattern(value.lower(), at)
        elif name in self.once:
            self.defect(f"{name} stands again; the first one counts", start, end, fatal=False)
        else:
            self.once[name] = (value, at, at + len(value))

    def pattern(self, value: str, at: int) -> None:
        if is_name(value.removeprefix("*.")):
            self.mx.append(value)
        else:
            self.defect("mx is neither a host name nor `*.` and a domain", at, at + len(value))

    def required(self, name: str) -> str | None:
        if name in self.once:
            return self.once[name][0]
        self.defect(f"there is no {name}", 0, 0)
        return None

    def mode(self) -> Mode | None:
        value = self.required("mode")
        try:
            return None if value is None else Mode(value)
        except ValueError:
            self.bad("mode", "mode is neither enforce nor testing nor none")
            return None

    def max_age(self) -> int | None:
        value = self.required("max_age")
        if value is None:
            return None
        if not _AGE.match(value) or int(value) > STS_MAX_AGE:
            self.bad("max_age", f"max_age is not a number of seconds up to {STS_MAX_AGE}")
            return None
        return int(value)


def to_text(policy: StsPolicy) -> str:
    """`policy` as it is published, lines ended with CRLF. The policy has to have a mode and a max_age."""
    lines = [
        f"version: {VERSION}",
        f"mode: {policy.mode}",
        *(f"mx: {pattern}" for pattern in policy.mx),
        f"max_age: {policy.max_age}",
        *(f"{name}: {value}" for name, value in policy.extensions),
    ]
    return "".join(f"{line}\r\n" for line in lines)
