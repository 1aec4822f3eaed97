"""What the DKIM tests share: keys, a message, and short ways to sign and to judge."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import dkim

from mailsec.core.flow import run
from mailsec.message.fields import parse
from mailsec.sender.dkim.keys import PrivateKey, SigningKey, load_private
from mailsec.sender.dkim.publish import generate, record_for
from mailsec.sender.dkim.sign import SignOptions, sign
from mailsec.sender.dkim.verify import DkimResult, SignatureResult, verify
from tests.support import Entry, TableSource

NOW = 1_790_000_000
FORMS = ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed")
MESSAGE = (
    b"From: Ann <ann@example.com>\r\n"
    b"To: bob@example.org\r\n"
    b"Subject: Hello\r\n  there\t again\r\n"
    b"Date: Fri, 20 Nov 2026 07:59:58 +0000\r\n"
    b"Message-ID: <1@example.com>\r\n"
    b"\r\n"
    b"Hello  Bob, \r\n\r\n\tsee you.\t\r\n\r\n\r\n"
)


@lru_cache
def pem(kind: str, bits: int) -> bytes:
    """One key of each kind for all tests: making them is slow."""
    return generate(kind, bits)[0]


@lru_cache
def private(kind: str, bits: int) -> PrivateKey:
    """The same as a key object: the library checks a key's numbers each time it loads one."""
    return load_private(pem(kind, bits))


def key(kind: str = "rsa", bits: int = 2048, domain: str = "example.com", selector: str = "s1") -> SigningKey:
    return SigningKey(domain, selector, private(kind, bits))


def zone(*keys: SigningKey, extra: Mapping[str, Entry] | None = None) -> dict[str, Mapping[str, Entry]]:
    table: dict[str, Mapping[str, Entry]] = {each.key_name: {"TXT": [record_for(each.private)]} for each in keys}
    table.update({name: {"TXT": entry} for name, entry in (extra or {}).items()})
    return table


def signed(data: bytes = MESSAGE, *keys: SigningKey, **options: Any) -> bytes:
    """`data` with one signature a key on top."""
    return b"".join(sign(parse(data), keys or [key()], now=NOW, options=SignOptions(**options))) + data


def judge(data: bytes, table: Mapping[str, Any], *, now: int = NOW, authors: Iterable[str] = ()) -> DkimResult:
    return run(verify(parse(data), now=now, author_domains=tuple(authors)), TableSource(table))


def only(result: DkimResult) -> SignatureResult:
    assert len(result.signatures) == 1
    return result.signatures[0]


def rules_of(result: DkimResult) -> set[str]:
    return {found.rule for found in result.check.all_findings()}


def judge_with_dkimpy(data: bytes, table: Mapping[str, Any], position: int = 0) -> bool:
    def text(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        return table[name.decode().removesuffix(".")]["TXT"][0].encode()

    try:
        return bool(dkim.DKIM(data).verify(position, dnsfunc=text))
    except dkim.ValidationError:
        return False


def sign_with_dkimpy(data: bytes, form: str, kind: str = "rsa", **options: Any) -> bytes:
    secret = pem("rsa", 2048) if kind == "rsa" else b64encode(key("ed25519").private.private_bytes_raw())
    return dkim.sign(
        data,
        b"s1",
        b"example.com",
        secret,
        canonicalize=tuple(part.encode() for part in form.split("/")),
        signature_algorithm=f"{kind}-sha256".encode(),
        **options,
    )
