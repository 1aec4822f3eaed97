"""ZIP archives, judged against the standard library's zipfile."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.spoofing import MAX_ARCHIVE_MEMBERS
from mailsec.sender.spoofing.payload.listing import ArchiveDefect, Listing
from mailsec.sender.spoofing.payload.zips import list_zip, unpack_zip_member

DATE = (2026, 9, 21, 14, 0, 0)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, method)
        archive.comment = comment
    return out.getvalue()


def kinds(listing: Listing) -> set[ArchiveDefect]:
    return {kind for kind, _ in listing.defects}


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\\/"), min_size=1, max_size=20),
        st.binary(max_size=2_000),
        max_size=8,
    ),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.binary(max_size=30),
)
def test_members_are_those_of_the_standard_library(members: dict[str, bytes], method: int, stub: bytes) -> None:
    data = stub.replace(b"PK", b"XX") + zipped(members, method, b"a comment")
    listing = list_zip(data)
    with zipfile.ZipFile(io.BytesIO(data)) as judge:
        assert [(m.name, m.size, m.packed) for m in listing.members] == [
            (i.filename, i.file_size, i.compress_size) for i in judge.infolist()
        ]
    assert not listing.defects
    assert [unpack_zip_member(data, m, 5_000) for m in listing.members] == list(members.values())
    assert listing.size == sum(map(len, members.values()))


def test_only_the_first_octets_are_unpacked() -> None:
    data = zipped({"a": b"x" * 10_000_000})
    (member,) = list_zip(data).members
    assert unpack_zip_member(data, member, 100) == b"x" * 100
    assert unpack_zip_member(data, member, 0) == b""


def test_a_member_in_a_way_that_is_not_read() -> None:
    data = zipped({"a": b"x" * 100}, zipfile.ZIP_BZIP2)
    assert unpack_zip_member(data, list_zip(data).members[0], 10) == b""


def test_a_broken_stream_yields_nothing() -> None:
    data = bytearray(zipped({"a": b"hello hello hello"}))
    data[31:35] = b"\xff\xff\xff\xff"
    assert unpack_zip_member(bytes(data), list_zip(bytes(data)).members[0], 10) == b""


def test_without_its_directory_it_is_listed_by_its_headers() -> None:
    whole = zipped({"a.txt": b"x" * 50, "b.txt": b"y" * 50}, zipfile.ZIP_STORED)
    listing = list_zip(whole[: whole.index(b"PK\x01\x02")])
    assert [(m.name, m.size) for m in listing.members] == [("a.txt", 50), ("b.txt", 50)]
    assert kinds(listing) == {ArchiveDefect.TRUNCATED}


def test_a_streamed_member_without_directory_reaches_to_the_next() -> None:
    out = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override] # a pipe cannot be searched, so sizes come later
            return out.write(data)

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("a", DATE), b"first")
        archive.writestr(zipfile.ZipInfo("b", DATE), b"second")
    data = out.getvalue()
    listing = list_zip(data[: data.index(b"PK\x01\x02")])
    assert [(m.name, m.size) for m in listing.members] == [("a", -1), ("b", -1)]
    assert [m.name for m in list_zip(data).members] == ["a", "b"]


def test_a_directory_that_is_elsewhere() -> None:
    data = bytearray(zipped({"a": b"x"}))
    end = data.index(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<L", 5)
    data[end + 12 : end + 16] = struct.pack("<L", len(data))
    listing = list_zip(bytes(data))
    assert kinds(listing) == {ArchiveDefect.BROKEN}
    assert [m.name for m in listing.members] == ["a"]


def test_a_member_that_is_not_where_the_directory_says() -> None:
    data = bytearray(zipped({"a": b"x"}))
    at = data.index(b"PK\x01\x02")
    data[at + 42 : at + 46] = struct.pack("<L", 7)
    listing = list_zip(bytes(data))
    assert kinds(listing) == {ArchiveDefect.BROKEN}
    assert unpack_zip_member(bytes(data), listing.members[0], 9) == b""


def test_fewer_members_than_said() -> None:
    data = bytearray(zipped({"a": b"x"}))
    end = data.index(b"PK\x05\x06")
    data[end + 10 : end + 12] = struct.pack("<H", 7)
    assert kinds(list_zip(bytes(data))) == {ArchiveDefect.TRUNCATED}


def test_another_method_in_front_of_the_content() -> None:
    data = bytearray(zipped({"a": b"x" * 30}))
    data[8:10] = struct.pack("<H", 0)
    assert kinds(list_zip(bytes(data))) == {ArchiveDefect.CONFLICT}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a", DATE), b"1")
        archive.writestr(zipfile.ZipInfo("a", DATE), b"2")
    assert kinds(list_zip(out.getvalue())) == {ArchiveDefect.DUPLICATE}


def test_sizes_in_64_bits() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open(zipfile.ZipInfo("big", DATE), "w", force_zip64=True) as member:
        member.write(b"x" * 9)
    data = bytearray(out.getvalue())
    at = data.index(b"PK\x01\x02")
    extra = struct.pack("<2HQ", 1, 8, 5_000_000_000)
    data[at + 24 : at + 28] = b"\xff\xff\xff\xff"
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    end = data.index(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<L", end - at + len(extra))
    name_end = at + 46 + 3
    listing = list_zip(bytes(data[:name_end] + extra + data[name_end:]))
    assert listing.members[0].size == 5_000_000_000


def test_a_name_that_is_not_utf8_is_read_as_old_programs_do() -> None:
    data = zipped({"AA": b"x"}).replace(b"AA", b"\x81A")
    assert list_zip(data).members[0].name == "\u00fcA"


def test_a_bound_on_members() -> None:
    one = zipped({"a": b""}, zipfile.ZIP_STORED)
    at, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    count = MAX_ARCHIVE_MEMBERS + 5
    directory = one[at:end] * count
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)
    listing = list_zip(one[:at] + directory + tail)
    assert len(listing.members) == MAX_ARCHIVE_MEMBERS
    assert ArchiveDefect.TOO_MANY in kinds(listing)
    headers = list_zip(one[:at] * count)
    assert len(headers.members) == MAX_ARCHIVE_MEMBERS
    assert ArchiveDefect.TOO_MANY in kinds(headers)


@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=8))
def test_nothing_makes_it_fail(tail: bytes, at: int, change: bytes) -> None:
    whole = zipped({"a": b"hello", "b/": b"", "c": b"x" * 100})
    for data in (
        whole[:at] + change + whole[at + len(change) :] + tail,
        b"PK\x03\x04" + tail,
        b"PK\x01\x02" + tail + b"PK\x05\x06" + tail,
    ):
        for member in list_zip(data).members:
            unpack_zip_member(data, member, 50)
