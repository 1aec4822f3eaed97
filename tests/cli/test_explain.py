from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailsec.api.rulebook import rules
from tests.conftest import Mailsec
from tests.output.harmless import harmful

ONE = "report-tree-too-deep"


def test_a_rule(mailsec: Mailsec) -> None:
    done = mailsec("explain", ONE)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ONE}\tlow\t")
    page = mailsec("explain", ONE, tty=True, columns=60, env={"NO_COLOR": "1"}).stdout
    assert page.startswith(f"LOW  {ONE}\n")
    assert "Remedy     " in page


def test_rules_in_the_order_asked_for_and_once(mailsec: Mailsec) -> None:
    names = [*list(rules())[-2:], ONE, ONE]
    done = mailsec("explain", "--json", *names)
    assert [rule["id"] for rule in json.loads(done.out)["rules"]] == list(dict.fromkeys(names))


def test_all_and_list(mailsec: Mailsec) -> None:
    assert mailsec("explain", "--list").stdout.splitlines() == list(rules())
    listed = [json.loads(line)["id"] for line in mailsec("explain", "--all", "--format", "jsonl").stdout.splitlines()]
    assert listed == list(rules())


def test_into_a_file(mailsec: Mailsec, tmp_path: Path) -> None:
    assert mailsec("explain", ONE, "--json", "-o", tmp_path / "rule.json").out == b""
    assert json.loads((tmp_path / "rule.json").read_bytes())["rules"][0]["id"] == ONE


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("report-tree-to-deep", f"hint: did you mean {ONE}"),
        ("zzz", "hint: mailsec explain --help"),
        ("", "hint: mailsec explain"),
    ],
)
def test_an_unknown_rule(mailsec: Mailsec, name: str, hint: str) -> None:
    done = mailsec("explain", name)
    assert (done.code, done.out) == (2, b"")
    assert done.stderr.startswith(f"mailsec: error: no such rule: {name}".rstrip())
    assert done.stderr.splitlines()[-1].startswith(hint)


def test_a_hostile_rule(mailsec: Mailsec) -> None:
    done = mailsec("explain", "\x1b[31m" + "x" * 100_000)
    assert done.code == 2
    assert not harmful(done.stderr)


@pytest.mark.parametrize("argv", [(), (ONE, "--all"), ("--all", "--list"), (ONE, "--list")])
def test_what_to_explain_is_said_one_way(mailsec: Mailsec, argv: tuple[str, ...]) -> None:
    done = mailsec("explain", *argv)
    assert done.code == 2
    assert "name rules, or give --all, or give --list" in done.stderr


def test_rules_complete(mailsec: Mailsec) -> None:
    env = {"_MAILSEC_COMPLETE": "bash_complete", "COMP_WORDS": "mailsec explain report-", "COMP_CWORD": "2"}
    assert mailsec(env=env).stdout.splitlines() == [f"plain,{ONE}"]
