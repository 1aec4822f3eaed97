"""`record dkim`: the record of a key, new or at hand, and whether what is published matches a key."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.api.session import Session
from mailsec.api.tool import TOOL
from mailsec.api.trace import Trace, trace_check
from mailsec.core.errors import BadInput
from mailsec.core.exits import exit_for
from mailsec.core.results import Report
from mailsec.sender.dkim.keys import SigningKey, load_private
from mailsec.sender.dkim.publish import check_published, generate, record_for, zone_line


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """A record ready to publish. `private` is the new private key in PEM (PKCS #8), empty where the key was at hand."""

    name: str
    text: str
    zone_line: str
    private: bytes = b""


def new_record(domain: str, selector: str, *, kind: str = "rsa", bits: int = 2048) -> DkimRecord:
    """A new key pair and its record. Raises BadInput for a name, a kind or a size that no verifier accepts."""
    private, _ = generate(kind, bits)
    return _record(SigningKey(domain, selector, load_private(private)), private)


def existing_record(key: bytes, domain: str, selector: str) -> DkimRecord:
    """The record for the private key that a file holds. Raises BadInput or KeyUnavailable where it cannot be read."""
    return _record(SigningKey(domain, selector, load_private(key)), b"")


def _record(key: SigningKey, private: bytes) -> DkimRecord:
    text = record_for(key.private)
    return DkimRecord(key.key_name, text, zone_line(key.selector, key.domain, text), private)


def check_record(key: bytes, domain: str, selector: str, session: Session, *, trace: bool = False) -> Report:
    """Whether the record published at `selector` belongs to the private key that a file holds."""
    if not key:
        raise BadInput("the key file is empty")
    signing = SigningKey(domain, selector, load_private(key))
    asked = Trace() if trace else None
    check = session.run(check_published(signing), asked)
    checks = (check, trace_check(asked)) if asked else (check,)
    sentence = f"{signing.key_name}: {check.reason}."
    return Report(signing.key_name, check.status, sentence, checks, session.now, TOOL, exit_for(check.status))
