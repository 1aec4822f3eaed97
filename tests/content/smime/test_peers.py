"""Both ways with `openssl cms`, over a grid of algorithms and forms."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailsec.api.session import Session, Settings
from mailsec.api.verify_message import VerifyOptions, verify_message
from tests.certificates import NOW, Issued
from tests.content.smime.forge import ROOT, RSA_KEY, SUB, TEXT, person

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
