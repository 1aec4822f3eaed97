"""Address lists, proper, obsolete and hostile."""

from __future__ import annotations

import email.headerregistry
import email.policy
import email.utils
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.domains import DomainError
from mailsec.core.limits.message import MAX_ADDRESS_BYTES, MAX_ADDRESS_DEFECTS, MAX_ADDRESSES, MAX_GROUPS
from mailsec.message.addresses import AddressDefect, AddressDefectKind, AddressList, Grade, _Parser, parse_addresses


def read(found: AddressList) -> list[tuple[bytes, bytes]]:
    return [(mailbox.display, mailbox.address) for mailbox in found.mailboxes]


def kinds(found: AddressList) -> list[str]:
    return [defect.kind.value for defect in found.defects]


# RFC 5322 appendix A: section, value, (display name, address) of each mailbox, names of groups, defects
APPENDIX_A = [
    ("A.1.1", b"John Doe <jdoe@machine.example>", [(b"John Doe", b"jdoe@machine.example")], [], []),
    ("A.1.2", b'"Joe Q. Public" <john.q.public@example.com>', [(b"Joe Q. Public", b"john.q.public@example.com")], [], []),
    (
        "A.1.2",
        b"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
        [(b"Mary Smith", b"mary@x.test"), (b"", b"jdoe@example.org"), (b"Who?", b"one@y.test")],
        [],
        [],
    ),
    (
        "A.1.2",
        b'<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
        [(b"", b"boss@nil.test"), (b'Giant; "Big" Box', b"sysservices@example.net")],
        [],
        [],
    ),
    ("A.1.3", b"Pete <pete@silly.example>", [(b"Pete", b"pete@silly.example")], [], []),
    (
        "A.1.3",
        b"A Group:Ed Jones <joe@where.test>,joe@where.test,John <jdoe@one.test>;",
        [(b"Ed Jones", b"joe@where.test"), (b"", b"joe@where.test"), (b"John", b"jdoe@one.test")],
        [b"A Group"],
        [],
    ),
    ("A.1.3", b"Undisclosed recipients:;", [], [b"Undisclosed recipients"], []),
    (
        "A.5",
        b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
        [(b"Pete", b"pete@silly.test")],
        [],
        [],
    ),
    (
        "A.5",
        b"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
        b"         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
        [(b"Chris Jones", b"c@public.example"), (b"", b"joe@example.org"), (b"John", b"jdoe@one.test")],
        [b"A Group"],
        [],
    ),
    ("A.5", b"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", [], [b"Hidden recipients"], []),
    (
        "A.6.1",
        b"Joe Q. Public <john.q.public@example.com>",
        [(b"Joe Q. Public", b"john.q.public@example.com")],
        [],
        ["obsolete-phrase"],
    ),
    (
        "A.6.1",
        b"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
        [(b"Mary Smith", b"mary@example.net"), (b"", b"jdoe@test.example")],
        [],
        ["obsolete-route", "empty-element", "obsolete-space"],
    ),
    ("A.6.3", b"John Doe <jdoe@machine(comment).  example>", [(b"John Doe", b"jdoe@machine.example")], [], ["obsolete-space"]),
    ("A.6.3", b"Mary Smith\r\n  \r\n          <mary@example.net>", [(b"Mary Smith", b"mary@example.net")], [], []),
]


@pytest.mark.parametrize(("section", "value", "mailboxes", "groups", "defects"), APPENDIX_A)
def test_the_examples_of_the_standard(
    section: str, value: bytes, mailboxes: list[tuple[bytes, bytes]], groups: list[bytes], defects: list[str]
) -> None:
    found = parse_addresses(value)
    assert read(found) == mailboxes, section
    assert [group.display for group in found.groups] == groups
    assert kinds(found) == defects
    assert not found.ambiguous


# value, addresses, defects
ODD = [
    (b"", [], []),
    (b" \t", [], []),
    (b"(only a comment)", [], []),
    (b",", [], ["empty-element"]),
    (b"a@b,", [b"a@b"], ["empty-element"]),
    (b",a@b", [b"a@b"], ["empty-element"]),
    (b"a@b,(x), c@d", [b"a@b", b"c@d"], ["empty-element"]),
    (b"a@b,,, c@d", [b"a@b", b"c@d"], ["empty-element"]),
    (b'"a b"@c', [b'"a b"@c'], []),
    (b'"a\\"\\\\b"@c', [b'"a\\"\\\\b"@c'], []),
    (b'""@c', [b'""@c'], []),
    (b'"a"."b"@c', [b"a.b@c"], []),
    (b"a@[192.0.2.1]", [b"a@[192.0.2.1]"], []),
    (b"a@[ IPv6:2001:db8::1\r\n ]", [b"a@[IPv6:2001:db8::1]"], []),
    (b"a@[x\\]y]", [b"a@[x]y]"], []),
    ("jörg@müller.example".encode(), ["jörg@müller.example".encode()], []),
    (b" a (x) . (y) b @ c . d ", [b"a.b@c.d"], ["obsolete-space", "obsolete-space"]),
    (b"<@a,,@b.c,(x) @[1.2.3.4]:d@e>", [b"d@e"], ["obsolete-route"]),
    # two addresses, one reading or several
    (b"<a@b>, <c@d>", [b"a@b", b"c@d"], []),
    (b"a@b c@d", [b"a@b", b"c@d"], ["missing-comma"]),
    (b"a@b c@d e@f", [b"a@b", b"c@d", b"e@f"], ["missing-comma"]),
    (b"<a@b> <c@d>", [b"a@b", b"c@d"], ["missing-comma"]),
    (b"<a@b> c@d", [b"a@b", b"c@d"], ["missing-comma"]),
    (b"<a@b> X <c@d>", [b"a@b", b"c@d"], ["missing-comma"]),
    (b"a@b <c@d>", [b"c@d"], ["address-in-phrase"]),
    (b"a@b@c", [], ["several-at"]),
    (b"<a@b@c>", [], ["several-at"]),
    (b"<a@b c@d>", [], ["several-at"]),
    (b"<<a@b>>", [b"a@b"], ["stray-angle", "stray-angle"]),
    (b"a@b>", [b"a@b"], ["stray-angle"]),
    (b">", [], ["stray-angle"]),
    (b"a@b>x", [b"a@b"], ["trailing-text"]),
    (b"<a@b", [b"a@b"], ["unclosed-angle"]),
    (b"<a@b, c@d", [b"a@b", b"c@d"], ["unclosed-angle"]),
    (b"<", [], ["unclosed-angle", "empty-address"]),
    (b"<a@b <c@d>", [b"a@b", b"c@d"], ["unclosed-angle", "missing-comma"]),
    (b"<a@b> trailing", [b"a@b"], ["trailing-text"]),
    (b"a@b trailing", [b"a@b"], ["trailing-text"]),
    (b"Joe a@b", [b"a@b"], ["leading-text"]),
    (b"<>", [], ["empty-address"]),
    (b"<Joe>", [], ["no-at"]),
    (b"Joe", [], ["no-at"]),
    (b"Joe, a@b", [b"a@b"], ["no-at"]),
    (b"@", [], ["bad-local"]),
    (b"<@b>", [], ["bad-local"]),
    (b"a@", [], ["bad-domain"]),
    (b"<a@>", [], ["bad-domain"]),
    (b"@b c@d", [], ["several-at"]),
    (b"<a b@c>", [], ["bad-local"]),
    (b"<a@b c>", [], ["bad-domain"]),
    (b"<@x,@y a@b>", [], ["unclosed-angle", "bad-local", "stray-angle", "several-at"]),
    (b"<@x", [], ["unclosed-angle", "bad-local"]),
    (b'<a"b"@c>', [], ["bad-local"]),
    (b'<a@"b">', [], ["bad-domain"]),
    (b"a..b@c", [b'"a..b"@c'], ["bad-dots"]),
    (b".a@c", [b'".a"@c'], ["bad-dots"]),
    (b"a@c.", [b"a@c."], ["bad-dots"]),
    (b"=?utf-8?q?a=40b?=@c", [b"=?utf-8?q?a=40b?=@c"], ["encoded-word"]),
    (b"a@=?utf-8?Q?b?=", [b"a@=?utf-8?Q?b?="], ["encoded-word"]),
    # characters
    (b"a\0@b", [], ["control-character", "bad-local"]),
    (b"\x7fa@b", [b"a@b"], ["control-character", "leading-text"]),
    (b"J\xf6rg <a@b>", [b"a@b"], ["not-utf8"]),
    (b"a\\b <c@d>", [b"c@d"], ["unquoted-phrase"]),
    (b". <c@d>", [b"c@d"], ["unquoted-phrase"]),
    (b"[x] <c@d>", [b"c@d"], ["unquoted-phrase"]),
    (b'"x <a@b>, y <c@d>', [b"a@b", b"c@d"], ["unclosed-quote", "unquoted-phrase"]),
    (b"(x <a@b>, (y) <c@d>", [b"a@b", b"c@d"], ["unclosed-comment", "unquoted-phrase", "unquoted-phrase"]),
    (b"[x <a@b>", [b"a@b"], ["unclosed-literal", "unquoted-phrase"]),
    (b"a@[x[y], c@d", [b"c@d"], None),
    (b"a@b) , c@d", [b"a@b", b"c@d"], ["trailing-text"]),
    # groups
    (b"G:a@b", [b"a@b"], ["unclosed-group"]),
    (b":a@b;", [b"a@b"], ["unquoted-phrase"]),
    (b"G:a@b, H:c@d;", [b"a@b", b"c@d"], ["stray-colon"]),
    (b"x@y:a@b;", [b"a@b"], ["address-in-phrase"]),
    (b"a@b; c@d", [b"a@b", b"c@d"], ["stray-semicolon"]),
    (b"<a@b>: c@d", [b"a@b", b"c@d"], ["missing-comma", "unquoted-phrase", "unclosed-group"]),
    (b"G:,;", [], ["empty-element", "empty-element"]),
    (b"G:a@b,;", [b"a@b"], ["empty-element"]),
    (b"(" + b"(" * 70 + b")" * 70 + b") a@b", [b"a@b"], ["deep-comment"]),
]


@pytest.mark.parametrize(("value", "addresses", "defects"), ODD)
def test_odd_lists(value: bytes, addresses: list[bytes], defects: list[str] | None) -> None:
    found = parse_addresses(value)
    assert [mailbox.address for mailbox in found.mailboxes] == addresses
    if defects is not None:
        assert kinds(found) == defects
    else:
        assert found.ambiguous


def test_grades() -> None:
    assert AddressDefectKind.OBSOLETE_ROUTE.grade is Grade.OBSOLETE
    assert AddressDefectKind.TRAILING_TEXT.grade is Grade.MALFORMED
    assert AddressDefectKind.MISSING_COMMA.grade is Grade.AMBIGUOUS
    assert parse_addresses(b"a@b c@d").ambiguous
    assert not parse_addresses(b"a@b x").ambiguous


def test_offsets_point_into_the_value() -> None:
    value = b' "Joe Q." <joe@a.example>, (c) x@b.example garbage'
    found = parse_addresses(value)
    assert [value[mailbox.start : mailbox.end] for mailbox in found.mailboxes] == [b'"Joe Q." <joe@a.example>', b"x@b.example"]
    assert found.defects == (AddressDefect(AddressDefectKind.TRAILING_TEXT, len(value) - 7, len(value)),)


def test_a_mailbox_knows_its_route_and_domain() -> None:
    mailbox = parse_addresses("<@a.example,@b.example:x@MÜLLER.example.>".encode()).mailboxes[0]
    assert mailbox.route == (b"a.example", b"b.example")
    assert mailbox.domain_name() == "xn--mller-kva.example"
    assert not mailbox.is_literal
    literal = parse_addresses(b"a@[192.0.2.1]").mailboxes[0]
    assert literal.is_literal
    with pytest.raises(DomainError):
        literal.domain_name()


def test_groups_hold_their_mailboxes() -> None:
    found = parse_addresses(b"a@b, G: c@d, e@f; , H:; g@h")
    assert [[mailbox.address for mailbox in group.mailboxes] for group in found.groups] == [[b"c@d", b"e@f"], []]
    assert len(found.mailboxes) == 4


def test_bounds() -> None:
    assert kinds(parse_addresses(b"a" * (MAX_ADDRESS_BYTES + 1))) == ["too-long"]
    many = parse_addresses(b",".join([b"a@b"] * (MAX_ADDRESSES + 1)))
    assert len(many.mailboxes) == MAX_ADDRESSES
    assert kinds(many) == ["too-many"]
    run_on = parse_addresses(b"a@b " * (MAX_ADDRESSES + 1))
    assert len(run_on.mailboxes) == MAX_ADDRESSES
    assert kinds(run_on) == ["missing-comma", "too-many"]
    assert "too-many" in kinds(parse_addresses(b"a:;" * (MAX_GROUPS + 1)))
    crowded = parse_addresses(b"<>," * 5000 + b"a@b c@d")
    assert kinds(crowded) == ["empty-address"] * MAX_ADDRESS_DEFECTS + ["missing-comma"]
    controls = parse_addresses(b"\0," * 5000 + b"(")
    assert kinds(controls).count("control-character") == MAX_ADDRESS_DEFECTS
    assert "unclosed-comment" in kinds(controls)
    assert "too-many" in kinds(parse_addresses(b"." * 250_000))


HOSTILE = (
    *(
        b"(",
        b")",
        b"()",
        b",",
        b"<",
        b">",
        b"<>",
        b"@",
        b'"',
        b"\\",
        b'\\"',
        b"[",
        b"[]",
        b"\0",
        b".",
        b":",
        b";",
        b"a:",
        b'(")',
    ),
    *(b"a@", b"@a", b"a@b ", b"a ", b"<a@b>", b"<a", b"<@a,", b"a.", b'"a" ', b" ", b"\r\n ", b"\x80", b"a@b,", b"=?", b"@a,"),
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetition_takes_linear_time(unit: bytes) -> None:
    value = unit * (32 * 1024 // len(unit))
    started = time.process_time()
    parse_addresses(value)
    parse_addresses(b'a@b "' + value)
    assert time.process_time() - started < 3


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([bytes((c,)) for c in b'a@.,;:<>()[]"\\ \t\0'] + [b"=?a?q?"]), max_size=40).map(b"".join)
)
def test_it_never_raises_and_offsets_are_true(value: bytes) -> None:
    found = parse_addresses(value)
    for mailbox in found.mailboxes:
        assert 0 <= mailbox.start < mailbox.end <= len(value)
        assert mailbox.domain
        assert b"@" in value[mailbox.start : mailbox.end]
        again = parse_addresses(mailbox.address)
        assert mailbox.address in [each.address for each in again.mailboxes] or found.defects
    for defect in found.defects:
        assert 0 <= defect.start <= defect.end <= len(value)
    assert sum(len(group.mailboxes) for group in found.groups) <= len(found.mailboxes)


_ATOM = st.text("abcXYZ019!#$%&'*+-/=^_`{|}~", min_size=1, max_size=6).filter(lambda text: "=?" not in text)
_DOT_ATOM = st.lists(_ATOM, min_size=1, max_size=3).map(".".join)
_QUOTED = st.text("ab .,;:<>@[]()", min_size=1, max_size=8).map(lambda text: f'"{text}"')
_DOMAIN = st.lists(st.text("abc019", min_size=1, max_size=5), min_size=1, max_size=3).map(".".join)
_PHRASE = st.lists(st.text("abcXYZ", min_size=1, max_size=5) | _QUOTED, min_size=1, max_size=3).map(" ".join)
_ADDR_SPEC = st.builds("{}@{}".format, _DOT_ATOM | _QUOTED, _DOMAIN)
_MAILBOX = _ADDR_SPEC | st.builds("{} <{}>".format, _PHRASE, _ADDR_SPEC)


@given(st.lists(_MAILBOX, min_size=1, max_size=4))
def test_it_agrees_with_the_standard_library_on_proper_lists(mailboxes: list[str]) -> None:
    text = ", ".join(mailboxes)
    found = parse_addresses(text.encode())
    assert found.defects == ()
    header = email.policy.default.header_factory("to", text)
    assert isinstance(header, email.headerregistry.AddressHeader)
    theirs = [(address.username, address.domain) for address in header.addresses]
    assert [(mailbox.local.decode(), mailbox.domain.decode()) for mailbox in found.mailboxes] == theirs


@given(st.builds("{} <{}@{}>".format, _PHRASE, _DOT_ATOM, _DOMAIN))
def test_it_agrees_with_the_other_parser_of_the_standard_library(text: str) -> None:
    (mailbox,) = parse_addresses(text.encode()).mailboxes
    name, address = email.utils.parseaddr(text)
    assert mailbox.address.decode() == address
    assert " ".join(mailbox.display.decode().split()) == " ".join(name.split())


@given(
    st.one_of(
        st.from_regex(
            rb"[ \t]{0,2}([A-Za-z0-9]{1,9} ?){0,3} ?<?[A-Za-z0-9_.-]{1,9}@[A-Za-z0-9.-]{1,9}>?[ \t]{0,2}", fullmatch=True
        ),
        st.from_regex(rb" [a-z.]{1,5}( [a-z]{1,3}){0,2} <[a-z.]{1,5}@[a-z.-]{1,5}>", fullmatch=True),
    )
)
def test_the_short_way_gives_what_the_long_way_gives(value: bytes) -> None:
    assert parse_addresses(value) == _Parser(value).run()
