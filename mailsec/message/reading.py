"""The ways in which software reads a message, and what they yield together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailsec.message.leaf import Leaf


class Reading(StrEnum):
    """A way to read a message that yields something which the standard's does not."""

    OTHER_TYPE = "another Content-Type"
    OTHER_BOUNDARY = "another boundary"
    GUESSED_BOUNDARY = "a guessed boundary"
    LOOSE_DELIMITERS = "loose delimiters"
    BEHIND_THE_END = "parts behind the closing delimiter"
    INNER_FIRST = "inner delimiters first"
    PREAMBLE = "preamble"
    EPILOGUE = "epilogue"
    OTHER_HEADER = "another end of the header"
    OTHER_ENCODING = "another transfer encoding"
    LENIENT_DECODER = "a lenient decoder"
    ENCODED_COMPOSITE = "an encoded part taken apart"
    EMBEDDED = "an encoded file in the text"


@dataclass(frozen=True, slots=True)
class Readings:
    """Every leaf of every reading, the standard's first. `complete` is False where a bound stopped the search."""

    leaves: tuple[Leaf, ...]
    complete: bool = True

    def differing(self) -> dict[str, list[Leaf]]:
        """The leaves that only another reading yields, by the name of the reading."""
        found: dict[str, list[Leaf]] = {}
        for leaf in self.leaves:
            if leaf.part is None:
                found.setdefault(leaf.reading, []).append(leaf)
        return found
