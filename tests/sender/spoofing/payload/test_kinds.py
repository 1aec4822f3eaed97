from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.sender.spoofing.payload.kinds import Family, kind_of


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"MZ\x90\0" + b"\0" * 60, "Windows program"),
        (b"\x7fELF\x02", "ELF program"),
        (b"#!/bin/sh\n", "script with #!"),
        (b"PK\x03\x04", "ZIP archive"),
        (zipped(), "ZIP archive"),
        (gzip.compress(b"x", mtime=0), "gzip file"),
        (tar(), "tar archive"),
        (b"BZh91AY&SY", "bzip2 file"),
        (b"%PDF-1.7", "PDF"),
        (b"junk\n%PDF-1.7", "PDF"),
        (b"{\\rtf1", "RTF"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"BM\x10\0\0\0\0\0\0\0", "BMP image"),
        (b"RIFF\0\0\0\0WEBP", "WebP image"),
        (b"RIFF\0\0\0\0WAVE", "WAV sound"),
        (b"\0\0\0\x18ftypmp42", "MP4"),
        (b"1234567**ACE**", "ACE or LZH archive"),
        (b"x!-lh5-", "ACE or LZH archive"),
        (b"\0" * 32_769 + b"CD001", "ISO 9660 image"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"\xef\xbb\xbf \n<HTML >", "HTML"),
        (b"<!-- x --><body>", "HTML"),
        ("<html>".encode("utf-16"), "HTML"),
        (b"<?xml version='1.0'?><!-- a --><svg xmlns='x'>", "SVG"),
        (b"<!DOCTYPE svg PUBLIC>", "SVG"),
    ],
)
def test_marks(data: bytes, name: str) -> None:
    found = kind_of(data)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Hello",
        b"MZ is a label",
        b"BM is one too",
        b"RIFF of music",
        b"ID3 tags are nice",
        b"<note>",
        b"<!DOCTYPE note>",
        b"<!-- never closed",
        b"<?xml version='1.0'?><a/>",
        b"BZh text",
        b"\0" * 40_000,
    ],
)
def test_what_has_no_certain_mark(data: bytes) -> None:
    assert kind_of(data) is None


def test_families() -> None:
    assert {kind_of(data).family for data in (b"\x7fELF", b"MZ\0\0")} == {Family.PROGRAM}


@given(st.binary(max_size=400))
def test_anything_is_looked_at(data: bytes) -> None:
    kind_of(data)
    kind_of(b"<!--" + data)
