"""S/MIME through the real entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.content.smime.forge import HEADER, OTHER_ROOT, ROOT, detached, multipart, opaque, p7m, signed_data

AT = ("--at", "2027-01-15T08:00:00Z", "--offline")


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


@pytest.mark.parametrize("file", [detached(), opaque()], ids=["detached", "opaque"])
def test_a_signed_mail_is_good_by_a_root_that_is_named(file: bytes, roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=file)
    assert ended.code == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["verdict"]["content"] == "good"
    assert "revocation not checked" in ended.stdout


def test_without_the_root_nobody_vouches_and_the_way_on_is_said(roots: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "other.pem").write_bytes(OTHER_ROOT.pem)
    ended = mailsec("verify", *AT, "--ca", tmp_path / "other.pem", "-", stdin=detached())
    assert ended.code == 7
    assert "--ca FILE" in ended.stdout


def test_a_changed_text_is_bad(roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "-", stdin=detached().replace(b"100", b"900"))
    assert ended.code == 1
    assert "smime-signature-bad" in ended.stdout


def test_roots_that_cannot_be_read(tmp_path: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", tmp_path / "none.pem", "-", stdin=detached())
    assert (ended.code, ended.stdout) == (4, "")
    assert "roots" in ended.stderr


def test_certificates_alone_are_said_and_protect_nothing(roots: Path, mailsec) -> None:
    file = HEADER + p7m(signed_data(b""), b"application/pkcs7-mime; smime-type=certs-only")
    ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=file)
    content = next(check for check in json.loads(ended.stdout)["checks"] if check["name"] == "content")
    assert content["status"] == "skipped"
    assert json.loads(ended.stdout)["verdict"]["content"] == "absent"


def test_a_damaged_signature_is_said_to_be(roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "-", stdin=HEADER + multipart(b"\r\nHi\r\n", b"nothing"))
    assert ended.code == 1
    assert "smime-signature-unreadable" in ended.stdout
