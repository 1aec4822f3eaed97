"""Everything that a proof needs arrives in `Answer.proof`, whatever the answer is."""

from __future__ import annotations

import dns.message
import pytest

from mailsec.net.names import encode
from mailsec.net.wire import Asked, Follow, Found, read

SIGNATURE = "13 2 60 20300101000000 20250101000000 1 test. AAAA"
SOA = "test. 60 IN SOA ns. host. 1 2 3 4 5\ntest. 60 IN RRSIG SOA " + SIGNATURE


def proof(text: str, rcode: str = "NOERROR") -> set[tuple[str, str]]:
    head = f"id 4660\nopcode QUERY\nrcode {rcode}\nflags QR AA\n;QUESTION\na.test. IN TXT\n"
    outcome = read(Asked(0x1234, encode("a.test"), 16), dns.message.from_text(head + text).to_wire())
    assert isinstance(outcome, Found | Follow)
    return {(record.owner, record.type) for record in outcome.proof}


@pytest.mark.parametrize("kind", ["NSEC b.test. A RRSIG NSEC", "NSEC3 1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"])
@pytest.mark.parametrize("rcode", ["NOERROR", "NXDOMAIN"])
def test_absence(kind: str, rcode: str) -> None:
    type = kind.partition(" ")[0]
    text = f";AUTHORITY\n{SOA}\n0.test. 60 IN {kind}\n0.test. 60 IN RRSIG {type} {SIGNATURE}\n"
    assert proof(text, rcode) == {("test", "SOA"), ("test", "RRSIG"), ("0.test", type), ("0.test", "RRSIG")}


def test_a_wildcard() -> None:
    text = f";ANSWER\na.test. 60 IN TXT x\na.test. 60 IN RRSIG TXT {SIGNATURE}\n;AUTHORITY\n0.test. 60 IN NSEC b.test. A\n"
    assert proof(text) == {("a.test", "RRSIG"), ("0.test", "NSEC")}


def test_aliases() -> None:
    first = f";ANSWER\na.test. 60 IN CNAME b.test.\na.test. 60 IN RRSIG CNAME {SIGNATURE}\n"
    text = f"{first}b.test. 60 IN TXT x\nb.test. 60 IN RRSIG TXT {SIGNATURE}\n"
    assert proof(text) == {("a.test", "RRSIG"), ("b.test", "RRSIG")}
    dname = f";ANSWER\ntest. 60 IN DNAME other.\ntest. 60 IN RRSIG DNAME {SIGNATURE}\na.test. 60 IN CNAME a.other.\n"
    assert proof(dname) == {("test", "DNAME"), ("test", "RRSIG")}
