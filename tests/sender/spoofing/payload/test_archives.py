from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from mailsec.core.limits.spoofing import MAX_ARCHIVE_DEPTH, MAX_ARCHIVE_MEMBERS, MAX_ARCHIVE_SNIFFED, MAX_UNPACKED_BYTES
from mailsec.sender.spoofing.payload.archives import Budget, Contents, look_into
from mailsec.sender.spoofing.payload.kinds import kind_of
from mailsec.sender.spoofing.payload.listing import ArchiveDefect
from tests.sender.spoofing.payload.test_tars import FORMATS, tarred
from tests.sender.spoofing.payload.test_zips import zipped


def looked(data: bytes, budget: Budget | None = None) -> Contents:
    kind = kind_of(data)
    assert kind is not None
    return look_into(data, kind, budget or Budget())


def kinds(found: Contents) -> set[ArchiveDefect]:
    return {kind for kind, _ in found.defects}


@pytest.mark.parametrize("pack", [lambda data: gzip.compress(data, mtime=0), bz2.compress, lzma.compress])
def test_a_packed_tar_is_looked_through(pack) -> None:
    found = looked(pack(tarred({"a/b.exe": b"MZ" + b"\0" * 70}, FORMATS[0])))
    assert [item.path for item in found.items] == ["content", "content > a/b.exe"]
    assert found.items[1].kind is not None
    assert found.items[1].kind.name == "Windows program"
    assert not found.defects


def test_the_name_in_gzip() -> None:
    out = io.BytesIO()
    with gzip.GzipFile("invoice.exe", "wb", fileobj=out, mtime=0) as file:
        file.write(b"x" * 300)
    found = looked(out.getvalue())
    assert (found.items[0].path, found.items[0].member.size, found.size) == ("invoice.exe", 300, 300)
    with_extra = out.getvalue()[:3] + b"\x0c" + out.getvalue()[4:10] + b"\x02\0ab" + out.getvalue()[10:]
    assert looked(with_extra).items[0].path == "invoice.exe"
    assert looked(b"\x1f\x8b\x08\x08").items[0].path == "content"


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b\x08\0garbage of some length", b"BZh91AY&SYgarbage", b"\xfd7zXZ\0garbage garbage garbage"]
)
def test_what_cannot_be_unpacked(data: bytes) -> None:
    assert kinds(looked(data)) == {ArchiveDefect.BROKEN}


def test_a_kind_that_is_not_listed() -> None:
    assert looked(b"Rar!\x1a\x07\x01\0") == Contents(listed=False)


def test_depth_is_bounded() -> None:
    data = b"x"
    for each in range(MAX_ARCHIVE_DEPTH + 3):
        data = zipped({f"{each}.zip": data}, zipfile.ZIP_STORED)
    found = looked(data)
    assert kinds(found) == {ArchiveDefect.TOO_DEEP}
    assert found.items[-1].path.count(" > ") == MAX_ARCHIVE_DEPTH - 1


def test_what_is_unpacked_is_bounded() -> None:
    inner = zipped({"a": b"\0" * (MAX_UNPACKED_BYTES + 100)}, zipfile.ZIP_STORED)
    budget = Budget()
    found = looked(zipped({"a.zip": inner, "b.zip": inner}), budget)
    assert ArchiveDefect.NOT_UNPACKED in kinds(found)
    assert budget.octets <= 0


def test_members_that_are_looked_at_are_bounded() -> None:
    found = looked(zipped({f"{each}": b"#!/bin/sh" for each in range(MAX_ARCHIVE_SNIFFED + 1)}))
    assert sum(item.kind is not None for item in found.items) == MAX_ARCHIVE_SNIFFED
    assert kinds(found) == {ArchiveDefect.NOT_UNPACKED}


def test_members_of_all_depths_are_bounded() -> None:
    inner = zipped({f"{each}": b"" for each in range(4_000)}, zipfile.ZIP_STORED)
    found = looked(zipped({f"{each}.zip": inner for each in range(4)}))
    assert len(found.items) == MAX_ARCHIVE_MEMBERS
    assert ArchiveDefect.TOO_MANY in kinds(found)


def test_folders_links_and_encrypted_members_are_not_unpacked() -> None:
    found = looked(zipped({"d/": b"", "e": b""}))
    assert [item.kind for item in found.items] == [None, None]
    assert [item.member.folder for item in found.items] == [True, False]
