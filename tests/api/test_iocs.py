from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailsec.api.inspect_case import case_of
from mailsec.api.iocs import indicators
from mailsec.core.limits.spoofing import IOC_VALUES
from mailsec.message.fields import parse

EXAMPLES = Path(__file__).parents[2] / "examples" / "messages"


def found(data: bytes) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(each.type, each.value): each.where for each in indicators(case_of(parse(data)), "m.eml")}


def test_all_kinds_each_once_with_where_it_was_seen() -> None:
    iocs = found((EXAMPLES / "phish.eml").read_bytes())
    assert iocs["address", "bank-service@fake.example"] == ("Reply-To",)
    assert iocs["domain", "fake.example"] == ("Reply-To", "Return-Path", "part 1.2")
    assert iocs["url", "https://bank.example/unlock"] == ("part 1.1",)
    assert iocs["ip", "203.0.113.66"] == ("Received",)
    assert iocs["message-id", "7@fake.example"] == ("Message-ID",)
    assert iocs["file-name", "statement.zip"] == ("part 2",)
    assert iocs["file-name", "statement.pdf.exe"] == ("part 2",)
    assert {kind for kind, _ in iocs} == {"address", "domain", "url", "ip", "message-id", "file-name", "sha256", "sha1", "md5"}


def test_hashes_of_attachments() -> None:
    iocs = found(b"From: a@b.example\r\nContent-Disposition: attachment\r\n\r\nabc")
    for name in ("sha256", "sha1", "md5"):
        assert iocs[name, hashlib.new(name, b"abc").hexdigest()] == ("part 1",)


def test_odd_places() -> None:
    iocs = found(
        b"From: J <j@B\xc3\xbccher.example>\r\nTo: a@[192.0.2.9], b@[IPv6:2001:db8::9]\r\nX-Originating-IP: [198.51.100.7]\r\n"
        b"References: <1@a.example> <2@a.example>\r\nDKIM-Signature: v=1\r\nContent-Type: text/html\r\n\r\n"
        b"<a href='mailto:x@c.example,y@d.example,no?subject=1'>x</a><a href='http://192.0.2.5/'>y</a><a href='/z'>z</a>"
    )
    assert ("address", "j@xn--bcher-kva.example") in iocs
    assert {value for kind, value in iocs if kind == "ip"} == {"192.0.2.9", "2001:db8::9", "198.51.100.7", "192.0.2.5"}
    assert {value for kind, value in iocs if kind == "message-id"} == {"1@a.example", "2@a.example"}
    assert {"x@c.example", "y@d.example"} < {value for kind, value in iocs if kind == "address"}
    assert {value for kind, value in iocs if kind == "url"} == {"http://192.0.2.5/"}


def test_bounds() -> None:
    many = b"".join(b"To: u%d@h%d.example\r\n" % (each, each) for each in range(15_000))
    assert len(found(b"From: a@b.example\r\n" + many + b"\r\n")) <= IOC_VALUES
    large = b"To: a@b.example\r\nCc: " + b"x@y.example," * 30_000 + b"\r\n"
    assert ("address", "x@y.example") not in found(b"From: a@b.example\r\n" + large + b"\r\n")


@given(st.binary(max_size=300))
def test_any_message_has_indicators_or_none(data: bytes) -> None:
    for each in indicators(case_of(parse(b"From: a@b.example\r\nTo: " + data + b"\r\n\r\nhttp://" + data)), "x"):
        assert each.value
