"""sqv and gpgv about signatures that are accepted here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pysequoia import SignatureMode, sign

from mailsec.content.openpgp.signature import signatures_in
from mailsec.judges import openpgp
from mailsec.judges.child import Bounds
from mailsec.judges.openpgp import ask_openpgp
from mailsec.trust.keyring.packets import signature
from tests.cli.openpgp import person
from tests.content.mails import ALICE, MADE, NOW, TEXT, mail, signed

PACKET = signature(ALICE.subkey.sign(0, TEXT, MADE)[6:])


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program called sqv that does what `script` says is all that is on PATH, with a shell."""
    program = folder / "sqv"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("script", "accepts", "words"),
    [
        ("exit 0", True, ""),
        ("echo 'no valid signature' >&2; exit 1", False, "no valid signature"),
        ("exit 2", None, "exit code 2"),
        ("while :; do :; done", None, "was stopped"),
    ],
)
def test_what_is_made_of_an_answer(
    script: str, accepts: bool | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(tmp_path, monkeypatch, script)
    program, opinion = ask_openpgp(TEXT, PACKET, ALICE.public(), Bounds(seconds=2))
    assert (program, opinion.accepts) == ("sqv", accepts)
    assert words in opinion.reason


def test_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert ask_openpgp(TEXT, PACKET, ALICE.public())[1].accepts is None


@pytest.mark.parametrize(("script", "status"), [("exit 0", "pass"), ("exit 1", "fail"), ("exit 2", "skipped")])
def test_verify_asks(script: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mailsec) -> None:
    on_path(tmp_path, monkeypatch, script)
    (tmp_path / "alice.asc").write_bytes(ALICE.public())
    argv = ("verify", "--offline", "--second-opinion", "--at", str(NOW), "--key", tmp_path / "alice.asc", "--json", "-")
    report = json.loads(mailsec(*argv, stdin=mail(signed()), env={"PATH": str(tmp_path)}).stdout)
    content = next(check for check in report["checks"] if check["name"] == "content")
    asked = next(check for check in content["children"] if check["name"] == "sqv")
    assert asked["status"] == status
    assert ("judges-openpgp-refuses" in json.dumps(asked)) is (status == "fail")


@pytest.mark.external
@pytest.mark.parametrize("program", ["sqv", "gpgv"])
def test_the_programs_themselves(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpgp, "PROGRAMS", (program,))
    secret = person("alice")
    (made,) = signatures_in(sign(secret.signer(), TEXT, mode=SignatureMode.DETACHED, armor=False))
    public = bytes(secret.extract_certificate())
    assert ask_openpgp(TEXT, made, public) == (program, openpgp.Opinion(True))
    assert ask_openpgp(TEXT + b"x", made, public)[1].accepts is False
