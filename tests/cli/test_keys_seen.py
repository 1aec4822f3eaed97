"""Certificates out of signed mail: `keys import signed.eml` and `verify --remember`, through the real entry point."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailsec.content.smime.capabilities import ours
from mailsec.store.ring import Ring
from tests.certificates import NOW, Issued, issue
from tests.cli.test_keys import Keys, generated, keys
from tests.content.smime.forge import (
    ALICE,
    HEADER,
    ROOT,
    SUB,
    TEXT,
    detached,
    mail_extensions,
    opaque,
    p7m,
    person,
    signed_data,
)

__all__ = ["keys"]
AT = ("--at", "2027-01-15T08:00:00Z")
FROM = b"From: alice@bank.example\r\nTo: bob@receiver.example\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"


def print_of(issued) -> str:
    return sha256(issued.der).hexdigest().upper()


@pytest.fixture
def signed(tmp_path: Path, mailsec) -> Path:
    """A mail that Alice signed here, so that it says what her program can read."""
    (tmp_path / "alice.pem").write_bytes(ALICE.pem + ALICE.key_pem + SUB.pem)
    (tmp_path / "roots.pem").write_bytes(ROOT.pem)
    made = mailsec("sign", "--smime", *AT, "--key", tmp_path / "alice.pem", "-", stdin=FROM + b"\r\n" + TEXT)
    assert made.code == 0, made.stderr
    (tmp_path / "signed.eml").write_bytes(made.out)
    return tmp_path / "signed.eml"


def test_a_signed_mail_is_imported_as_seen(keys: Keys, signed: Path, tmp_path: Path) -> None:
    done = keys("import", str(signed), *AT)
    assert (done.code, done.stdout.count("seen in signed mail")) == (0, 2), done.stderr
    shown = json.loads(keys("show", print_of(ALICE), *AT, "--json").stdout)["checks"][0]
    facts = {fact["name"]: fact["value"] for fact in shown["facts"]}
    assert (facts["owner-trust"], facts["secret"]) == ("unknown", False)
    assert [each["reason"] for each in shown["children"] if each["name"] == "source"] == ["signed mail"]
    assert keys("export", "alice@bank.example", *AT).code == 7  # nobody vouches for her
    with Ring(str(tmp_path / "ring"), now=NOW) as ring:
        assert ring.capabilities(print_of(ALICE)) == ours().der
        assert ring.capabilities(print_of(SUB)) is None
    assert keys("import", str(signed), *AT).stdout.count("unchanged: ") == 2


def test_who_vouches_and_what_can_be_read_is_shown(keys: Keys, signed: Path, tmp_path: Path) -> None:
    keys("import", str(signed), *AT)
    keys("import", str(tmp_path / "roots.pem"))

    def shown(*at: str) -> dict[str, dict[str, object]]:
        (check,) = json.loads(keys("show", print_of(ALICE), "--json", *at).stdout)["checks"]
        return {each["name"]: each for each in check["children"]}

    path = shown(*AT)["certificate-path"]
    assert (path["status"], path["reason"].split(":")[0]) == (
        "neutral",
        "the certificate's chain ends in a root that is not trusted",
    )
    keys("trust", print_of(ROOT), "full")
    path, said = shown(*AT)["certificate-path"], shown(*AT)["capabilities"]
    assert path["status"] == "pass"
    names = []
    while path["children"]:
        (path,) = path["children"]
        names.append(path["name"])
    assert names == ["CN=Test root", "CN=Test authority", "CN=alice@bank.example"]
    assert said["reason"].startswith("its holder's program reads AES-256-GCM, AES-128-GCM, AES-256-CBC")
    assert {fact["name"]: fact["value"] for fact in said["facts"]}["signed"] == "2027-01-15T08:00:00Z"
    with Ring(str(tmp_path / "ring"), now=NOW) as ring, ring.change():
        ring.put_capabilities(print_of(ALICE), b"\x30\x80", NOW)
    assert "cannot be read" in shown(*AT)["capabilities"]["reason"]


def test_the_list_says_when_a_certificate_holds(keys: Keys, signed: Path) -> None:
    keys("import", str(signed), *AT)
    line = keys("list", "alice@bank", *AT).stdout.splitlines()[1]
    assert "CN=alice@bank.example <alice@bank.example>\tkey-id=-; kind=x509; algorithm=rsa2048; " in line
    assert "NOT VALID before 2027-01-14" in keys("list", "alice@bank", "--at", "2027-01-01").stdout
    assert "EXPIRED at 2028-01-15" in keys("list", "alice@bank", "--at", "2029-01-01").stdout
    assert "certificate-path" not in keys("list", *AT).stdout


def test_what_is_seen_counts_once_its_authority_is_trusted(keys: Keys, signed: Path, tmp_path: Path) -> None:
    keys("import", str(signed), *AT)
    keys("import", str(tmp_path / "roots.pem"))
    assert keys("trust", print_of(ROOT), "full").code == 0
    assert keys("export", "alice@bank.example", *AT).code == 0


@pytest.mark.parametrize(
    "file", [detached(), opaque(), HEADER + p7m(signed_data(b""))], ids=["detached", "opaque", "certs-only"]
)
def test_every_form_of_mail_is_read(file: bytes, keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(file)
    assert "seen in signed mail" in keys("import", str(tmp_path / "m.eml"), *AT).stdout


def test_a_changed_mail_says_nothing_of_what_can_be_read(keys: Keys, signed: Path, tmp_path: Path) -> None:
    signed.write_bytes(signed.read_bytes().replace(b"100", b"900"))
    assert keys("import", str(signed), *AT).code == 0
    with Ring(str(tmp_path / "ring"), now=NOW) as ring:
        assert ring.capabilities(print_of(ALICE)) is None


def test_damaged_mail(keys: Keys, tmp_path: Path) -> None:
    kind = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
    empty = HEADER + kind + b"--b\r\n\r\nx\r\n--b--\r\n"
    for data in (HEADER + p7m(b"\x30\x80"), empty, HEADER + p7m(b"")):
        (tmp_path / "m.eml").write_bytes(data)
        ended = keys("import", str(tmp_path / "m.eml"))
        assert (ended.code, "holds no certificate" in ended.stderr) == (4, True), ended.stderr
    (tmp_path / "m.eml").write_bytes(HEADER + b"Content-Type: text/plain\r\n\r\n" + b"no S/MIME\r\n")
    assert keys("import", str(tmp_path / "m.eml")).code == 4


def test_verify_remembers_good_signatures_alone(keys: Keys, mailsec, signed: Path, tmp_path: Path) -> None:
    ring = {"MAILSEC_RING": str(tmp_path / "ring")}
    judged = ("verify", *AT, "--offline", "--ca", tmp_path / "roots.pem")
    assert mailsec(*judged, signed, env=ring).code == 0
    assert not (tmp_path / "ring").exists()
    (tmp_path / "bad.eml").write_bytes(signed.read_bytes().replace(b"100", b"900"))
    assert mailsec(*judged, "--remember", tmp_path / "bad.eml", env=ring).code == 1
    assert not (tmp_path / "ring").exists()
    assert mailsec(*judged, "--remember", "--explain-for-user", signed, env=ring).code == 0
    with Ring(str(tmp_path / "ring"), now=NOW) as opened:
        assert {entry.fingerprint for entry in opened.entries()} == {print_of(ALICE), print_of(SUB)}
        assert opened.capabilities(print_of(ALICE)) == ours().der
    (tmp_path / "other.pem").write_bytes(issue("Other", authority=True).pem)
    ended = mailsec("verify", *AT, "--offline", "--ca", tmp_path / "other.pem", "--remember", signed, env=ring)
    assert ended.code == 7  # to have been seen is no trust


def test_a_mail_with_a_stranger_does_not_take_a_key_that_waits(keys: Keys, mailsec, tmp_path: Path) -> None:
    made = keys("generate", "--smime", "--type", "p256", "--no-passphrase", "Carol <carol@bank.example>")
    assert made.code == 0
    generated(keys)
    mallory = issue("Carol", SUB, extensions=mail_extensions("carol@bank.example"))
    (tmp_path / "m.eml").write_bytes(HEADER + p7m(signed_data(b"", certificates=[mallory])))
    assert "seen in signed mail" in keys("import", str(tmp_path / "m.eml"), *AT).stdout
    assert "WAITS" in keys("list").stdout


def test_an_older_statement_does_not_win(keys: Keys, signed: Path, tmp_path: Path) -> None:
    keys("import", str(signed), *AT)
    with Ring(str(tmp_path / "ring"), now=NOW) as ring, ring.change():
        assert ring.put_capabilities(print_of(ALICE), b"newer", NOW + 1)
    keys("import", str(signed), *AT)
    with Ring(str(tmp_path / "ring"), now=NOW) as ring:
        assert ring.capabilities(print_of(ALICE)) == b"newer"


def test_the_certificate_that_a_signer_prefers_can_be_written_to(keys: Keys, mailsec, tmp_path: Path) -> None:
    signer = person("alice@bank.example", SUB, Ed25519PrivateKey.generate())
    (tmp_path / "alice.pem").write_bytes(signer.pem + signer.key_pem + SUB.pem + ALICE.pem)
    made = mailsec("sign", "--smime", *AT, "--key", tmp_path / "alice.pem", "-", stdin=FROM + b"\r\n" + TEXT)
    (tmp_path / "signed.eml").write_bytes(made.out)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    for trusted in (False, True):
        assert keys("import", str(tmp_path / "signed.eml"), *AT).code == 0
        with Ring(str(tmp_path / "ring"), now=NOW) as ring:
            assert ring.capabilities(print_of(signer)) == ours().der
            assert ring.capabilities(print_of(ALICE)) == (ours().der if trusted else None)
        keys("import", str(tmp_path / "root.pem"))
        assert keys("trust", print_of(ROOT), "full").code == 0


def test_a_certificate_that_cannot_be_read_is_refused_by_itself(keys: Keys, tmp_path: Path) -> None:
    broken = Issued(SUB.der.replace(b"Test authority", b"Test \xff\xfe\xfduthority"[:14]), None)
    (tmp_path / "m.eml").write_bytes(HEADER + p7m(signed_data(b"", certificates=[ALICE, broken])))
    done = keys("import", str(tmp_path / "m.eml"), *AT)
    assert (done.code, "1 added, 1 refused." in done.stdout) == (1, True)


def test_a_certificate_whose_key_is_damaged_is_no_fault_of_ours(keys: Keys, mailsec, tmp_path: Path) -> None:
    key = ALICE.key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    broken = Issued(ALICE.der.replace(key[:8], b"\x30\x82\x7f\xff" + key[4:8]), ALICE.key)
    assert broken.der != ALICE.der
    for file in (detached(certificates=[broken]), opaque(certificates=[broken])):
        (tmp_path / "m.eml").write_bytes(file)
        ended = mailsec("verify", "--offline", *AT, tmp_path / "m.eml")
        assert (ended.code, "smime-signature-bad" in ended.stdout) == (1, True), ended.stderr
        assert "refused" in keys("import", str(tmp_path / "m.eml"), *AT).stdout
