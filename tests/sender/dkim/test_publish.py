"""Key pairs and their records (RFC 6376 section 3.6, RFC 8463 section 4)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mailsec.core.errors import BadInput
from mailsec.core.flow import AnswerStatus, run
from mailsec.core.results import Check, Status
from mailsec.sender.dkim.key import parse_key
from mailsec.sender.dkim.keys import load_private
from mailsec.sender.dkim.publish import check_published, generate, matches, owner_name, record_for, zone_line
from tests.sender.dkim.support import key
from tests.support import TableSource


@pytest.mark.parametrize(("kind", "bits"), [("rsa", 1024), ("ed25519", 256)])
def test_a_pair_belongs_together(kind: str, bits: int) -> None:
    pem, record = generate(kind, 1024)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert record.startswith(f"v=DKIM1; k={kind}; p=")
    assert matches(record.encode(), load_private(pem)).matches
    assert parse_key(record.encode()).public_key()[1] == bits


@pytest.mark.parametrize(("kind", "bits"), [("dsa", 2048), ("rsa", 512), ("rsa", 16384), ("rsa", 2047)])
def test_pairs_that_are_not_made(kind: str, bits: int) -> None:
    with pytest.raises(BadInput) as caught:
        generate(kind, bits)
    assert caught.value.hint


def test_record_with_flags() -> None:
    private = key("ed25519").private
    assert "; t=y:s; p=" in record_for(private, testing=True, strict=True)
    assert "; t=s; p=" in record_for(private.public_key(), strict=True)
    assert record_for(private) == record_for(private.public_key())


def test_the_zone_line_has_strings_of_255_octets() -> None:
    record = record_for(key().private)
    line = zone_line("s1", "example.com", record)
    assert owner_name("s1", "example.com") == "s1._domainkey.example.com"
    assert line.startswith('s1._domainkey.example.com. IN TXT "v=DKIM1; k=rsa; p=')
    strings = re.findall(r'"([^"]*)"', line)
    assert [len(text) for text in strings[:-1]] == [255] * (len(strings) - 1)
    assert len(strings) == 2
    assert "".join(strings) == record


RSA = record_for(key().private)


@pytest.mark.parametrize(
    ("record", "kind", "result", "reason"),
    [
        (RSA, "rsa", True, "public half of this rsa key of 2048 bits"),
        (RSA + "; h=sha256; s=email", "rsa", True, "public half"),
        (RSA, "ed25519", False, "another kind"),
        (record_for(key("ed25519").private), "rsa", False, "another kind"),
        (record_for(key(bits=1024).private), "rsa", False, "another rsa key of 1024 bits"),
        (RSA + "; s=tlsrpt", "rsa", False, "h= or s="),
        (RSA + "; h=sha1", "rsa", False, "h= or s="),
        ("v=DKIM1; p=", "rsa", False, "revokes"),
        ("v=DKIM1; p=AAAA", "rsa", False, "DER"),
        ("some text", "rsa", False, "cannot be read|no p="),
    ],
)
def test_whether_a_record_matches(record: str, kind: str, result: bool, reason: str) -> None:
    found = matches(record.encode(), key(kind).private)
    assert found.matches is result
    assert re.search(reason, found.reason)


def published(entry: Any) -> Check:
    mine = key()
    return run(check_published(mine), TableSource({mine.key_name: entry}))


@pytest.mark.parametrize(
    ("entry", "status", "reason"),
    [
        ({"TXT": [RSA]}, Status.PASS, "public half"),
        ({"TXT": ["v=spf1 -all", record_for(key(bits=1024).private), RSA]}, Status.PASS, "public half"),
        ({"TXT": [record_for(key(bits=1024).private)]}, Status.FAIL, "another rsa key"),
        ({"TXT": ["v=spf1 -all"]}, Status.PERMERROR, "no key record"),
        ({}, Status.PERMERROR, "no key record"),
        (AnswerStatus.NXDOMAIN, Status.PERMERROR, "no key record"),
        (AnswerStatus.TIMEOUT, Status.TEMPERROR, "timeout"),
        (AnswerStatus.UNRECORDED, Status.TEMPERROR, "unrecorded"),
    ],
)
def test_what_is_published(entry: Any, status: Status, reason: str) -> None:
    found = published(entry)
    assert found.status is status
    assert reason in found.reason
    assert (found.fact("d"), found.fact("bits")) == ("example.com", 2048)
