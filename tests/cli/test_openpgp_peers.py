"""Both ways with GnuPG 2.2, sq and sqop: what they make is opened and judged, what is made here they read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailsec.message.fields import parse
from mailsec.message.mime import structure
from tests.cli.openpgp import DRAFT
from tests.conftest import Ended

pytestmark = pytest.mark.external

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Bob, this is from Alice.\r\n"
HEADER = b"From: Alice <alice@alice.example>\r\nTo: Bob <bob@bob.example>\r\nSubject: Plans\r\nMIME-Version: 1.0\r\n"
# what gpg calls them: the algorithm of the primary key, and of the subkey for encryption
ALGORITHMS = {"rsa": ("rsa2048", "rsa2048"), "ed25519": ("ed25519", "cv25519"), "nistp256": ("nistp256", "nistp256")} | {
    "nistp384": ("nistp384", "nistp384"),
    "nistp521": ("nistp521", "nistp521"),
}


@dataclass(frozen=True)
class Gpg:
    """A home of GnuPG with the keys of Alice and Bob."""

    home: Path

    def __call__(self, *argv: str, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        env = {**os.environ, "GNUPGHOME": str(self.home), "LANG": "C"}
        command = ["gpg", "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always"]
        return subprocess.run([*command, *argv], input=stdin, capture_output=True, check=check, env=env, timeout=60)


@pytest.fixture(scope="module", params=ALGORITHMS)
def gpg(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gpg]:
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    made = Gpg(home)
    primary, subkey = ALGORITHMS[request.param]
    for name in ("alice", "bob"):
        address = f"{name}@{name}.example"
        made("--quick-gen-key", f"{name.capitalize()} <{address}>", primary, "default", "never")
        listed = made("--list-keys", "--with-colons", address).stdout.decode()
        fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        made("--quick-add-key", fingerprint, subkey, "encr", "never")
        (home / f"{name}.asc").write_bytes(made("--armor", "--export", address).stdout)
        (home / f"{name}.sec").write_bytes(made("--armor", "--export-secret-keys", address).stdout)
    yield made
    subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": str(home)}, check=False)


@pytest.fixture
def run(mailsec):
    def call(*argv: object, stdin: bytes = b"") -> Ended:
        return mailsec(*argv, stdin=stdin, env={"MAILSEC_RING": "/nonexistent/ring"})

    return call


def pgp_mime(block: bytes) -> bytes:
    return (
        HEADER + b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n--b\r\n'
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n"
        + block.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        + b"\r\n--b--\r\n"
    )


def parts(file: bytes) -> list[bytes]:
    message = parse(file)
    found = structure(message)
    return [message.data[found.parts[at].header : found.parts[at].end] for at in found.children(0)]


def body(part: bytes) -> bytes:
    return part.split(b"\r\n\r\n", 1)[1]


def test_gpg_judges_our_signature_and_we_judge_its(gpg: Gpg, tmp_path: Path, run) -> None:
    signed = run("sign", "--pgp", "--key", gpg.home / "alice.sec", stdin=DRAFT)
    assert signed.code == 0, signed.stderr
    covered, signature = parts(signed.out)
    (tmp_path / "text").write_bytes(covered)
    (tmp_path / "text.asc").write_bytes(body(signature))
    assert b"Good signature" in gpg("--verify", str(tmp_path / "text.asc"), str(tmp_path / "text")).stderr
    for option in ("--detach-sign", "--textmode"):
        made = gpg(*(("--textmode",) if option == "--textmode" else ()), "--armor", "--detach-sign", "-u", "alice", stdin=TEXT)
        block = made.stdout.replace(b"\n", b"\r\n")
        file = (
            HEADER + b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n--b\r\n' + TEXT
        )
        file += b"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n" + block + b"\r\n--b--\r\n"
        judged = run("verify", "--offline", "--key", gpg.home / "alice.asc", "-", stdin=file)
        assert (judged.code, b"row 12" in judged.out or b"row=12" in judged.out) == (0, True)
        changed = run("verify", "--offline", "--key", gpg.home / "alice.asc", "-", stdin=file.replace(b"Hello", b"Hallo"))
        assert changed.code == 1


def test_gpgs_cleartext_signature(gpg: Gpg, run) -> None:
    made = gpg("--clear-sign", "-u", "alice", stdin="- Grüße \n-- \nFrom here\n\n".encode()).stdout.replace(b"\n", b"\r\n")
    file = HEADER + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + made
    assert run("verify", "--offline", "--key", gpg.home / "alice.asc", "-", stdin=file).code == 0
    assert run("verify", "--offline", "--key", gpg.home / "alice.asc", "-", stdin=file.replace(b"From", b"Fram")).code == 1


@pytest.mark.parametrize("compression", ["none", "zip", "zlib", "bzip2"])
@pytest.mark.parametrize("sign", [True, False])
def test_what_gpg_encrypts_is_opened(compression: str, sign: bool, gpg: Gpg, run) -> None:
    signing = ("--sign", "-u", "alice") if sign else ()
    made = gpg("--armor", "--compress-algo", compression, *signing, "-r", "bob", "--encrypt", stdin=TEXT * 20).stdout
    ended = run("decrypt", "--key", gpg.home / "bob.sec", "--key", gpg.home / "alice.asc", stdin=pgp_mime(made))
    assert ended.code == 0, ended.stderr
    assert ended.out.endswith(TEXT.split(b"\r\n\r\n")[1])
    assert ("signed by the key of alice@alice.example" in ended.stderr) is sign


def test_hidden_recipients_of_gpg(gpg: Gpg, run) -> None:
    made = gpg("--armor", "--hidden-recipient", "bob", "--encrypt", stdin=TEXT).stdout
    assert run("decrypt", "--key", gpg.home / "bob.sec", "-q", stdin=pgp_mime(made)).code == 0


@pytest.mark.parametrize("options", [(), ("--sign",), ("--compress",), ("--sign", "--compress"), ("--bcc", "hidden")])
def test_gpg_opens_what_is_encrypted_here(options: tuple[str, ...], gpg: Gpg, run) -> None:
    key = ("--key", gpg.home / "alice.sec") if "--sign" in options else ()
    made = run("encrypt", "--pgp", *options, *key, "--to-key", gpg.home / "bob.asc", stdin=DRAFT)
    assert made.code == 0, made.stderr
    # it tries its keys one by one where recipients are hidden, and leaves with 2 though one of them fits
    opened = gpg("--decrypt", stdin=body(parts(made.out)[1]), check="hidden" not in options)
    assert b"an alle" in opened.stdout
    assert (b'Good signature from "Alice' in opened.stderr) is bool(key)


def test_ten_megabytes_both_ways(gpg: Gpg, run) -> None:
    text = TEXT + b"0123456789abcdef" * 4 * 160_000
    made = gpg("--armor", "--sign", "-u", "alice", "-r", "bob", "--encrypt", stdin=text).stdout
    ended = run("decrypt", "--key", gpg.home / "bob.sec", "--key", gpg.home / "alice.asc", stdin=pgp_mime(made))
    assert (ended.code, len(ended.out) > len(text)) == (0, True)


def test_sq_and_sqop_read_and_write_the_same(gpg: Gpg, tmp_path: Path, run) -> None:
    alice, bob = gpg.home / "alice.asc", gpg.home / "bob.asc"
    secret = gpg.home / "bob.sec"

    def tool(*argv: object, stdin: bytes = b"") -> bytes:
        done = subprocess.run([str(each) for each in argv], input=stdin, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    signed = run("sign", "--pgp", "--key", gpg.home / "alice.sec", stdin=DRAFT)
    covered, signature = parts(signed.out)
    (tmp_path / "sig").write_bytes(body(signature))
    assert tool("sqop", "verify", tmp_path / "sig", alice, stdin=covered)
    made = run("encrypt", "--pgp", "--sign", "--key", gpg.home / "alice.sec", "--to-key", bob, stdin=DRAFT)
    block = body(parts(made.out)[1])
    assert b"an alle" in tool(
        "sqop", "decrypt", f"--verify-with={alice}", f"--verify-out={tmp_path / 'verified'}", secret, stdin=block
    )
    assert (tmp_path / "verified").read_bytes()
    (tmp_path / "msg").write_bytes(block)
    assert b"an alle" in tool("sq", "decrypt", "--recipient-key", secret, "--signer-cert", alice, tmp_path / "msg")
    theirs = tool("sqop", "encrypt", f"--sign-with={gpg.home / 'alice.sec'}", bob, stdin=TEXT)
    ended = run("decrypt", "--key", secret, "--key", alice, stdin=pgp_mime(theirs))
    assert ended.code == 0, ended.stderr
    (tmp_path / "text").write_bytes(TEXT)
    theirs = tool("sq", "encrypt", "--recipient-cert", bob, "--signer-key", gpg.home / "alice.sec", tmp_path / "text")
    assert run("decrypt", "--key", secret, "--key", alice, stdin=pgp_mime(theirs)).code == 0
    detached = tool("sqop", "sign", gpg.home / "alice.sec", stdin=TEXT).replace(b"\n", b"\r\n")
    file = HEADER + b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n--b\r\n' + TEXT
    file += b"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n" + detached + b"\r\n--b--\r\n"
    assert run("verify", "--offline", "--key", alice, "-q", "-", stdin=file).code == 0
