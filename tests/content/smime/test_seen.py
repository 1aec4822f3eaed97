"""What a mail shows of certificates: whose capabilities count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from asn1crypto.core import UTF8String
from cryptography import x509

from mailsec.content.smime.seen import Seen, seen
from mailsec.content.smime.signature import Answer
from mailsec.trust.x509.person import SMTP_UTF8_MAILBOX, load
from tests.certificates import Issued, issue

ALICE = "alice@example.org"


def shown(signer: Issued, other: Issued) -> list[Seen]:
    result: Any = SimpleNamespace(
        answer=Answer.GOOD,
        certificate=signer.der,
        described=load(signer.der),
        vouched=True,
        preferred=SimpleNamespace(fits=lambda der: der == other.der),
        capabilities=SimpleNamespace(der=b"weak"),
        info=None,
        path=None,
    )
    layer: Any = SimpleNamespace(results=[result])
    return seen([layer], [signer.der, other.der])


@pytest.mark.parametrize(
    ("address", "counts"), [("alice@EXAMPLE.org", True), ("Alice@example.org", False), ("bob@example.org", False)]
)
def test_capabilities_are_for_the_same_mailbox_alone(address: str, counts: bool) -> None:
    signer, other = issue("alice", None, ALICE), issue("other", None, address)
    assert (Seen(other.der, b"weak", 0) in shown(signer, other)) is counts


def test_what_is_no_address_is_nobodys() -> None:
    names = x509.SubjectAlternativeName([x509.OtherName(SMTP_UTF8_MAILBOX, UTF8String("").dump())])
    signer, other = (issue(name, extensions=[(names, False)]) for name in ("alice", "other"))
    assert load(other.der).addresses == ("",)
    assert shown(signer, other) == [Seen(signer.der, b"weak", 0)]
