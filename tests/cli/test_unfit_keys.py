"""A private RSA key whose numbers do not fit together comes in by no way: signing with it would give it away, and a key that
no passphrase hides is not proven again when it signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509 import load_der_x509_certificate

from tests.certificates import NOW, Issued, issue
from tests.cli.test_keys import Keys, keys
from tests.conftest import Mailsec
from tests.content.smime.forge import SUB, mail_extensions

__all__ = ["keys"]
DRAFT = b"From: carol@bank.example\r\nSubject: x\r\n\r\nHello\r\n"
OPEN, LOCKED = NoEncryption(), BestAvailableEncryption(b"words")


@pytest.fixture(scope="module")
def carol() -> Issued:
    return issue("Carol", SUB, key=generate_private_key(65537, 2048), extensions=mail_extensions("carol@bank.example"))


def unfit(carol: Issued) -> Any:
    """Her key, of which the number for one of the primes is another."""
    numbers = carol.key.private_numbers()
    made = RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d, numbers.dmp1 + 2, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    )
    return made.private_key(unsafe_skip_rsa_key_validation=True)


def pem(key: Any, form: PrivateFormat, lock: Any = OPEN) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, form, lock))


def p12(key: Any, carol: Issued, lock: Any) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"carol", key, load_der_x509_certificate(carol.der), None, lock)


FORMS = {
    "PKCS#8": lambda key, carol: carol.pem + pem(key, PrivateFormat.PKCS8),
    "PKCS#1": lambda key, carol: carol.pem + pem(key, PrivateFormat.TraditionalOpenSSL),
    "PKCS#12": lambda key, carol: p12(key, carol, OPEN),
    "PKCS#12, locked": lambda key, carol: p12(key, carol, LOCKED),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_neither_signs_from_a_file_nor_comes_into_the_ring(
    form: str, carol: Issued, keys: Keys, mailsec: Mailsec, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("words\n")
    (tmp_path / "draft").write_bytes(DRAFT)
    words = ("--passphrase-file", str(tmp_path / "words"))
    for name, key, fits in (("bad", unfit(carol), False), ("good", carol.key, True)):
        file = tmp_path / name
        file.write_bytes(FORMS[form](key, carol))
        ended = mailsec("sign", "--at", str(NOW), "--smime", "--key", str(file), *words, str(tmp_path / "draft"))
        assert (ended.code == 0, ended.out != b"") == (fits, fits)
        ended = keys("import", str(file), *words)
        assert (ended.code == 0) is fits
        assert ("Carol" in keys("list", "--secret").stdout) is fits


def test_it_does_not_join_a_certificate_of_the_ring(carol: Issued, keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "certificate").write_bytes(carol.pem)
    (tmp_path / "key").write_bytes(pem(unfit(carol), PrivateFormat.PKCS8))
    assert keys("import", str(tmp_path / "certificate")).code == 0
    assert keys("import", str(tmp_path / "key"), "--no-passphrase").code != 0


def test_one_that_is_locked_is_proven_when_it_signs(carol: Issued, mailsec: Mailsec, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("words\n")
    (tmp_path / "draft").write_bytes(DRAFT)
    (tmp_path / "key").write_bytes(carol.pem + pem(unfit(carol), PrivateFormat.PKCS8, LOCKED))
    how = ("--key", str(tmp_path / "key"), "--passphrase-file", str(tmp_path / "words"))
    ended = mailsec("sign", "--at", str(NOW), "--smime", *how, str(tmp_path / "draft"))
    assert (ended.code, ended.out) == (7, b"")
