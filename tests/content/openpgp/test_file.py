"""OpenPGP files that are no mail: what is bounded in them."""

from __future__ import annotations

import pytest
from pysequoia import ArmorKind, SignatureMode, armor, sign

from mailsec.content.openpgp import file
from mailsec.content.openpgp.mail import Judge
from mailsec.content.openpgp.opening import OpeningError
from mailsec.trust.keyring.files import FileKeys
from tests.certificates import NOW
from tests.cli.openpgp import person

TEXT = b"Pay 100 to account 7."


def test_all_texts_of_a_file_share_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    one = armor(sign(person("alice").signer(), TEXT, mode=SignatureMode.INLINE, armor=False), ArmorKind.Message).encode()
    judge = Judge(FileKeys(), NOW)
    assert file.signed_file(2 * one, judge).octets == 2 * len(TEXT)
    monkeypatch.setattr(file, "MAX_MESSAGE_BYTES", 2 * len(TEXT) - 1)
    with pytest.raises(OpeningError, match="octets come out of it"):
        file.signed_file(2 * one, judge)
