"""Files that are no mail, as gpg, sq and openssl make them, judged here and by them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_openpgp_peers import Gpg
from tests.content.smime.forge import ALICE, BOB, ROOT, SUB

pytestmark = pytest.mark.external

BINARY = b"PK\x03\x04\x00\x00 a file\nof\r\nany kind\x00"
TEXT = b"Pay 100 to account 7.  \n- and nothing else\nFrom here on\n\n"
SMIME_AT = ("--at", "2027-01-15T08:00:00Z")
WHEN = ("-attime", "1800000000")


@pytest.fixture(scope="module")
def gpg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpg]:
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    made = Gpg(home)
    for name in ("alice", "bob"):
        made("--quick-gen-key", f"{name.capitalize()} <{name}@{name}.example>", "ed25519", "default", "never")
        (home / f"{name}.asc").write_bytes(made("--armor", "--export", f"{name}@{name}.example").stdout)
    yield made
    subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": str(home)}, check=False)


@pytest.mark.parametrize("data", [BINARY, TEXT, b""], ids=["binary", "text", "empty"])
@pytest.mark.parametrize(
    "form",
    [
        ("--sign",),
        ("--sign", "--armor"),
        ("--sign", "--compress-algo", "none"),
        ("--sign", "--compress-algo", "bzip2"),
        ("--sign", "--textmode"),
        ("--sign", "-u", "bob@bob.example"),
        ("--clearsign",),
    ],
    ids=" ".join,
)
def test_signed_files_of_gpg(form: tuple[str, ...], data: bytes, gpg: Gpg, tmp_path: Path, mailsec) -> None:
    made = gpg("-u", "alice@alice.example", *form, stdin=data).stdout
    run = ("verify", "--offline", "--key", gpg.home / "alice.asc", "--key", gpg.home / "bob.asc", "-")
    ended = mailsec(*run, stdin=made)
    assert ended.code == 0, ended.stdout + ended.stderr
    assert gpg("--verify", stdin=made, check=False).returncode == 0
    at = len(made) - 40 if form[0] == "--sign" else made.index(b"\n\n") + 1
    damaged = made[:at] + (b"x" if made[at : at + 1] != b"x" else b"y") + made[at + 1 :]
    assert gpg("--verify", stdin=damaged, check=False).returncode != 0
    assert mailsec(*run, stdin=damaged).code in (1, 4, 7)


@pytest.mark.parametrize("data", [BINARY, TEXT, b"", bytes(5_000_000)], ids=["binary", "text", "empty", "large"])
@pytest.mark.parametrize("form", [(), ("--armor",), ("--textmode",), ("-u", "bob@bob.example")], ids=str)
def test_detached_signatures_of_gpg_judged_by_sqv_too(
    form: tuple[str, ...], data: bytes, gpg: Gpg, tmp_path: Path, mailsec
) -> None:
    (tmp_path / "f").write_bytes(data)
    (tmp_path / "other").write_bytes(data + b"\x01")
    (tmp_path / "f.sig").write_bytes(gpg("-u", "alice@alice.example", *form, "--detach-sign", stdin=data).stdout)
    keys = [str(gpg.home / f"{name}.asc") for name in ("alice", "bob")]
    run = ("verify", "--offline", "--key", keys[0], "--key", keys[1], "--detached", tmp_path / "f.sig")
    for name, code in (("f", 0), ("other", 1)):
        ended = mailsec(*run, tmp_path / name)
        assert ended.code == code, ended.stdout + ended.stderr
        paths = [str(tmp_path / "f.sig"), str(tmp_path / name)]
        sqv = subprocess.run(["sqv", "--keyring", keys[0], "--keyring", keys[1], *paths], capture_output=True, check=False)
        assert (sqv.returncode == 0) is (code == 0)
        assert (gpg("--verify", *paths, check=False).returncode == 0) is (code == 0)


def openssl(folder: Path, *arguments: str, check: bool = True) -> int:
    done = subprocess.run(["openssl", "cms", *arguments], cwd=folder, check=check, capture_output=True, timeout=60)
    return done.returncode


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    for name, data in {"key": ALICE.key_pem, "cert": ALICE.pem, "sub": SUB.pem, "root": ROOT.pem}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "bob").write_bytes(BOB.pem + BOB.key_pem)
    (tmp_path / "f").write_bytes(BINARY)
    return tmp_path


SIGN = ("-sign", "-binary", "-signer", "cert", "-inkey", "key", "-certfile", "sub", "-in", "f")
CHECK = ("-verify", "-binary", "-CAfile", "root", *WHEN)


@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize("more", [(), ("-stream",), ("-noattr",), ("-keyid",), ("-md", "sha512")], ids=str)
def test_signed_data_of_openssl(form: str, more: tuple[str, ...], pki: Path, mailsec) -> None:
    run = ("verify", "--offline", *SMIME_AT, "--ca", pki / "root")
    openssl(pki, *SIGN, "-nodetach", *more, "-outform", form, "-out", "f.p7m")
    openssl(pki, *SIGN, *more, "-outform", form, "-out", "f.p7s")
    assert openssl(pki, *CHECK, "-inform", form, "-in", "f.p7m", "-out", "back") == 0
    assert mailsec(*run, pki / "f.p7m").code == 0
    assert mailsec(*run, "--detached", pki / "f.p7s", pki / "f").code == 0
    (pki / "f").write_bytes(BINARY + b"\n")
    detached = (*CHECK, "-inform", form, "-in", "f.p7s", "-content", "f", "-out", "back")
    assert openssl(pki, *detached, check=False) != 0
    assert mailsec(*run, "--detached", pki / "f.p7s", pki / "f").code == 1


@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes256"])
def test_encrypted_files_of_openssl(form: str, cipher: str, pki: Path, mailsec) -> None:
    run = ("decrypt", *SMIME_AT, "--ca", pki / "root", "--key", pki / "bob")
    openssl(pki, *SIGN, "-nodetach", "-outform", "DER", "-out", "f.p7m")
    openssl(pki, "-encrypt", "-binary", cipher, "-in", "f.p7m", "-outform", form, "-out", "f.enc", "bob")
    ended = mailsec(*run, pki / "f.enc")
    assert (ended.code, ended.out) == (0, BINARY), ended.stderr
    openssl(pki, "-encrypt", "-binary", cipher, "-in", "f", "-outform", form, "-out", "f.enc", "bob")
    ended = mailsec(*run, pki / "f.enc")
    assert (ended.code, ended.out) == ((0, BINARY) if cipher == "-aes-256-gcm" else (1, b"")), ended.stderr
    assert mailsec(*run, "--allow-unauthenticated", pki / "f.enc").out == BINARY
    ended = mailsec("verify", "--offline", pki / "f.enc")
    assert (ended.code, "mailsec decrypt" in ended.stdout) == (7, True)
