"""`mailsec inspect` of S/MIME: what each part is, for whom and by whom, without a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.content.smime.forge import BOB, HEADER, TEXT, detached, p7m
from tests.content.smime.seal import Sealing, mail, sealed
from tests.content.smime.test_enveloped import CBC, ENVELOPED, IV, KEY_ID, VERSION, content, structure, tlv

DATA = Path(__file__).parents[1] / "data" / "smime"


def cms_of(check: dict[str, Any]) -> list[dict[str, Any]]:
    """The structures in the tree of a check."""
    found = [check] if check["name"] == "cms" else []
    return found + [each for child in check.get("children", ()) for each in cms_of(child)]


def structures(mailsec, *arguments: object, stdin: bytes = b"") -> list[dict[str, Any]]:
    ended = mailsec("inspect", "--json", *arguments, stdin=stdin)
    assert ended.stderr == ""
    return [each for check in json.loads(ended.stdout)["checks"] for each in cms_of(check)]


@pytest.mark.parametrize(
    ("name", "reason", "serial"),
    [
        ("3des.eml", "enveloped-data, 3DES-CBC, 1 recipient, truncated", "1F2E3D4C"),
        ("dsa.eml", "signed-data, SHA-1, 1 certificate, truncated", "D5A0001"),
        ("dsa-signer.eml", "signed-data, SHA-1, 1 signer, 1 certificate, truncated", "D5A0001"),
    ],
)
def test_a_mail_that_is_cut_off_is_shown_as_far_as_it_reaches(name: str, reason: str, serial: str, mailsec) -> None:
    [found] = structures(mailsec, DATA / name)
    assert found["reason"] == reason
    assert all(f"serial number {serial} of " in each["reason"] for each in found["children"])


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (detached(), "signed-data (detached), SHA-256, 1 signer, 2 certificates"),
        (mail(sealed(TEXT, Sealing(), Sealing(BOB))), "authEnveloped-data, AES-256-GCM, 2 recipients"),
        (HEADER + p7m(b"nothing"), "cannot be read: it is no CMS structure"),
        (HEADER + p7m(b""), "cannot be read: it is no CMS structure"),
    ],
)
def test_every_structure_says_what_it_is(file: bytes, reason: str, mailsec) -> None:
    assert [each["reason"] for each in structures(mailsec, "-", stdin=file)] == [reason]


def test_recipients_without_a_certificate_are_counted(mailsec) -> None:
    people = tlv(0x31, KEY_ID, tlv(0xA2, VERSION))
    [found] = structures(mailsec, "-", stdin=mail(structure(ENVELOPED, VERSION, people, content(CBC, IV))))
    assert [each["reason"] for each in found["children"]] == ["key identifier 6B6579, 1.2", "not named, or cut off"]
