"""BIMI over the lab's HTTPS: the logo of example.test, and certificates beside it, one for clients and one for marks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mailsec.core.moment import utc
from tests.certificates import NOW
from tests.lab.test_check import lab
from tests.sender.bimi.marks import bundle, mark, root, with_logo

pytestmark = pytest.mark.lab


def check(*options: str | Path) -> tuple[int, dict[str, Any]]:
    """`check example.test` for BIMI alone, logo and certificate fetched: the exit code and what was found."""
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec", "check", "example.test"]
    how = ["--only", "bimi", "--fetch", "--allow-private", "--ca", str(lab() / "pki/ca.crt"), "--json", *map(str, options)]
    done = subprocess.run([*inside, *how], check=False, capture_output=True, timeout=120)
    (found,) = json.loads(done.stdout)["checks"]
    return done.returncode, {each["name"]: each for each in found["children"]} | {"bimi": found}


def test_the_logo_is_good_and_the_certificate_of_a_client_none() -> None:
    code, found = check("--dnssec", "validate", "--trust-anchor", lab() / "root.key")
    assert (code, found["bimi"]["status"], found["indicator"]["status"]) == (1, "fail", "pass")
    rules = {each["rule"] for each in found["certificate"]["findings"]}
    assert {"bimi-cert-usage", "bimi-cert-path", "bimi-cert-domain", "bimi-cert-logotype"} <= rules


@pytest.fixture
def marked() -> Iterator[str]:
    """A mark certificate for the lab's logo, put beside it; its address."""
    folder = lab() / "web/bimi.example.test"
    logo = (folder / "logo.svg").read_bytes()
    made = bundle(mark("example.test", value=with_logo(logo)))
    path = folder / f"{sha256(made).hexdigest()[:16]}.pem"
    path.write_bytes(made)
    yield f"https://bimi.example.test/{path.name}"
    path.unlink()


def test_a_mark_certificate_for_the_logo(marked: str, tmp_path: Path) -> None:
    record = f'"v=BIMI1; l=https://bimi.example.test/logo.svg;" " a={marked}"'
    (tmp_path / "planned").write_text(f"default._bimi.example.test. 60 IN TXT {record}\n")
    (tmp_path / "roots.pem").write_bytes(root().pem)
    code, found = check(
        "--overlay", tmp_path / "planned", "--bimi-ca", tmp_path / "roots.pem", "--at", utc(NOW), "--dnssec", "off"
    )
    assert (code, found["bimi"]["status"], found["certificate"]["status"]) == (0, "pass", "pass"), found["bimi"]["reason"]
