"""`mailsec sign --dkim` and `mailsec record dkim` through the real entry point, judged by dkimpy and by verify."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import dkim
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
KEYS = EXAMPLES / "keys"
ZONE = ("--zone", EXAMPLES / "example.zone")
TEXT = b"From: alice@bank.example\r\nTo: bob@receiver.example\r\nSubject: Hi\r\n\r\nHello\r\n"


def _record(name: bytes, timeout: int = 5) -> bytes:
    """The key records of the example zone, for dkimpy."""
    for line in (EXAMPLES / "example.zone").read_text().splitlines():
        if line.startswith(name.decode()):
            return "".join(line.split('"')[1::2]).encode()
    return b""


def test_a_signature_that_dkimpy_and_verify_accept(mailsec) -> None:
    ended = mailsec("sign", "--dkim", "--key", KEYS / "rsa.pem", "--selector", "s2026", "-q", stdin=TEXT)
    assert (ended.code, ended.err) == (0, b"")
    assert ended.out.endswith(TEXT)
    assert dkim.verify(ended.out, dnsfunc=_record)
    assert mailsec("verify", *ZONE, "-", stdin=ended.out).code == 0


def test_two_keys_in_one_call(mailsec) -> None:
    keys = ("--key", KEYS / "rsa.pem", "--selector", "s2026", "--key", KEYS / "ed25519.pem", "--selector", "e2026")
    ended = mailsec("sign", "--dkim", *keys, "--domain", "bank.example", "-", stdin=TEXT)
    assert ended.out.count(b"DKIM-Signature:") == 2
    assert "d=bank.example s=s2026 and d=bank.example s=e2026" in ended.stderr
    report = json.loads(mailsec("verify", *ZONE, "--json", "-", stdin=ended.out).stdout)
    signatures = next(check for check in report["checks"] if check["name"] == "dkim")["children"]
    assert [each["status"] for each in signatures] == ["pass", "pass"]


def test_time_expiry_and_oversigning_are_as_told(mailsec) -> None:
    options = ("--at", "1790000000", "--expire", "60", "--oversign", "X-Own", "--identity", "alice@bank.example")
    ended = mailsec("sign", "--dkim", "--key", KEYS / "rsa.pem", "--selector", "s2026", *options, stdin=TEXT)
    for expected in (b"t=1790000000", b"x=1790000060", b"x-own", b"i=alice@bank.example"):
        assert expected in ended.out.replace(b"\r\n ", b"")
    assert mailsec("verify", *ZONE, "--at", "1790000061", "-", stdin=ended.out).code != 0
    assert mailsec("verify", *ZONE, "--at", "1790000059", "-", stdin=ended.out).code == 0
    without = mailsec("sign", "--dkim", "--key", KEYS / "rsa.pem", "--selector", "s2026", "--no-timestamp", stdin=TEXT)
    assert b" t=" not in without.out


@pytest.mark.parametrize("name", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
def test_canonicalizations(name: str, mailsec) -> None:
    key = ("--key", KEYS / "rsa.pem", "--selector", "s2026")
    ended = mailsec("sign", "--dkim", *key, "--canonicalization", name, stdin=TEXT)
    assert dkim.verify(ended.out, dnsfunc=_record)


def test_line_ends_are_kept(mailsec) -> None:
    ended = mailsec("sign", "--dkim", "--key", KEYS / "rsa.pem", "--selector", "s2026", stdin=TEXT.replace(b"\r\n", b"\n"))
    assert b"\r" not in ended.out
    assert mailsec("verify", *ZONE, "-", stdin=ended.out).code == 0


def test_a_short_key_signs_with_a_finding(tmp_path: Path, mailsec) -> None:
    made = mailsec("record", "dkim", "bank.example", "--selector", "s", "--bits", "1024", "--key-out", tmp_path / "k.pem")
    assert made.code == 0
    ended = mailsec("sign", "--dkim", "--key", tmp_path / "k.pem", "--selector", "s", stdin=TEXT)
    assert (ended.code, "1024 bits" in ended.stderr) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        ((), TEXT, 2, "--dkim"),
        (("--dkim",), TEXT, 2, "no key"),
        (("--dkim", "--key", "KEY"), TEXT, 2, "one --selector for each --key"),
        (("--dkim", "--key", "KEY", "--selector", "s", "--at", "received"), TEXT, 2, "received"),
        (("--dkim", "--key", "KEY", "--selector", "s"), b"", 3, "empty"),
        (("--dkim", "--key", "KEY", "--selector", "s"), b"no header\n", 4, "no mail message"),
        (("--dkim", "--key", "KEY", "--selector", "s"), b"To: a@b.example\n\nx", 4, "From"),
        (("--dkim", "--key", "KEY", "--selector", "s"), b"From: a@b.example\r\nX: bare\nlf\r\n\r\nx", 4, "LF"),
        (("--dkim", "--key", "no-such.pem", "--selector", "s"), TEXT, 4, "no-such.pem"),
        (("--dkim", "--key", "README", "--selector", "s"), TEXT, 4, "private key"),
        (("--dkim", "--key", "KEY", "--selector", "a b"), TEXT, 4, "selector"),
    ],
)
def test_refusals_write_nothing(arguments: tuple[str, ...], stdin: bytes, code: int, words: str, mailsec) -> None:
    places = {"KEY": KEYS / "rsa.pem", "README": KEYS / "README.md"}
    ended = mailsec("sign", *(places.get(argument, argument) for argument in arguments), stdin=stdin)
    assert (ended.code, ended.out) == (code, b"")
    assert words in ended.stderr


def test_the_output_never_replaces_the_input(tmp_path: Path, mailsec) -> None:
    file = tmp_path / "m.eml"
    file.write_bytes(TEXT)
    ended = mailsec("sign", "--dkim", "--key", KEYS / "rsa.pem", "--selector", "s", "-o", file, file)
    assert (ended.code, file.read_bytes()) == (2, TEXT)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_record_makes_a_key_pair_that_works(kind: str, tmp_path: Path, mailsec) -> None:
    key = tmp_path / "new.pem"
    made = mailsec("record", "dkim", "bank.example", "--selector", "n1", "--type", kind, "--key-out", key)
    assert made.code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert made.stdout == mailsec("record", "dkim", "bank.example", "--selector", "n1", "--key", key).stdout
    zone = tmp_path / "z.zone"
    zone.write_text(f'{made.stdout}_dmarc.bank.example. TXT "v=DMARC1; p=reject"\n')
    signed = mailsec("sign", "--dkim", "--key", key, "--selector", "n1", stdin=TEXT)
    assert mailsec("verify", "--zone", zone, "-", stdin=signed.out).code == 0
    check = mailsec("record", "dkim", "bank.example", "--selector", "n1", "--check", key, "--zone", zone, "--trace")
    assert check.code == 0
    assert "TXT n1._domainkey.bank.example" in check.stdout
    again = mailsec("record", "dkim", "bank.example", "--selector", "n1", "--key-out", key)
    assert (again.code, "never overwritten" in again.stderr) == (2, True)


def test_record_check_tells_another_key_from_none_and_from_a_failed_lookup(tmp_path: Path, mailsec) -> None:
    def check(selector: str, domain: str, key: Path = KEYS / "rsa.pem") -> tuple[int, str]:
        ended = mailsec("record", "dkim", domain, "--selector", selector, "--check", key, *ZONE, "--json")
        return ended.code, json.loads(ended.stdout)["status"]

    other = tmp_path / "other.pem"
    mailsec("record", "dkim", "bank.example", "--selector", "s2026", "--key-out", other)
    assert check("s2026", "bank.example") == (0, "pass")
    assert check("s2026", "bank.example", other) == (1, "fail")
    assert check("e2026", "bank.example") == (1, "fail")
    assert check("gone", "bank.example") == (1, "permerror")
    assert check("s", "slow.example") == (5, "temperror")


@pytest.mark.parametrize("arguments", [(), ("--key", "a", "--check", "b")])
def test_record_wants_one_key(arguments: tuple[str, ...], mailsec) -> None:
    assert mailsec("record", "dkim", "bank.example", "--selector", "s", *arguments).code == 2


def test_record_refuses_names_that_cannot_be(tmp_path: Path, mailsec) -> None:
    ended = mailsec("record", "dkim", "bad domain", "--selector", "s", "--key-out", tmp_path / "k.pem")
    assert (ended.code, (tmp_path / "k.pem").exists()) == (4, False)
    assert mailsec("record", "dkim", "bank.example", "--selector", "s", "--key-out", tmp_path / "no" / "k.pem").code == 2
    assert mailsec("record", "dkim", "bank.example", "--selector", "s", "--check", tmp_path / "none.pem").code == 4
    (tmp_path / "empty.pem").touch()
    assert mailsec("record", "dkim", "bank.example", "--selector", "s", "--check", tmp_path / "empty.pem").code == 4
