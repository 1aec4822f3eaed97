from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.fields import parse
from mailsec.message.offsets import FileOffsets


@given(
    st.lists(
        st.sampled_from([b"X: y\n", b"X: y\r\n", b"\n", b"long line " * 400 + b"\n", b"From x\n", b"\xef\xbb\xbf"]), max_size=30
    )
)
def test_it_gives_what_the_message_gives(lines: list[bytes]) -> None:
    message = parse(b"".join(lines))
    offset = FileOffsets(message)
    for at in range(0, len(message.data) + 1, 97):
        assert offset(at) == message.file_offset(at)
    assert offset(len(message.data)) == message.file_offset(len(message.data))
