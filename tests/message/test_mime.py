"""The MIME structure: who is inside of whom, and where."""

from __future__ import annotations

import email
import email.message
import email.policy
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_MIME_DEPTH, MAX_MIME_PARTS
from mailsec.message.fields import parse
from mailsec.message.mime import Form, Method, MimeDefectKind, Structure, protection, structure


def read(text: str) -> tuple[bytes, Structure]:
    """The data and structure of a message written with LF."""
    message = parse(text.replace("\n", "\r\n").encode())
    return message.data, structure(message)


def tree(found: Structure) -> list[tuple[int, int, str]]:
    return [(part.parent, part.depth, part.type) for part in found.parts]


def kinds(found: Structure) -> dict[str, int]:
    return {defect.kind.value: defect.count for defect in found.defects}


def test_a_message_without_mime_is_one_part() -> None:
    data, found = read("From: a@b\n\nhello\n")
    (part,) = found.parts
    assert (part.parent, part.depth, part.type, part.media.encoding) == (-1, 0, "text/plain", "7bit")
    assert data[part.body : part.end] == b"hello\r\n"
    assert part.preamble_end == part.epilogue == part.end == len(data)


TWO = """From: a@b
Content-Type: multipart/mixed; boundary="=_x y"

before
--=_x y
Content-Type: text/HTML; charset=utf-8
Content-Transfer-Encoding: BASE64

one
--=_x y \t
\x20
two
--=_x y--
after
"""


def test_two_parts_with_preamble_and_epilogue() -> None:
    data, found = read(TWO)
    assert tree(found) == [(-1, 0, "multipart/mixed"), (0, 1, "text/html"), (0, 1, "text/plain")]
    root, one, two = found.parts
    assert data[root.body : root.preamble_end] == b"before"
    assert data[root.epilogue : root.end] == b"after\r\n"
    assert data[one.header : one.body].startswith(b"Content-Type: text/HTML")
    assert data[one.body : one.end] == b"one"
    assert one.media.encoding == "base64"
    assert one.media.parameter("charset") == "utf-8"
    assert data[two.header : two.end] == b" \r\ntwo"
    assert list(found.children(0)) == [1, 2]
    assert found.defects == ()


def test_what_a_signature_covers_goes_to_the_line_end_before_the_delimiter() -> None:
    data, found = read("Content-Type: multipart/signed; boundary=b\n\n--b\nX: y\n\nbody\n\n--b--\n")
    part = found.parts[1]
    assert data[part.header : part.end] == b"X: y\r\n\r\nbody\r\n"


def test_nested_multiparts_and_messages() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n"
        "Subject: inner\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nplain\n"
        "--i\nContent-Type: text/html\n\nx\n--i--\n\n--o\n\nlast\n--o--\n"
    )
    data, found = read(text)
    assert tree(found) == [
        (-1, 0, "multipart/mixed"),
        (0, 1, "message/rfc822"),
        (1, 2, "multipart/alternative"),
        (2, 3, "text/plain"),
        (2, 3, "text/html"),
        (0, 1, "text/plain"),
    ]
    assert data[found.parts[2].header :].startswith(b"Subject: inner")
    assert found.parts[2].end == found.parts[1].end
    assert data[found.parts[2].epilogue : found.parts[2].end] == b""
    assert found.defects == ()


def test_a_message_at_the_top_and_in_a_digest() -> None:
    _, found = read("Content-Type: message/rfc822\n\nSubject: x\n\nbody\n")
    assert tree(found) == [(-1, 0, "message/rfc822"), (0, 1, "text/plain")]
    _, found = read(
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nbody\n--b\nContent-Type: text/html\n\n--b--\n"
    )
    assert tree(found) == [(-1, 0, "multipart/digest"), (0, 1, "message/rfc822"), (1, 2, "text/plain"), (0, 1, "text/html")]


def test_an_encoded_composite_is_reported() -> None:
    _, found = read("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDog\n")
    assert len(found.parts) == 1
    assert kinds(found) == {"encoded-composite": 1}
    _, found = read("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\n--b--\n")
    assert len(found.parts) == 2
    assert kinds(found) == {"encoded-composite": 1}


def test_empty_parts() -> None:
    data, found = read("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n--b\nX: y\n--b\n\n\n--b--")
    assert [data[part.body : part.end] for part in found.parts[1:]] == [b"", b"", b"", b""]
    assert [data[part.header : part.end] for part in found.parts[1:]] == [b"", b"", b"X: y", b"\r\n"]
    for part in found.parts:
        assert part.header <= part.body <= part.preamble_end <= part.end
        assert part.body <= part.epilogue <= part.end


def test_a_boundary_that_begins_another() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
        "--bb\n\none\n--bb--\n--bbb\n--b\n\ntwo\n--b--\n"
    )
    data, found = read(text)
    assert tree(found) == [
        (-1, 0, "multipart/mixed"),
        (0, 1, "multipart/mixed"),
        (1, 2, "text/plain"),
        (0, 1, "text/plain"),
    ]
    assert data[found.parts[1].epilogue : found.parts[1].end] == b"--bbb"


def test_delimiters_of_a_closed_multipart_are_text() -> None:
    data, found = read("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\nhidden\n--b--\n")
    assert len(found.parts) == 2
    assert data[found.parts[0].epilogue : found.parts[0].end].startswith(b"--b\r\n\r\nhidden")


def test_an_inner_multipart_with_the_outer_boundary_stays_closed() -> None:
    _, found = read(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n"
    )
    assert [part.parent for part in found.parts] == [-1, 0, 0]
    assert kinds(found) == {"same-boundary": 1}


def test_unterminated_multiparts() -> None:
    text = "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--o\n\ny\n"
    data, found = read(text)
    assert kinds(found) == {"unterminated": 2}
    assert [data[part.body : part.end] for part in found.parts[2:]] == [b"x", b"y\r\n"]
    _, found = read("Content-Type: multipart/mixed; boundary=o\n\nno delimiter at all\n")
    assert len(found.parts) == 1
    assert kinds(found) == {"unterminated": 1}


def test_bare_line_feeds_end_lines() -> None:
    message = parse(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\n\none\n--b--\n")
    found = structure(message)
    assert message.data[found.parts[1].body : found.parts[1].end] == b"one"


@pytest.mark.parametrize(
    ("value", "defects"),
    [
        ("multipart/mixed", {"no-boundary": 1}),
        ('multipart/mixed; boundary=""', {"no-boundary": 1}),
        ("multipart", {"bad-type": 1}),
        ("multipart/mixed; boundary=a; boundary=b", {"repeated": 1, "unterminated": 1}),
        ("text/plain\nContent-Type: text/html", {"repeated": 1}),
    ],
)
def test_defects(value: str, defects: dict[str, int]) -> None:
    _, found = read(f"Content-Type: {value}\n\n--a\n\nx\n--a--x\n")
    assert kinds(found) == defects


def test_a_message_without_header() -> None:
    assert len(structure(parse(b"")).parts) == 1
    assert len(structure(parse(b"--b\r\n\r\n--b--")).parts) == 1


HEADER = b"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


def timed(data: bytes) -> tuple[Structure, float]:
    message = parse(data)
    started = time.process_time()
    found = structure(message)
    return found, time.process_time() - started


def test_two_thousand_levels() -> None:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000))
    closing = b"".join(b"--b%d--\r\n" % n for n in reversed(range(2000)))
    found, took = timed(b"From: a@b\r\n" + opening + b"\r\nx\r\n" + closing)
    assert len(found.parts) == MAX_MIME_DEPTH + 1
    assert kinds(found) == {"too-deep": 1}
    assert took < 0.2
    found, took = timed(b"From: a@b\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 2000)
    assert len(found.parts) == MAX_MIME_DEPTH + 1
    assert took < 0.2


@pytest.mark.parametrize(
    "unit",
    [b"--b\r\n\r\n", b"--b\r\n", b"--b\r\nX: y\r\n", b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n"],
)
def test_a_hundred_thousand_parts(unit: bytes) -> None:
    found, took = timed(HEADER + unit * (100_000 // unit.count(b"--")) + b"--b--\r\n")
    assert len(found.parts) == 100_001
    assert took < 5


@pytest.mark.parametrize(
    "body",
    [
        b"--c\r\n" * 500_000,
        b"--" * 1_000_000,
        b"--b" + b" " * 1_000_000 + b"\r\n",
        b"--b\r\n" + b"X: y\r\n" * 200_000,
        b"".join(b"--b\r\nContent-Type: text/plain; name=%d\r\n\r\n" % n for n in range(20_000)),
        b"--b\r\nContent-Type: text/plain; " + b"a=b; " * 100_000,
        b'--b\r\nContent-Type: text/plain; name="' + b"\\a" * 100_000,
        b"--b\r\nContent-Type: text/plain " + b"(" * 100_000,
    ],
)
def test_hostile_bodies_take_linear_time(body: bytes) -> None:
    found, took = timed(HEADER + body)
    assert len(found.parts) >= 1
    assert took < 5


def test_too_many_parts() -> None:
    found, _ = timed(HEADER + b"--b\r\n\r\n" * (MAX_MIME_PARTS + 5))
    assert len(found.parts) <= MAX_MIME_PARTS + 1
    assert MimeDefectKind.TOO_MANY_PARTS.value in kinds(found)


# --- against the standard library


_BOUNDARIES = ["a", "b", "ab", "a--", "=_1"]
_LEAF = st.sampled_from(["\n\ntext\n", "\nContent-Type: text/html\n\nx\n", "\n\n", "\nContent-Type: image/png\n\n--zz\n"])


def _multipart(boundary: str, parts: list[str], preamble: str) -> str:
    body = "".join(f"\n--{boundary}{part}" for part in parts)
    return f'\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n{preamble}{body}\n--{boundary}--\n'


@st.composite
def _trees(draw: st.DrawFn) -> str:
    names = draw(st.permutations(["o1", "o2x", "o2", "=_q"]))
    inner = _multipart(names[0], draw(st.lists(_LEAF, min_size=1, max_size=3)), "")
    middle = _multipart(names[1], [*draw(st.lists(_LEAF, max_size=2)), inner], "preamble\n")
    message = "\nContent-Type: message/rfc822\n" + middle
    return _multipart(names[2], [*draw(st.lists(_LEAF, max_size=2)), draw(st.sampled_from([middle, message, inner]))], "")


@given(_trees())
def test_it_agrees_with_the_standard_library_on_proper_messages(text: str) -> None:
    data, found = read("From: a@b" + text)
    assert found.defects == ()
    theirs = list(email.message_from_bytes(data, policy=email.policy.default).walk())
    assert [part.type for part in found.parts] == [each.get_content_type() for each in theirs]
    for part, each in zip(found.parts, theirs, strict=True):
        if not each.is_multipart():
            assert data[part.body : part.end].replace(b"\r\n", b"\n").decode() == each.get_payload().replace("\r\n", "\n")


_TYPES = ("multipart/mixed; boundary=a", "multipart/mixed; boundary=b", "message/rfc822", "multipart/digest; boundary=a")
_LINES = st.sampled_from(["--a", "--b", "--a--", "--b--", "", "text", " fold", *(f"Content-Type: {each}" for each in _TYPES)])


@given(st.lists(_LINES, max_size=25), st.sampled_from(["\r\n", "\n"]))
def test_parts_lie_inside_of_their_parents(lines: list[str], end: str) -> None:
    message = parse(end.join(lines).encode())
    found = structure(message)
    assert len({defect.kind for defect in found.defects}) == len(found.defects)
    protection(found)
    last = -1
    for index, part in enumerate(found.parts):
        assert part.header <= part.body <= part.preamble_end <= part.end <= len(message.data)
        assert part.body <= part.epilogue <= part.end
        assert last <= part.header
        last = part.header
        if part.parent >= 0:
            parent = found.parts[part.parent]
            assert part.parent < index
            assert part.depth == parent.depth + 1
            assert parent.body <= part.header <= part.end <= parent.end


# --- protections


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('multipart/signed; protocol="application/pgp-signature"; boundary=b', [(Method.OPENPGP, Form.SIGNED, 0)]),
        ("multipart/encrypted; protocol=application/PGP-encrypted; boundary=b", [(Method.OPENPGP, Form.ENCRYPTED, 0)]),
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=b', [(Method.SMIME, Form.SIGNED, 0)]),
        ('multipart/signed; protocol="application/x-pkcs7-signature"; boundary=b', [(Method.SMIME, Form.SIGNED, 0)]),
        ("application/pkcs7-mime; smime-type=signed-data", [(Method.SMIME, Form.SIGNED, 0)]),
        ("application/x-pkcs7-mime; smime-type=Enveloped-Data", [(Method.SMIME, Form.ENCRYPTED, 0)]),
        ("application/pkcs7-mime; smime-type=authEnveloped-data", [(Method.SMIME, Form.ENCRYPTED, 0)]),
        ("application/pkcs7-mime; smime-type=compressed-data", [(Method.SMIME, Form.COMPRESSED, 0)]),
        ("application/pkcs7-mime; smime-type=certs-only", [(Method.SMIME, Form.CERTIFICATES, 0)]),
        ("application/pkcs7-mime", [(Method.SMIME, Form.UNKNOWN, 0)]),
        ("application/octet-stream; name=SMIME.P7M", [(Method.SMIME, Form.UNKNOWN, 0)]),
        ("application/octet-stream; name=x.bin", []),
        ("multipart/signed; boundary=b", []),
        ("text/plain", []),
    ],
)
def test_protections(value: str, expected: list[tuple[Method, Form, int]]) -> None:
    _, found = read(f"Content-Type: {value}\n\n--b\n\nx\n--b--\n")
    assert list(protection(found)) == expected


def test_a_protection_without_protocol_goes_by_its_parts_and_may_lie_deeper() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/signed; boundary=i\n\n--i\n\nx\n"
        "--i\nContent-Type: application/pgp-signature\n\nx\n--i--\n--o\nContent-Type: application/pkcs7-mime\n\n--o--\n"
    )
    _, found = read(text)
    assert list(protection(found)) == [(Method.OPENPGP, Form.SIGNED, 1), (Method.SMIME, Form.UNKNOWN, 4)]


def test_a_message_part_cut_off_within_its_header_ends_with_its_content() -> None:
    data = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n--a\r\n"
    found = structure(parse(data)).parts
    assert [(part.type, part.header, part.end) for part in found[1:3]] == [("message/rfc822", 50, 78), ("text/plain", 78, 78)]
