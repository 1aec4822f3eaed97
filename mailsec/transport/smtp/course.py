"""How a scripted dialogue went: every line with its time, and what was judged. Both sides of a script come to this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from mailsec.core.results import Finding, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped, from_bytes, visible
from mailsec.transport.smtp.masks import Masks
from mailsec.transport.smtp.script import Script
from mailsec.transport.smtp.transcript import Transcript
from mailsec.transport.wire import TlsState


class Party(StrEnum):
    """Who says something."""

    CLIENT = "client"
    SERVER = "server"


class Line(NamedTuple):
    """One line that was said, or (`who` None) something that happened, in words.

    `at` is seconds since the dialogue began, `on` the connection, `tls` the version of TLS that it went through, `data` the
    octets with their line end, `shown` the same without secrets; `step` is the script's step that it belongs to, -1 for none.
    """

    at: float
    on: int
    who: Party | None
    tls: str
    data: bytes
    shown: bytes
    step: int = -1


class Judgement(NamedTuple):
    """What became of one step. `received` is shown without secrets. No problems: as the script says."""

    step: int
    at: float
    received: tuple[bytes, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Kind(StrEnum):
    """How a dialogue ended."""

    DONE = "done"
    DEVIATES = "deviates"  # from the script or the protocol
    TEMPORARY = "temporary"  # refused, timed out, cut
    SKIPPED = "skipped"  # the server does not offer what the script is about


class Ending(NamedTuple):
    """How and where it ended: at `step` (-1: before the first), and why."""

    kind: Kind
    reason: str = ""
    step: int = -1


@dataclass(frozen=True, slots=True)
class Course:
    """The whole. `states` are the TLS handshakes in order, each with its connection and whether the script
    judges its certificate.

    `transcript` is a script that repeats the dialogue, in lines, without secrets; `telling` the same with them.
    """

    script: Script
    lines: tuple[Line, ...]
    judgements: tuple[Judgement, ...]
    ending: Ending
    findings: tuple[Finding, ...] = ()
    states: tuple[tuple[int, TlsState, bool], ...] = ()
    address: str = ""
    transcript: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()


class Stop(Exception):
    """The dialogue cannot or must not go on. Never leaves the side that plays it."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


_QUOTED = 120
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


def lines_of(data: bytes) -> list[bytes]:
    """`data` cut behind each LF."""
    return _LINE.findall(data)


def quoted(data: bytes) -> str:
    """The beginning of `data` for a message, harmless."""
    return clipped(visible(from_bytes(data[: 4 * _QUOTED].rstrip(b"\r\n"))), _QUOTED)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a script is played with, on either side.

    `values` are the variables, of which `secrets` are never shown; `files` is what each `C:<` step, by its index, sends.
    `limit` bounds the whole, `wait` one reply (or command), in seconds. `strict` demands every text.
    """

    values: Mapping[str, bytes] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    files: Mapping[int, bytes] = field(default_factory=dict)
    strict: bool = False
    limit: float = 60.0
    wait: float = 30.0


class Recorder:
    """Collects what a `Course` is made of."""

    def __init__(self, script: Script, setting: Setting, address: str = "") -> None:
        self.script = script
        self.address = address
        self.masks = Masks(setting.values, setting.secrets)
        self.transcript = Transcript(setting.values, setting.secrets, self.masks)
        self.lines: list[Line] = []
        self.judgements: list[Judgement] = []
        self.states: list[tuple[int, TlsState, bool]] = []
        self._findings: dict[str, Finding] = {}
        self._time = ""

    def happened(self, at: float, on: int, what: str, step: int = -1) -> None:
        """Something that nobody said."""
        text = what.encode()
        self.lines.append(Line(at, on, None, "", text, text, step))
        self.transcript.comment(f"{at:.3f} s: {what}")

    def time(self, at: float) -> None:
        """Note in the transcript when what follows was said, unless it says so already."""
        time = f"{at:.3f} s"
        if time != self._time:
            self._time = time
            self.transcript.comment(time)

    def found(self, rule: Rule, message: str, step: int) -> None:
        """Something under `rule`, at a step; each rule once."""
        evidence = (self.script.evidence(step),) if step >= 0 else ()
        self._findings.setdefault(rule.id, finding(rule, message, *evidence))

    def course(self, ending: Ending) -> Course:
        """The whole, once it is over."""
        self.transcript.comment(f"{ending.kind}{': ' if ending.reason else ''}{ending.reason}")
        if ending.kind is not Kind.DONE:
            for step in self.script.steps[ending.step + 1 :]:
                self.transcript.comment(f"not reached: {step.source}")
        return Course(
            self.script,
            tuple(self.lines),
            tuple(self.judgements),
            ending,
            tuple(self._findings.values()),
            tuple(self.states),
            self.address,
            tuple(self.transcript.shown),
            tuple(self.transcript.real),
        )
