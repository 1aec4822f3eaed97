"""dkimpy verifies what we sign, and we verify what it signs."""

from __future__ import annotations

import pytest

from mailsec.core.results import Status
from tests.sender.dkim.support import (
    FORMS,
    MESSAGE,
    NOW,
    judge,
    judge_with_dkimpy,
    key,
    only,
    sign_with_dkimpy,
    signed,
    zone,
)

HEAD = b"From: a@example.com\r\nTo: b@example.org\r\nSubject: x\r\n"
MESSAGES = {
    "usual": MESSAGE,
    "no body": HEAD + b"\r\n",
    "empty lines only": HEAD + b"\r\n\r\n\r\n",
    "no final line end": HEAD + b"\r\nlast line",
    "trailing lines": HEAD + b"\r\na\r\n\r\n\r\n\r\n",
    "tabs": b"From:\ta@example.com\r\nSubject:\t \tx\ty \t\r\n\r\n\ta\t b \t\r\n \t\r\nc\r\n",
    "folded": b"From: A\r\n\t<a@e.example>\r\nSubject:\r\n a\r\n  b\r\n\t\r\nTo: b@example.org,\r\n c@example.org\r\n\r\nx\r\n",
    "8-bit": "From: Jörg <jörg@example.com>\r\nSubject: Grüße\r\n\r\nÄ ö \r\n".encode() + b"\xff\xfe\x00\r\n",
    "many of one": HEAD + b"Cc: c@example.org\r\nCc: d@example.org\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody\r\n",
    "dots and From": HEAD + b"\r\n.\r\n..\r\nFrom here\r\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MESSAGES)
def test_dkimpy_verifies_ours(name: str, form: str) -> None:
    keys = [key(), key("ed25519", selector="s2")]
    data = signed(MESSAGES[name], *keys, canonicalization=form, expire=10**8)
    for position in (0, 1):
        assert judge_with_dkimpy(data, zone(*keys), position)
    assert [found.status for found in judge(data, zone(*keys)).signatures] == [Status.PASS, Status.PASS]


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MESSAGES)
def test_we_verify_dkimpys(name: str, form: str, kind: str) -> None:
    message = MESSAGES[name]
    data = sign_with_dkimpy(message, form, kind) + message
    # dkimpy takes the time from the clock
    assert only(judge(data, zone(key(kind)), now=NOW + 10**9)).status is Status.PASS


@pytest.mark.parametrize("form", FORMS)
def test_we_verify_dkimpys_with_a_length(form: str) -> None:
    data = sign_with_dkimpy(MESSAGE, form, length=True) + MESSAGE + b"more\r\n"
    found = only(judge(data, zone(key()), now=NOW + 10**9))
    assert found.status is Status.PASS
    assert found.unsigned_body


@pytest.mark.parametrize("change", [(b"Hello  Bob", b"Hello Eve"), (b"ann@", b"eve@"), (b"Subject: Hello", b"Subject: Help!")])
@pytest.mark.parametrize("form", FORMS)
def test_both_refuse_what_was_changed(form: str, change: tuple[bytes, bytes]) -> None:
    data = signed(canonicalization=form).replace(*change)
    assert not judge_with_dkimpy(data, zone(key()))
    assert only(judge(data, zone(key()))).status is Status.FAIL
