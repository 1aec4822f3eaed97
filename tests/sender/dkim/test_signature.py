"""The DKIM-Signature field's grammar (RFC 6376 section 3.5)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core import taglist
from mailsec.core.limits.network import MAX_TAGS
from mailsec.core.limits.sender import DKIM_HEADER_NAMES, DKIM_SIGNATURE_BYTES
from mailsec.core.results import Status
from mailsec.sender.dkim.signature import (
    Signature,
    SignatureError,
    _tags,
    base64_octets,
    claimed_domain,
    parse_signature,
    print_signature,
)

HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
TAGS = {"v": "1", "a": "rsa-sha256", "b": "AAECAw==", "bh": HASH, "d": "example.com", "h": "From:To", "s": "sel"}


def value(**tags: str | None) -> bytes:
    merged = {**TAGS, **tags}
    return "; ".join(f"{name}={text}" for name, text in merged.items() if text is not None).encode()


def test_the_least_signature() -> None:
    found = parse_signature(value())
    assert found == Signature(
        "rsa-sha256",
        "example.com",
        "sel",
        (b"from", b"to"),
        found.body_hash,
        b"\0\1\2\3",
        identity_domain="example.com",
        hole=found.hole,
    )
    assert (found.canonicalization, found.auid, found.key_name) == (
        "simple/simple",
        "@example.com",
        "sel._domainkey.example.com",
    )


def test_every_tag() -> None:
    found = parse_signature(
        value(
            a="ed25519-sha256",
            c="relaxed",
            i="=41nn@Sub.Example.com",
            l="10",
            q="other:dns/txt",
            t="5",
            x="6",
            z="From:a",
            new="1",
        )
    )
    assert found.canonicalization == "relaxed/simple"
    assert (found.identity, found.identity_domain) == ("=41nn@Sub.Example.com", "sub.example.com")
    assert (found.length, found.timestamp, found.expiration) == (10, 5, 6)
    assert found.others == (("new", "1"),)


def test_folding_is_ignored_where_the_grammar_has_it() -> None:
    text = value(b="AA\r\n EC\r\n\tAw = =", h="\r\n From\r\n : To ", d="\r\n example.com", i="a\r\n @example.com")
    found = parse_signature(b" \r\n " + text + b" ;\r\n ")
    assert (found.signature, found.fields, found.identity) == (b"\0\1\2\3", (b"from", b"to"), "a@example.com")


@pytest.mark.parametrize("tail", [b"", b";", b" ;", b"; n=x", b"; c=simple", b"\r\n "])
@pytest.mark.parametrize("lead", [b"b=", b"b = ", b"b=\r\n "])
def test_the_hole_is_all_of_b(lead: bytes, tail: bytes) -> None:
    rest = value(b=None)
    text = rest + b"; " + lead + b"AAEC\r\n Aw== " + tail
    start, end = parse_signature(text).hole
    assert text[:start].rstrip().endswith(b"=")
    assert text[:start] + text[end:] == rest + b"; " + lead.rstrip() + tail.lstrip()


@pytest.mark.parametrize("name", list(TAGS))
def test_what_must_be_there(name: str) -> None:
    with pytest.raises(SignatureError, match=f"missing: {name}="):
        parse_signature(value(**{name: None}))


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"v": "2"}, "v="),
        ({"v": "1.0"}, "v="),
        ({"a": "rsa-md5"}, "algorithm"),
        ({"a": ""}, "algorithm"),
        ({"c": "nowsp"}, "canonicalization"),
        ({"c": "relaxed/"}, "canonicalization"),
        ({"c": "relaxed/relaxed/simple"}, "canonicalization"),
        ({"q": "dns"}, "q="),
        ({"d": ""}, "d="),
        ({"d": "com"}, "single label"),
        ({"d": "example.com."}, "d="),
        ({"d": "example..com"}, "d="),
        ({"d": "exa mple.com"}, "d="),
        ({"d": "example.com\0"}, "d="),
        ({"d": '"example".com'}, "d="),
        ({"d": "example.com(x)"}, "d="),
        ({"d": "a" * 64 + ".com"}, "d="),
        ({"d": "ä" * 5000 + ".com"}, "d="),
        ({"d": "-.com"}, "d="),
        ({"s": ""}, "s="),
        ({"s": "a b"}, "s="),
        ({"s": "a\0"}, "s="),
        ({"s": "a'"}, "s="),
        ({"s": "a.."}, "s="),
        ({"s": ".".join(["a" * 60] * 4)}, "too long"),
        ({"i": "example.com"}, "i="),
        ({"i": "a@exa(mple.com"}, "i="),
        ({"i": "a" * 2000 + "@example.com"}, "i="),
        ({"l": "-1"}, "l="),
        ({"l": ""}, "l="),
        ({"l": "1" * 77}, "l="),
        ({"l": "１"}, "l="),
        ({"t": "1e3"}, "t="),
        ({"t": "1" * 13}, "t="),
        ({"x": "soon"}, "x="),
        ({"h": ""}, "h="),
        ({"h": "From:"}, "h="),
        ({"h": "From::To"}, "h="),
        ({"h": "Fr om"}, "h="),
        ({"h": "From:T\u00f6"}, "h="),
        ({"bh": "AAAA"}, "bh="),
        ({"bh": HASH + "AAAA"}, "bh="),
        ({"b": ""}, "b= is empty"),
        ({"b": "AAA"}, "base64"),
        ({"b": "AAA=A"}, "base64"),
        ({"b": "AA==AA=="}, "base64"),
        ({"b": "AA*A"}, "base64"),
        ({"b": "AA-_"}, "base64"),
        ({"b": "A" * 2000}, "longer"),
    ],
)
def test_what_is_no_signature_is_neutral(tags: dict[str, str], message: str) -> None:
    with pytest.raises(SignatureError, match=message) as caught:
        parse_signature(value(**tags))
    assert caught.value.status is Status.NEUTRAL


@pytest.mark.parametrize(
    "tags",
    [{"h": "To:Subject"}, {"i": "a@example.org"}, {"i": "a@badexample.com"}, {"i": "a@com.example"}, {"t": "5", "x": "5"}],
)
def test_what_breaks_a_requirement_is_permerror(tags: dict[str, str]) -> None:
    with pytest.raises(SignatureError) as caught:
        parse_signature(value(**tags))
    assert caught.value.status is Status.PERMERROR


@pytest.mark.parametrize(
    "text", [b"v=1; v=1", b"v=1; =2", b"v=1;; a=b", b"novalue", b"v=1; z; " + value(v=None), value(n="1") + b"; n=2"]
)
def test_what_is_no_tag_list(text: bytes) -> None:
    with pytest.raises(SignatureError):
        parse_signature(text)


def test_internationalized_names_become_a_labels() -> None:
    found = parse_signature(value(d="Bücher.example", s="schlüssel", i="jörg@bücher.example"))
    assert (found.domain, found.selector) == ("xn--bcher-kva.example", "xn--schlssel-95a")
    assert (found.identity, found.identity_domain) == ("jörg@bücher.example", "xn--bcher-kva.example")


def test_sha1_is_read_so_that_it_can_be_named() -> None:
    assert parse_signature(value(a="rsa-sha1", bh="2jmj7l5rSw0yVb/vlWAYkK/YBwk=")).algorithm == "rsa-sha1"


def test_bounds() -> None:
    with pytest.raises(SignatureError, match="octets"):
        parse_signature(value(z="x" * DKIM_SIGNATURE_BYTES))
    with pytest.raises(SignatureError, match="names"):
        parse_signature(value(h="From" + ":To" * DKIM_HEADER_NAMES))
    with pytest.raises(SignatureError, match="tags"):
        parse_signature(value() + b"".join(b"; x%d=1" % number for number in range(MAX_TAGS)))


def test_base64_is_strict_and_bounded() -> None:
    assert base64_octets(b" AA EC\r\n\tAw== ", "b=", 4) == b"\0\1\2\3"
    with pytest.raises(SignatureError, match="longer than 4"):
        base64_octets(b"A" * 12, "b=", 4)


@given(st.binary(max_size=200) | st.builds(lambda text: value(h=text, d=text, i=text, n=text), st.text(max_size=30)))
def test_nothing_but_its_own_error_leaves_the_parser(text: bytes) -> None:
    claimed_domain(text)
    with suppress(SignatureError):
        parse_signature(text)


NAMES = st.sampled_from(["v", "a", "b", "bh", "d", "h", "s", "z", "n", "no_2", "", "!"])
PARTS = st.lists(
    st.tuples(NAMES, st.sampled_from(["=", " =", "", "=="]), st.sampled_from(["", "1", " \r\n x ", "\xe4"])), max_size=12
)


@given(PARTS, st.sampled_from(["", ";", " ; ", "\r\n"]))
def test_tags_are_split_as_the_shared_parser_does(parts: list[tuple[str, str, str]], end: str) -> None:
    text = ";".join("".join(part) for part in parts) + end
    try:
        expected = {tag.name: tag.value.encode("latin-1") for tag in taglist.parse(text)}
    except taglist.TagListError:
        with pytest.raises(SignatureError):
            _tags(text.encode("latin-1"))
        return
    assert _tags(text.encode("latin-1"))[0] == expected


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: not label.startswith("xn--"))
SIGNATURES = st.builds(
    Signature,
    st.sampled_from(["rsa-sha256", "ed25519-sha256"]),
    st.builds("{}.{}".format, LABEL, LABEL),
    LABEL,
    st.lists(st.sampled_from([b"from", b"to", b"subject", b"x-" + b"y" * 80]), max_size=30).map(
        lambda names: (b"from", *names)
    ),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=1, max_size=600),
    st.sampled_from(["simple", "relaxed"]),
    st.sampled_from(["simple", "relaxed"]),
    length=st.none() | st.integers(0, 10**9),
    timestamp=st.none() | st.integers(0, 10**6),
    expiration=st.none() | st.integers(10**6 + 1, 10**9),
    others=st.sampled_from([(), (("new", "1"),)]),
)


@given(SIGNATURES)
def test_what_is_printed_is_read_again(signature: Signature) -> None:
    signature = replace(signature, identity=f"u@{signature.domain}", identity_domain=signature.domain)
    field = print_signature(signature)
    assert field.startswith(b"DKIM-Signature: v=1; ")
    assert field.endswith(b"\r\n")
    lines = field.split(b"\r\n")[:-1]
    assert all(line.startswith(b" ") for line in lines[1:])
    assert all(len(line) <= 78 for line in lines if b"yyyy" not in line)
    assert replace(parse_signature(field[15:-2]), hole=(0, 0)) == signature


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        (b" v=1; d=Example.com; s=x", "example.com"),
        (b"d = example.com", "example.com"),
        (b"v=1; bd=example.com", ""),
        (b"d=exa mple", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_claimed_domain(text: bytes, domain: str) -> None:
    assert claimed_domain(text) == domain
