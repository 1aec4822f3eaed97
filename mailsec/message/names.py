"""The file names that a part's header gives (RFC 2183, RFC 2231, RFC 2047), each with where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailsec.core.limits.message import MAX_FILE_NAME
from mailsec.core.text import clipped, from_bytes
from mailsec.message.parameters import Form, Parameter
from mailsec.message.words import charset_text, display_text


class FileName(NamedTuple):
    """A file name as a person would see it, and its source: "filename", "filename*", "filename*0", "name" and so on, with
    "(encoded word)" where it was one. It may hold control characters and path separators, as everything in a message may."""

    text: str
    source: str


_MARKS = {Form.PLAIN: "", Form.EXTENDED: "*", Form.CONTINUED: "*0"}


def file_names(parameters: Iterable[Parameter], key: bytes) -> tuple[FileName, ...]:
    """The file names among `parameters`, called `key`: b"filename" in a Content-Disposition, b"name" in a Content-Type."""
    return tuple(dict.fromkeys([_file_name(each) for each in parameters if each.name == key and each.value]))


def plain_name(value: bytes, source: str) -> FileName:
    """The file name that a plain parameter gives."""
    if b"=?" in value or len(value) > MAX_FILE_NAME:
        return _file_name(Parameter(source.encode(), value))
    return FileName(from_bytes(value), source)


def _file_name(parameter: Parameter) -> FileName:
    source = parameter.name.decode("ascii") + _MARKS[parameter.form]
    value = parameter.value[: MAX_FILE_NAME * 4]
    if b"=?" in value:
        shown = display_text(value, MAX_FILE_NAME)
        if shown != from_bytes(value):
            return FileName(shown, f"{source} (encoded word)")
    return FileName(clipped(charset_text(value, parameter.charset), MAX_FILE_NAME), source)


def extension(name: str) -> str:
    """What a name's end says about its type: in lower case behind the last dot, "" where there is none.

    Spaces and dots at the end do not count: Windows strips them, and opens what is left.
    """
    stem = name.rstrip(" .\t\r\n\0").rpartition("/")[2].rpartition("\\")[2]
    return stem.rpartition(".")[2].lower() if "." in stem else ""
