"""The public names of the package: a list that only grows."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import mailsec
from tests.cli.openpgp import DRAFT, person

NOW = int(time.time())
NAMES = [
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
    "SmimeOptions",
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
    "encrypt_smime",
    "encrypt_smime_split",
    "encrypt_split",
    "existing_record",
    "inspect_message",
    "new_record",
    "read_keys",
    "send_message",
    "sign_dkim",
    "sign_openpgp",
    "sign_smime",
    "verify_message",
]


def test_the_list() -> None:
    assert sorted(mailsec.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(mailsec))


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_and_documented(name: str) -> None:
    value = getattr(mailsec, name)
    assert value is getattr(mailsec, name)
    assert isinstance(value, str) or value.__doc__


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = mailsec.nonsense


def test_importing_the_package_loads_none_of_its_rooms() -> None:
    code = "import mailsec, sys; print([name for name in sys.modules if name.startswith('mailsec.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_message_signed_encrypted_and_opened() -> None:
    alice, bob = (mailsec.read_keys(bytes(person(name)), name) for name in ("alice", "bob"))
    keys = alice | bob
    signed = mailsec.sign_openpgp(DRAFT, "draft", mailsec.SignKeys(keys), now=NOW)
    assert signed.report.status is mailsec.Status.PASS
    sealed = mailsec.encrypt_message(DRAFT, "draft", mailsec.EncryptOptions(keys, sign=mailsec.SignKeys(keys)), now=NOW)
    assert b"an alle" not in sealed.data
    opened = mailsec.decrypt_message(sealed.data, "secret", mailsec.DecryptOptions(keys), now=NOW)
    assert (opened.data.endswith(b"A\r\n"), opened.report.status) == (True, mailsec.Status.PASS)
    each = mailsec.encrypt_split(DRAFT, "draft", mailsec.EncryptOptions(keys), now=NOW)
    assert [address for address, _ in each] == ["bob@bob.example"]


def test_the_ring_beside_files(tmp_path: Path) -> None:
    at_hand = mailsec.AtHand(mailsec.FileKeys(), str(tmp_path / "no ring"), now=NOW)
    with at_hand as keys, pytest.raises(mailsec.MailsecError, match="no key"):
        mailsec.encrypt_message(DRAFT, "draft", mailsec.EncryptOptions(keys), now=NOW)
