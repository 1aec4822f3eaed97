"""What content is by its first octets: a small table of the kinds that matter to a judge of mail.

A kind is only named where its mark is certain; everything else is None, never a guess.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from mailsec.core.limits.spoofing import MAX_SNIFFED_BYTES


class Family(StrEnum):
    """What a kind of content does when it is opened."""

    PROGRAM = "program"
    SCRIPT = "script"
    SHORTCUT = "shortcut"
    DISK_IMAGE = "disk image"
    ARCHIVE = "archive"
    OFFICE = "office document"
    DOCUMENT = "document"
    HTML = "HTML"
    IMAGE = "image"
    SOUND = "sound or film"
    DATA = "data"


class Kind(NamedTuple):
    """A kind of content: what a person calls it, and its family."""

    name: str
    family: Family


WINDOWS_PROGRAM = Kind("Windows program", Family.PROGRAM)
ELF = Kind("ELF program", Family.PROGRAM)
ZIP = Kind("ZIP archive", Family.ARCHIVE)
GZIP = Kind("gzip file", Family.ARCHIVE)
BZIP2 = Kind("bzip2 file", Family.ARCHIVE)
XZ = Kind("xz file", Family.ARCHIVE)
TAR = Kind("tar archive", Family.ARCHIVE)
OLE = Kind("OLE2 document", Family.OFFICE)
PDF = Kind("PDF", Family.DOCUMENT)
RTF = Kind("RTF", Family.DOCUMENT)
HTML = Kind("HTML", Family.HTML)
SVG = Kind("SVG", Family.HTML)
UNIX_SCRIPT = Kind("script with #!", Family.SCRIPT)
ISO = Kind("ISO 9660 image", Family.DISK_IMAGE)

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x7fELF", ELF),
    (b"\xfe\xed\xfa\xce", Kind("Mach-O program", Family.PROGRAM)),
    (b"\xfe\xed\xfa\xcf", Kind("Mach-O program", Family.PROGRAM)),
    (b"\xce\xfa\xed\xfe", Kind("Mach-O program", Family.PROGRAM)),
    (b"\xcf\xfa\xed\xfe", Kind("Mach-O program", Family.PROGRAM)),
    (b"\xca\xfe\xba\xbe", Kind("Java class or Mach-O program", Family.PROGRAM)),
    (b"dex\n0", Kind("Android program", Family.PROGRAM)),
    (b"\0asm\x01", Kind("WebAssembly program", Family.PROGRAM)),
    (b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", Kind("Windows shortcut", Family.SHORTCUT)),
    (b"ITSF\x03\0\0\0", Kind("Windows help file", Family.PROGRAM)),
    (b"#!/", UNIX_SCRIPT),
    (b"#! /", UNIX_SCRIPT),
    (b"<?php", Kind("PHP script", Family.SCRIPT)),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"Rar!\x1a\x07", Kind("RAR archive", Family.ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z archive", Family.ARCHIVE)),
    (b"\x1f\x8b\x08", GZIP),
    (b"BZh91AY&SY", BZIP2),
    (b"\xfd7zXZ\0", XZ),
    (b"\x28\xb5\x2f\xfd", Kind("zstd file", Family.ARCHIVE)),
    (b"MSCF\0\0\0\0", Kind("CAB archive", Family.ARCHIVE)),
    (b"\x60\xea", Kind("ARJ archive", Family.ARCHIVE)),
    (b"vhdxfile", Kind("VHDX disk image", Family.DISK_IMAGE)),
    (b"conectix", Kind("VHD disk image", Family.DISK_IMAGE)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", Kind("OneNote document", Family.OFFICE)),
    (b"%PDF-", PDF),
    (b"%!PS", Kind("PostScript", Family.DOCUMENT)),
    (b"{\\rt", RTF),
    (b"\x89PNG\r\n\x1a\n", Kind("PNG image", Family.IMAGE)),
    (b"\xff\xd8\xff", Kind("JPEG image", Family.IMAGE)),
    (b"GIF87a", Kind("GIF image", Family.IMAGE)),
    (b"GIF89a", Kind("GIF image", Family.IMAGE)),
    (b"II*\0", Kind("TIFF image", Family.IMAGE)),
    (b"MM\0*", Kind("TIFF image", Family.IMAGE)),
    (b"\0\0\x01\0", Kind("icon", Family.IMAGE)),
    (b"ID3\x03", Kind("MP3 sound", Family.SOUND)),
    (b"ID3\x04", Kind("MP3 sound", Family.SOUND)),
    (b"OggS\0", Kind("Ogg", Family.SOUND)),
    (b"fLaC", Kind("FLAC sound", Family.SOUND)),
    (b"SQLite format 3\0", Kind("SQLite database", Family.DATA)),
    (b"\x78\x9f\x3e\x22", Kind("TNEF (winmail.dat)", Family.DATA)),
)
_BY_FIRST: dict[int, list[tuple[bytes, Kind]]] = {}
for _mark, _found in _MAGIC:
    _BY_FIRST.setdefault(_mark[0], []).append((_mark, _found))

_RIFF = {b"WEBP": Kind("WebP image", Family.IMAGE), b"WAVE": Kind("WAV sound", Family.SOUND)}
_TAG = re.compile(rb"(?i)<(?:!doctype[ \t\r\n]{1,100}([a-z]{1,20})|(html|head|body|script|svg|iframe|meta|form)[ \t\r\n/>])")
_PROLOG = ((b"<?xml", b"?>"), (b"<!--", b"-->"))
_PROLOGS = 8


def kind_of(data: bytes) -> Kind | None:
    """What `data` is, None where no certain mark shows it. Its first octets are looked at, and the marks of disk images."""
    if not data:
        return None
    for mark, found in _BY_FIRST.get(data[0], ()):
        if data.startswith(mark):
            return found
    return _by_structure(data)


def _by_structure(data: bytes) -> Kind | None:
    """The kinds of which one short mark is not enough."""
    if data.startswith((b"MZ", b"ZM")) and b"\0" in data[:64]:
        return WINDOWS_PROGRAM
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return Kind("BMP image", Family.IMAGE)
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12])
    return _elsewhere(data) or _markup(data)


def _elsewhere(data: bytes) -> Kind | None:
    """The kinds whose mark does not stand at the beginning."""
    if data[4:8] == b"ftyp":
        return Kind("MP4", Family.SOUND)
    if data[257:262] == b"ustar":
        return TAR
    if data[7:14] == b"**ACE**" or (data[2:5] == b"-lh" and data[6:7] == b"-"):
        return Kind("ACE or LZH archive", Family.ARCHIVE)
    image = len(data) > _ISO_MARKS[0] and any(data.startswith((b"CD001", b"BEA01", b"NSR0"), at) for at in _ISO_MARKS)
    return ISO if image else None


_ISO_MARKS = (32_769, 34_817, 36_865)


def _markup(data: bytes) -> Kind | None:
    head = data[:MAX_SNIFFED_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")[2:]
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for _ in range(_PROLOGS):
        end = next((head.find(closing) + len(closing) for opening, closing in _PROLOG if head.startswith(opening)), 0)
        head = head[end:].lstrip()
        if not end:
            break
    match = _TAG.match(head)
    if match is None:
        # a reader of PDF takes the mark anywhere in the first kilobyte
        return PDF if b"%PDF-" in data[:1024] else None
    word = (match[1] or match[2]).lower()
    return SVG if word == b"svg" else HTML if match[2] or word == b"html" else None
