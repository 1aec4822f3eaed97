"""`mailsec verify` with what others judged: the receiver then (--trust-authres), dkimpy now (--second-opinion)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_verify import BORDER, ZONE, message

ROOT = Path(__file__).parents[2]
TRUST = ("--trust-authres", "mx.receiver.example")


def report(ended) -> dict:
    return json.loads(ended.stdout)


def check(report: dict, name: str) -> dict:
    return next(check for check in report["checks"] if check["name"] == name)


def test_a_rotated_key_is_judged_by_what_the_receiver_reported(mailsec) -> None:
    without = mailsec("verify", *ZONE, *BORDER, "--json", message("rotated.eml"))
    assert (without.code, report(without)["verdict"]["decided_by"]) == (1, 8)
    ended = mailsec("verify", *ZONE, *BORDER, *TRUST, "--json", message("rotated.eml"))
    assert (ended.code, report(ended)["verdict"]["decided_by"]) == (0, 11)
    assert "as mx.receiver.example reported" in report(ended)["summary"]
    found = check(report(ended), "foreign results")
    assert {"name": "reported", "value": "dkim=pass bank.example"} in found["facts"]
    assert [each["rule"] for each in found["findings"]] == ["authres-reported"]


def test_the_same_field_below_the_border_does_not_count(tmp_path: Path, mailsec) -> None:
    data = message("rotated.eml").read_bytes()
    start, end = data.index(b"Authentication-Results"), data.index(b"Return-Path")
    field, rest = data[start:end], data[:start] + data[end:]
    forged = tmp_path / "forged.eml"
    forged.write_bytes(rest.replace(b"DKIM-Signature", field + b"DKIM-Signature", 1))
    ended = mailsec("verify", *ZONE, *BORDER, *TRUST, "--json", forged)
    assert (ended.code, report(ended)["verdict"]["decided_by"]) == (1, 8)
    found = check(report(ended), "foreign results")
    assert "0 of them by mx.receiver.example" in found["reason"]
    assert {"name": "claims-to-be-ours", "value": True} in found["children"][0]["facts"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*TRUST,), "--trust-authres needs a border"),
        ((*BORDER, *TRUST, "--header"), "not with --header or --add-header"),
        ((*BORDER, *TRUST, "--add-header"), "not with --header or --add-header"),
        ((*BORDER, "--trust-authres", "no name"), "not usable as an authserv-id"),
    ],
)
def test_usage(options: tuple[str, ...], words: str, mailsec) -> None:
    ended = mailsec("verify", *ZONE, *options, message("rotated.eml"))
    assert (ended.code, ended.stdout) == (2, "")
    assert words in ended.stderr


def test_a_second_opinion(mailsec) -> None:
    ended = mailsec("verify", *ZONE, *BORDER, "--second-opinion", "--json", message("signed.eml"))
    assert ended.code == 0
    found = check(report(ended), "second opinion")
    assert found["reason"] == "dkimpy agrees about 2 of 2"


def test_dkimpy_is_never_loaded_in_this_process() -> None:
    code = "import sys; from mailsec.cli.main import main\ntry: main(sys.argv[1:])\nfinally: print('dkim' in sys.modules)"
    arguments = ("verify", *map(str, (*ZONE, *BORDER)), "--second-opinion", str(message("signed.eml")))
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "dkimpy agrees about 2 of 2" in done.stdout
    assert done.stdout.endswith("False\n")


def test_a_second_opinion_of_a_message_that_hurts_dkimpy(monkeypatch: pytest.MonkeyPatch, mailsec) -> None:
    monkeypatch.setattr("mailsec.judges.child.Bounds.__init__.__defaults__", (1.0, 1 << 30, 1 << 20))
    data = message("signed.eml").read_bytes() + b" " * 80_000 + b"x\r\n"
    ended = mailsec("verify", *ZONE, *BORDER, "--second-opinion", "--format", "plain", "-", stdin=data)
    assert "second opinion\tskipped\tdkimpy was stopped: it took longer than 1 seconds" in ended.stdout


def test_it_is_skipped_without_dkimpy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mailsec) -> None:
    script = tmp_path / "child.py"
    script.write_text("import sys\nsys.exit(9)\n")
    monkeypatch.setattr("mailsec.judges.dkimpy._SCRIPT", script)
    ended = mailsec("verify", *ZONE, *BORDER, "--second-opinion", "--json", message("signed.eml"))
    assert ended.code == 0
    found = check(report(ended), "second opinion")
    assert (found["status"], "pip install" in found["reason"]) == ("skipped", True)


def test_what_others_said_is_shown_to_people(mailsec) -> None:
    ended = mailsec("verify", *ZONE, *BORDER, *TRUST, message("rotated.eml"), tty=True, columns=100, env={"NO_COLOR": "1"})
    assert "foreign results: 1 field in which other hosts say what they judged; 1 of them by" in ended.stdout
    assert "claims-to-be-ours=yes" in ended.stdout
    paragraph = mailsec("verify", *ZONE, *BORDER, *TRUST, "--explain-for-user", message("rotated.eml")).stdout
    assert "When it came in, mx.receiver.example noted that bank.example confirmed it." in paragraph
    paragraph = mailsec("verify", *ZONE, *BORDER, *TRUST, "--explain-for-user", message("signed.eml")).stdout
    assert "We checked with bank.example, and it confirms that." in paragraph
