"""Characters that make a text look like another one: controls, invisible ones, and those that reverse its direction."""

from __future__ import annotations

import re

# NUL to US but tab, and DEL; line ends that are left once a value is unfolded. The controls from U+0080 on are left out: they
# are what text of Windows code pages becomes under the wrong name, in honest mail.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")
# joiners between letters of the scripts that need them, and marks of direction beside right-to-left text, are honest
_LATIN = "A-Za-z0-9\u00c0-\u024f"
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u206a-\u206f\u2800\u3164\ufeff\uffa0]"
    "|(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]"
    f"|(?<=[{_LATIN}])[\u200c-\u200f\u061c](?=[{_LATIN}])"
)
_IN_ADDRESS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0]"
)


def control(text: str) -> str:
    """The first control character of an unfolded text, "" without one."""
    return _first(_CONTROL, text)


def bidirectional(text: str) -> str:
    """The first character that changes the direction of writing, "" without one."""
    return "" if text.isascii() else _first(_BIDIRECTIONAL, text)


def invisible(text: str) -> str:
    """The first invisible character that has no business in a name, "" without one."""
    return "" if text.isascii() else _first(_INVISIBLE, text)


def invisible_in_address(text: str) -> str:
    """The first invisible character of an address, where none has any business; "" without one."""
    return "" if text.isascii() else _first(_IN_ADDRESS, text)


def named(char: str) -> str:
    """The character as U+202E."""
    return f"U+{ord(char):04X}"


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else ""
