"""tar archives, judged against the standard library's tarfile."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.spoofing import MAX_ARCHIVE_MEMBERS
from mailsec.sender.spoofing.payload.listing import ArchiveDefect
from mailsec.sender.spoofing.payload.tars import list_tar, unpack_tar_member

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def tarred(members: dict[str, bytes], format: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9._-]{1,30}(/[a-z0-9._-]{1,30}){0,5}", fullmatch=True), st.binary(max_size=1_500), max_size=6
    ),
    st.sampled_from(FORMATS),
)
def test_members_are_those_of_the_standard_library(members: dict[str, bytes], format: int) -> None:
    try:
        data = tarred(members, format)
    except ValueError:
        return  # a name that the oldest format cannot hold
    listing = list_tar(data)
    assert [(m.name, m.size) for m in listing.members] == [(name, len(content)) for name, content in members.items()]
    assert not listing.defects
    assert [unpack_tar_member(data, m, 2_000) for m in listing.members] == list(members.values())


@pytest.mark.parametrize("format", FORMATS[1:])
def test_long_names(format: int) -> None:
    name = "d/" * 80 + "file.txt"
    assert [m.name for m in list_tar(tarred({name: b"x", "b": b""}, format)).members] == [name, "b"]


def test_folders_and_links() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, link in (("d", tarfile.DIRTYPE, ""), ("l", tarfile.SYMTYPE, "../x"), ("h", tarfile.LNKTYPE, "d/y")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            archive.addfile(info)
    assert [(m.name.rstrip("/"), m.folder, m.link) for m in list_tar(out.getvalue()).members] == [
        ("d", True, ""),
        ("l", False, "../x"),
        ("h", False, "d/y"),
    ]


def test_one_that_is_cut_off_or_no_archive() -> None:
    whole = tarred({"a": b"x" * 1_000}, tarfile.GNU_FORMAT)
    assert list_tar(whole[:900]).defects[0][0] is ArchiveDefect.TRUNCATED
    assert list_tar(b"x" * 600).defects[0][0] is ArchiveDefect.BROKEN
    assert list_tar(whole[:512] + whole[512:1536] + b"y" * 512).defects[0][0] is ArchiveDefect.BROKEN


@pytest.mark.parametrize("size", [b"-0000000001\0", b"0_1        \0", b"zzzzzzzzzzz\0"])
def test_a_size_that_is_none(size: bytes) -> None:
    data = bytearray(tarred({"a": b"x"}, tarfile.GNU_FORMAT))
    data[124:136] = size
    assert list_tar(bytes(data)).defects[0][0] is ArchiveDefect.BROKEN


def test_a_size_in_base_256() -> None:
    data = bytearray(tarred({"a": b"x"}, tarfile.GNU_FORMAT))
    data[124:136] = b"\x80" + (1 << 40).to_bytes(11, "big")
    listing = list_tar(bytes(data))
    assert listing.members[0].size == 1 << 40
    assert listing.defects[0][0] is ArchiveDefect.TRUNCATED


@pytest.mark.parametrize("content", [b"", b"x", b"0 path=a\n", b"12 path=a b\n", b"9 mtime=1\n", b"99999999999999999 path=a\n"])
def test_pax_records(content: bytes) -> None:
    header = bytearray(tarred({"p": content}, tarfile.USTAR_FORMAT))
    header[156:157] = b"x"
    member = tarred({"plain": b""}, tarfile.USTAR_FORMAT)
    names = [m.name for m in list_tar(bytes(header[: 512 + (512 if content else 0)]) + member).members]
    assert names == ["a b" if b"a b" in content else "a" if content.startswith(b"9999") else "plain"]


def test_a_bound_on_members() -> None:
    one = tarred({"a": b""}, tarfile.USTAR_FORMAT)[:512]
    listing = list_tar(one * (MAX_ARCHIVE_MEMBERS + 1))
    assert (len(listing.members), listing.defects[0][0]) == (MAX_ARCHIVE_MEMBERS, ArchiveDefect.TOO_MANY)


@given(st.integers(0, 1_500), st.binary(min_size=1, max_size=20))
def test_nothing_makes_it_fail(at: int, change: bytes) -> None:
    whole = tarred({"a": b"x" * 600, "b": b""}, tarfile.PAX_FORMAT)
    data = whole[:at] + change + whole[at + len(change) :]
    for member in list_tar(data).members:
        unpack_tar_member(data, member, 50)
