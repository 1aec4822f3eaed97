"""S/MIME side by side with the openssl command: `python -m tests.benchmarks smime`.

The engine and the whole commands at 2 kB and at 10 MB, as calls a second; then the memory of the whole commands for an
attachment of 100 MB, as multiples of its size above an empty start, where less is better. openssl judges no coverage, no
identity and no revocation, and signs and encrypts whatever it is given; nothing smaller of it can be called than the whole.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailsec.api.certificate_paths import PathJudgement, PathOptions
from mailsec.content.smime.capabilities import AES_256_CBC, AES_256_GCM
from mailsec.content.smime.cms import opened
from mailsec.content.smime.decrypting import Secret, decrypted
from mailsec.content.smime.encrypting import check, encrypted_entity
from mailsec.content.smime.enveloped import enveloped
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.mail import layers
from mailsec.content.smime.signing import DETACHED, signed_entity
from mailsec.core.results import Status
from mailsec.message.authors import author
from mailsec.message.fields import parse
from mailsec.message.leaf import part_content
from mailsec.message.mime import structure
from mailsec.message.pieces import gathered
from mailsec.trust.keyring.files import FileKeys
from tests.benchmarks.clock import rate
from tests.certificates import NOW, Issued, issue
from tests.content.smime.forge import mail_extensions

Row = tuple[str, float, float, str]
Commands = Iterator[tuple[str, list[str], list[str]]]

WHO = "bench@bench.example"
HEADER = f"From: Bench <{WHO}>\r\nTo: {WHO}\r\nSubject: Bench\r\nMIME-Version: 1.0\r\n".encode()
ENTITY = b"Content-Type: text/plain\r\n\r\n"
LINE = b"The quick brown fox jumps over the lazy dog, and then once more, and rests.\r\n"
ROOT = Path(__file__).parents[2]
QUICK = float(os.environ.get("MAILSEC_BENCH_SECONDS", "2")) < 1
MEGABYTE = 1_000_000
NOISE = 0.01
"""The least memory that is told from none: openssl signs a stream."""
PEER = "openssl"
CIPHERS = {"gcm": AES_256_GCM, "cbc": AES_256_CBC}
PEAK = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run() -> Iterator[Row]:
    """(label, ours, the peer's, the peer) for each job; nothing where openssl is missing. `--quick` is without the large."""
    if not shutil.which("openssl"):
        return
    kinds: dict[str, Callable[[], Any]] = {
        "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
        "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    }
    for name, key in list(kinds.items())[-1:] if QUICK else kinds.items():
        with TemporaryDirectory() as folder:
            yield from Case(Path(folder), name, key()).all()


class Case:
    """One person, whose key is a root's, in files as both programs take them."""

    def __init__(self, folder: Path, kind: str, key: Any) -> None:
        self.folder, self.kind = folder, kind
        ours = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        left = ("MAILSEC_RING", "PYTHONDONTWRITEBYTECODE")  # no ring, and modules compiled as where it is installed
        self.env = {name: value for name, value in os.environ.items() if name not in left} | ours
        self.now = int(time.time())
        today = (self.now - NOW) // 86400
        days = (today - 1, today + 365)
        root = issue("Bench root", authority=True, days=days)
        self.who: Issued = issue("Bench", root, days=days, key=key, extensions=mail_extensions(WHO))
        self.secret = Secret(self.who.der, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        self.root = self.file("root.pem", root.pem)
        self.certificate = self.file("bench.crt", self.who.pem)
        self.key = self.file("bench.key", self.who.key_pem)
        self.both = self.file("bench.pem", self.who.key_pem + self.who.pem)

    def file(self, name: str, *pieces: bytes) -> str:
        path = self.folder / name
        with path.open("wb") as file:
            file.writelines(pieces)
        return str(path)

    def all(self) -> Iterator[Row]:
        """Every job at both sizes; the memory with one of the keys."""
        for label, size in (("2 kB", 2_000), ("10 MB", 10 * MEGABYTE))[: 1 if QUICK else 2]:
            entity = ENTITY + LINE * (size // len(LINE))
            self.file("entity", entity)
            for job in (self.sign, self.verify, self.encrypt, self.decrypt):
                yield from job(f"{label}, {self.kind}", entity)
            if self.kind == "p256" and not QUICK:
                yield from self.commands(label, entity)
        if self.kind == "p256":
            yield from self.memory(1 if QUICK else 100)

    def openssl(self, *argv: str) -> bytes:
        return subprocess.run(self.cms(*argv), capture_output=True, check=True, env=self.env).stdout

    def cms(self, *argv: str) -> list[str]:
        return ["openssl", "cms", *argv]

    def sign(self, label: str, entity: bytes) -> Iterator[Row]:
        ours = rate(lambda: gathered(signed_entity((entity,), [self.secret], (), DETACHED, now=self.now)))
        yield f"smime sign, {label}", ours, rate(lambda: self.openssl(*self.signing("entity"))), PEER

    def signing(self, name: str) -> Sequence[str]:
        return "-sign", "-binary", "-md", "sha256", "-signer", self.both, "-in", str(self.folder / name)

    def sealing(self, name: str, mode: str) -> Sequence[str]:
        return "-encrypt", "-binary", f"-aes-256-{mode}", "-recip", self.certificate, "-in", str(self.folder / name)

    def verifying(self, name: str) -> Sequence[str]:
        return "-verify", "-CAfile", self.root, "-in", str(self.folder / name), "-out", os.devnull

    def opening(self, name: str) -> Sequence[str]:
        return "-decrypt", "-recip", self.certificate, "-inkey", self.key, "-in", str(self.folder / name)

    def verify(self, label: str, entity: bytes) -> Iterator[Row]:
        data = HEADER + gathered(signed_entity((entity,), [self.secret], (), DETACHED, now=self.now))
        self.file("signed", data)
        judge = Judge(FileKeys(), PathJudgement(PathOptions(self.root), None), self.now)

        def ours() -> None:
            message = parse(data)
            (found,) = layers(message, structure(message), author(message), judge)
            assert found.layer.signers[0].status is Status.PASS

        yield f"smime verify, {label}", rate(ours), rate(lambda: self.openssl(*self.verifying("signed"))), PEER

    def encrypt(self, label: str, entity: bytes) -> Iterator[Row]:
        def ours(mode: str) -> None:
            check(self.who.der, now=self.now)
            gathered(encrypted_entity((entity,), [self.who.der], CIPHERS[mode]))

        for mode in CIPHERS:
            theirs = rate(lambda mode=mode: self.openssl(*self.sealing("entity", mode)))
            yield f"smime encrypt {mode}, {label}", rate(partial(ours, mode)), theirs, PEER

    def decrypt(self, label: str, entity: bytes) -> Iterator[Row]:
        for mode, cipher in CIPHERS.items():
            data = HEADER + gathered(encrypted_entity((entity,), [self.who.der], cipher))
            self.file("sealed", data)

            def ours(data: bytes = data) -> None:
                message = parse(data)
                content = part_content(message, structure(message).parts[0])
                assert len(decrypted(enveloped(opened(content)), [self.secret])) == len(entity)

            yield f"smime decrypt {mode}, {label}", rate(ours), rate(lambda: self.openssl(*self.opening("sealed"))), PEER

    def commands(self, label: str, entity: bytes) -> Iterator[Row]:
        """The whole commands, their start-up included."""
        self.file("plain", HEADER, entity)
        for name, ours, theirs in self.pairs():
            rates = [rate(partial(self.once, each)) for each in (ours, theirs)]
            yield f"mailsec {name}, the whole command, {label}", *rates, PEER

    def once(self, command: Sequence[str]) -> None:
        subprocess.run(command, capture_output=True, check=True, env=self.env)

    def pairs(self) -> Commands:
        """The commands over the file `plain`, ours and the peer's; each is run before the next one is asked for, since it makes
        what the next one reads."""
        path = {name: str(self.folder / name) for name in ("plain", "signed", "sealed", "theirs")}
        mailsec = [sys.executable, "-m", "mailsec"]
        out = ("-o", path["signed"], path["plain"])
        yield (
            "sign",
            [*mailsec, "sign", "-q", "--smime", "--key", self.both, *out],
            self.cms(*self.signing("entity"), "-out", path["theirs"]),
        )
        yield (
            "verify",
            [*mailsec, "verify", "--offline", "--ca", self.root, path["signed"]],
            self.cms(*self.verifying("signed")),
        )
        out = ("-o", path["sealed"], path["plain"])
        to = ("--to-key", self.certificate)
        sealing = self.cms(*self.sealing("entity", "gcm"), "-out", path["theirs"])
        yield "encrypt", [*mailsec, "encrypt", "-q", "--smime", *to, *out], sealing
        opening = [*mailsec, "decrypt", "-q", "--key", self.both, "--ca", self.root, "-o", os.devnull, path["sealed"]]
        theirs = self.cms(*self.opening("sealed"), "-out", os.devnull)
        yield "decrypt", opening, theirs
        yield "encrypt --sign", [*mailsec, "encrypt", "-q", "--smime", "--sign", "--key", self.both, *to, *out], sealing
        yield "decrypt what is signed", opening, theirs

    def memory(self, megabytes: int) -> Iterator[Row]:
        """The peak of the whole commands."""
        block = base64.encodebytes(os.urandom(MEGABYTE // 57 * 57)).replace(b"\n", b"\r\n")
        head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        self.file("entity", head, *[block] * megabytes)
        self.file("plain", HEADER, head, *[block] * megabytes)
        ours_empty = self.peak([sys.executable, "-m", "mailsec", "--version"])
        theirs_empty = self.peak(["openssl", "version"])
        for name, ours, theirs in self.pairs():
            above = (self.peak(ours) - ours_empty, self.peak(theirs) - theirs_empty)
            used = [max(each / megabytes / MEGABYTE, NOISE) for each in above]
            yield f"mailsec {name}, {megabytes} MB, memory (times its size)", used[0], used[1], PEER

    def peak(self, command: Sequence[str]) -> int:
        """The octets that a command has resident at its most; a small process starts it, as a child inherits that number."""
        program = shutil.which(command[0]) or command[0]
        measure = [sys.executable, "-c", PEAK, program, *command[1:]]
        done = subprocess.run(measure, capture_output=True, check=True, env=self.env)
        return int(done.stdout.split()[-1]) * 1024
