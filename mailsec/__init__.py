"""mailsec: the security of electronic mail, as a library and a command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailsec.api.check_domain import CheckOptions
    from mailsec.api.check_host import HostQuestion, check_host
    from mailsec.api.check_names import check_name, check_names
    from mailsec.api.dkim_record import check_record, existing_record, new_record
    from mailsec.api.envelope import Envelope
    from mailsec.api.outgoing import Addressing
    from mailsec.api.send_message import Relay, SendOptions, send_message
    from mailsec.api.session import Session, Settings
    from mailsec.api.sign_message import KeyChoice, sign_dkim
    from mailsec.api.verify_message import Verified, VerifyOptions, verify_message
    from mailsec.core.errors import MailsecError
    from mailsec.core.results import Check, Evidence, Fact, Finding, Report, Status, Verdict
    from mailsec.sender.dkim.sign import SignOptions

__version__ = "0.1.0"

# Loaded when first used: `mailsec --help` needs none of them.
_PUBLIC = {
    "Addressing": "mailsec.api.outgoing",
    "Check": "mailsec.core.results",
    "CheckOptions": "mailsec.api.check_domain",
    "Envelope": "mailsec.api.envelope",
    "Evidence": "mailsec.core.results",
    "Fact": "mailsec.core.results",
    "Finding": "mailsec.core.results",
    "HostQuestion": "mailsec.api.check_host",
    "KeyChoice": "mailsec.api.sign_message",
    "MailsecError": "mailsec.core.errors",
    "Relay": "mailsec.api.send_message",
    "Report": "mailsec.core.results",
    "SendOptions": "mailsec.api.send_message",
    "Session": "mailsec.api.session",
    "Settings": "mailsec.api.session",
    "SignOptions": "mailsec.sender.dkim.sign",
    "Status": "mailsec.core.results",
    "Verdict": "mailsec.core.results",
    "Verified": "mailsec.api.verify_message",
    "VerifyOptions": "mailsec.api.verify_message",
    "check_name": "mailsec.api.check_names",
    "check_names": "mailsec.api.check_names",
    "check_host": "mailsec.api.check_host",
    "check_record": "mailsec.api.dkim_record",
    "existing_record": "mailsec.api.dkim_record",
    "new_record": "mailsec.api.dkim_record",
    "send_message": "mailsec.api.send_message",
    "sign_dkim": "mailsec.api.sign_message",
    "verify_message": "mailsec.api.verify_message",
}
__all__ = [
    "Addressing",
    "Check",
    "CheckOptions",
    "Envelope",
    "Evidence",
    "Fact",
    "Finding",
    "HostQuestion",
    "KeyChoice",
    "MailsecError",
    "Relay",
    "Report",
    "SendOptions",
    "Session",
    "Settings",
    "SignOptions",
    "Status",
    "Verdict",
    "Verified",
    "VerifyOptions",
    "__version__",
    "check_host",
    "check_name",
    "check_names",
    "check_record",
    "existing_record",
    "new_record",
    "send_message",
    "sign_dkim",
    "verify_message",
]


def __getattr__(name: str) -> object:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'mailsec' has no attribute {name!r}")
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
