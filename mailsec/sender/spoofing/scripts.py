"""Which scripts a word is written in, and whether it mixes those whose letters look alike (UTS 39 section 5)."""

from __future__ import annotations

import re
import unicodedata

# the scripts that have letters like those of another one; names of characters begin with them
_ALPHABETS = frozenset(
    {
        *("LATIN", "FULLWIDTH", "GREEK", "COPTIC", "CYRILLIC", "ARMENIAN", "GEORGIAN", "CHEROKEE", "LISU", "DESERET", "OSAGE"),
        *("CANADIAN", "TIFINAGH", "GOTHIC", "RUNIC", "CARIAN", "LYCIAN", "LYDIAN", "OLD", "WARANG", "HEBREW", "ARABIC"),
    }
)
_WORD = re.compile(r"[^\W\d_]+")


def mixed_word(text: str) -> str:
    """The first word of `text` with letters of several alphabets, "" where there is none.

    Chinese, Japanese and Korean beside Latin letters is usual, and no space need stand between them.
    """
    if text.isascii():
        return ""
    for match in _WORD.finditer(text):
        word = match[0]
        if not word.isascii() and len(alphabets(word)) > 1:
            return word
    return ""


def alphabets(word: str) -> set[str]:
    """The alphabets that the letters of `word` belong to, by the first word of their names in Unicode."""
    names = {unicodedata.name(char, "").partition(" ")[0] for char in set(word)}
    return {"LATIN" if name == "FULLWIDTH" else name for name in names & _ALPHABETS}
