"""What a reply packet says, without a socket."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import AnswerStatus
from mailsec.core.limits.network import MAX_ANSWER_RECORDS, MAX_CNAMES
from mailsec.net import wire
from mailsec.net.names import encode
from mailsec.net.wire import Asked, Failure, Follow, Found, Outcome, Truncated, read

NAME = encode("example.com")


def asked(type: int = 16) -> Asked:
    return Asked(0x1234, NAME, type)


def packet(text: str, flags: str = "QR RD RA", rcode: str = "NOERROR") -> bytes:
    head = f"id 4660\nopcode QUERY\nrcode {rcode}\nflags {flags}\n;QUESTION\nexample.com. IN TXT\n"
    return dns.message.from_text(head + text).to_wire()


def judge(text: str, flags: str = "QR RD RA", rcode: str = "NOERROR") -> Outcome:
    data = packet(text, flags, rcode)
    assert asked().is_answered_by(data)
    return read(asked(), data)


SOA = "example.com. 60 IN SOA ns. host. 1 2 3 4 5\n"


def test_the_question_that_goes_out() -> None:
    message = dns.message.from_wire(Asked(7, encode("Example.com"), 15, True, True, True).packet())
    assert message.id == 7
    assert message.question[0].to_text() == "Example.com. IN MX"
    assert message.edns == 0
    assert message.payload == 1232
    assert str(wire.dns.flags.to_text(message.flags)) == "RD CD"
    assert message.ednsflags == 0x8000
    plain = dns.message.from_wire(Asked(7, NAME, 15, edns=False, dnssec_ok=True).packet())
    assert (plain.edns, plain.additional) == (-1, [])


def test_an_answer() -> None:
    found = judge(
        ";ANSWER\nexample.com. 60 IN TXT x\nexample.com. 60 IN RRSIG TXT 13 2 60 20300101000000 20250101000000 1 . AAAA\n"
    )
    assert isinstance(found, Found)
    assert found.status is AnswerStatus.OK
    assert [(record.owner, record.type, record.ttl, record.rdata) for record in found.records] == [
        ("example.com", "TXT", 60, b"\x01x")
    ]
    assert [record.type for record in found.proof] == ["RRSIG"]


def test_names_inside_records_are_uncompressed() -> None:
    message = dns.message.from_text(
        "id 4660\nflags QR RA\n;QUESTION\nexample.com. IN MX\n;ANSWER\nexample.com. 1 IN MX 10 mx.example.com.\n"
    )
    found = read(asked(15), message.to_wire())
    assert isinstance(found, Found)
    assert found.records[0].rdata == b"\0\x0a" + encode("mx.example.com")


@pytest.mark.parametrize(
    ("text", "flags", "rcode", "status"),
    [
        (";AUTHORITY\n" + SOA, "QR RA", "NOERROR", AnswerStatus.NODATA),
        (";AUTHORITY\n" + SOA, "QR AA", "NOERROR", AnswerStatus.NODATA),
        (";AUTHORITY\n. 60 IN SOA a. b. 1 2 3 4 5\n", "QR RA", "NXDOMAIN", AnswerStatus.NXDOMAIN),
        ("", "QR RA", "NOERROR", AnswerStatus.NODATA),
        ("", "QR RA", "NXDOMAIN", AnswerStatus.NXDOMAIN),
        (";AUTHORITY\n" + SOA + "example.com. 60 IN NS ns.\n", "QR AA", "NOERROR", AnswerStatus.NODATA),
        (";ANSWER\nexample.com. 60 IN CNAME b.\n", "QR RA", "NXDOMAIN", AnswerStatus.NXDOMAIN),
        (
            ";ANSWER\nexample.com. 60 IN CNAME b.\n;AUTHORITY\nb. 60 IN SOA a. b. 1 2 3 4 5\n",
            "QR RA",
            "NOERROR",
            AnswerStatus.NODATA,
        ),
    ],
)
def test_absence(text: str, flags: str, rcode: str, status: AnswerStatus) -> None:
    found = judge(text, flags, rcode)
    assert isinstance(found, Found)
    assert found.status is status
    assert not found.records


@pytest.mark.parametrize(
    ("text", "flags", "rcode", "words"),
    [
        ("", "QR", "NOERROR", "lame"),
        ("", "QR", "NXDOMAIN", "lame"),
        (";AUTHORITY\n" + SOA, "QR", "NOERROR", "lame"),
        (";AUTHORITY\nexample.com. 60 IN NS ns.\n", "QR RA", "NOERROR", "a referral"),
        (";AUTHORITY\ncom. 60 IN NS ns.\nother. 60 IN SOA a. b. 1 2 3 4 5\n", "QR AA", "NOERROR", "a referral"),
        (";ANSWER\nother. 60 IN TXT x\n", "QR RA", "NOERROR", "malformed"),
        (";ANSWER\nexample.com. 60 IN A 192.0.2.1\n", "QR RA", "NOERROR", "malformed"),
        (";ANSWER\ncom. 60 IN DNAME org.\n", "QR RA", "NOERROR", "malformed"),
        (";ANSWER\nexample.com. 60 IN TXT x\n", "QR RA", "NXDOMAIN", "NXDOMAIN with records"),
        (";ANSWER\nexample.com. 60 CH TXT x\n", "QR RA", "NOERROR", ""),
    ],
)
def test_what_is_no_absence(text: str, flags: str, rcode: str, words: str) -> None:
    outcome = judge(text, flags, rcode)
    if words:
        assert isinstance(outcome, Failure)
        assert words in outcome.reason
        assert outcome.status is AnswerStatus.SERVFAIL
    else:
        assert not getattr(outcome, "records", ())


def test_aliases_within_the_reply_are_followed() -> None:
    found = judge(";ANSWER\nc. 60 IN TXT x\nb. 60 IN CNAME C.\nexample.com. 60 IN CNAME b.\n")
    assert isinstance(found, Found)
    assert [alias.owner for alias in found.aliases] == ["example.com", "b"]
    assert found.records[0].owner == "c"


def test_an_alias_that_the_reply_leaves_open_is_followed_by_another_question() -> None:
    outcome = judge(";ANSWER\nexample.com. 60 IN CNAME B.\n;AUTHORITY\nexample.com. 60 IN SOA a. b. 1 2 3 4 5\n")
    assert isinstance(outcome, Follow)
    assert outcome.target.lower() == b"\x01b\0"


def test_a_loop_within_the_reply_ends() -> None:
    outcome = judge(";ANSWER\nexample.com. 60 IN CNAME b.\nb. 60 IN CNAME example.com.\n")
    assert isinstance(outcome, Follow)
    assert len(outcome.aliases) == MAX_CNAMES + 1


@pytest.mark.parametrize("code", range(16))
def test_every_code(code: int) -> None:
    outcome = read(asked(), packet("", rcode=dns.rcode.to_text(dns.rcode.Rcode.make(code))))
    if code in (0, 3):
        assert isinstance(outcome, Found)
    else:
        assert isinstance(outcome, Failure)
        assert outcome.status is (AnswerStatus.REFUSED if code == 5 else AnswerStatus.SERVFAIL)
        assert outcome.without_edns is (code in (1, 4))
        assert not outcome.again


def test_codes_that_need_edns() -> None:
    message = dns.message.from_wire(packet(""))
    message.use_edns(0)
    message.set_rcode(dns.rcode.BADVERS)
    outcome = read(asked(), message.to_wire())
    assert isinstance(outcome, Failure)
    assert outcome.reason == "BADVERS"


def test_without_edns_nothing_is_gained_by_leaving_it_out() -> None:
    outcome = read(Asked(0x1234, NAME, 16, edns=False), packet("", rcode="FORMERR"))
    assert isinstance(outcome, Failure)
    assert not outcome.without_edns


def test_truncation_comes_before_everything() -> None:
    assert isinstance(judge("", "QR TC RA", "NXDOMAIN"), Truncated)


def test_too_many_records_are_not_read() -> None:
    data = bytearray(packet(""))
    data[6:8] = (MAX_ANSWER_RECORDS + 1).to_bytes(2, "big")
    outcome = read(asked(), bytes(data))
    assert isinstance(outcome, Failure)
    assert "more than" in outcome.reason


def test_which_packets_answer() -> None:
    good = packet("")
    assert asked().is_answered_by(good)
    assert Asked(0x1234, NAME.upper(), 16).is_answered_by(good)
    assert not Asked(0x1235, NAME, 16).is_answered_by(good)
    assert not Asked(0x1234, NAME, 17).is_answered_by(good)
    assert not Asked(0x1234, encode("example.net"), 16).is_answered_by(good)
    assert not asked().is_answered_by(asked().packet())
    assert not asked().is_answered_by(good[:11])
    assert not asked().is_answered_by(b"")
    assert not asked().is_answered_by(good[:2] + b"\xa9\x80" + good[4:]), "another opcode"
    assert not asked().is_answered_by(good[:4] + b"\0\2" + good[6:]), "two questions"
    assert not asked().is_answered_by(good[:-1] + b"\3"), "another class"
    # The case of a type's octets matters: 65 and 97 are two types, though A and a are one letter.
    assert not Asked(0x1234, NAME, 97).is_answered_by(packet("").replace(b"\0\x10\0\1", b"\0\x41\0\1"))


@pytest.mark.parametrize("code", range(16))
def test_only_an_error_may_leave_the_question_out(code: int) -> None:
    assert asked().is_answered_by(b"\x12\x34\x81" + bytes((0x80 | code,)) + bytes(8)) is (code not in (0, 3))


@given(st.binary(max_size=80), st.integers(0, 65_535))
def test_no_octets_make_it_raise(tail: bytes, counts: int) -> None:
    head = packet("")
    data = head[:6] + counts.to_bytes(2, "big") + head[8:] + tail
    assert isinstance(read(asked(), data), Found | Follow | Failure | Truncated)


@given(st.data())
def test_no_change_of_a_good_reply_makes_it_raise(data: st.DataObject) -> None:
    good = bytearray(
        packet(
            ";ANSWER\nexample.com. 60 IN CNAME b.\nb. 60 IN TXT x y\n;AUTHORITY\nb. 60 IN NSEC c. A TXT\n"
            + "b. 9 IN SOA a. b. 1 2 3 4 5\n"
        )
    )
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(2, len(good) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read(asked(), bytes(good)), Found | Follow | Failure | Truncated)


# --- the AD flag (RFC 6840 sections 5.7 and 5.8)


@pytest.mark.parametrize("trust", [True, False])
def test_the_ad_flag_is_asked_for_only_where_it_counts(trust: bool) -> None:
    message = dns.message.from_wire(Asked(7, NAME, 16, trust_ad=trust).packet())
    assert bool(message.flags & dns.flags.AD) is trust
    assert bool(dns.message.from_wire(Asked(7, NAME, 16, edns=False, trust_ad=trust).packet()).flags & dns.flags.AD) is trust


@pytest.mark.parametrize("ad", [True, False])
@pytest.mark.parametrize(
    ("text", "rcode", "kind"),
    [
        (";ANSWER\nexample.com. 60 IN TXT x\n", "NOERROR", Found),
        (";AUTHORITY\n" + SOA, "NOERROR", Found),
        ("", "NXDOMAIN", Found),
        (";ANSWER\nexample.com. 60 IN CNAME b.\n", "NOERROR", Follow),
    ],
)
def test_what_the_server_has_validated_is_authentic(text: str, rcode: str, kind: type, ad: bool) -> None:
    found = judge(text, "QR RD RA AD" if ad else "QR RD RA", rcode)
    assert isinstance(found, kind)
    assert found.authentic is ad
