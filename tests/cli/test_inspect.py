"""`mailsec inspect` through the real entry point: what it prints, what it writes, and with which exit code."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from tests.conftest import Mailsec

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "messages"
PHISH = EXAMPLES / "phish.eml"
SNAPSHOTS = ROOT / "tests" / "data" / "snapshots" / "inspect"
AT = ("--at", "2026-09-21")
PLAIN = b"From: a@b.example\nDate: Mon, 21 Sep 2026 14:13:20 +0000\n\nHi\n"
BINARY = b"From: a@b.example\nContent-Transfer-Encoding: base64\nContent-Type: application/x-x; name=x.bin\n\nG1sySgA=\n"


@pytest.mark.parametrize(
    ("name", "options", "columns"),
    [
        ("phish-80", (), 80),
        ("phish-46", (), 46),
        ("phish-verbose-100", ("-v",), 100),
        ("phish-defang-80", ("--defang",), 80),
        ("phish-headers-80", ("--headers-only",), 80),
    ],
)
def test_page(name: str, options: tuple[str, ...], columns: int, mailsec: Mailsec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    path = SNAPSHOTS / f"{name}.txt"
    ended = mailsec("inspect", *AT, *options, "phish.eml", tty=True, columns=columns, env={"NO_COLOR": "1"})
    if os.environ.get("MAILSEC_UPDATE_SNAPSHOTS"):
        path.write_text(ended.stdout)
    assert ended.stdout == path.read_text()
    assert not ended.stderr


def test_the_first_screen_has_verdict_identities_and_findings(mailsec: Mailsec) -> None:
    lines = mailsec("inspect", *AT, PHISH, tty=True, columns=100, env={"NO_COLOR": "1"}).stdout.splitlines()
    places = [
        next(at for at, line in enumerate(lines) if line.startswith(word)) for word in ("POLICY", "identities", "HIGH", "parts")
    ]
    assert places == sorted(places)
    assert places[-1] < 24


@pytest.mark.parametrize(
    ("stdin", "code", "words"),
    [
        (b"", 3, "the input is empty"),
        (b"\0\1\2 no mail", 4, "no header field"),
        (b"just text\nwithout a header\n", 4, "no header field"),
    ],
)
def test_what_is_no_message(stdin: bytes, code: int, words: str, mailsec: Mailsec) -> None:
    ended = mailsec("inspect", "-", stdin=stdin)
    assert (ended.code, ended.stdout) == (code, "")
    assert words in ended.stderr


def test_exit_codes_follow_the_findings(mailsec: Mailsec) -> None:
    assert mailsec("inspect", "-", stdin=PLAIN).code == 0
    assert mailsec("inspect", PHISH).code == 1
    assert mailsec("inspect", "--fail-on", "never", PHISH).code == 0
    assert mailsec("inspect", "--exit-zero", PHISH).code == 0
    assert mailsec("inspect", "-q", PHISH).stdout == ""
    assert mailsec("inspect", PHISH, EXAMPLES / "signed.eml", "missing.eml").code == 1


def test_several_files_as_json(mailsec: Mailsec) -> None:
    document = json.loads(mailsec("inspect", "--json", *AT, PHISH, EXAMPLES / "signed.eml").stdout)
    assert [report["exit"] for report in document["reports"]] == [1, 0]
    assert document["reports"][0]["at"] == 1_789_948_800


def test_defanged_everywhere(mailsec: Mailsec) -> None:
    for format in ("human", "plain", "json", "jsonl"):
        text = mailsec("inspect", "--defang", "--format", format, "-v", PHISH).stdout
        assert "http" not in text.replace("hxxp", "")
        assert "fake.example" not in text
        assert "service[@]bank[.]example" in text


def test_the_header_alone(mailsec: Mailsec) -> None:
    text = mailsec("inspect", "--headers-only", "--format", "plain", PHISH).stdout
    assert "\theader > Message-ID\t" in text
    assert "\tlinks\t" not in text


def test_a_domain_to_protect(mailsec: Mailsec) -> None:
    text = b"From: a@examplebamk.example\nDate: Mon, 21 Sep 2026 14:13:20 +0000\n\nHi\n"
    plain = mailsec("inspect", "-", stdin=text)
    watched = mailsec("inspect", "--protect", "examplebank.example", "-", stdin=text)
    assert "spoofing-" not in plain.stdout
    assert "spoofing-" in watched.stdout
    assert mailsec("inspect", "--protect", "nonsense", "-", stdin=text).code == 2


def test_indicators(mailsec: Mailsec, tmp_path: Path) -> None:
    ended = mailsec("inspect", "--iocs", PHISH, EXAMPLES / "signed.eml")
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {"type": "ip", "value": "203.0.113.66", "where": ["Received"], "subject": str(PHISH)} in found
    assert len({(each["type"], each["value"], each["subject"]) for each in found}) == len(found)
    assert ended.code == 0
    mailsec("inspect", "--iocs", "--defang", "-o", tmp_path / "iocs.jsonl", PHISH)
    assert "hxxps://bank[.]example/unlock" in (tmp_path / "iocs.jsonl").read_text()


def test_a_part_decoded_and_raw(mailsec: Mailsec, tmp_path: Path) -> None:
    assert mailsec("inspect", "--part", "2", PHISH).out[:4] == b"PK\x03\x04"
    assert mailsec("inspect", "--part", "2", "--raw", PHISH).out[:4] == b"UEsD"
    assert mailsec("inspect", "--part", "1.1", PHISH).stdout.startswith("Your account is locked.")
    mailsec("inspect", "--part", "2", "-o", tmp_path / "a.zip", PHISH)
    assert (tmp_path / "a.zip").read_bytes()[:4] == b"PK\x03\x04"
    missing = mailsec("inspect", "--part", "7", PHISH)
    assert (missing.code, missing.stdout) == (4, "")
    assert "the parts are 1, 1.1, 1.2, 2" in missing.stderr


def test_no_binary_to_a_terminal(mailsec: Mailsec) -> None:
    refused = mailsec("inspect", "--part", "1", "-", stdin=BINARY, tty=True)
    assert (refused.code, refused.out) == (2, b"")
    assert "control the terminal" in refused.stderr
    assert mailsec("inspect", "--part", "1", "-", stdin=BINARY).out == b"\x1b[2J\0"


def test_parts_are_extracted_under_safe_names(mailsec: Mailsec, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "evidence"
    ended = mailsec("inspect", "--extract", "all", "-o", folder, PHISH)
    assert ended.code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["1.1_part.txt", "1.2_part.html", "2_statement.zip"]
    for line in ended.stdout.splitlines():
        subject, kind, _, octets, digest, name = line.split("\t")
        data = (folder / name).read_bytes()
        assert (subject, kind, int(octets), digest) == (str(PHISH), "extracted", len(data), hashlib.sha256(data).hexdigest())
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_parts_of_several_messages_have_its_number_in_front(mailsec: Mailsec, tmp_path: Path) -> None:
    mailsec("inspect", "--extract", "all", "-o", tmp_path, EXAMPLES / "signed.eml", EXAMPLES / "missing.eml", PHISH)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["1_1_part.txt", "2_1.1_part.txt", "2_1.2_part.html", "2_2_statement.zip"]


def test_no_file_is_ever_overwritten(mailsec: Mailsec, tmp_path: Path) -> None:
    (tmp_path / "2_statement.zip").write_text("mine")
    (tmp_path / "2_statement-2.zip").symlink_to(tmp_path / "elsewhere")
    ended = mailsec("inspect", "--extract", "2", "-o", tmp_path, PHISH)
    assert ended.stdout.split("\t")[-1] == "2_statement-3.zip\n"
    assert (tmp_path / "2_statement.zip").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()
    assert mailsec("inspect", "-q", "--extract", "1.1", "-o", tmp_path, PHISH).stdout == ""


def test_a_name_that_leads_out_stays_inside(mailsec: Mailsec, tmp_path: Path) -> None:
    text = b'From: a@b.example\nContent-Disposition: attachment; filename="../../x\\\\..\\\\.profile"\n\nHi\n'
    mailsec("inspect", "--extract", "all", "-o", tmp_path / "in", "-", stdin=text)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert len(list((tmp_path / "in").iterdir())) == 1


def test_a_folder_that_cannot_be_written_to(mailsec: Mailsec, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        ended = mailsec("inspect", "--extract", "all", "-o", folder, PHISH)
        assert ended.code == 2
        assert "cannot" in ended.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--iocs", "--part", "1"), "--iocs and --part exclude each other"),
        (("--iocs", "--headers-only"), "contradict"),
        (("--raw",), "--raw belongs to --part"),
        (("--defang", "--part", "1"), "--defang is for what is shown"),
        (("--at", "received"), "--at received is for verify"),
        (("--extract", "all"), "needs a folder"),
        (("--part", "1", PHISH), "one message at a time"),
    ],
)
def test_options_that_make_no_sense(options: tuple[str, ...], words: str, mailsec: Mailsec) -> None:
    ended = mailsec("inspect", *options, PHISH)
    assert (ended.code, ended.stdout) == (2, "")
    assert words in ended.stderr


def test_many_links_are_cut_for_people_and_whole_for_programs(mailsec: Mailsec) -> None:
    body = "".join(f"http://a.example/{each}\n" for each in range(15)).encode()
    page = mailsec("inspect", "-", stdin=PLAIN + body, tty=True).stdout
    assert "the first 10 of them, -v shows all" in page
    assert "http://a.example/12" not in page
    assert "http://a.example/12" in mailsec("inspect", "-", stdin=PLAIN + body).stdout


def test_it_touches_no_network_and_loads_none_of_it(mailsec_process: Mailsec) -> None:
    ended = mailsec_process("inspect", "--json", PHISH)
    assert ended.code == 1
    assert json.loads(ended.stdout)["schema"] == "mailsec/1"


def test_help_shows_examples(mailsec: Mailsec) -> None:
    text = mailsec("inspect", "--help").stdout
    assert "mailsec inspect message.eml" in text
    assert "--extract all -o evidence" in text
