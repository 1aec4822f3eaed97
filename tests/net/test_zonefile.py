"""Master files."""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import rdata
from mailsec.core.errors import BadInput
from mailsec.core.flow import Answer, AnswerStatus, Query, Record
from mailsec.net import zonefile, zonetext
from mailsec.net.zone import load_zones
from mailsec.net.zonedata import ZoneData

Content = dict[tuple[str, str], tuple[int, frozenset[bytes]]]


def read(text: str) -> ZoneData:
    data = ZoneData()
    zonefile.parse("test.zone", text, data)
    return data


def ours(text: str) -> Content:
    """RRsets by name and type, with the lowest TTL (RFC 2181 section 5.2)."""
    return {
        (owner, type): (min(record.ttl for record in held.values()), frozenset(held))
        for owner, node in read(text).nodes.items()
        for type, held in node.items()
        if isinstance(held, dict)
    }


def theirs(text: str) -> Content:
    """The same, as dnspython reads the zone."""
    zone = dns.zone.from_text(text, relativize=False, check_origin=False, idna_codec=dns.name.IDNA_2008_UTS_46)
    return {
        (rdata.name(owner.to_wire()), dns.rdatatype.to_text(rdataset.rdtype)): (
            rdataset.ttl,
            frozenset(each.to_wire() for each in rdataset),
        )
        for owner, node in zone.nodes.items()
        for rdataset in node.rdatasets
    }


HEAD = "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns hostmaster 1 2h 3m 4 5\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "@ NS ns\nns A 192.0.2.1\n   AAAA 2001:DB8::1\n",
        HEAD + 'a 300 IN TXT "x"\nb IN 300 TXT "x"\nc IN TXT x\nd 300 TXT x\n',
        "$ORIGIN example.com.\n@ 300 IN SOA ns host ( 1 ; serial\n 2 3\n\t4 5 )\n NS ns ; comment\n\n\n ; only\na A 192.0.2.1",
        "$ORIGIN example.com.\n@ SOA ns host 1 2 3 4 900\na A 192.0.2.1\nb 60 A 192.0.2.1\nc A 192.0.2.1\n",
        HEAD + '$ORIGIN sub\nx TXT "relative origin"\n$ORIGIN other.example.com.\n@ TXT "absolute"\n',
        HEAD + '$TTL 1w2d3h4m5s\nx TXT "units"\ny 1D TXT "units"\n',
        HEAD + 'x TXT "two" "strings" unquoted\ny TXT ""\nz TXT "a;b" ("c" ; d\n "e")\n',
        HEAD + r'x TXT "q\"uote" back\\slash \; \000\255 "caf\195\169" a\ b' + "\n",
        HEAD + 'x TXT "café ☕"\n',
        HEAD + "bücher A 192.0.2.1\nstraße MX 10 mäil\n",
        HEAD + r"a\.b A 192.0.2.1" + "\n" + r"\000\255 A 192.0.2.2" + "\n*.w A 192.0.2.3\n_dmarc TXT x\n",
        HEAD + 'x SPF "v=spf1 -all"\nx MX 65535 .\nx PTR y\ny DNAME z.\nc CNAME @\n',
        HEAD
        + r"x TYPE65280 \# 4 01020304"
        + "\n"
        + r"x A \# 4 c0000201"
        + "\n"
        + r"y TXT \# 3 02 6869"
        + "\n"
        + r"z TYPE65281 \# 0",
        HEAD + "_25._tcp TLSA 3 1 1 " + "ab" * 32 + '\nx SRV 1 2 3 y\nx CAA 0 issue "ca.example"\nx SSHFP 1 0 ( abcd\n ef )\n',
        HEAD + "@ RRSIG SOA 13 2 300 20300101000000 20250101000000 1 @ AAAA\n@ NSEC a A TXT\n@ DNSKEY 257 3 13 AAAA\n",
        HEAD + "A A 192.0.2.1\nTXT TXT TXT\nIN IN A 192.0.2.2\n",
        HEAD + "x A 192.0.2.1\nX A 192.0.2.2\nx A 192.0.2.1\n",
        HEAD.replace("\n", "\r\n") + "x A 192.0.2.1\r\n  A 192.0.2.2",
        HEAD + "x 10 A 192.0.2.1\nx 20 A 192.0.2.2\n",
        HEAD + "x CLASS1 TYPE1 192.0.2.1\n",
        HEAD + "x A (\n192.0.2.1\n)\ny (A 192.0.2.1)\nz A ((192.0.2.1))\n",
    ],
)
def test_dnspython_reads_the_same(text: str) -> None:
    assert ours(text) == theirs(text)


WORDS = st.sampled_from(
    [
        "@",
        "a",
        "b.example.com.",
        "A",
        "AAAA",
        "TXT",
        "MX",
        "CNAME",
        "SOA",
        "IN",
        "300",
        "1h",
        "192.0.2.1",
        "::1",
        "10",
        "(",
        ")",
        '"x"',
        '"y z"',
        "\n",
        "\n ",
        "; c\n",
        "$TTL",
        "$ORIGIN",
        "\\065",
        "\\#",
        "4",
        "c0000201",
        "ns",
        ".",
        "NS",
        "TYPE16",
    ]
)


@given(st.lists(WORDS, max_size=14))
def test_dnspython_reads_what_we_read(words: list[str]) -> None:
    text = HEAD + " ".join(words)
    try:
        expected = theirs(text)
    except (dns.exception.DNSException, ValueError):
        return
    try:
        found = ours(text)
    except BadInput:
        # We refuse more: out-of-zone data is kept by us and dropped by dnspython, a second SOA or CNAME is an error to us.
        return
    assert {key: value for key, value in found.items() if key[0].endswith("example.com")} == expected


def complaint(text: str) -> str:
    """What loading `text` is refused with, or nothing."""
    try:
        load_zones([("z", text)])
    except BadInput as error:
        return error.message
    return ""


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    message = complaint(text)
    assert not message or message.startswith("z")


@given(st.text(st.sampled_from('@ab.\\"();\n \t$0123456789ATXMINSO#*é\x00\ud800')))
def test_any_text_of_its_own_characters_is_read_or_refused(text: str) -> None:
    message = complaint(HEAD + text)
    assert not message or message.startswith("z, line ")
    assert message.isprintable()


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=5))
def test_every_text_record_can_be_written(strings: list[bytes]) -> None:
    wire = b"".join(bytes((len(each),)) + each for each in strings)
    data = read(f"x. TXT {rdata.show('TXT', wire)}")
    assert data.nodes["x"]["TXT"] == {wire: Record("x", "TXT", 300, wire)}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("@ SOA a. b. 1 2 3 4 5", 1, "`@` stands for the origin"),
        ("\nwww A 192.0.2.1", 2, "relative name"),
        ("a. MX 10 mx", 1, "relative name"),
        ("  A 192.0.2.1", 1, "has no name"),
        ("a.", 1, "has no type"),
        ("a. IN 300", 1, "has no type"),
        ("a. 300 400 A 192.0.2.1", 1, "'400' is not a record type"),
        ("a. CH A 192.0.2.1", 1, "class CH"),
        ("a. NONSENSE x", 1, "'NONSENSE' is not a record type"),
        ("a. ANY x", 1, "not a type that records have"),
        ("a. A 192.0.2.256", 1, "192.0.2.256"),
        ("a. A", 1, "one address, and 0 values"),
        ("a. AAAA ::1 ::2", 1, "one address, and 2 values"),
        ("a. AAAA fe80::1%eth0", 1, "no scope"),
        ("a. MX 65536 b.", 1, "not a number of 16 bits"),
        ("a. MX ١ b.", 1, "not a number of 16 bits"),
        ("a. MX 10", 1, "an MX record has"),
        ("a. TXT", 1, "at least one string"),
        ('a. TXT "' + "x" * 256 + '"', 1, "256 octets"),
        ("a. TXT " + '"x" ' * 40_000, 1, "at most 65535 octets"),
        ('a. TXT "x', 1, "not closed on its line"),
        ('a. TXT "x\ny"', 1, "not closed on its line"),
        ("a. TXT x\\", 1, "backslash"),
        (r"a. TXT \256", 1, "an escape is not valid"),
        (r"a. TXT \2x", 1, "an escape is not valid"),
        ("a. TXT \ud800", 1, "surrogates"),
        ("a. NS b. c.", 1, "one name, and 2 values"),
        ('a. NS "b."', 1, "quotation marks"),
        ("a. SOA b. c. 1 2 3 4", 1, "an SOA record has"),
        ("a. SOA b. c. 1 2 3 4 x", 1, "'x' is not a time"),
        ("a. 2147483648 A 192.0.2.1", 1, "at most 2147483647 seconds"),
        ("a. TLSA 1 2", 1, "the TLSA record cannot be read"),
        ("a. SRV 1 2 3 relative", 1, "the SRV record cannot be read"),
        (r"a. A \# 3 010203", 1, "the A record cannot be read"),
        (r"a. TYPE65280 x", 1, "cannot be read"),
        ("\n\na. TXT (\nx", 3, "a parenthesis is not closed"),
        ("a. TXT x )", 1, "closed that was not opened"),
        ("a. TXT (\nx\ny MX", 1, "not closed"),
        ("a. CNAME b.\na. A 192.0.2.1", 2, "CNAME and other"),
        ("a. A 192.0.2.1\na. CNAME b.", 2, "CNAME and other"),
        ("a. CNAME b.\na. CNAME c.", 2, "two different CNAME"),
        ("a. SOA b. c. 1 2 3 4 5\na. SOA b. c. 2 2 3 4 5", 2, "two different SOA"),
        ("$INCLUDE /etc/passwd", 1, "$INCLUDE is not supported"),
        ("$generate 1-10 a$ A 192.0.2.$", 1, "$GENERATE is not supported"),
        ("$ORIGIN", 1, "not a directive"),
        ("$TTL x", 1, "not a time"),
        ("$TTL 1ſ", 1, "not a time"),
        ("$NONSENSE", 1, "not a directive"),
        ("$ANSWER a. OK", 1, "not a directive"),
        ("$ANSWER a. TXT SERVFAIL more", 1, "not a directive"),
        ("$ANSWER a. NONSENSE SERVFAIL", 1, "not a record type"),
        ("$ANSWER a SERVFAIL", 1, "relative name"),
        ("$ANSWER a. SERVFAIL\n$ANSWER a. TIMEOUT", 2, "another answer"),
        ("a. TXT x\n$ANSWER a. TXT TIMEOUT", 2, "another answer"),
        ("$ANSWER a. TXT TIMEOUT\na. TXT x", 2, "stated as TIMEOUT"),
        ("a..b. A 192.0.2.1", 1, "empty label"),
        ("a" * 600_000, 1, "longer than"),
    ],
)
def test_errors_name_the_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    assert caught.value.message.startswith(f"test.zone, line {line}: ")
    assert words in caught.value.message
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "text", ["www A 192.0.2.1", "@ A 192.0.2.1", "$INCLUDE x", "$NONSENSE", "a. CH A 192.0.2.1", "  A 192.0.2.1"]
)
def test_errors_that_a_user_can_mend_have_a_hint(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    assert caught.value.hint.endswith(".")


def test_a_message_carries_nothing_to_the_terminal() -> None:
    with pytest.raises(BadInput) as caught:
        read("a. A \x1b[31m\u202e")
    assert caught.value.message.isprintable()


def test_the_same_record_twice_is_one() -> None:
    assert len(read("a. A 192.0.2.1\na. A 192.0.2.1").nodes["a"]["A"]) == 1
    read("a. SOA b. c. 1 2 3 4 5\na. SOA b. c. 1 2 3 4 5")


def test_signatures_and_statements_stand_beside_an_alias() -> None:
    read("a. CNAME b.\na. NSEC c. A\na. RRSIG CNAME 13 1 300 20300101000000 20250101000000 1 . AAAA\n$ANSWER a. TXT TIMEOUT")
    read("$ANSWER a. TXT TIMEOUT\n$ANSWER a. REFUSED\na. CNAME b.")


def test_where_nothing_says_how_long_a_record_lives() -> None:
    assert ours("a. A 192.0.2.1")["a", "A"][0] == 300
    assert ours("a. SOA b. c. 1 2 3 4 77\na. A 192.0.2.1")["a", "A"][0] == 77


def test_a_default_of_one_zone_ends_with_the_next() -> None:
    text = "a. SOA b. c. 1 2 3 4 77\na. A 192.0.2.1\nb. SOA b. c. 1 2 3 4 88\nb. A 192.0.2.1"
    assert ours(text)["a", "A"][0] == 77
    assert ours(text)["b", "A"][0] == 88


def test_a_byte_order_mark_is_no_name() -> None:
    source = load_zones([("z", "\ufeffa. A 192.0.2.1")])
    answer = source.start(Query("a", "A"))
    assert isinstance(answer, Answer)
    assert answer.status is AnswerStatus.OK


@pytest.mark.parametrize("piece", ['"', "(", "\\", '\\"', "a ", "; ", '""', "\t", "a.", "\\000"])
def test_a_long_line_of_one_thing_takes_no_longer_than_a_line(piece: str) -> None:
    # A quadratic scanner would need minutes for half a million characters.
    text = piece * (500_000 // len(piece))
    message = complaint("a. TXT " + text)
    assert not message or "line 1" in message


def test_many_types_at_one_name_are_no_trap() -> None:
    lines = [rf"a. TYPE{number} \# 0" for number in range(65_280, 65_530)]
    assert len(read("\n".join(lines)).nodes["a"]) == 250


def test_most_types_load_no_library() -> None:
    # Whoever adds a type here knows that offline runs start without dnspython.
    assert set(zonetext._OWN) == {"A", "AAAA", "CNAME", "DNAME", "MX", "NS", "PTR", "SOA", "SPF", "TXT"}
