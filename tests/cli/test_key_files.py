"""Key files on the command line: every form, for every command, one file or two, and passphrases where they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate

from tests.certificates import Issued
from tests.content.smime.forge import ALICE, HEADER, ROOT, SUB, TEXT, detached, person
from tests.content.smime.seal import Sealing, mail, sealed

AT = ("--at", "2027-01-15T08:00:00Z")
BOB = person("bob@receiver.example", SUB, days=(-365, 365))
LOCK = BestAvailableEncryption(b"secret")


def certificates(*issued: Issued):
    return [load_der_x509_certificate(each.der) for each in issued]


def key_in(issued: Issued, form: Encoding, lock=NoEncryption()) -> bytes:  # noqa: B008 - it has no state
    return issued.key.private_bytes(form, PrivateFormat.PKCS8, lock)


def p12(issued: Issued, lock=LOCK) -> bytes:
    own, above = certificates(issued, SUB)
    return pkcs12.serialize_key_and_certificates(b"own", issued.key, own, [above], lock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in {
        "roots.pem": ROOT.pem,
        "secret": b"secret\n",
        "wrong": b"wrong\n",
        "alice.p12": p12(ALICE),
        "open.p12": p12(ALICE, NoEncryption()),
        "alice.pem": ALICE.pem,
        "alice.der": ALICE.der,
        "alice.key": key_in(ALICE, Encoding.DER),
        "locked.key": key_in(ALICE, Encoding.DER, LOCK),
        "locked.pem": key_in(ALICE, Encoding.PEM, LOCK),
        "chain.p7c": pkcs7.serialize_certificates(certificates(SUB, ALICE), Encoding.DER),
        "chain.p7b": pkcs7.serialize_certificates(certificates(SUB, ALICE), Encoding.PEM),
        "bob.p12": p12(BOB),
        "bob.der": BOB.der,
        "bob.key": key_in(BOB, Encoding.PEM, LOCK),
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize(
    "files",
    [
        ("alice.p12",),
        ("open.p12",),
        ("alice.der", "alice.key"),
        ("alice.key", "alice.der"),
        ("alice.pem", "locked.key"),
        ("locked.pem", "chain.p7c"),
        ("chain.p7b", "locked.key"),
        ("chain.p7c", "alice.key", "roots.pem"),
    ],
    ids=" ".join,
)
def test_every_form_signs(files: tuple[str, ...], folder: Path, mailsec) -> None:
    named = [argument for name in files for argument in ("--key", folder / name)]
    made = mailsec("sign", "--smime", *AT, *named, "--passphrase-file", folder / "secret", "-", stdin=HEADER + TEXT)
    assert made.code == 0, made.stderr
    judged = ("verify", *AT, "--offline", "--ca", folder / "roots.pem")
    assert mailsec(*judged, *(() if SUB.der in made.out else ("--key", folder / "alice.der")), "-", stdin=made.out).code == 0


@pytest.mark.parametrize("files", [("bob.p12",), ("bob.der", "bob.key")], ids=" ".join)
def test_every_form_decrypts(files: tuple[str, ...], folder: Path, mailsec) -> None:
    named = [argument for name in files for argument in ("--key", folder / name)]
    for number, (words, code) in enumerate((("secret", 0), ("wrong", 7))):
        given = ("--passphrase-file", folder / words)
        ended = mailsec("decrypt", "--allow-unauthenticated", *named, *given, "-", stdin=mail(sealed(TEXT, Sealing(BOB))))
        assert (ended.code, "pay 100" in ended.stdout) == (code, not number), ended.stderr


def test_to_key_takes_every_form(folder: Path, mailsec) -> None:
    for name in ("bob.der", "bob.p12"):
        given = ("--to-key", folder / name, "--passphrase-file", folder / "secret")
        made = mailsec("encrypt", "--smime", *given, "-", stdin=HEADER + TEXT)
        assert made.code == 0, made.stderr
        opened = mailsec("decrypt", "--key", folder / "bob.p12", "--passphrase-file", folder / "secret", "-", stdin=made.out)
        assert "pay 100" in opened.stdout


def test_verify_asks_for_the_passphrase_of_a_file_where_it_has_one(folder: Path, mailsec) -> None:
    (folder / "other.pem").write_bytes(BOB.pem)
    judged = ("verify", *AT, "--offline", "--ca", folder / "other.pem", "--key", folder / "alice.p12")
    assert mailsec(*judged, "--passphrase-file", folder / "secret", "-", stdin=detached()).code == 0
    ended = mailsec(*judged, "--passphrase-file", folder / "wrong", "-", stdin=detached())
    assert (ended.code, ended.stdout) == (7, "")
    assert "alice.p12: the passphrase does not open the file" in ended.stderr
    ended = mailsec(*judged[:-1], folder / "locked.key", "--key", folder / "alice.der", "-", stdin=detached())
    assert ended.code == 0, ended.stderr  # whose the key is, is plain: nothing has to be opened


def test_a_key_that_is_nobodys(folder: Path, mailsec) -> None:
    for name, words in (("bob.der", "without its certificate"), ("locked.pem", "holds no certificate")):
        ended = mailsec("sign", "--smime", "--key", folder / "alice.key", "--key", folder / name, "-", stdin=HEADER + TEXT)
        assert ended.code == 4
        assert words in ended.stderr
        assert "alice.key" in ended.stderr


def test_a_locked_key_that_is_anothers_signs_nothing(folder: Path, mailsec) -> None:
    named = ("--key", folder / "alice.pem", "--key", folder / "bob.key")
    ended = mailsec("sign", "--smime", *AT, *named, "--passphrase-file", folder / "secret", "-", stdin=HEADER + TEXT)
    assert (ended.code, ended.stdout) == (7, "")
    assert "not the one of the certificate" in ended.stderr


def test_kinds_that_do_not_go_together(folder: Path, mailsec) -> None:
    for command in (("sign", "--pgp", "--key"), ("encrypt", "--pgp", "--to-key")):
        ended = mailsec(*command, folder / "bob.der", "-", stdin=HEADER + TEXT)
        assert (ended.code, ended.stdout) == (7, "")
        assert "an X.509 certificate cannot take part in OpenPGP" in ended.stderr
