"""The examples are what their script makes, and do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailsec.net.selfmade import selfmade
from tests.conftest import Mailsec
from tests.mirror import serving

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


@pytest.mark.parametrize(
    ("option", "made"),
    [
        ("--openpgp", {"keys/alice.pgp", "keys/bob.pgp", "messages/pgp-signed.eml", "messages/pgp-encrypted.eml"}),
        (
            "--smime",
            {"keys/root.pem", "keys/alice.pem", "keys/bob.pem", "messages/smime-signed.eml", "messages/smime-encrypted.eml"},
        ),
    ],
)
def test_what_differs_at_each_run_can_be_made_anew(option: str, made: set[str], tmp_path: Path) -> None:
    script = tmp_path / "make.py"
    script.write_bytes((EXAMPLES / "make.py").read_bytes())
    for folder in ("keys", "messages"):
        (tmp_path / folder).mkdir()
    ended = subprocess.run(
        [sys.executable, script, option],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")} == made
    assert all((EXAMPLES / name).exists() for name in made)


def test_each_message_gets_the_exit_code_it_must_have(path_with_mailsec: str) -> None:
    ended = _run(EXAMPLES / "verify.sh", path_with_mailsec)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("(ok)") == len((EXAMPLES / "expected.tsv").read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "responder.sh",
            ["url hxxps://bank[.]example/unlock", "ip 203[.]0[.]113[.]66", "sha256 25c7133b", "2_statement.zip 25c7133b"],
        ),
        ("triage.sh", ["5 pass", "forged.eml: bank.example does not vouch"]),
        (
            "sign-and-verify.sh",
            ["bank.example vouches for this message by DKIM d=bank.example s=s2026 and DKIM d=bank.example s=e2026"],
        ),
        (
            "audit.sh",
            ["broken.example: Several DMARC records stand", "octet 11", "dmarc-several-records"],
        ),
        ("plan.sh", ["bank.example > route > mail.bank.example pass TLS: opportunistic", "bob@bank.example skipped planned"]),
        ("seal-and-open.sh", ["At one, at the usual place.", "Decrypted; signed by the key of alice@bank.example"]),
        ("seal-and-open-smime.sh", ["At one, at the usual place.", "Decrypted; signed by the key of alice@bank.example"]),
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
        "responder.sh",
        "plan.sh",
        "seal-and-open.sh",
        "seal-and-open-smime.sh",
    }


SCRIPTS = {path.name: path for path in (EXAMPLES / "smtp").glob("*.smtp")}
VARIABLES = {"helo": "me.example", "from": "alice@bank.example", "to": "bob@receiver.example", "message": "unsigned.eml"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_against_its_own_mirror(name: str, mailsec: Mailsec, tmp_path: Path) -> None:
    text = SCRIPTS[name].read_text()
    (tmp_path / "password").write_text("secret-of-alice\n")
    given = [f"--{option}" for option in VARIABLES]
    values = [str(EXAMPLES / "messages" / value) if option == "message" else value for option, value in VARIABLES.items()]
    options = [part for pair in zip(given, values, strict=True) for part in pair]
    secret = ("--set", "user=alice", "--secret", f"password={tmp_path / 'password'}")
    with selfmade(["127.0.0.1"]) as made, serving(SCRIPTS[name], "--cert", made.path, *options, *secret) as mirror:
        server = ("--server", f"127.0.0.1:{mirror.port}", "--ca", made.path)
        ended = mailsec("smtp", "run", SCRIPTS[name], *server, *options, *secret)
        mirror.end()
    assert (ended.code, ended.stderr) == (0, ""), ended.stdout
    assert mirror.code == 0, mirror.out
    assert "secret-of-alice" not in ended.stdout + mirror.out
    assert text.startswith("#")
