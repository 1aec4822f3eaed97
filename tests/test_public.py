"""The public names of the package: a list that only grows."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mailsec

NAMES = [
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
