"""`encrypt_smime` as the library has it."""

from __future__ import annotations

import pytest

from mailsec.api import encrypt_smime as room
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime, encrypt_smime_split
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from tests.certificates import NOW
from tests.content.smime.forge import BOB, HEADER, MALLORY, TEXT


def keys() -> FileKeys:
    return read_certificates([("bob", BOB.pem), ("mallory", MALLORY.pem)], str)


def test_nobody_can_be_hidden() -> None:
    with pytest.raises(UsageError, match="names the certificate"):
        encrypt_smime(HEADER + TEXT, "m", SmimeOptions(keys(), hidden=True), now=NOW)


def test_more_recipients_than_readers_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CMS_RECIPIENTS", 1)
    both = SmimeOptions(keys(), certificates=keys().listed)
    with pytest.raises(KeyUnavailable, match="more than 1 recipients"):
        encrypt_smime(HEADER + TEXT, "m", both, now=NOW)
    names = [name for name, _ in encrypt_smime_split(HEADER + TEXT, "m", both, now=NOW)]
    assert len(names) == 2
