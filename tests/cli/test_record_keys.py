"""`record smimea` and `record openpgpkey` through the real entry point; what is made is read back by `check`."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256, sha512
from pathlib import Path

import dns.rdata
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from pysequoia import Tsk

from mailsec.content.keyrecords import judged_as_published
from mailsec.content.openpgp.openpgpkey import owner_name as openpgpkey_name
from mailsec.content.smime.smimea import lint, owner_name
from mailsec.core.flow import Record
from mailsec.core.limits.transport import KEY_RECORD_BYTES
from tests.certificates import NOW, issue, spki
from tests.content.smime.forge import ALICE, BOB, SUB, mail_extensions, person

WHO = "alice@bank.example"
HUGE = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"x" * 5_000), False)
AT = ("--at", str(NOW))


@pytest.fixture
def alice(tmp_path: Path) -> Path:
    path = tmp_path / "alice.pem"
    path.write_bytes(SUB.pem + ALICE.pem + ALICE.key_pem)
    return path


def fact(check: dict, name: str) -> str:
    return next(str(each["value"]) for each in check["facts"] if each["name"] == name)


def codes(stderr: str) -> set[str]:
    return {line.rpartition("(")[2].rstrip(")") for line in stderr.splitlines()[1:]}


def test_the_whole_certificate_is_published(alice: Path, tmp_path: Path, mailsec) -> None:
    made = mailsec("record", "smimea", WHO, "--cert", alice, *AT)
    assert (made.code, len(made.stderr.splitlines())) == (0, 1), made.stderr
    assert made.stdout == f"{owner_name(WHO)}. IN SMIMEA 3 0 0 {ALICE.der.hex()}\n"
    (tmp_path / "zone").write_text(made.stdout)
    report = json.loads(mailsec("check", WHO, "--zone", tmp_path / "zone", *AT, "--json").stdout)
    found = next(each for each in report["checks"] if each["name"] == "smimea")
    assert found["children"][0]["status"] == "pass"
    assert fact(found["children"][0], "sha256") == sha256(ALICE.der).hexdigest()


@pytest.mark.parametrize("selector", ["0", "1"])
@pytest.mark.parametrize(("matching", "digest"), [("0", bytes), ("1", sha256), ("2", sha512)])
def test_every_form_is_what_another_reader_reads(selector: str, matching: str, digest, alice: Path, mailsec) -> None:
    made = mailsec(
        "record", "smimea", WHO, "--cert", alice, "--usage", "1", "--selector", selector, "--matching", matching, *AT
    )
    read = dns.rdata.from_text("IN", "SMIMEA", made.stdout.partition("SMIMEA ")[2].strip())
    part = spki(ALICE.der) if selector == "1" else ALICE.der
    wanted = part if digest is bytes else digest(part).digest()
    assert (read.usage, read.selector, read.mtype, read.cert) == (1, int(selector), int(matching), wanted)
    assert codes(made.stderr) == {"smimea-no-certificate"}
    assert "only 3 0 0 lets others encrypt" in made.stderr


def test_an_authority_is_taken_for_usage_2(alice: Path, mailsec) -> None:
    made = mailsec("record", "smimea", WHO, "--cert", alice, "--usage", "2", *AT, "--quiet")
    assert SUB.der.hex() in made.stdout
    assert made.stderr == ""


@pytest.mark.parametrize(
    ("issued", "rule"),
    [
        (BOB, "smimea-other-address"),
        (person(WHO, SUB, days=(-90, -1)), "smimea-expired"),
        (person(WHO, SUB, rsa.generate_private_key(65537, 1024)), "smimea-weak"),
        (person(WHO, SUB, purposes=(x509.ExtendedKeyUsageOID.SERVER_AUTH,)), "smimea-not-for-mail"),
        (issue(WHO, SUB, extensions=[*mail_extensions(WHO), HUGE]), "smimea-large"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(issued, rule: str, tmp_path: Path, mailsec) -> None:
    (tmp_path / "cert").write_bytes(issued.der)
    arguments = ("record", "smimea", WHO, "--cert", tmp_path / "cert", *AT)
    made = mailsec(*arguments)
    assert (made.code, codes(made.stderr)) == (0, {rule})
    low = rule == "smimea-large"
    assert mailsec(*arguments, "--fail-on", "medium").code == (0 if low else 1)
    assert mailsec(*arguments, "--fail-on", "low", "--exit-zero").code == 0
    assert rule in mailsec(*arguments, "--usage", "3", "--selector", "1", "--matching", "1").stderr or low


def test_an_authority_that_is_none_and_letters_of_both_cases(tmp_path: Path, mailsec) -> None:
    (tmp_path / "cert").write_bytes(person("Alice@bank.example", SUB).der)
    made = mailsec("record", "smimea", "Alice@bank.example", "--cert", tmp_path / "cert", "--usage", "0", *AT)
    assert codes(made.stderr) == {"smimea-not-authority", "smimea-mixed-case", "smimea-no-certificate"}
    assert made.stdout.startswith(owner_name("Alice@bank.example"))


def test_pkcs12(tmp_path: Path, mailsec) -> None:
    certificate = x509.load_der_x509_certificate(ALICE.der)
    (tmp_path / "a.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"a", ALICE.key, certificate, None, NoEncryption()))
    made = mailsec("record", "smimea", WHO, "--cert", tmp_path / "a.p12", "--passphrase-file", "/dev/null", *AT)
    assert ALICE.der.hex() in made.stdout


def test_out_of_the_ring(alice: Path, tmp_path: Path, mailsec) -> None:
    ring = ("--ring", tmp_path / "ring")
    none = mailsec("record", "smimea", WHO, *ring)
    assert (none.code, none.stdout) == (7, "")
    assert "none that is authenticated" in none.stderr
    (tmp_path / "one.pem").write_bytes(ALICE.pem)
    mailsec("keys", "import", tmp_path / "one.pem", *ring)
    mailsec("keys", "trust", sha256(ALICE.der).hexdigest(), "--address", WHO, *ring)
    assert ALICE.der.hex() in mailsec("record", "smimea", WHO, *ring, *AT).stdout
    assert mailsec("record", "openpgpkey", WHO, *ring).code == 7


def test_an_openpgp_key(tmp_path: Path, mailsec) -> None:
    key = Tsk.generate(f"Alice <{WHO}>").extract_certificate()
    (tmp_path / "alice.asc").write_text(str(key))
    made = mailsec("record", "openpgpkey", WHO, "--cert", tmp_path / "alice.asc")
    assert (made.code, codes(made.stderr)) == (0, set())
    assert made.stdout.startswith(f"{openpgpkey_name(WHO)}. IN OPENPGPKEY ")
    (tmp_path / "zone").write_text(made.stdout)
    report = json.loads(mailsec("check", WHO, "--zone", tmp_path / "zone", "--json").stdout)
    found = next(each for each in report["checks"] if each["name"] == "openpgpkey")
    assert fact(found["children"][0]["children"][0], "fingerprint").upper() == key.fingerprint.upper()
    upper = mailsec("record", "openpgpkey", "Alice@bank.example", "--cert", tmp_path / "alice.asc")
    assert codes(upper.stderr) == {"openpgpkey-mixed-case", "openpgpkey-other-address"}


def test_of_several_openpgp_keys_the_one_of_the_address(tmp_path: Path, mailsec) -> None:
    keys = [Tsk.generate(f"<{who}>").extract_certificate() for who in (WHO, "b@bank.example", "c@bank.example")]
    (tmp_path / "keys").write_bytes(b"".join(map(bytes, keys)))
    assert mailsec("record", "openpgpkey", "b@bank.example", "--cert", tmp_path / "keys").code == 0
    other = mailsec("record", "openpgpkey", "d@bank.example", "--cert", tmp_path / "keys")
    assert (other.code, "several keys" in other.stderr) == (7, True)


def test_a_large_openpgp_key(tmp_path: Path, mailsec) -> None:
    names = [f"{'x' * 200}{number} <{number}@bank.example>" for number in range(20)]
    key = Tsk.generate(user_ids=[f"<{WHO}>", *names]).extract_certificate()
    (tmp_path / "key").write_bytes(bytes(key))
    assert codes(mailsec("record", "openpgpkey", WHO, "--cert", tmp_path / "key").stderr) == {"openpgpkey-large"}


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("smimea", ("--key-out", "x")),
        ("smimea", ("--selector", "2")),
        ("smimea", ("--selector", "s2026")),
        ("smimea", ("--usage", "4")),
        ("smimea", ("--matching", "3")),
        ("openpgpkey", ("--usage", "3")),
        ("openpgpkey", ("--matching", "0")),
        ("openpgpkey", ("--selector", "0")),
        ("dkim", ("--selector", "s", "--cert", "x")),
        ("dkim", ("--selector", "s", "--usage", "3")),
        ("dkim", ("--key", "x")),
        ("dkim", ("--selector", "s", "--key", "x", "--passphrase-fd", "0")),
        ("smimea", ("--bits", "2048")),
        ("openpgpkey", ("--type", "rsa")),
    ],
)
def test_options_of_another_kind(kind: str, arguments: tuple[str, ...], mailsec) -> None:
    ended = mailsec("record", kind, "alice@bank.example", *arguments)
    assert (ended.code, ended.stdout) == (2, "")


@pytest.mark.parametrize(
    ("kind", "address", "content", "code"),
    [
        ("smimea", "nobody", ALICE.pem, 4),
        ("smimea", WHO, b"", 4),
        ("smimea", WHO, b"garbage", 4),
        ("smimea", WHO, ALICE.pem[:200], 4),
        ("openpgpkey", WHO, ALICE.pem, 7),
        ("smimea", WHO, str(Tsk.generate("<a@b.example>").extract_certificate()).encode(), 7),
    ],
)
def test_bad_input(kind: str, address: str, content: bytes, code: int, tmp_path: Path, mailsec) -> None:
    (tmp_path / "file").write_bytes(content)
    ended = mailsec("record", kind, address, "--cert", tmp_path / "file")
    assert (ended.code, ended.stdout) == (code, ""), ended.stderr


def test_what_is_judged_as_published_asks_once() -> None:
    check = judged_as_published(lint(WHO, now=NOW), Record(owner_name(WHO), "SMIMEA", 0, b"\3\0\0" + b"x" * KEY_RECORD_BYTES))
    assert check.status == "permerror"


@pytest.mark.external
def test_named_checkzone_takes_what_is_made(alice: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "alice.asc").write_text(str(Tsk.generate(f"Alice <{WHO}>").extract_certificate()))
    lines = [
        mailsec("record", "smimea", WHO, "--cert", alice, *AT).stdout,
        mailsec("record", "smimea", WHO, "--cert", alice, "--selector", "1", "--matching", "2", *AT).stdout,
        mailsec("record", "openpgpkey", WHO, "--cert", tmp_path / "alice.asc").stdout,
    ]
    (tmp_path / "zone").write_text(f"$TTL 60\n@ SOA ns hm 1 60 60 60 60\n@ NS ns\nns A 192.0.2.1\n{''.join(lines)}")
    ran = subprocess.run(["named-checkzone", "-D", "bank.example", tmp_path / "zone"], check=False, capture_output=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count(b"SMIMEA") == 2
    assert ran.stdout.count(b"OPENPGPKEY") == 1
