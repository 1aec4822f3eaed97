"""The indicator: an SVG file against the profile that BIMI demands (SVG Tiny Portable/Secure).

It is a stranger's file, made to be shown in other people's programs, so that it is read with nothing but a parser that stops at
the first declaration of a document type: no entity is ever defined, nothing is fetched, nothing is drawn.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from xml.parsers import expat

from mailsec.core.limits.sender import (
    BIMI_SVG_BYTES,
    BIMI_SVG_DEPTH,
    BIMI_SVG_ELEMENTS,
    BIMI_SVG_FINDINGS,
    BIMI_SVG_READ,
    BIMI_TITLE,
)
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped
from mailsec.sender.bimi import profile, rules

_GZIP = b"\x1f\x8b"
_QUOTED = 80
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
_SEPARATOR = re.compile(r"[ \t\r\n]*,[ \t\r\n]*|[ \t\r\n]+")
_URL = re.compile(r"url\s*\(\s*['\"]?\s*([^'\")]{0,200})", re.IGNORECASE)
_SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.\-\x00-\x20]{0,30}):", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20]+")
_PREFIXES = {profile.XML: "xml:", profile.XLINK: "xlink:", profile.SVG: "svg:"}


class SvgProblem(ValueError):
    """The file cannot be read, under `rule`."""

    def __init__(self, rule: Rule, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True)
class Indicator:
    """What became of a file. `svg` is it without compression, empty where that could not be undone.

    pass: of the profile; fail: a rule of it is broken, or the file cannot be read.
    """

    svg: bytes
    check: Check


def unpacked(data: bytes) -> bytes:
    """The SVG in `data`, which may be compressed (.svgz). Raises SvgProblem."""
    if not data.startswith(_GZIP):
        if len(data) > BIMI_SVG_READ:
            raise SvgProblem(rules.SVG_SIZE, f"{len(data)} octets, more than are read")
        return data
    engine = zlib.decompressobj(31)
    try:
        svg = engine.decompress(data, BIMI_SVG_READ + 1)
    except zlib.error:
        raise SvgProblem(rules.SVG_UNREADABLE, "the compression (gzip) is damaged") from None
    if len(svg) > BIMI_SVG_READ:
        raise SvgProblem(rules.SVG_SIZE, f"{len(data)} octets unpack to more than {BIMI_SVG_READ}")
    if not engine.eof or engine.unused_data:
        raise SvgProblem(rules.SVG_UNREADABLE, "the compression (gzip) is cut off, or something stands behind it")
    return svg


def judge(data: bytes, where: str) -> Indicator:
    """Judge the file `data`, which came from `where` (an address, a file name). Never raises."""
    facts = [Fact("from", where), Fact("octets", len(data)), Fact("compressed", data.startswith(_GZIP))]
    reading = _Reading(where)
    svg = b""
    try:
        svg = unpacked(data)
        facts.append(Fact("svg-octets", len(svg)))
        if len(svg) > BIMI_SVG_BYTES:
            reading.add(rules.SVG_SIZE, f"{len(svg)} octets without compression", line=0)
        _read(svg, reading)
    except SvgProblem as problem:
        reading.add(problem.rule, problem.message, line=0)
    facts.append(Fact("title", reading.title.strip() or None))
    return Indicator(svg, _check(reading, tuple(facts)))


def _check(reading: _Reading, facts: tuple[Fact, ...]) -> Check:
    found = reading.findings
    if not found:
        return Check("indicator", Status.PASS, "of the profile SVG Tiny PS", facts)
    more = f"; {reading.left_out} more are not shown" if reading.left_out else ""
    kinds = ", ".join(dict.fromkeys(each.title for each in found[:3]))
    facts = (*facts, Fact("breaches", len(found) + reading.left_out))
    return Check("indicator", Status.FAIL, f"{kinds}{more}", facts, tuple(found))


@dataclass(slots=True)
class _Reading:
    """A file while it is read. `path` are the names of the open elements."""

    where: str
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0
    path: list[str] = field(default_factory=list)
    elements: int = 0
    titles: int = 0
    title: str = ""

    def add(self, rule: Rule, message: str, line: int) -> None:
        """Note a breach at `line`; 0: of the whole file."""
        if len(self.findings) == BIMI_SVG_FINDINGS:
            self.left_out += 1
            return
        place = f"{self.where} line {line}" if line else self.where
        words = f"line {line}: {message}" if line else message
        self.findings.append(finding(rule, words, Evidence(EvidenceKind.BYTES, place)))


class _Stop(Exception):
    """There is no reading on."""


def _read(svg: bytes, reading: _Reading) -> None:
    """Read the file into `reading`. Raises SvgProblem where it is no XML of the one permitted encoding."""
    if not svg.strip():
        raise SvgProblem(rules.SVG_UNREADABLE, "the file is empty")
    if b"\0" in svg:
        raise SvgProblem(rules.SVG_UNREADABLE, "the file has NUL in it: not text in UTF-8")
    try:
        svg.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SvgProblem(rules.SVG_UNREADABLE, f"octet {error.start} is not UTF-8") from None
    walk = _Walk(reading)
    try:
        walk.parser.Parse(svg, True)
    except _Stop:
        return
    except expat.ExpatError as error:
        reading.add(rules.SVG_UNREADABLE, expat.errors.messages.get(error.code, "not XML"), error.lineno)
        return
    _whole(reading)


def _whole(reading: _Reading) -> None:
    """What can be said only at the end."""
    title = reading.title.strip()
    if not reading.titles:
        reading.add(rules.SVG_TITLE, "no <title> directly in <svg>", line=0)
    elif reading.titles > 1:
        reading.add(rules.SVG_TITLE, f"{reading.titles} <title> elements directly in <svg>", line=0)
    elif not title:
        reading.add(rules.SVG_TITLE, "the <title> is empty", line=0)
    elif len(title) > BIMI_TITLE:
        reading.add(rules.SVG_TITLE, f"the <title> has more than {BIMI_TITLE} characters", line=0)


class _Walk:
    """The parser and what it calls."""

    def __init__(self, reading: _Reading) -> None:
        self.reading = reading
        # Whatever the file declares: it was found to be UTF-8.
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _add(self, rule: Rule, message: str) -> None:
        self.reading.add(rule, message, self.parser.CurrentLineNumber)

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            self._add(rules.SVG_UNREADABLE, f"the encoding is declared as {clipped(encoding, _QUOTED)}, not UTF-8")

    def _doctype(self, *_: object) -> None:
        self._add(rules.SVG_DOCTYPE, "<!DOCTYPE: the rest was not read")
        raise _Stop

    def _instruction(self, target: str, data: str) -> None:
        self._add(rules.SVG_REFERENCE, f"<?{clipped(target, _QUOTED)}?>")

    def _text(self, text: str) -> None:
        if self.reading.path == ["svg", "title"]:
            self.reading.title = (self.reading.title + text)[: 2 * BIMI_TITLE]

    def _end(self, name: str) -> None:
        self.reading.path.pop()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        reading = self.reading
        reading.elements += 1
        if len(reading.path) == BIMI_SVG_DEPTH or reading.elements > BIMI_SVG_ELEMENTS:
            what = f"more than {BIMI_SVG_DEPTH} elements in each other" if len(reading.path) == BIMI_SVG_DEPTH else ""
            self._add(rules.SVG_COMPLEX, f"{what or f'more than {BIMI_SVG_ELEMENTS} elements'}: the rest was not read")
            raise _Stop
        local = _element(name)
        if not reading.path:
            self._root(local, attributes)
        elif rule := _refused(local):
            self._add(rule, f"<{clipped(local, _QUOTED)}>")
        reading.path.append(local)
        if reading.path == ["svg", "title"]:
            reading.titles += 1
        for key, value in attributes.items():
            self._attribute(local, _attribute(key), value)

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "svg":
            self._add(rules.SVG_ROOT, f"the root is <{clipped(name, _QUOTED)}>, not <svg> of the namespace {profile.SVG}")
            raise _Stop
        for key, wanted in (("version", "1.2"), ("baseProfile", "tiny-ps")):
            if attributes.get(key) != wanted:
                self._add(rules.SVG_ROOT, f'{key}="{wanted}" is missing{_instead(attributes.get(key))}')
        for key in ("x", "y"):
            if key in attributes:
                self._add(rules.SVG_ROOT, f"{key}= stands on the root")
        if why := _flawed_box(attributes.get("viewBox")):
            self._add(rules.SVG_VIEWBOX, why)

    def _attribute(self, element: str, name: str, value: str) -> None:
        shown = f'{clipped(name, _QUOTED)}="{clipped(value, _QUOTED)}"'
        if name.lower().startswith("on"):
            self._add(rules.SVG_SCRIPT, f"the event handler {shown}")
        elif rule := _points_out(name, value):
            self._add(rule, shown)
        elif element in profile.ATTRIBUTES and not _known(element, name):
            self._add(rules.SVG_ATTRIBUTE, f"{shown} on <{element}>")
        elif name in profile.FIXED and value.strip() != profile.FIXED[name]:
            self._add(rules.SVG_ATTRIBUTE, f'{shown}, not "{profile.FIXED[name]}"')


def _known(element: str, name: str) -> bool:
    on_root = element == "svg" and name in ("x", "y")  # said already
    return on_root or name in profile.ATTRIBUTES[element]


def _instead(value: str | None) -> str:
    return "" if value is None else f': "{clipped(value, _QUOTED)}" stands there'


def _element(name: str) -> str:
    """An element's name as it is written in the profile; of another namespace with that in front."""
    space, _, local = name.rpartition(" ")
    return local if space == profile.SVG else f"{space}:{local}" if space else f":{local}"


def _attribute(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"{_PREFIXES.get(space, f'{space}:')}{local}" if space else local


def _refused(name: str) -> Rule | None:
    """The rule that an element breaks that is not the root."""
    for names, rule in (
        (profile.SCRIPT, rules.SVG_SCRIPT),
        (profile.ANIMATION, rules.SVG_ANIMATION),
        (profile.RASTER, rules.SVG_RASTER),
        (profile.LINKING, rules.SVG_REFERENCE),
    ):
        if name.rpartition(":")[2] in names:
            return rule
    return None if name in profile.ATTRIBUTES and name != "svg" else rules.SVG_ELEMENT


def _points_out(name: str, value: str) -> Rule | None:
    """The rule that a value breaks which leads out of the file, or hides that it may."""
    scheme = _SCHEME.match(value)
    word = _BLANK.sub("", scheme[1]).lower() if scheme else ""
    if word in ("javascript", "vbscript"):
        return rules.SVG_SCRIPT
    local = name.rpartition(":")[2]
    if (local in ("href", "src") or name == "xml:base") and not value.strip().startswith("#"):
        return rules.SVG_RASTER if _BLANK.sub("", value[:_QUOTED]).lower().startswith("data:image/") else rules.SVG_REFERENCE
    if any(not each.startswith("#") for each in _URL.findall(value)) or word == "data":
        return rules.SVG_REFERENCE
    # An escape of CSS can spell url( otherwise; no paint, number or name of an honest logo has one.
    return rules.SVG_REFERENCE if "\\" in value else None


def _flawed_box(value: str | None) -> str:
    """Why a viewBox is not that of a square; "" where it is."""
    if value is None:
        return "viewBox= is missing"
    parts = _SEPARATOR.split(clipped(value, 200).strip())
    if len(parts) != 4 or not all(map(_NUMBER.match, parts)):
        return f'viewBox="{clipped(value, _QUOTED)}" is not four numbers'
    width, height = float(parts[2]), float(parts[3])
    if not (isfinite(width) and isfinite(height)) or width <= 0 or height <= 0:
        return f'viewBox="{clipped(value, _QUOTED)}" has no area'
    return "" if width == height else f'viewBox="{clipped(value, _QUOTED)}" is not square'
