from __future__ import annotations

import pytest
from cryptography import x509

from mailsec.content.openpgp.publish import record_for as openpgpkey_for
from mailsec.content.smime.publish import Form, record_for
from mailsec.core.errors import BadInput
from mailsec.core.limits.transport import KEY_RECORD_BYTES, KEY_RECORD_LARGE
from tests.certificates import NOW, issue
from tests.content.smime.forge import ALICE

WHO = "alice@bank.example"


@pytest.mark.parametrize("usage", range(4))
@pytest.mark.parametrize("selector", range(2))
@pytest.mark.parametrize("matching", range(3))
def test_every_form_says_what_it_means(usage: int, selector: int, matching: int) -> None:
    form = Form(usage, selector, matching)
    record, check = record_for(WHO, ALICE.der, form, now=NOW)
    assert record.rdata[:3] == bytes([usage, selector, matching])
    assert check.reason.startswith(f"{usage} {selector} {matching}: ")
    assert ("only 3 0 0" in check.reason) is (str(form) != "3 0 0")


@pytest.mark.parametrize("der", [b"", b"\x30", b"garbage", ALICE.der[:-1]])
def test_what_is_no_certificate_is_not_published(der: bytes) -> None:
    with pytest.raises(BadInput, match="damaged"):
        record_for(WHO, der, Form(), now=NOW)


def test_what_no_record_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailsec.content.smime.publish.KEY_RECORD_BYTES", 100)
    with pytest.raises(BadInput, match="more than the DNS can carry"):
        record_for(WHO, ALICE.der, Form(), now=NOW)
    assert record_for(WHO, ALICE.der, Form(3, 1, 1), now=NOW)


def test_an_openpgp_key_that_no_record_can_carry() -> None:
    with pytest.raises(BadInput, match="more than a record can carry"):
        openpgpkey_for(WHO, b"x" * (KEY_RECORD_BYTES + 1), now=NOW)


def test_what_others_will_have_trouble_with_is_said() -> None:
    bulk = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(KEY_RECORD_LARGE))
    large = issue("Alice", extensions=[(bulk, False)])
    _, check = record_for("Alice@bank.example", large.der, Form(), now=NOW)
    assert {"smimea-mixed-case", "smimea-large"} <= {each.rule for each in check.findings}
