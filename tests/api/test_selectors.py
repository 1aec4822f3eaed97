"""The selectors that a message's signatures name."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailsec.api.selectors import selectors_of
from mailsec.core.errors import BadInput

SIGNATURE = b"DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=%s; h=from; bh=" + b64encode(bytes(32)) + b"; b=YQ==\r\n"


def message(*fields: bytes) -> bytes:
    return b"".join(fields) + b"From: a@a.example\r\n\r\nHello\r\n"


def test_each_once_and_in_order() -> None:
    assert selectors_of(message(SIGNATURE % b"two", SIGNATURE % b"one", SIGNATURE % b"two")) == ["two", "one"]


def test_a_broken_signature_does_not_hide_the_others() -> None:
    broken = b"DKIM-Signature: \xff; no signature\r\n"
    assert selectors_of(message(broken, SIGNATURE % b"one", broken)) == ["one"]


@pytest.mark.parametrize("file", [b"", b"\0\xff", message(), message(b"DKIM-Signature: v=1; d=a.example\r\n")])
def test_without_any_there_is_an_error(file: bytes) -> None:
    with pytest.raises(BadInput, match="no DKIM signature"):
        selectors_of(file)
