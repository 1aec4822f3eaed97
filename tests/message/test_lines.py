"""Long lines, against the plain way to find them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_LINE
from mailsec.message.lines import long_line

line = st.sampled_from([0, 1, 76, MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, MAX_LINE + 2, 2 * MAX_LINE + 3])
end = st.sampled_from([b"\r\n", b"\n", b""])


def plain(data: bytes) -> tuple[int, int] | None:
    at = 0
    for each in data.split(b"\n"):
        stop = at + len(each.removesuffix(b"\r"))
        if stop - at > MAX_LINE:
            return at, stop
        at += len(each) + 1
    return None


@given(st.lists(st.tuples(line, end), max_size=8))
def test_first_line_that_is_too_long(lines: list[tuple[int, bytes]]) -> None:
    data = b"".join(b"x" * size + ended for size, ended in lines)
    assert long_line(data) == plain(data)


def test_limit_is_without_the_line_end() -> None:
    assert long_line(b"x" * MAX_LINE + b"\r\n") is None
    assert long_line(b"a\n" + b"x" * (MAX_LINE + 1)) == (2, MAX_LINE + 3)
    assert long_line(b"") is None
