from __future__ import annotations

from mailsec.output.schema import published
from tests.conftest import Ended, Mailsec


def test_schema(mailsec: Mailsec) -> None:
    assert mailsec("schema") == Ended(0, published().encode(), b"")
