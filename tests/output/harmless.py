"""What must never reach a terminal, told from Unicode's own categories and not from the table in core/text.py."""

from __future__ import annotations

import re
import unicodedata

# format characters that are signs to be seen (number signs and abbreviation marks of Arabic, Syriac and Kaithi)
_SIGNS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
# invisible, though Unicode calls them letters or marks
_BLANK = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0}
_COLOUR = re.compile(r"\x1b\[(?:0|[1-9]|3[0-7]|9[0-7])(?:;(?:[1-9]|3[0-7]|9[0-7]))*m")


def harmful(text: str, *, colour: bool = False, allowed: str = "\n") -> list[str]:
    """The characters of `text` that could do something to a terminal; with `colour` the known colour sequences are none."""
    if colour:
        text = _COLOUR.sub("", text)
    return sorted({f"U+{ord(char):04X}" for char in text if char not in allowed and _bad(char)})


def _bad(char: str) -> bool:
    code = ord(char)
    return code in _BLANK or (unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and code not in _SIGNS)
