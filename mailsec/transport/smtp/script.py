"""A script as a sequence of steps: what a dialogue is to be, in the terms of both sides.

Named tuples, because they are made in a third of the time that dataclasses take, and `smtp run` starts with all of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias

from mailsec.core.errors import BadInput
from mailsec.core.results import Evidence, EvidenceKind
from mailsec.transport.smtp.expect import Expectation
from mailsec.transport.smtp.template import Template


class ScriptError(BadInput):
    """The script `name` cannot be run as it is written. `line` and `column` count from 1, in characters."""

    def __init__(self, name: str, line: int, column: int, message: str, *, hint: str = "") -> None:
        super().__init__(f"line {line}, column {column}: {message}", hint=hint)
        self.name = name
        self.line = line
        self.column = column


class How(StrEnum):
    """How the client says something."""

    LINE = "C:"  # with CRLF
    RAW = "C\\:"  # as it is
    FILE = "C:<"  # a file, whose name the template gives


class Say(NamedTuple):
    """The client says something."""

    line: int
    source: str
    how: How
    text: Template


class Reply(NamedTuple):
    """The server says something: one reply, written on the lines `numbers`."""

    line: int
    source: str
    expected: Expectation
    numbers: tuple[int, ...] = ()


class Verify(StrEnum):
    """What the peer's certificate must stand."""

    NONE = "none"
    PKIX = "pkix"
    DANE = "dane"


class Tls(NamedTuple):
    """`!tls`: how TLS is to be made and judged from here on; `at_once`: with the connection, before the greeting."""

    line: int
    source: str
    verify: Verify = Verify.NONE
    name: str = ""
    versions: tuple[str, str] = ("", "")
    at_once: bool = False


class TlsExpect(NamedTuple):
    """`!tls-expect`: terms (what, comparison, value) that the handshake must fulfil."""

    line: int
    source: str
    terms: tuple[tuple[str, str, str], ...]


class ExpectClose(NamedTuple):
    """`!expect-close`: the server closes the connection."""

    line: int
    source: str


class Sleep(NamedTuple):
    """`!sleep`."""

    line: int
    source: str
    seconds: float


class Timeout(NamedTuple):
    """`!timeout`: how long each reply may take from here on."""

    line: int
    source: str
    seconds: float


class Connection(NamedTuple):
    """`!conn`: the connection that the following steps are about; the first is 1."""

    line: int
    source: str
    number: int


class SkipUnless(NamedTuple):
    """`!skip-unless`: the rest is for servers that offer this: a keyword and, if given, parameters of it."""

    line: int
    source: str
    words: tuple[str, ...]


class Lmtp(NamedTuple):
    """`!lmtp`: behind the end of data comes one reply for each recipient that was accepted (RFC 2033 section 4.2)."""

    line: int
    source: str


Step: TypeAlias = Say | Reply | Tls | TlsExpect | ExpectClose | Sleep | Timeout | Connection | SkipUnless | Lmtp


class Script(NamedTuple):
    """Steps in order. `name` is what messages call it."""

    name: str
    steps: tuple[Step, ...]

    def evidence(self, index: int) -> Evidence:
        """The step at `index` as evidence."""
        step = self.steps[index]
        return Evidence(EvidenceKind.SCRIPT, f"{self.name}:{step.line}", step.source)

    @property
    def wants_dane(self) -> bool:
        """True where a certificate is to be judged by TLSA records."""
        return any(isinstance(step, Tls) and step.verify is Verify.DANE for step in self.steps)
