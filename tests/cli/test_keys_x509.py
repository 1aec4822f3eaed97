"""`mailsec keys` with X.509 certificates, through the real entry point."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates

from tests.certificates import Issued
from tests.cli.test_keys import BOB, Keys, generated, keys
from tests.trust.x509.people import ALICE, person, world

__all__ = ["keys"]
AT = ("--at", "2027-01-16")


def print_of(issued: Issued) -> str:
    return sha256(issued.der).hexdigest().upper()


@pytest.fixture(scope="module")
def alice() -> Issued:
    return person()


@pytest.fixture
def folder(tmp_path: Path, alice: Issued) -> Path:
    """alice.p12 with Middle in it, alice.pem, root.pem, chain.p7c and a passphrase."""
    own, middle, root = (load_der_x509_certificate(each.der) for each in (alice, world()["middle"], world()["root"]))
    wrapping = BestAvailableEncryption(b"secret")
    (tmp_path / "alice.p12").write_bytes(pkcs12.serialize_key_and_certificates(None, alice.key, own, [middle], wrapping))
    (tmp_path / "alice.pem").write_bytes(alice.pem + alice.key_pem)
    (tmp_path / "root.pem").write_bytes(world()["root"].pem)
    (tmp_path / "chain.p7c").write_bytes(pkcs7.serialize_certificates([middle, root], Encoding.DER))
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "wrong").write_text("wrong\n")
    return tmp_path


def test_a_descriptor_opens_every_file_of_a_run(keys: Keys, folder: Path) -> None:
    (folder / "again.p12").write_bytes((folder / "alice.p12").read_bytes())
    handle = os.open(folder / "secret", os.O_RDONLY)
    done = keys("import", str(folder / "alice.p12"), str(folder / "again.p12"), "--passphrase-fd", str(handle))
    assert (done.code, done.stderr) == (0, "")
    assert "2 added." in done.stdout


def test_a_person_under_a_root_that_is_trusted(keys: Keys, folder: Path, alice: Issued) -> None:
    done = keys("import", str(folder / "alice.p12"), "--passphrase-file", str(folder / "secret"))
    assert (done.code, done.stderr) == (0, "")
    assert "2 added." in done.stdout
    assert keys("import", str(folder / "chain.p7c")).stdout.count("import=added") == 1
    root = print_of(world()["root"])
    assert "certificate's chain ends in a root that is not trusted: CN=Root" in keys("show", print_of(alice), *AT).stdout
    assert keys("export", ALICE, *AT).code == 7
    assert keys("trust", root, "full").code == 0
    shown = keys("show", ALICE, *AT, "--json")
    check = json.loads(shown.stdout)["checks"][0]
    facts = {fact["name"]: fact["value"] for fact in check["facts"]}
    assert (facts["kind"], facts["subject"], facts["issuer"], facts["secret"]) == ("x509", "CN=alice", "CN=Middle", True)
    assert check["children"][0]["reason"] == "certified under CN=Root, which you trust"
    late = keys("show", print_of(alice), "--at", "2029-01-01")
    assert "EXPIRED at 2028-01-15T08:00:00Z" in late.stdout
    assert "authenticated=not authenticated" in late.stdout


def test_a_secret_key_is_protected_and_comes_out_again(keys: Keys, folder: Path, alice: Issued) -> None:
    refused = keys("import", str(folder / "alice.pem"))
    assert refused.code == 4
    assert "the secret key has no passphrase" in refused.stdout
    assert keys("import", str(folder / "alice.pem"), "--passphrase-file", str(folder / "secret")).code == 0
    done = keys("export", "--secret", print_of(alice))
    assert load_pem_private_key(done.out, b"secret").public_key() == alice.key.public_key()
    assert [each.public_bytes(Encoding.DER) for each in load_pem_x509_certificates(done.out)] == [alice.der]
    assert keys("export", "--binary", print_of(alice)).out == alice.der
    assert keys("export", "--binary", "--secret", print_of(alice)).code == 2
    again = keys("import", "-", stdin=done.out)
    assert "import=unchanged" in again.stdout
    assert keys("delete", print_of(alice)).code == 2
    assert keys("delete", "--secret", print_of(alice)).code == 0


def test_unprotected_by_ones_own_will(keys: Keys, folder: Path, alice: Issued) -> None:
    assert keys("import", str(folder / "alice.pem"), "--no-passphrase").code == 0
    assert b"-----BEGIN PRIVATE KEY-----" in keys("export", "--secret", print_of(alice)).out
    assert keys("trust", print_of(alice), "ultimate").code == 0
    assert f"{ALICE}>\tpass\tyour own key" in keys("list").stdout


def test_beside_openpgp(keys: Keys, folder: Path) -> None:
    bob = generated(keys, BOB)
    assert keys("import", str(folder / "chain.p7c")).code == 0
    listed = keys("list").stdout
    assert (listed.count("kind=openpgp"), listed.count("kind=x509")) == (1, 2)
    exported = keys("export").out
    assert b"BEGIN PGP PUBLIC KEY BLOCK" in exported
    assert exported.count(b"BEGIN CERTIFICATE") == 2
    assert keys("show", bob).stdout.count("authenticated=own") == 1


def test_what_a_mixed_ring_exports_is_imported_whole(keys: Keys, mailsec: Any, folder: Path) -> None:
    generated(keys, BOB)
    assert keys("import", str(folder / "chain.p7c")).code == 0
    request = keys("generate", "--smime", "--type", "p256", "--no-passphrase", "carol@bank.example").out
    exported = keys("export").out
    armored = exported[: exported.index(b"-----BEGIN CERTIFICATE")]
    forms = {b"first": exported, b"last": exported[len(armored) :] + armored, b"request": request + exported}
    for name, data in forms.items():
        other = str(folder / f"{name.decode()}.sqlite")
        done = mailsec("keys", "import", "-", "--ring", other, stdin=data)
        assert (done.code, done.stderr) == (0, ""), done.stderr
        assert "3 added." in done.stdout
    alone = mailsec("keys", "import", "-", "--ring", other, stdin=request + armored)
    assert "1 unchanged." in alone.stdout
    refused = mailsec("keys", "import", "-", "--ring", other, stdin=request)
    assert (refused.code, "holds no certificate" in refused.stderr) == (4, True)


def test_what_is_refused(keys: Keys, folder: Path, alice: Issued) -> None:
    wrong = keys("import", str(folder / "alice.p12"), "--passphrase-file", str(folder / "wrong"))
    assert (wrong.code, "the passphrase does not open the file" in wrong.stderr) == (7, True)
    assert keys("import", "-", stdin=alice.der[:-5]).code == 4
    assert keys("import", "-", stdin=alice.key_pem).code == 4
    assert keys("import", "-", stdin=alice.der).code == 0
    for argv in (("trust", print_of(alice), "full"), ("revoke", print_of(alice)), ("expire", print_of(alice), "2099-01-01")):
        done = keys(*argv)
        assert done.code == 2, argv
        assert "authority" in done.stderr or "by its issuer alone" in done.stderr
    assert keys("trust", print_of(alice), "--address", ALICE).code == 0
    assert keys("show", ALICE).code == 0
