"""mailsec: the security of electronic mail, as a library and a command line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailsec.api.at_hand import AtHand
    from mailsec.api.check_domain import CheckOptions
    from mailsec.api.check_host import HostQuestion, check_host
    from mailsec.api.check_names import check_name, check_names
    from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
    from mailsec.api.dkim_record import check_record, existing_record, new_record
    from mailsec.api.encrypt_message import EncryptOptions, encrypt_message, encrypt_split
    from mailsec.api.envelope import Envelope
    from mailsec.api.inspect_message import Inspected, InspectOptions, inspect_message
    from mailsec.api.outgoing import Addressing
    from mailsec.api.send_message import Relay, SendOptions, send_message
    from mailsec.api.session import Session, Settings
    from mailsec.api.sign_message import KeyChoice, sign_dkim
    from mailsec.api.sign_openpgp import sign_openpgp
    from mailsec.api.signers import SignKeys
    from mailsec.api.verify_message import Verified, VerifyOptions, verify_message
    from mailsec.core.errors import MailsecError
    from mailsec.core.results import Check, Evidence, Fact, Finding, Report, Status, Verdict
    from mailsec.sender.dkim.sign import SignOptions
    from mailsec.trust.keyring.files import FileKeys, read_keys

__version__ = "0.1.0"

# Loaded when first used: `mailsec --help` needs none of them.
_PUBLIC = {
    "Addressing": "mailsec.api.outgoing",
    "AtHand": "mailsec.api.at_hand",
    "Check": "mailsec.core.results",
    "CheckOptions": "mailsec.api.check_domain",
    "DecryptOptions": "mailsec.api.decrypt_message",
    "EncryptOptions": "mailsec.api.encrypt_message",
    "Envelope": "mailsec.api.envelope",
    "Evidence": "mailsec.core.results",
    "Fact": "mailsec.core.results",
    "FileKeys": "mailsec.trust.keyring.files",
    "Finding": "mailsec.core.results",
    "HostQuestion": "mailsec.api.check_host",
    "InspectOptions": "mailsec.api.inspect_message",
    "Inspected": "mailsec.api.inspect_message",
    "KeyChoice": "mailsec.api.sign_message",
    "MailsecError": "mailsec.core.errors",
    "Relay": "mailsec.api.send_message",
    "Report": "mailsec.core.results",
    "SendOptions": "mailsec.api.send_message",
    "Session": "mailsec.api.session",
    "Settings": "mailsec.api.session",
    "SignKeys": "mailsec.api.signers",
    "SignOptions": "mailsec.sender.dkim.sign",
    "Status": "mailsec.core.results",
    "Verdict": "mailsec.core.results",
    "Verified": "mailsec.api.verify_message",
    "VerifyOptions": "mailsec.api.verify_message",
    "check_host": "mailsec.api.check_host",
    "check_name": "mailsec.api.check_names",
    "check_names": "mailsec.api.check_names",
    "check_record": "mailsec.api.dkim_record",
    "decrypt_message": "mailsec.api.decrypt_message",
    "encrypt_message": "mailsec.api.encrypt_message",
    "encrypt_split": "mailsec.api.encrypt_message",
    "existing_record": "mailsec.api.dkim_record",
    "inspect_message": "mailsec.api.inspect_message",
    "new_record": "mailsec.api.dkim_record",
    "read_keys": "mailsec.trust.keyring.files",
    "send_message": "mailsec.api.send_message",
    "sign_dkim": "mailsec.api.sign_message",
    "sign_openpgp": "mailsec.api.sign_openpgp",
    "verify_message": "mailsec.api.verify_message",
}
__all__ = [
    "Addressing",
    "AtHand",
    "Check",
    "CheckOptions",
    "DecryptOptions",
    "EncryptOptions",
    "Envelope",
    "Evidence",
    "Fact",
    "FileKeys",
    "Finding",
    "HostQuestion",
    "InspectOptions",
    "Inspected",
    "KeyChoice",
    "MailsecError",
    "Relay",
    "Report",
    "SendOptions",
    "Session",
    "Settings",
    "SignKeys",
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
    "decrypt_message",
    "encrypt_message",
    "encrypt_split",
    "existing_record",
    "inspect_message",
    "new_record",
    "read_keys",
    "send_message",
    "sign_dkim",
    "sign_openpgp",
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
