"""What a part's header says about its content: its type, transfer encoding and disposition (RFC 2045, RFC 2183)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mailsec.core.limits.message import MAX_MEDIA_BYTES, MEDIA_CACHED_BYTES, MEDIA_CACHED_FIELDS
from mailsec.core.text import from_bytes
from mailsec.message.names import FileName, file_names, plain_name
from mailsec.message.parameters import Form, Parameter, read_parameters, simple_parameters
from mailsec.message.tokens import without_comments


class Media(NamedTuple):
    """A part's media type in lower case ("text/plain"), its parameters (names in lower case, as they stand), its transfer
    encoding in lower case, and its boundary ("" where it has none). `ok` is False where the type was there and unreadable,
    `repeated` is True where a field or parameter stood twice: the first counts.

    `disposition` is in lower case, "" where there is none; `names` are the file names of both fields, the disposition's first.
    `ordinary` says that every program reads the three fields alike: each once, well-formed, without comments, escapes or signs
    that some stumble over.
    """

    type: str
    parameters: tuple[tuple[str, str], ...] = ()
    encoding: str = "7bit"
    boundary: bytes = b""
    ok: bool = True
    repeated: bool = False
    disposition: str = ""
    names: tuple[FileName, ...] = ()
    ordinary: bool = True

    def parameter(self, name: str) -> str:
        """The value of the parameter, "" where there is none."""
        return next((value for key, value in self.parameters if key == name), "")

    @property
    def charset(self) -> str:
        """The charset in lower case, "" where none is given."""
        return self.parameter("charset").strip().lower()


_FIELDS = re.compile(rb"(?im)^content-(type|transfer-encoding|disposition)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_TYPE = re.compile(rb"[ \t\r\n]*([!#-'*+.0-9A-Z^-~-]+)[ \t\r\n]*/[ \t\r\n]*([!#-'*+.0-9A-Z^-~-]+)")
# what nobody stumbles over: tokens and quoted strings without escapes; a boundary is never in the form of RFC 2231, and single
# quotes, which some take for quotes, stand only there
_TOKEN_CHARACTERS = rb"[^][()<>@,;:\\\"'/?= \t\r\n\x00-\x1f]"
_VALUES = (
    rb"[ \t\r\n]*([a-z0-9-]+~)(?:[ \t]*;[ \t\r\n]*(?:[a-z0-9-]+=(?:\"[^\"\\\r\n\x00]*\"|" + _TOKEN_CHARACTERS + rb"+)"
    rb"|(?!boundary)[a-z0-9-]+\*[0-9]{0,2}\*?=(?:\"[^\"\\\r\n\x00]*\"|(?:" + _TOKEN_CHARACTERS + rb"|')+)))*[ \t]*;?[ \t\r]*\Z"
)
_ORDINARY_TYPE = re.compile(_VALUES.replace(b"~", rb"/[a-z0-9.+-]+"), re.IGNORECASE)
_ORDINARY_DISPOSITION = re.compile(_VALUES.replace(b"~", b""), re.IGNORECASE)
_ORDINARY_ENCODING = re.compile(rb"[ \t]*(?:7bit|8bit|binary|base64|quoted-printable)?[ \t\r]*\Z", re.IGNORECASE)
_WELL_FORMED = re.compile(
    rb"(?:[!-9;-~]+:[^\x00\x0b\r\n]*(?:\r?\n[ \t]+[^\x00\x0b\r\n \t][^\x00\x0b\r\n]*)*\r?\n)*\r?\n",
)
_HIDDEN = re.compile(rb"(?i)\n[ \t]+content-")
_TOKEN = re.compile(rb"[ \t\r\n]*([^ \t\r\n;]*)")
_SPACE = b" \t\r\n"
_ENCODING_BYTES = 100


def read_media(header: bytes, default: str = "text/plain") -> Media:
    """The media of the part that has this header section; `default` where it does not say (RFC 2045 section 5.2)."""
    values: dict[bytes, bytes] = {}
    repeated = False
    for name, value in _FIELDS.findall(header):
        key = name.lower()
        if key not in values:
            values[key] = value
        else:
            repeated = True
    return media_of(values, default, repeated=repeated)


def part_media(header: bytes, default: str = "text/plain") -> Media:
    """The media of a part within a message.

    It is ordinary only where the header section is well-formed to its end, and no continuation line looks like a field.
    """
    media = read_media(header, default)
    good = not media.ordinary or (_WELL_FORMED.fullmatch(header) and not _HIDDEN.search(header))
    return media if good else media._replace(ordinary=False)


def media_of(values: dict[bytes, bytes], default: str = "text/plain", *, repeated: bool = False) -> Media:
    """The media that these field values give; their keys are b"type", b"transfer-encoding" and b"disposition"."""
    encoding, ordinary = _encoding(values.get(b"transfer-encoding", b"")[:_ENCODING_BYTES])
    disposition = ""
    names: tuple[FileName, ...] = ()
    if b"disposition" in values:
        disposition, names, twice, good = _disposition(values[b"disposition"])
        repeated = repeated or twice
        ordinary = ordinary and good
    if (value := values.get(b"type")) is None:
        return Media(default, (), encoding, b"", True, repeated, disposition, names, ordinary and not repeated)
    common = len(value) <= MEDIA_CACHED_BYTES and b"undary" not in value and b"name" not in value
    kind = _cached_type(value) if common else _content_type(value)
    type, parameters, _, boundary, ok, twice, _, more, good = kind
    ordinary = ordinary and good and not repeated
    return _new(
        Media,
        (type, parameters, encoding, boundary, ok, repeated or twice, disposition, names + more if more else names, ordinary),
    )


_new = tuple.__new__  # past the named tuple's own constructor, which takes as long again


def _content_type(value: bytes) -> Media:
    ordinary = _ORDINARY_TYPE.match(value) if len(value) <= MAX_MEDIA_BYTES else None
    if ordinary is not None and (given := simple_parameters(value)) is not None:
        return _simple_type(ordinary[1].lower(), value, given)
    value = without_comments(value) if len(value) <= MAX_MEDIA_BYTES else b""
    media_type = _TYPE.match(value)
    if media_type is None:
        return Media("text/plain", ok=False, ordinary=False)
    every, repeated = read_parameters(value, media_type.end())
    counting: dict[bytes, bytes] = {}
    for each in sorted(every, key=_rank):
        counting.setdefault(each.name, each.value)
    kind = (media_type[1] + b"/" + media_type[2]).lower()
    extended = ordinary is not None and not repeated and _boundary_is_ordinary(kind, value, counting.get(b"boundary"))
    return Media(
        type=kind.decode("ascii"),
        parameters=tuple((from_bytes(name), from_bytes(text)) for name, text in counting.items()),
        boundary=counting.get(b"boundary", b"").rstrip(_SPACE),
        repeated=repeated,
        names=file_names(every, b"name"),
        ordinary=extended,
    )


def _simple_type(kind: bytes, value: bytes, given: dict[bytes, bytes]) -> Media:
    """What `_content_type` gives for a value that is as nearly all are: a third of the time."""
    boundary = given.get(b"boundary")
    return Media(
        kind.decode("ascii"),
        tuple([(name.decode("ascii"), from_bytes(text)) for name, text in given.items()]),
        "7bit",
        boundary.rstrip(_SPACE) if boundary else b"",
        True,
        False,
        "",
        (plain_name(given[b"name"], "name"),) if given.get(b"name") else (),
        _boundary_is_ordinary(kind, value, boundary),
    )


def _boundary_is_ordinary(kind: bytes, value: bytes, boundary: bytes | None) -> bool:
    """True where a multipart has one boundary, not empty and without space at its ends, and anything else has none."""
    if not kind.startswith(b"multipart/"):
        return b"oundary" not in value
    return boundary is not None and boundary == boundary.strip() != b"" and value.lower().count(b"boundary") == 1


def _rank(parameter: Parameter) -> bool:
    """A plain parameter counts before one in the form of RFC 2231, as in software that does not know it."""
    return parameter.form is not Form.PLAIN


_cached_type = lru_cache(MEDIA_CACHED_FIELDS)(_content_type)


@lru_cache(MEDIA_CACHED_FIELDS)
def _encoding(value: bytes) -> tuple[str, bool]:
    name = from_bytes(without_comments(value).strip(_SPACE).lower()) or "7bit"
    return name, len(value) < _ENCODING_BYTES and _ORDINARY_ENCODING.match(value) is not None


def _disposition(value: bytes) -> tuple[str, tuple[FileName, ...], bool, bool]:
    ordinary = _ORDINARY_DISPOSITION.match(value) if len(value) <= MAX_MEDIA_BYTES else None
    if ordinary is not None and (simple := simple_parameters(value)) is not None:
        name = simple.get(b"filename")
        return ordinary[1].lower().decode("ascii"), (plain_name(name, "filename"),) if name else (), False, True
    value = without_comments(value) if len(value) <= MAX_MEDIA_BYTES else b""
    token = _TOKEN.match(value)
    assert token is not None  # it matches the empty string
    given, repeated = read_parameters(value, token.end())
    return from_bytes(token[1].lower()), file_names(given, b"filename"), repeated, ordinary is not None and not repeated
