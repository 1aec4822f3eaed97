from __future__ import annotations

import re
from types import ModuleType

import pytest

import mailsec.content.judge.rules
import mailsec.content.openpgp.rules
import mailsec.content.smime.rules
import mailsec.sender.bimi.rules
import mailsec.transport.mtasts.rules
import mailsec.transport.mx.rules
import mailsec.transport.tlsa.rules
import mailsec.transport.tlsrpt.rules
import mailsec.trust.x509.rules
from mailsec.core.rules import Rule

BOOKS = {
    "mx": mailsec.transport.mx.rules,
    "tlsa": mailsec.transport.tlsa.rules,
    "mta-sts": mailsec.transport.mtasts.rules,
    "tls-rpt": mailsec.transport.tlsrpt.rules,
    "bimi": mailsec.sender.bimi.rules,
    "(?:caa|x509)": mailsec.trust.x509.rules,
    "smimea?": mailsec.content.smime.rules,
    "openpgp(?:key)?": mailsec.content.openpgp.rules,
    "content": mailsec.content.judge.rules,
}


@pytest.mark.parametrize(("room", "book"), BOOKS.items())
def test_every_rule_is_in_the_book_and_complete(room: str, book: ModuleType) -> None:
    assert list(book.RULES) == [value for value in vars(book).values() if isinstance(value, Rule)]
    assert len({rule.id for rule in book.RULES}) == len(book.RULES)
    for rule in book.RULES:
        assert re.fullmatch(rf"{room}(-[a-z0-9]+)+", rule.id)
        assert re.match(r"RFC \d+ (section \d|appendix [A-Z])|draft-[a-z-]+( section \d|$)|mailsec limit", rule.reference)
        assert rule.threats
        assert rule.remedy.endswith(".")
