"""The leaves of a message under every reading that common software makes of it: the union that a scanner has to look at."""

from __future__ import annotations

from mailsec.message.decode import Decoded
from mailsec.message.fields import Message
from mailsec.message.leaf import STANDARD, Leaf, contents, decoded, paths, raw
from mailsec.message.mime import Structure
from mailsec.message.ordinary import ordinary_readings
from mailsec.message.reading import Reading, Readings
from mailsec.message.readings import other_readings

__all__ = ["STANDARD", "Decoded", "Leaf", "Reading", "Readings", "contents", "decoded", "leaves", "paths", "raw", "readings"]


def leaves(message: Message, found: Structure) -> tuple[Leaf, ...]:
    """Every leaf that any reading of `message` yields, the standard's first; equal content is given once."""
    return readings(message, found).leaves


def readings(message: Message, found: Structure) -> Readings:
    """The leaves, and whether all readings could be followed to their end. An ordinary message takes a short way."""
    return ordinary_readings(message, found) or other_readings(message, found)
