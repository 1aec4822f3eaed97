"""The JSON format: one document a run, indented.

Where exactly one input was given the document is its report; where several were, it is `{"schema": …, "reports": […]}`, also if
only one of them could be read. `jsonl` has one report a line instead, for any number of inputs. `mailsec schema` prints the
JSON Schema.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mailsec.core.results import SCHEMA, Report
from mailsec.core.text import json_safe
from mailsec.output.render import Style

_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Reports:
    """The document for several inputs: a report for each one that could be read, in order."""

    reports: tuple[Report, ...]
    schema: str = SCHEMA


def compact(value: object) -> str:
    """`value`, a dataclass, as JSON on one line without line end, harmless on a terminal."""
    return json_safe(_ENCODER.encode(value).decode())


def indented(value: object) -> str:
    """`value`, a dataclass, as indented JSON without final line end, harmless on a terminal."""
    return json_safe(msgspec.json.format(_ENCODER.encode(value), indent=2).decode())


class Single:
    """The document of a run with one input: its report, or nothing where it could not be read."""

    def begin(self) -> str:
        """Nothing."""
        return ""

    def report(self, report: Report) -> str:
        """The whole document."""
        return indented(report) + "\n"

    def end(self) -> str:
        """Nothing."""
        return ""


class Several:
    """The document of a run with several inputs, written report by report."""

    def __init__(self) -> None:
        self._separator = "\n    "

    def begin(self) -> str:
        """The document up to its first report."""
        return f'{{\n  "schema": "{SCHEMA}",\n  "reports": ['

    def report(self, report: Report) -> str:
        """A report at its depth. Strings in JSON hold no line ends, so that each one here is white space between tokens."""
        text = self._separator + indented(report).replace("\n", "\n    ")
        self._separator = ",\n    "
        return text

    def end(self) -> str:
        """The rest of the document."""
        return "\n  ]\n}\n"


def renderer(style: Style, several: bool) -> Single | Several:
    """The renderer for one or for several inputs."""
    return Several() if several else Single()
