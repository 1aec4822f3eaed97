"""Every rule there is, gathered from the rooms. Nothing is loaded here but rule books, which load only core."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from mailsec.core.results import TREE_TOO_DEEP
from mailsec.core.rules import Rule

BOOKS = (
    "mailsec.message.rules",
    "mailsec.message.path.rules",
    "mailsec.sender.spf.rules",
    "mailsec.sender.dkim.rules",
    "mailsec.sender.dmarc.rules",
    "mailsec.sender.authres.rules",
    "mailsec.sender.bimi.rules",
    "mailsec.sender.spoofing.rules",
    "mailsec.transport.mx.rules",
    "mailsec.transport.tlsa.rules",
    "mailsec.transport.smtp.rules",
    "mailsec.transport.mtasts.rules",
    "mailsec.transport.tlsrpt.rules",
    "mailsec.trust.x509.rules",
    "mailsec.trust.dnssec.rules",
    "mailsec.content.judge.rules",
    "mailsec.content.openpgp.rules",
    "mailsec.content.smime.rules",
    "mailsec.judges.rules",
)
"""The modules that hold rules, each in a tuple RULES. A test compares the list with the files."""


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the ids."""
    found = [TREE_TOO_DEEP, *(rule for book in BOOKS for rule in import_module(book).RULES)]
    return MappingProxyType({rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)})
