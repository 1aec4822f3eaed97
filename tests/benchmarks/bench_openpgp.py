"""OpenPGP side by side with the gpg command, at 2 kB and at 10 MB: `python -m tests.benchmarks openpgp`.

The engine is compared with the whole of gpg, as nothing smaller of it can be called; then the whole command with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from mailsec.content.openpgp.deciphering import deciphered
from mailsec.content.openpgp.encrypting import encrypted, signing_key, target
from mailsec.content.openpgp.signature import Answer, judge, signatures_in
from mailsec.content.openpgp.signing import detached, encrypted_entity, signed_entity
from mailsec.trust.keyring.armor import dearmored
from mailsec.trust.keyring.files import read_keys
from mailsec.trust.keyring.keys import Signing
from tests.benchmarks.clock import rate

HEADER = b"From: Bench <bench@bench.example>\r\nTo: bench@bench.example\r\nSubject: Bench\r\nMIME-Version: 1.0\r\n"
ENTITY = b"Content-Type: text/plain\r\n\r\n"
LINE = b"The quick brown fox jumps over the lazy dog, and then once more, and rests.\r\n"
ROOT = Path(__file__).parents[2]


def run() -> Iterator[tuple[str, float, float, str]]:
    """(label, ours a second, the peer's a second, the peer) for each job; nothing where gpg is missing."""
    if not shutil.which("gpg"):
        return
    with TemporaryDirectory() as folder:
        yield from Case(Path(folder)).all()


class Case:
    """One RSA key in a home of gpg and in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "GNUPGHOME": str(folder), "PYTHONPATH": str(ROOT), "MAILSEC_RING": str(folder / "ring")}
        self.gpg("--quick-gen-key", "Bench <bench@bench.example>", "rsa3072", "default", "never")
        listed = self.gpg("--list-keys", "--with-colons").decode()
        fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        self.gpg("--quick-add-key", fingerprint, "rsa3072", "encr", "never")
        (folder / "key").write_bytes(self.gpg("--export-secret-keys"))
        self.keys = read_keys((folder / "key").read_bytes(), "bench")
        certificate = self.keys.listed[0]
        self.now = int(time.time())
        self.signing = Signing(self.keys.secrets[certificate.fingerprint], None, certificate)
        self.target = target(certificate, now=self.now)

    def gpg(self, *argv: str, stdin: bytes = b"") -> bytes:
        command = ["gpg", "--batch", "-q", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always", *argv]
        return subprocess.run(command, input=stdin, capture_output=True, check=True, env=self.env).stdout

    def mailsec(self, *argv: str) -> bytes:
        command = [sys.executable, "-m", "mailsec", *argv]
        return subprocess.run(command, capture_output=True, check=True, env=self.env).stdout

    def all(self) -> Iterator[tuple[str, float, float, str]]:
        """Every job at both sizes."""
        for label, size in (("2 kB", 2_000), ("10 MB", 10_000_000)):
            entity = ENTITY + LINE * (size // len(LINE))
            for job in (self.sign, self.verify, self.encrypt, self.decrypt, self.commands):
                yield from job(label, entity)

    def sign(self, label: str, entity: bytes) -> Iterator[tuple[str, float, float, str]]:
        ours = rate(lambda: detached(entity, [self.signing], now=self.now))
        yield f"openpgp sign, {label}, rsa3072", ours, rate(lambda: self.gpg("--detach-sign", stdin=entity)), "gpg"

    def verify(self, label: str, entity: bytes) -> Iterator[tuple[str, float, float, str]]:
        made = self.gpg("--detach-sign", stdin=entity)
        (self.folder / "sig").write_bytes(made)
        (self.folder / "text").write_bytes(entity)
        packet = signatures_in(made)[0]

        def ours() -> None:
            assert judge(entity, packet, self.keys, now=self.now + 9).answer is Answer.GOOD

        theirs = rate(lambda: self.gpg("--verify", str(self.folder / "sig"), str(self.folder / "text")))
        yield f"openpgp verify, {label}, rsa3072", rate(ours), theirs, "gpg"

    def encrypt(self, label: str, entity: bytes) -> Iterator[tuple[str, float, float, str]]:
        signings = [(self.signing, signing_key(self.signing, now=self.now))]
        theirs = rate(lambda: self.gpg("-a", "-z", "0", "--sign", "-r", "bench", "--encrypt", stdin=entity))
        ours = rate(lambda: encrypted(entity, [self.target], signings))
        yield f"openpgp sign and encrypt, {label}, rsa3072", ours, theirs, "gpg"

    def decrypt(self, label: str, entity: bytes) -> Iterator[tuple[str, float, float, str]]:
        made = self.gpg("-a", "-z", "0", "--sign", "-r", "bench", "--encrypt", stdin=entity)
        data, secrets = dearmored(made, "MESSAGE"), [(self.signing.secret, None)]

        def ours() -> None:
            opened = deciphered(data, secrets)
            assert judge(opened.data, opened.signatures[0], self.keys, now=self.now + 9).answer is Answer.GOOD

        theirs = rate(lambda: self.gpg("--decrypt", stdin=made))
        yield f"openpgp decrypt and verify, {label}", rate(ours), theirs, "gpg"

    def commands(self, label: str, entity: bytes) -> Iterator[tuple[str, float, float, str]]:
        """The whole commands, their start-up included."""
        made = self.gpg("-a", "-z", "0", "--sign", "-r", "bench", "--encrypt", stdin=entity)
        files = {
            "plain": HEADER + entity,
            "sealed": HEADER + encrypted_entity(made),
            "signed": HEADER + signed_entity(entity, [self.signing], now=self.now),
        }
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        (self.folder / "made").write_bytes(made)
        key = ("--key", str(self.folder / "key"))
        plain, sealed, signed = (str(self.folder / name) for name in files)
        jobs: tuple[tuple[str, Callable[[], bytes], Callable[[], bytes]], ...] = (
            ("sign", lambda: self.mailsec("sign", "--pgp", *key, plain), lambda: self.gpg("--detach-sign", stdin=entity)),
            (
                "encrypt",
                lambda: self.mailsec("encrypt", "--pgp", "--to-key", key[1], plain),
                lambda: self.gpg("-a", "-z", "0", "-r", "bench", "--encrypt", stdin=entity),
            ),
            ("decrypt", lambda: self.mailsec("decrypt", *key, sealed), lambda: self.gpg("--decrypt", stdin=made)),
            (
                "verify",
                lambda: self.mailsec("verify", "--offline", *key, signed),
                lambda: self.gpg("--verify", str(self.folder / "sig"), str(self.folder / "text")),
            ),
        )
        for name, ours, theirs in jobs:
            yield f"mailsec {name}, the whole command, {label}", rate(ours), rate(theirs), "gpg"
