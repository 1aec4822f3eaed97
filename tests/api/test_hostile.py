"""Hostile messages through `verify` and `inspect` whole: an answer each, soon, in every format.

The bounds are far above what is measured and far below what anything quadratic would take.
"""

from __future__ import annotations

import time

import pytest

from mailsec.api.inspect_message import InspectOptions, inspect_message
from mailsec.api.session import Session
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.core.results import Report
from mailsec.output.render import FORMATS, render
from tests.support import TableSource

FROM = b"From: a@b.example\r\n"
SIGNATURE = b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=x; h=from; bh=aa; b=aa\r\n"


def nested(levels: int) -> bytes:
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each) for each in range(levels))
    return FROM + parts + b"\r\nx\r\n"


CASES = {
    "nul": FROM + b"X: a\0b\r\n\r\nx\0",
    "bare CR": b"From: a@b.example\rX: a\r\n\r\nx",
    "a field of a megabyte": FROM + b"X: " + b"a" * 1_000_000 + b"\r\n\r\nx",
    "a From of a megabyte": b"From: " + b"a@b.example, " * 80_000 + b"\r\n\r\nx",
    "a megabyte of parentheses": b"From: " + b"(" * 1_000_000 + b"\r\n\r\nx",
    "10,000 fields": FROM + b"X: y\r\n" * 10_000 + b"\r\nx",
    "10,000 signatures": FROM + SIGNATURE * 10_000 + b"\r\nx",
    "10,000 From fields": FROM * 10_000 + b"\r\nx",
    "2,000 nested parts": nested(2_000),
    "100,000 empty parts": FROM
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\n" * 100_000
    + b"--b--\r\n",
    "a megabyte of spaces": FROM + SIGNATURE + b"\r\n" + b" " * 1_000_000 + b"x\r\n",
    "10,000 Received fields": b"Received: from x by y; now\r\n" * 10_000 + FROM + b"\r\nx",
    "100,000 lines without a colon": FROM + b"nocolon\r\n" * 100_000 + b"\r\nx",
    "a million bare LF": FROM + b"\r\n" + b"\n" * 1_000_000,
    "a header without an end": FROM + b"Subject: " + b"x\r\n " * 200_000,
}


def judged(data: bytes) -> Report:
    with Session(source=TableSource({})) as session:
        return verify_message(data, "hostile.eml", session, VerifyOptions(received_from="y")).report


def part(media: bytes, content: bytes) -> bytes:
    return FROM + b"Content-Type: " + media + b"\r\n\r\n" + content + b"\r\n"


def inspected(data: bytes) -> Report:
    return inspect_message(data, "hostile.eml", now=1_790_000_000, options=InspectOptions("y")).report


CASES |= {
    "a megabyte of tags": part(b"text/html", b"<a href=x>" * 100_000),
    "a tag of a megabyte": part(b"text/html", b"<a " + b"x=y " * 250_000),
    "a million character references": part(b"text/html", b"<a href='" + b"&#104;" * 170_000 + b"'>x</a>"),
    "a megabyte of addresses": part(b"text/plain", b"https://a.example/ " * 55_000),
    "an address of a megabyte": part(b"text/plain", b"https://" + b"a." * 500_000),
    "100,000 local headers of an archive": part(b"application/zip; name=a.zip", b"PK\3\4" * 250_000),
    "a megabyte of names": FROM + b"Content-Disposition: attachment; " + b"filename=a.exe; " * 3_000 + b"\r\n\r\nx",
    "10,000 enclosed messages": FROM
    + b"Content-Type: multipart/digest; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n" * 10_000
    + b"--b--\r\n",
}
JUDGES = {"verify": judged, "inspect": inspected}


@pytest.mark.parametrize("command", JUDGES)
@pytest.mark.parametrize("name", CASES)
def test_each_is_judged_soon(name: str, command: str) -> None:
    start = time.process_time()
    report = JUDGES[command](CASES[name])
    for format in FORMATS:
        text = "".join(render([report], format))
        assert len(text) < 4_000_000
    assert report.exit in (0, 1, 3)
    assert time.process_time() - start < 10


def test_a_from_hidden_behind_a_bare_line_feed_is_seen() -> None:
    report = judged(b"From: a@b.example\r\nSubject: x\nFrom: c@d.example\r\n\r\nHi\r\n")
    assert report.verdict is not None
    assert report.verdict.decided_by == 2
