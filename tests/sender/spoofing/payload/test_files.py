from __future__ import annotations

import pytest

from mailsec.core.results import Evidence, EvidenceKind
from mailsec.sender.spoofing.payload.archives import Budget
from mailsec.sender.spoofing.payload.files import File, judge_file
from mailsec.sender.spoofing.payload.notes import Notes
from tests.sender.spoofing.payload.test_zips import zipped

PLACE = Evidence(EvidenceKind.BYTES, "part 2")
MZ = b"MZ" + b"\0" * 70
HTML = b"<html></html>"
PNG = b"\x89PNG\r\n\x1a\n"


def judged(data: bytes, name: str = "", media_type: str = "application/octet-stream") -> tuple[File, dict[str, str]]:
    notes = Notes()
    file = judge_file(data, (name,) if name else (), media_type, PLACE, (Budget(), notes))
    return file, {found.rule: found.severity.value for found in notes.findings()}


@pytest.mark.parametrize(
    ("data", "name", "media_type", "severity"),
    [
        (MZ, "a.pdf", "application/pdf", "high"),
        (MZ, "", "image/png", "high"),
        (HTML, "a.png", "image/png", "medium"),
        (b"%PDF-1", "a.jpg", "image/jpeg", "medium"),
        (PNG, "a.pdf", "application/pdf", "low"),
        (PNG, "a.txt", "text/plain", "low"),
        (b"#!/bin/sh", "a.pdf", "application/pdf", "low"),
        (b"%PDF-1", "a.html", "text/html", "low"),
        (PNG, "a.unknown", "application/pdf", "low"),
        (HTML, "a.txt", "text/plain", ""),
        (b"#!/bin/sh", "a.txt", "text/plain", ""),
        (HTML, "a.doc", "application/msword", ""),
        (PNG, "a.jpg", "image/jpeg", ""),
        (PNG, "a.unknown", "application/x-unknown", ""),
        (b"text", "a.pdf", "application/pdf", ""),
    ],
)
def test_what_a_part_says_it_is(data: bytes, name: str, media_type: str, severity: str) -> None:
    _, found = judged(data, name, media_type)
    assert found.get("payload-type-mismatch", "") == severity


def test_a_shortcut_to_a_site_is_less_than_a_program() -> None:
    assert judged(b"[InternetShortcut]", "a.url")[1] == {"payload-program": "medium"}
    assert judged(b"x", "a.hta")[1] == {"payload-program": "high"}


def test_a_program_without_a_name_is_called_by_its_part() -> None:
    notes = Notes()
    judge_file(MZ, (), "application/octet-stream", PLACE, (Budget(), notes))
    assert [found.message for found in notes.findings()] == ["part 2, without a name is a Windows program"]


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (["[Content_Types].xml"], "Office Open XML document"),
        (["META-INF/manifest.xml", "content.xml"], "OpenDocument"),
        (["META-INF/MANIFEST.MF", "A.class"], "Java program"),
        (["META-INF/MANIFEST.MF", "a.txt"], "ZIP archive"),
        (["AndroidManifest.xml", "classes.dex"], "Android program"),
        (["a.txt"], "ZIP archive"),
    ],
)
def test_what_a_zip_archive_is_in_truth(members: list[str], kind: str) -> None:
    file, _ = judged(zipped(dict.fromkeys(members, b"x")))
    assert file.kind is not None
    assert file.kind.name == kind


@pytest.mark.parametrize("member", ["Basic/script-lc.xml", "Scripts/python/x.py", "xl/macrosheets/sheet1.xml"])
def test_macros_of_other_kinds(member: str) -> None:
    mark = "[Content_Types].xml" if member.startswith("xl") else "META-INF/manifest.xml"
    assert "payload-office-macros" in judged(zipped({mark: b"x", member: b"x"}), "a.odt")[1]


def test_documents_are_not_judged_as_archives() -> None:
    _, found = judged(zipped({"[Content_Types].xml": b"x", "word/embeddings/a.exe": MZ}), "a.docx")
    assert found == {}


def test_a_cut_off_archive_is_said_to_be_one() -> None:
    whole = zipped({"a.txt": b"x" * 500})
    assert judged(whole[:60], "a.zip")[1] == {"payload-archive-broken": "info"}


def test_two_members_of_one_name() -> None:
    data = zipped({"a.txt": b"1", "b.txt": b"2"}).replace(b"b.txt", b"a.txt")
    assert judged(data, "a.zip")[1] == {"payload-archive-conflict": "low"}
