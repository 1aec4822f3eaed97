"""Both ways with `openssl cms`, over a grid of algorithms and forms."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.api.session import Session, Settings
from mailsec.api.sign_openpgp import SignKeys
from mailsec.api.sign_smime import sign_smime
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.core.errors import BadInput
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from tests.certificates import NOW, Issued
from tests.content.smime.forge import ROOT, RSA_KEY, SUB, TEXT, person
from tests.content.smime.seal import Sealing, sealed

pytestmark = pytest.mark.external

FROM = b"From: alice@bank.example\r\nTo: bob@receiver.example\r\nSubject: x\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
SIGNERS = {
    "rsa": person("alice@bank.example", SUB, RSA_KEY),
    "rsa 4096": person("alice@bank.example", SUB, rsa.generate_private_key(65537, 4096)),
    "p256": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP256R1())),
    "p384": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP384R1())),
    "p521": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP521R1())),
}
FORMS = {
    "detached": (),
    "opaque": ("-nodetach",),
    "stream": ("-stream", "-nodetach"),
    "key id": ("-keyid",),
    "no attributes": ("-noattr",),
}


def openssl(folder: Path, *arguments: str, data: bytes) -> bytes:
    (folder / "in").write_bytes(data)
    run = ("openssl", *arguments, "-in", "in", "-out", "out")
    subprocess.run(run, cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / "out").read_bytes()


def files(folder: Path, signer: Issued) -> None:
    for name, data in {"key": signer.key_pem, "cert": signer.pem, "sub": SUB.pem, "root": ROOT.pem}.items():
        (folder / name).write_bytes(data)


def signed(folder: Path, signer: Issued, *more: str) -> bytes:
    files(folder, signer)
    command = ("cms", "-sign", "-signer", "cert", "-inkey", "key", "-certfile", "sub", "-binary", *more)
    return FROM + openssl(folder, *command, data=TEXT)


def exit_of(file: bytes, folder: Path) -> int:
    with Session(Settings(at=NOW, offline=True, ca_file=str(folder / "root"))) as session:
        return verify_message(file, "m", session, VerifyOptions(at=NOW)).report.exit


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hash", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("signer", SIGNERS)
def test_what_openssl_signs_is_good(signer: str, hash: str, form: str, tmp_path: Path) -> None:
    assert exit_of(signed(tmp_path, SIGNERS[signer], "-md", hash, *FORMS[form]), tmp_path) == 0


@pytest.mark.parametrize("form", ["detached", "opaque"])
def test_pss_of_openssl_is_good(form: str, tmp_path: Path) -> None:
    made = signed(tmp_path, SIGNERS["rsa"], "-keyopt", "rsa_padding_mode:pss", "-md", "sha256", *FORMS[form])
    assert exit_of(made, tmp_path) == 0


def test_sha1_of_openssl_is_refused(tmp_path: Path) -> None:
    assert exit_of(signed(tmp_path, SIGNERS["rsa"], "-md", "sha1"), tmp_path) == 1


def named(data: bytes) -> FileKeys:
    return read_certificates([("file", data)], str)


SEALINGS = {
    "rsa": (SIGNERS["rsa"], ()),
    "oaep": (SIGNERS["rsa"], ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")),
    "p256": (SIGNERS["p256"], ()),
    "p384": (SIGNERS["p384"], ("-keyopt", "ecdh_kdf_md:sha384")),
    "p521": (SIGNERS["p521"], ("-keyopt", "ecdh_kdf_md:sha512")),
}


@pytest.mark.parametrize("form", [(), ("-stream",), ("-keyid",)], ids=["plain", "stream", "key id"])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"])
@pytest.mark.parametrize("to", SEALINGS)
def test_what_openssl_encrypts_is_opened(to: str, cipher: str, form: tuple[str, ...], tmp_path: Path) -> None:
    recipient, options = SEALINGS[to]
    files(tmp_path, recipient)
    made = FROM + openssl(tmp_path, "cms", "-encrypt", f"-{cipher}", "-binary", *form, "-recip", "cert", *options, data=TEXT)
    keys = named(recipient.pem + recipient.key_pem)
    produced = decrypt_message(made, "m", DecryptOptions(keys, allow_unauthenticated=True), now=NOW)
    assert TEXT in produced.data


def test_triple_des_of_openssl_is_opened_where_that_is_allowed(tmp_path: Path) -> None:
    files(tmp_path, SIGNERS["rsa"])
    made = FROM + openssl(tmp_path, "cms", "-encrypt", "-des3", "-binary", "-recip", "cert", data=TEXT)
    keys = named(SIGNERS["rsa"].pem + SIGNERS["rsa"].key_pem)
    with pytest.raises(BadInput, match="3DES"):
        decrypt_message(made, "m", DecryptOptions(keys, allow_unauthenticated=True), now=NOW)
    options = DecryptOptions(keys, allow_unauthenticated=True, allow_legacy=True)
    assert TEXT in decrypt_message(made, "m", options, now=NOW).data


@pytest.mark.parametrize("how", [Sealing(SIGNERS["rsa"]), Sealing(SIGNERS["rsa"], oaep="sha256"), Sealing(SIGNERS["p256"])])
def test_openssl_opens_what_the_tests_encrypt(how: Sealing, tmp_path: Path) -> None:
    files(tmp_path, how.to)
    (tmp_path / "der").write_bytes(sealed(TEXT, how))
    command = ("cms", "-decrypt", "-inform", "DER", "-inkey", "key", "-recip", "cert")
    assert openssl(tmp_path, *command, data=(tmp_path / "der").read_bytes()) == TEXT


@pytest.mark.parametrize("opaque", [False, True], ids=["multipart", "opaque"])
@pytest.mark.parametrize("signer", SIGNERS)
def test_openssl_verifies_what_is_signed(signer: str, opaque: bool, tmp_path: Path) -> None:
    files(tmp_path, SIGNERS[signer])
    keys = named(SIGNERS[signer].pem + SIGNERS[signer].key_pem + SUB.pem)
    chain = tuple(each.data for each in keys.listed)
    made = sign_smime(FROM + TEXT, "m", SignKeys(keys, tuple(keys.own())), chain, opaque=opaque, now=NOW)
    command = ("cms", "-verify", "-CAfile", "root", "-attime", str(NOW), "-purpose", "smimesign")
    assert TEXT in openssl(tmp_path, *command, data=made.data)


@pytest.mark.parametrize("cbc", [False, True], ids=["GCM", "CBC"])
@pytest.mark.parametrize("to", SIGNERS)
def test_openssl_opens_what_is_encrypted(to: str, cbc: bool, tmp_path: Path) -> None:
    files(tmp_path, SIGNERS[to])
    keys = named(SIGNERS[to].pem)
    made = encrypt_smime(FROM + TEXT, "m", SmimeOptions(keys, keys.listed, cbc), now=NOW)
    assert TEXT in openssl(tmp_path, "cms", "-decrypt", "-inkey", "key", "-recip", "cert", data=made.data)
