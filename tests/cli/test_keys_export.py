"""`mailsec keys export --as`: PKCS#12, certificates alone and a mail with them, through the real entry point."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from mailsec.trust.x509.bundle import read_bundle
from tests.certificates import Issued, issue
from tests.cli.test_keys import BOB, Keys, generated, keys
from tests.content.smime.forge import ROOT, RSA_KEY, SUB, mail_extensions

__all__ = ["keys"]
CAROL = issue("Carol", SUB, key=RSA_KEY, extensions=mail_extensions("carol@bank.example"), days=(-300, 365))
NAME = "carol@bank.example"


@pytest.fixture
def ring(keys: Keys, tmp_path: Path) -> Keys:
    """Carol's key under a passphrase, and the certificates above hers."""
    (tmp_path / "all.pem").write_bytes(CAROL.pem + CAROL.key_pem + SUB.pem + ROOT.pem)
    (tmp_path / "secret").write_text("words\n")
    keys("import", str(tmp_path / "all.pem"), "--passphrase-file", str(tmp_path / "secret"))
    assert keys("trust", sha256(CAROL.der).hexdigest(), "ultimate").code == 0
    return keys


def words() -> str:
    return "words"


def ders(*issued: Issued) -> list[bytes]:
    return [each.der for each in issued]


def p12(ring: Keys, tmp_path: Path) -> bytes:
    command = ("export", "--as", "p12", "--secret", NAME, "--passphrase-file", str(tmp_path / "secret"))
    done = ring(*command)
    assert done.code == 0, done.stderr
    return done.out


def test_pkcs12_has_the_key_and_the_path(ring: Keys, tmp_path: Path) -> None:
    found = pkcs12.load_pkcs12(p12(ring, tmp_path), b"words")
    assert found.cert is not None
    assert found.cert.certificate.public_bytes(Encoding.DER) == CAROL.der
    assert found.cert.friendly_name == NAME.encode()
    assert [each.certificate.public_bytes(Encoding.DER) for each in found.additional_certs] == ders(SUB, ROOT)
    assert found.key.public_key() == CAROL.key.public_key()
    held = read_bundle(p12(ring, tmp_path), words)
    assert [each.certificate for each in held if each.secret is not None] == [CAROL.der]


def test_a_private_key_is_written_for_its_owner_alone(ring: Keys, tmp_path: Path) -> None:
    path = tmp_path / "carol.p12"
    command = ("export", "--as", "p12", "--secret", NAME, "--passphrase-file", str(tmp_path / "secret"), "-o", str(path))
    assert ring(*command).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert ring(*command).code == 2


def test_certificates_alone(ring: Keys) -> None:
    done = ring("export", "--as", "p7c", NAME)
    found = pkcs7.load_der_pkcs7_certificates(done.out)
    assert {each.public_bytes(Encoding.DER) for each in found} == set(ders(CAROL, SUB, ROOT))


def test_a_mail_with_certificates_is_imported_again(ring: Keys, mailsec, tmp_path: Path) -> None:
    done = ring("export", "--as", "mail", NAME)
    assert done.out.startswith(b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only")
    (tmp_path / "m.eml").write_bytes(b"From: carol@bank.example\r\n" + done.out)
    shown = mailsec("verify", "--offline", str(tmp_path / "m.eml")).stdout
    assert "certificates" in shown


def test_an_unprotected_key_gets_a_passphrase(keys: Keys, tmp_path: Path) -> None:
    keys("generate", "--smime", "--self-signed", "--type", "ed25519", "--no-passphrase", "Carol <carol@bank.example>")
    (tmp_path / "secret").write_text("words\n")
    assert pkcs12.load_pkcs12(p12(keys, tmp_path), b"words").additional_certs == []


def test_a_wrong_passphrase_writes_nothing(ring: Keys, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong\n")
    ended = ring("export", "--as", "p12", "--secret", NAME, "--passphrase-file", str(tmp_path / "wrong"))
    assert (ended.code, ended.out) == (7, b"")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--as", "p12", NAME), 2),
        (("--as", "p7c", "--secret", NAME), 2),
        (("--as", "p7c"), 2),
        (("--as", "p7c", "--binary", NAME), 2),
        (("--passphrase-file", "x", NAME), 2),
        (("--as", "p12", "--secret", NAME, NAME), 2),
        (("--as", "p7c", "bob@example.org"), 2),
        (("--as", "p12", "--secret", "ROOT"), 7),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: int, ring: Keys) -> None:
    generated(ring, BOB)
    root = ring("list", "CN=Test root").stdout.splitlines()[1].split("\t")[2]
    ended = ring("export", *(root if each == "ROOT" else each for each in arguments))
    assert (ended.code, ended.stdout) == (code, ""), ended.stderr


@pytest.mark.external
def test_openssl_reads_what_is_exported(ring: Keys, tmp_path: Path) -> None:
    (tmp_path / "c.p12").write_bytes(p12(ring, tmp_path))
    (tmp_path / "c.p7c").write_bytes(ring("export", "--as", "p7c", NAME).out)
    (tmp_path / "c.eml").write_bytes(ring("export", "--as", "mail", NAME).out)
    (tmp_path / "c.pem").write_bytes(ring("export", "--secret", NAME).out)

    def openssl(*command: str) -> str:
        done = subprocess.run(["openssl", *command], cwd=tmp_path, capture_output=True, timeout=30, check=True)
        return (done.stdout + done.stderr).decode()

    shown = openssl("pkcs12", "-in", "c.p12", "-passin", "pass:words", "-info", "-nodes")
    assert shown.count("BEGIN CERTIFICATE") == 3
    assert "PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256" in shown
    assert openssl("pkcs7", "-in", "c.p7c", "-inform", "DER", "-print_certs").count("BEGIN CERTIFICATE") == 3
    assert openssl("smime", "-pk7out", "-in", "c.eml").startswith("-----BEGIN PKCS7")
    assert "BEGIN PRIVATE KEY" in openssl("pkcs8", "-in", "c.pem", "-passin", "pass:words")


@pytest.mark.external
def test_gpgsm_imports_what_is_exported(ring: Keys, tmp_path: Path) -> None:
    (tmp_path / "c.p7c").write_bytes(ring("export", "--as", "p7c", NAME).out)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    command = ["gpgsm", "--homedir", str(home), "--batch", "--disable-dirmngr", "--import", "c.p7c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert b"total number processed: 3" in done.stderr
