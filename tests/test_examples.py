"""The examples are what their script makes, and do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def path_with_mailsec(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `mailsec` is the program under test, whatever else is installed."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "mailsec"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m mailsec "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def _run(script: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(script)], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_script_makes_what_is_shipped(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, EXAMPLES / "make.py", tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) >= 12
    for file in files:
        assert (tmp_path / file).read_bytes() == (EXAMPLES / file).read_bytes(), file


def test_each_message_gets_the_exit_code_it_must_have(path_with_mailsec: str) -> None:
    ended = _run(EXAMPLES / "verify.sh", path_with_mailsec)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("(ok)") == len((EXAMPLES / "expected.tsv").read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("triage.sh", ["5 pass", "forged.eml: bank.example does not vouch"]),
        (
            "sign-and-verify.sh",
            ["bank.example vouches for this message by DKIM d=bank.example s=s2026 and DKIM d=bank.example s=e2026"],
        ),
        (
            "audit.sh",
            ["broken.example: Several DMARC records stand", "octet 11", "dmarc-several-records"],
        ),
        ("seal-and-open.sh", ["At one, at the usual place.", "Decrypted; signed by the key of alice@bank.example"]),
        ("filter.sh", ["Authentication-Results: mx.receiver.example", "dmarc=fail"]),
    ],
)
def test_pipelines(name: str, words: list[str], path_with_mailsec: str) -> None:
    ended = _run(EXAMPLES / "pipelines" / name, path_with_mailsec)
    assert ended.returncode == 0, ended.stderr
    for word in words:
        assert word in ended.stdout
    assert "dmarc=pass" not in ended.stdout


def test_every_pipeline_is_run() -> None:
    assert {path.name for path in (EXAMPLES / "pipelines").iterdir()} == {
        "audit.sh",
        "triage.sh",
        "sign-and-verify.sh",
        "filter.sh",
        "seal-and-open.sh",
    }
