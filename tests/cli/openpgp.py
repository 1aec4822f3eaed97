"""Keys of people for tests of the commands, as files; made once in a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pysequoia import CipherSuite, Profile, Tsk

OLD = (Profile.RFC4880, CipherSuite.Cv25519)
SUITES = {
    "ed25519": OLD,
    "rsa": (Profile.RFC4880, CipherSuite.RSA2k),
    "p256": (Profile.RFC4880, CipherSuite.P256),
    "p384": (Profile.RFC4880, CipherSuite.P384),
    "v6": (Profile.RFC9580, CipherSuite.Cv25519),
}


def person(name: str, suite: str = "ed25519", validity: int | None = None) -> Tsk:
    """The key of NAME@NAME.example."""
    return _person(name, suite, validity)


@cache
def _person(name: str, suite: str, validity: int | None) -> Tsk:
    profile, cipher_suite = SUITES[suite]
    user = f"{name.capitalize()} <{name}@{name}.example>"
    return Tsk.generate(user, profile=profile, cipher_suite=cipher_suite, validity_seconds=validity)


def files(folder: Path, *names: str, suite: str = "ed25519") -> dict[str, Path]:
    """The secret key of each in NAME.sec, the public one in NAME.asc."""
    for name in names:
        (folder / f"{name}.sec").write_text(str(person(name, suite)))
        (folder / f"{name}.asc").write_text(str(person(name, suite).extract_certificate()))
    return {f"{name}.{kind}": folder / f"{name}.{kind}" for name in names for kind in ("sec", "asc")}


DRAFT = (
    b"From: Alice <alice@alice.example>\r\nTo: Bob <bob@bob.example>\r\nSubject: Plans\r\n"
    b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@alice.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Gr\xc3\xbc\xc3\x9fe an alle \r\nFrom here on\r\n-- \r\nA\r\n"
)
