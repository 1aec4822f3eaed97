"""Text to script. A script is UTF-8, a statement a line: `S:` `C:` `C:<` `C\\:` `!directive` `# comment`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailsec.core.limits.transport import SMTP_SCRIPT_BYTES, SMTP_SCRIPT_LINE, SMTP_SCRIPT_LINES
from mailsec.transport.smtp.directives import Complaint, directive
from mailsec.transport.smtp.expect import Codes, Expectation, Text, read_codes, read_text
from mailsec.transport.smtp.script import Connection, How, Reply, Say, Script, ScriptError, Step
from mailsec.transport.smtp.swaks import is_swaks_log, translated
from mailsec.transport.smtp.template import EscapeError, PatternError, read

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SPEECH = re.compile(r"(S:|C:<|C\\:|C:)( ?)")
_HINT = "S: what the server says, C: what the client says, ! a directive, # a comment"


def parse(data: bytes, name: str) -> Script:
    """The script that `data` is; a log of swaks is one too. `name` is what messages call it. Raises ScriptError."""
    if len(data) > SMTP_SCRIPT_BYTES:
        raise ScriptError(
            name, 1, 1, f"a script of more than {SMTP_SCRIPT_BYTES} octets", hint="C:< FILE sends a large message"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise ScriptError(name, line, column, "not UTF-8", hint="C\\: sends any octet, written as \\xHH") from None
    lines = text.removesuffix("\n").split("\n") if text else []
    if len(lines) > SMTP_SCRIPT_LINES:
        raise ScriptError(name, SMTP_SCRIPT_LINES, 1, f"more than {SMTP_SCRIPT_LINES} lines", hint="C:< FILE sends a message")
    lines = [line.removesuffix("\r") for line in lines]
    if is_swaks_log(lines):
        lines = translated(lines)
    return _Parser(name).script(lines)


@dataclass(slots=True)
class _Open:
    """A reply that goes on in the next line."""

    codes: Codes
    texts: list[Text] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


class _Parser:
    def __init__(self, name: str) -> None:
        self._name = name
        self._steps: list[Step] = []
        self._open: _Open | None = None
        self._number = 0
        self._connection = 1
        self._begun: set[int] = set()  # connections on which something was said

    def script(self, lines: list[str]) -> Script:
        for number, line in enumerate(lines, 1):
            self._number = number
            self._line(line)
        self._finish()
        if not self._begun:
            raise ScriptError(self._name, 1, 1, "a script in which nobody says anything", hint=_HINT)
        return Script(self._name, tuple(self._steps))

    def _error(self, at: int, message: str, hint: str = "") -> ScriptError:
        return ScriptError(self._name, self._number, at + 1, message, hint=hint)

    def _line(self, line: str) -> None:
        if len(line) > SMTP_SCRIPT_LINE:
            raise self._error(SMTP_SCRIPT_LINE, f"a line of more than {SMTP_SCRIPT_LINE} characters")
        if found := _CONTROL.search(line):
            raise self._error(found.start(), "a control character", "C\\: sends any octet, written as \\xHH")
        start = len(line) - len(line.lstrip())
        if start == len(line) or line[start] == "#":
            return
        if line[start] == "!":
            self._finish()
            self._directive(line, start)
            return
        speech = _SPEECH.match(line, start)
        if speech is None:
            raise self._error(start, "not a statement", _HINT)
        self._begun.add(self._connection)
        if speech[1] == "S:":
            self._reply(line, speech.end())
        else:
            self._finish()
            self._say(line, How(speech[1]), speech.end())

    def _directive(self, line: str, start: int) -> None:
        try:
            step = directive(line, start, self._number, at_once=self._connection not in self._begun)
        except Complaint as error:
            raise self._error(error.at, error.args[0], error.hint) from None
        if isinstance(step, Connection):
            self._connection = step.number
        self._steps.append(step)

    def _say(self, line: str, how: How, start: int) -> None:
        text = line[start:]
        if how is How.FILE and not text.strip():
            raise self._error(start, "C:< needs a file name")
        try:
            template = read(text.strip() if how is How.FILE else text, escapes=how is How.RAW)
        except EscapeError as error:
            raise self._error(start + error.at, str(error)) from None
        self._steps.append(Say(self._number, line.strip() if how is How.FILE else line.lstrip(), how, template))

    def _reply(self, line: str, start: int) -> None:
        found = read_codes(line[start:])
        if found is None:
            raise self._error(start, "not a reply code", "250, 2xx, 250|251 or !5xx, then a space or - and the text")
        codes, length = found
        end = start + length
        goes_on = line[end : end + 1] == "-"
        if self._open is not None and self._open.codes.source != codes.source:
            self._finish()
        reply = self._open or _Open(codes)
        try:
            reply.texts.append(read_text(line[end + 1 :]))
        except PatternError as error:
            raise self._error(end + 2 + error.at, str(error)) from None
        reply.numbers.append(self._number)
        reply.sources.append(line.lstrip())
        self._open = reply
        if not goes_on:
            self._finish()

    def _finish(self) -> None:
        """The reply that is open is over."""
        if (reply := self._open) is not None:
            self._open = None
            expected = Expectation(reply.codes, tuple(reply.texts))
            self._steps.append(Reply(reply.numbers[0], "\n".join(reply.sources), expected, tuple(reply.numbers)))
