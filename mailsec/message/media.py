"""What a part's header says about its content: Content-Type and Content-Transfer-Encoding (RFC 2045, RFC 2231)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.core.limits import MAX_MEDIA_BYTES, MAX_MEDIA_PARAMETERS
from mailsec.core.text import from_bytes
from mailsec.message.tokens import unquoted, without_comments


@dataclass(frozen=True, slots=True)
class Media:
    """A part's media type in lower case ("text/plain"), its parameters (names in lower case, as they stand), its transfer
    encoding in lower case, and its boundary ("" where it has none). `ok` is False where the type was there and unreadable,
    `repeated` is True where a field or parameter stood twice: the first counts."""

    type: str
    parameters: tuple[tuple[str, str], ...] = ()
    encoding: str = "7bit"
    boundary: bytes = b""
    ok: bool = True
    repeated: bool = False

    def parameter(self, name: str) -> str:
        """The value of the parameter, "" where there is none."""
        return next((value for key, value in self.parameters if key == name), "")


_FIELDS = re.compile(rb"(?im)^content-(type|transfer-encoding)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_TYPE = re.compile(rb"[ \t\r\n]*([!#-'*+.0-9A-Z^-~-]+)[ \t\r\n]*/[ \t\r\n]*([!#-'*+.0-9A-Z^-~-]+)")
_PARAMETER = re.compile(
    rb';[ \t\r\n]*([^ \t\r\n=;"]+)[ \t\r\n]*=[ \t\r\n]*(?:("[^"\\]*(?:\\[\x00-\xff][^"\\]*)*")|([^;"]*))',
)
_SECTION = re.compile(rb"(.+?)(?:\*(\d{1,3}))?(\*)?\Z", re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SPACE = b" \t\r\n"


def read_media(header: bytes, default: str = "text/plain") -> Media:
    """The media of the part that has this header section; `default` where it does not say (RFC 2045 section 5.2)."""
    values: dict[bytes, bytes] = {}
    repeated = False
    for match in _FIELDS.finditer(header):
        name = match[1].lower()
        repeated = repeated or name in values
        values.setdefault(name, match[2])
    encoding = from_bytes(without_comments(values.get(b"transfer-encoding", b"")[:100]).strip(_SPACE).lower()) or "7bit"
    if (value := values.get(b"type")) is None:
        return Media(default, encoding=encoding, repeated=repeated)
    value = without_comments(value) if len(value) <= MAX_MEDIA_BYTES else b""
    media_type = _TYPE.match(value)
    if media_type is None:
        return Media("text/plain", encoding=encoding, ok=False, repeated=repeated)
    parameters, twice = _parameters(value, media_type.end())
    return Media(
        type=(media_type[1] + b"/" + media_type[2]).lower().decode("ascii"),
        parameters=tuple((from_bytes(name), from_bytes(text)) for name, text in parameters.items()),
        encoding=encoding,
        boundary=parameters.get(b"boundary", b"").rstrip(_SPACE),
        repeated=repeated or twice,
    )


def _parameters(value: bytes, at: int) -> tuple[dict[bytes, bytes], bool]:
    """The parameters from offset `at` on by name in lower case, and whether one stood twice."""
    plain: dict[bytes, bytes] = {}
    split: dict[bytes, dict[int, bytes]] = {}
    repeated = False
    for _ in range(MAX_MEDIA_PARAMETERS):
        at = value.find(b";", at)
        if at < 0:
            break
        match = _PARAMETER.match(value, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        section = _SECTION.match(match[1].lower())
        text = unquoted(match[2]) if match[2] is not None else match[3].strip(_SPACE)
        if section is None or (section[2] is None and section[3] is None):
            repeated = repeated or match[1].lower() in plain
            plain.setdefault(match[1].lower(), text)
        else:
            number = int(section[2] or 0)
            pieces = split.setdefault(section[1], {})
            repeated = repeated or number in pieces
            pieces.setdefault(number, _decoded(text, first=number == 0) if section[3] else text)
    for name, pieces in split.items():
        repeated = repeated or name in plain
        plain.setdefault(name, b"".join(pieces[number] for number in sorted(pieces)))
    return plain, repeated


def _decoded(text: bytes, *, first: bool) -> bytes:
    """An extended value (RFC 2231 section 4): without charset and language, percent signs resolved."""
    if first and text.count(b"'") >= 2:
        text = text.split(b"'", 2)[2]
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), text)
