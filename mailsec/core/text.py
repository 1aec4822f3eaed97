"""Untrusted text made printable.

Nothing a message, record or reply contains may reach a terminal as a control sequence. Strings of the result model hold
what was read (`from_bytes`); every renderer of text calls `visible`; the JSON renderer calls `json_safe` on what it encoded.
"""

from __future__ import annotations

import re
from functools import cache

# C0, DEL, C1; line and paragraph separators; bidirectional and invisible formatting; tags; lone surrogates; byte order mark;
# interlinear annotation; hieroglyph, shorthand and musical format controls; variation selectors stay (emoji need them).
_UNSAFE_RANGES = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSAFE_IN_JSON_RANGES = _UNSAFE_RANGES.removeprefix("\x00-\x1f")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def from_bytes(data: bytes) -> str:
    """`data` as text: UTF-8, with each byte that is not part of it shown as `\\xHH`. The result may hold control characters."""
    return data.decode("utf-8", "backslashreplace")


@cache
def _one_of(ranges: str) -> re.Pattern[str]:
    """Any character in `ranges`; compiled when text that is not ASCII asks for it."""
    return re.compile(f"[{ranges}]")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def visible(text: str) -> str:
    """`text` on one line with every control, bidirectional and invisible character written out as an escape."""
    return text if text.isascii() and text.isprintable() else _one_of(_UNSAFE_RANGES).sub(_escape, text)


def clipped(text: str, width: int) -> str:
    """`text` cut to at most `width` characters, the cut marked with an ellipsis."""
    return text if len(text) <= width else text[: width - 1] + "…" if width > 0 else ""


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def json_safe(encoded: str) -> str:
    """Encoded JSON with every unsafe character as a JSON escape: the data stays the same, the terminal stays unharmed.

    The encoder has already escaped C0 controls, so any that are left are white space between tokens and stay.
    """
    return (
        encoded if encoded.isascii() and "\x7f" not in encoded else _one_of(_UNSAFE_IN_JSON_RANGES).sub(_json_escape, encoded)
    )
