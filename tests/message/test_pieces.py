from base64 import encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.sender import BODY_CHUNK
from mailsec.message.pieces import base64_lines, chunks, contains, gathered, size

CONTENT = st.lists(st.binary(max_size=200) | st.sampled_from([b"\r", b"\n", b"\r\n", b"a\r"]), max_size=8)


@given(CONTENT)
def test_base64_is_that_of_the_whole(content: list[bytes]) -> None:
    whole = b"".join(content)
    assert b"".join(base64_lines(map(memoryview, content))) == encodebytes(whole).replace(b"\n", b"\r\n")
    assert size(content) == len(whole)


@given(CONTENT, st.booleans())
def test_line_ends_are_those_of_the_whole(content: list[bytes], lf_only: bool) -> None:
    whole = b"".join(content)
    assert gathered(content, lf_only=lf_only) == (whole.replace(b"\r\n", b"\n") if lf_only else whole)


@given(CONTENT, st.binary(min_size=1, max_size=5))
def test_what_is_looked_for_is_found_across_pieces(content: list[bytes], wanted: bytes) -> None:
    whole = b"".join(content)
    assert contains(content, wanted) == (wanted in whole)
    assert contains(content, whole[3:90]) or not whole[3:90]


@pytest.mark.parametrize("octets", [BODY_CHUNK - 1, BODY_CHUNK, 3 * BODY_CHUNK + 7])
def test_large_pieces_come_in_chunks(octets: int) -> None:
    whole = bytes(range(251)) * (octets // 251 + 1)
    whole = whole[:octets]
    made = list(chunks([whole]))
    assert max(map(len, made)) <= BODY_CHUNK
    assert b"".join(made) == whole
    assert b"".join(base64_lines([whole])) == encodebytes(whole).replace(b"\n", b"\r\n")
    assert contains([whole[:5], whole[5:]], whole[3:20])
    assert gathered([whole + b"\r", b"\nx\r"], lf_only=True) == whole.replace(b"\r\n", b"\n") + b"\nx\r"
