"""SMIMEA records of the lab, validated here: alice has 3 0 0, bob 3 0 1; nobody trusts the lab's authority."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.test_check import lab

pytestmark = pytest.mark.lab

DRAFT = (
    b"From: alice@example.test\r\nTo: alice@example.test\r\nSubject: x\r\nDate: Wed, 25 Nov 2026 18:00:00 +0000\r\n\r\n"
    b"Hello.\r\n"
)


def mailsec(*arguments: str | Path, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec", *map(str, arguments)]
    environment = {**os.environ, "LAB_RUN": str(lab())}
    return subprocess.run(inside, input=stdin, env=environment, check=False, capture_output=True, timeout=120)


def key(name: str, folder: Path) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(b"".join((lab() / "pki" / f"smime-{name}.{kind}").read_bytes() for kind in ("crt", "key")))
    return path


@pytest.mark.parametrize(("name", "form"), [("alice", "3 0 0"), ("bob", "3 0 1")])
def test_a_signer_whom_the_dns_vouches_for(name: str, form: str, tmp_path: Path) -> None:
    signed = mailsec("sign", "--smime", "--key", key(name, tmp_path), stdin=DRAFT.replace(b"alice", name.encode()))
    ended = mailsec("verify", "--trust-anchor", lab() / "root.key", "--require", "content", "--json", "-", stdin=signed.stdout)
    assert ended.returncode == 0, ended.stdout
    assert json.loads(ended.stdout)["verdict"]["content"] == "good"
    assert f"SMIMEA {form} at ".encode() in ended.stdout


def test_a_recipient_out_of_the_dns(tmp_path: Path) -> None:
    made = mailsec("encrypt", "--smime", "--dane", "--trust-anchor", lab() / "root.key", stdin=DRAFT)
    assert made.returncode == 0, made.stderr
    assert b"Hello." in mailsec("decrypt", "--key", key("alice", tmp_path), "-", stdin=made.stdout).stdout
