"""Domains that are easily taken for another one: the same looks, a letter more, less or exchanged, or its name inside."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from mailsec.core.domains import is_within, to_unicode
from mailsec.sender.spoofing.confusables import bare, skeleton


class Likeness(Enum):
    """How one domain is like another, most deceptive first."""

    HOMOGRAPH = "looks the same as"
    ACCENTS = "differs only by accents from"
    NEAR = "is nearly"
    EMBEDS = "has in it the name of"
    OTHER_SUFFIX = "has the name and another end than"


_ONE_EDIT = 5
_TWO_EDITS = 10
"""Letters of a name from which one or two differing ones count: short names are near each other by chance."""
_OWN_WORD = 5
"""Letters of a name from which it is no common word that others may have in their names too."""


@lru_cache(4096)
def likeness(name: str, reference: str, written: str = "") -> Likeness | None:
    """How `name` is like `reference`, another organization's domain; None where it is not, or lies within it.

    `written` is `name` as the message has it, where that matters: in `exampIe.com` the capital i is an l to the reader.
    """
    if is_within(name, reference):
        return None
    mine, theirs = _end(name, reference), to_unicode(reference)
    looks = _looks(theirs)
    if looks in (_looks(mine), _looks(_end(written, reference))):
        return Likeness.HOMOGRAPH
    if bare(looks) == bare(_looks(mine)):
        return Likeness.ACCENTS
    label = theirs.partition(".")[0]
    most = (len(label) >= _ONE_EDIT) + (len(label) >= _TWO_EDITS)
    if most and (within_edits(mine, theirs, most) or within_edits(_looks(mine), looks, most)):
        return Likeness.NEAR
    return None


def inside(name: str, protected: str) -> Likeness | None:
    """Whether `name`, which lies outside of `protected`, has it or its first label in it, between dots and hyphens."""
    if is_within(name, protected):
        return None
    shown, whole = to_unicode(name), to_unicode(protected)
    if _pieces(whole) in _pieces(shown):
        return Likeness.EMBEDS
    label = whole.partition(".")[0]
    if len(label) >= _OWN_WORD and _pieces(label) in _pieces(shown.rpartition(".")[0]):
        return Likeness.OTHER_SUFFIX if label in shown.split(".") else Likeness.EMBEDS
    return None


def _pieces(name: str) -> str:
    """The name with hyphens for dots, and one at each end."""
    return f"-{name.replace('.', '-')}-"


def _end(name: str, reference: str) -> str:
    """As many labels of `name`, from the right, as `reference` has; U-labels."""
    labels = name.split(".")[-(reference.count(".") + 1) :]
    return to_unicode(".".join(labels))


_looks = lru_cache(4096)(skeleton)


def within_edits(one: str, other: str, most: int) -> bool:
    """Whether at most `most` (one or two) letters were added, left out or exchanged, or neighbours swapped."""
    if abs(len(one) - len(other)) > most or one == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    for mine, theirs in _edits(one[start:], other[start:]):
        if mine == theirs or (most > 1 and within_edits(mine, theirs, most - 1)):
            return True
    return False


def _edits(one: str, other: str) -> Iterator[tuple[str, str]]:
    """What remains behind each edit that can explain why the first letters differ."""
    yield one[1:], other[1:]
    yield one[1:], other
    yield one, other[1:]
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        yield one[2:], other[2:]
