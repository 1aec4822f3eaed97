"""What the name of a file says: how it is opened, and whether it is written so that a reader is misled."""

from __future__ import annotations

import re

from mailsec.message.names import extension
from mailsec.sender.spoofing.payload.kinds import Family


def words(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())


# what runs, installs or is linked to something that runs when it is opened on a desktop: the extensions that mail programs and
# large providers refuse
PROGRAMS = words(
    "ade adp apk app application appref-ms appx appxbundle bat chm cmd com command cpl diagcab dll dmg exe gadget hlp "
    "hta inf ins iqy isp jar jnlp js jse lib library-ms lnk mde mjs msc msi msix msixbundle msp mst nsh ocx pif pkg ps1 "
    "ps1xml psc1 psd1 psm1 rdp reg scf scr sct search-ms settingcontent-ms shb slk sys theme url vb vbe vbs vxd wsc wsf "
    "wsh xbap xll"
)
DISK_IMAGES = words("iso img vhd vhdx vmdk udf daa nrg")
MACROS = words("docm dotm xlsm xltm xlsb xlam pptm potm ppsm ppam sldm")
PAGES = words("htm html shtml xhtml xht mht mhtml svg")
_IMAGES = words("jpg jpeg jpe jfif png gif bmp tif tiff webp ico heic")
_OFFICE = words("doc docx dot dotx xls xlsx xlt ppt pptx pps odt ods odp")
_SOUNDS = words("mp3 mp4 m4a mov avi wav ogg flac mpg mpeg")
_ARCHIVES = words("zip rar 7z gz tgz bz2 xz tar cab arj ace lzh")
_TEXTS = words("txt csv log md ics vcf eml")
# what a reader takes for harmless in front of the last dot
_DECOYS = _IMAGES | _OFFICE | _SOUNDS | _ARCHIVES | _TEXTS | {"pdf", "rtf", "htm", "html"}

_ARCHIVE_LIKE = (Family.ARCHIVE, Family.OFFICE, Family.DOCUMENT, Family.HTML)
EXPECTED: dict[str, tuple[Family, ...]] = {
    **dict.fromkeys(_IMAGES, (Family.IMAGE,)),
    **dict.fromkeys(_OFFICE, _ARCHIVE_LIKE),
    **dict.fromkeys(MACROS, _ARCHIVE_LIKE),
    **dict.fromkeys(_SOUNDS, (Family.SOUND,)),
    **dict.fromkeys(_ARCHIVES, (Family.ARCHIVE,)),
    **dict.fromkeys(_TEXTS, ()),
    **dict.fromkeys(DISK_IMAGES, (Family.DISK_IMAGE, Family.ARCHIVE)),
    **dict.fromkeys(PAGES, (Family.HTML,)),
    "pdf": (Family.DOCUMENT,),
    "rtf": (Family.DOCUMENT, Family.OFFICE, Family.ARCHIVE),
    "ps": (Family.DOCUMENT,),
}
"""The families that content with this extension can be of; none means text."""

_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BLANKS = " \t\u00a0\u2800\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_MANY_BLANKS = 5
_MUCH_PADDING = 8
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def runs(name: str) -> bool:
    """True where a file of this name runs when it is opened."""
    return extension(name) in PROGRAMS


def double_extension(name: str) -> str:
    """The two ends of a name that pretends to be a document's, as in `.pdf.exe`; "" for any other."""
    stem, dot, last = name.strip().rstrip(" .").rpartition(".")
    before = stem.rstrip(" .\u00a0_").rpartition(".")[2].strip().lower()
    return f".{before}.{last}" if dot and last.lower() in PROGRAMS and before in _DECOYS else ""


def hidden_end(name: str) -> str:
    """By what the end of a name is kept from a reader's eyes, "" where it is not."""
    if _OVERRIDES.search(name):
        return "characters that turn the direction of writing"
    if _padded(name):
        return "a run of blanks in front of its end"
    if _INVISIBLE.search(name):
        return "invisible characters"
    return ""


def _padded(name: str) -> bool:
    """True where many blanks stand together in front of what a reader may not see, or other padding before a program's end."""
    last = max(name.rfind(blank) for blank in _BLANKS) + 1
    if last - len(name[:last].rstrip(_BLANKS)) >= _MANY_BLANKS:
        return True
    stem = name.rpartition(".")[0]
    return len(stem) - len(stem.rstrip(_BLANKS + "_.")) >= _MUCH_PADDING and runs(name)


def leads_out(name: str) -> bool:
    """True for a member's name that an unpacking program could follow out of its folder."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or _DRIVE.match(name) is not None
