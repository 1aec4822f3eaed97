"""Attachments: what their names say, what they are, and what lies in those that are archives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailsec.core.limits.spoofing import BOMB_BYTES, BOMB_RATIO
from mailsec.core.results import Evidence
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped
from mailsec.message.names import extension
from mailsec.sender.spoofing.payload import rules
from mailsec.sender.spoofing.payload.archives import Budget, Contents, Item, look_into
from mailsec.sender.spoofing.payload.kinds import OLE, UNIX_SCRIPT, ZIP, Family, Kind, kind_of
from mailsec.sender.spoofing.payload.listing import ArchiveDefect
from mailsec.sender.spoofing.payload.names import (
    DISK_IMAGES,
    EXPECTED,
    MACROS,
    PROGRAMS,
    double_extension,
    hidden_end,
    leads_out,
    runs,
)
from mailsec.sender.spoofing.payload.notes import Notes

_SHOWN = 100
_RUNS = (Family.PROGRAM, Family.SHORTCUT)
_LEADS_ON = ("url", "webloc", "theme", "rdp")  # opened they lead somewhere else, and run nothing by themselves
_OOXML = Kind("Office Open XML document", Family.OFFICE)
_OPEN_DOCUMENT = Kind("OpenDocument", Family.OFFICE)
_JAVA = Kind("Java program", Family.PROGRAM)
_ANDROID = Kind("Android program", Family.PROGRAM)
_BY_MEMBER = (
    ("[Content_Types].xml", _OOXML),
    ("AndroidManifest.xml", _ANDROID),
    ("META-INF/manifest.xml", _OPEN_DOCUMENT),
    ("META-INF/MANIFEST.MF", _JAVA),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MACRO_MEMBERS = re.compile(r"(?i)(?:\A|/)(?:vbaProject\.bin|macrosheets/|Basic/script-lc\.xml|Scripts/)")
_VBA = "_VBA_PROJECT".encode("utf-16-le")

_EXPECTED_TYPES: tuple[tuple[str, tuple[Family, ...]], ...] = (
    ("image/svg", (Family.HTML,)),
    ("image/", (Family.IMAGE,)),
    ("audio/", (Family.SOUND,)),
    ("video/", (Family.SOUND,)),
    ("text/html", (Family.HTML,)),
    ("text/xml", (Family.HTML,)),
    ("text/rtf", (Family.DOCUMENT,)),
    ("text/", ()),
    ("application/pdf", (Family.DOCUMENT,)),
    ("application/rtf", (Family.DOCUMENT, Family.OFFICE)),
    ("application/msword", (Family.OFFICE, Family.DOCUMENT, Family.ARCHIVE, Family.HTML)),
    ("application/vnd.ms-", (Family.OFFICE, Family.DOCUMENT, Family.ARCHIVE, Family.HTML)),
    ("application/vnd.openxmlformats-", (Family.OFFICE, Family.ARCHIVE)),
    ("application/vnd.oasis.opendocument", (Family.OFFICE, Family.ARCHIVE)),
    ("application/zip", (Family.ARCHIVE, Family.OFFICE)),
)
_SAYS_PROGRAM = (
    "application/x-msdownload",
    "application/x-msdos-program",
    "application/x-executable",
    "application/java-archive",
)


@dataclass(frozen=True, slots=True)
class File:
    """A part looked at as a file: its name, what its content is, and what it holds where it is an archive."""

    part: str
    name: str
    type: str
    size: int
    kind: Kind | None
    contents: Contents | None = None


def judge_file(data: bytes, names: tuple[str, ...], media_type: str, place: Evidence, run: tuple[Budget, Notes]) -> File:
    """Note what is odd about one part as a file; `names` are all names that it has, the one that is shown first."""
    budget, notes = run
    kind = kind_of(data)
    contents = None
    if kind is not None and kind.family is Family.ARCHIVE:
        contents = look_into(data, kind, budget)
        kind = _refined(kind, contents)
    name = names[0] if names else ""
    program = _names(names, kind, place, notes)
    if kind is not None:
        _kind(kind, name, media_type, place, notes, program=program)
    if _has_macros(data, kind, contents, name):
        notes.add(rules.OFFICE_MACROS, _called(name, place), place)
    if contents is not None and kind is not None and kind.family is not Family.OFFICE:
        _archive(contents, kind, len(data), place, notes)
    return File(place.where, name, media_type, len(data), kind, contents)


def _called(name: str, place: Evidence) -> str:
    return clipped(name, _SHOWN) if name else f"{place.where}, without a name"


def _refined(kind: Kind, contents: Contents) -> Kind:
    """What a ZIP archive is in truth, by the members that only such files have."""
    if kind is not ZIP:
        return kind
    names = {item.path for item in contents.items}
    found = next((each for mark, each in _BY_MEMBER if mark in names), kind)
    # a manifest alone makes no program
    return kind if found is _JAVA and not any(name.endswith(".class") for name in names) else found


def _names(names: tuple[str, ...], kind: Kind | None, place: Evidence, notes: Notes) -> bool:
    """Note what the names say; True where one of them is a program's."""
    program = False
    for name in dict.fromkeys(names):
        if both := double_extension(name):
            notes.add(rules.DOUBLE_EXTENSION, f"{clipped(name, _SHOWN)} ends with {both}", place, name)
        if how := hidden_end(name):
            notes.add(rules.HIDDEN_EXTENSION, f"{how}: {clipped(name, _SHOWN)}", place, name)
        if runs(name) and not program:
            program = True
            what = f", and is a {kind.name}" if kind else ""
            severity = Severity.MEDIUM if extension(name) in _LEADS_ON else None
            notes.add(rules.PROGRAM, f"{clipped(name, _SHOWN)} runs when it is opened{what}", place, name, severity)
    return program


def _kind(kind: Kind, name: str, media_type: str, place: Evidence, notes: Notes, *, program: bool) -> None:
    """Note what the content is, and where that is not what type and name say."""
    if kind.family in _RUNS and not program:
        notes.add(rules.PROGRAM, f"{_called(name, place)} is a {kind.name}", place, name)
    if kind.family is Family.DISK_IMAGE or extension(name) in DISK_IMAGES:
        notes.add(rules.DISK_IMAGE, f"{_called(name, place)} is a {kind.name}", place, name)
    # a name counts for more than a type: it decides what opens the file
    expected = EXPECTED.get(extension(name)) if name else None
    said = f"the name {clipped(name, _SHOWN)}"
    if expected is None and extension(name) not in PROGRAMS:
        expected = next((families for prefix, families in _EXPECTED_TYPES if media_type.startswith(prefix)), None)
        said = f"the type {clipped(media_type, _SHOWN)}"
    severity = _mismatch(kind, expected)
    if severity is not None:
        notes.add(rules.TYPE_MISMATCH, f"{said} is not that of a {kind.name}", place, name, severity)


def _mismatch(kind: Kind, expected: tuple[Family, ...] | None) -> Severity | None:
    """How much it matters that content of this kind is not of one of the expected families."""
    if expected is None or kind.family in expected:
        return None
    if kind.family in _RUNS or kind.family is Family.DISK_IMAGE:
        return Severity.HIGH
    if not expected or (kind.family is Family.SCRIPT and kind is UNIX_SCRIPT):
        return None if kind.family in (Family.SCRIPT, Family.HTML) and not expected else Severity.LOW
    harmless = (Family.IMAGE, Family.SOUND, Family.DATA)
    return Severity.LOW if kind.family in harmless or Family.HTML in expected else Severity.MEDIUM


def _has_macros(data: bytes, kind: Kind | None, contents: Contents | None, name: str) -> bool:
    if kind is OLE:
        return _VBA in data
    if extension(name) in MACROS and kind is not None:
        return True
    if kind in (_OOXML, _OPEN_DOCUMENT) and contents is not None:
        return any(_MACRO_MEMBERS.search(item.path) for item in contents.items)
    return False


_DEFECTS: dict[ArchiveDefect, tuple[Rule, Severity | None]] = {
    ArchiveDefect.OVERLAP: (rules.ARCHIVE_BOMB, None),
    ArchiveDefect.TOO_DEEP: (rules.ARCHIVE_LIMIT, Severity.MEDIUM),
    ArchiveDefect.TOO_MANY: (rules.ARCHIVE_LIMIT, None),
    ArchiveDefect.NOT_UNPACKED: (rules.ARCHIVE_LIMIT, None),
    ArchiveDefect.CONFLICT: (rules.ARCHIVE_CONFLICT, None),
    ArchiveDefect.DUPLICATE: (rules.ARCHIVE_CONFLICT, Severity.LOW),
    ArchiveDefect.TRUNCATED: (rules.ARCHIVE_BROKEN, None),
    ArchiveDefect.BROKEN: (rules.ARCHIVE_BROKEN, None),
}


def _archive(contents: Contents, kind: Kind, size: int, place: Evidence, notes: Notes) -> None:
    """Note what is odd about an archive and its members."""
    if not contents.listed:
        notes.add(rules.ARCHIVE_OPAQUE, f"a {kind.name}", place)
        return
    for defect, example in contents.defects:
        rule, severity = _DEFECTS[defect]
        notes.add(rule, f"{defect}: {clipped(example, _SHOWN)}", place, "", severity)
    if contents.size > max(BOMB_BYTES, BOMB_RATIO * size):
        notes.add(rules.ARCHIVE_BOMB, f"{size} octets that unpack to {contents.size}", place)
    encrypted = [item.path for item in contents.items if item.member.encrypted]
    if encrypted:
        first = clipped(encrypted[0], _SHOWN)
        notes.add(rules.ARCHIVE_ENCRYPTED, f"{len(encrypted)} members, the first is {first}", place, encrypted[0])
    # a Java program is full of classes, which was said of it as a whole
    for item in contents.items if kind.family is not Family.PROGRAM else ():
        _member(item, place, notes)


def _member(item: Item, place: Evidence, notes: Notes) -> None:
    member = item.member
    for why in _bad_names(item):
        notes.add(rules.ARCHIVE_NAMES, f"{why}: {clipped(item.path, _SHOWN)}", place, item.path)
    if both := double_extension(member.name):
        notes.add(rules.DOUBLE_EXTENSION, f"{clipped(item.path, _SHOWN)} ends with {both}", place, item.path)
    if how := hidden_end(member.name):
        notes.add(rules.HIDDEN_EXTENSION, f"{how}: {clipped(item.path, _SHOWN)}", place, item.path)
    if item.kind is not None and item.kind.family in (*_RUNS, Family.DISK_IMAGE):
        notes.add(rules.ARCHIVE_PROGRAM, f"{clipped(item.path, _SHOWN)} is a {item.kind.name}", place, item.path)
    elif not member.folder and runs(member.name):
        notes.add(rules.ARCHIVE_PROGRAM, f"{clipped(item.path, _SHOWN)} runs when it is opened", place, item.path)


def _bad_names(item: Item) -> Iterator[str]:
    if not item.member.name.isprintable() and _CONTROL.search(item.member.name):
        yield "control characters"
    if leads_out(item.member.name):
        yield "leads out of the folder"
    if item.member.link and leads_out(item.member.link):
        yield "a link that leads out of the folder"
