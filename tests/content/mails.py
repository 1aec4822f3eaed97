"""Signed mails in every arrangement, honest and not: PGP/MIME parts put together by hand."""

from __future__ import annotations

from base64 import b64encode

from tests.content.openpgp.forge import DAY, Person

MADE = 1_600_000_000
NOW = MADE + DAY
ALICE = Person("Alice <alice@bank.example>", MADE - 100 * DAY)
MALLORY = Person("Mallory <mallory@evil.example>", MADE - 100 * DAY)
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Bob, pay 100 to account 7.\r\n"
HEADER = (
    b"From: Alice <alice@bank.example>\r\nTo: bob@receiver.example\r\nSubject: Payment\r\n"
    b"Date: Sun, 13 Sep 2020 12:26:40 +0000\r\nMessage-ID: <1@bank.example>\r\nMIME-Version: 1.0\r\n"
)


def armored(data: bytes, label: str = "SIGNATURE") -> bytes:
    text = b64encode(data).decode()
    lines = "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN PGP {label}-----\r\n\r\n{lines}\r\n-----END PGP {label}-----\r\n".encode()


def signature(part: bytes, *signers: Person) -> bytes:
    """The armored signature of the signing subkeys over `part`."""
    return armored(b"".join(each.subkey.sign(0, part, MADE) for each in signers or (ALICE,)))


def signed(
    part: bytes = TEXT, *signers: Person, sig: bytes | None = None, boundary: bytes = b"sig", more: bytes = b""
) -> bytes:
    """A multipart/signed entity over `part`; `more` goes behind the signature, as a third part."""
    made = signature(part, *signers) if sig is None else sig
    line = b"--" + boundary
    head = b'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary=' + boundary
    parts = (part, b"Content-Type: application/pgp-signature\r\n\r\n" + made, *((more,) if more else ()))
    return head + b"\r\n\r\n" + b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def mail(entity: bytes, header: bytes = HEADER) -> bytes:
    """A message with this MIME entity as its body."""
    return header + entity


def mixed(*parts: bytes, boundary: bytes = b"mix", kind: bytes = b"mixed") -> bytes:
    line = b"--" + boundary
    head = b"Content-Type: multipart/" + kind + b"; boundary=" + boundary + b"\r\n\r\n"
    return head + b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def cleartext(text: bytes, signer: Person = ALICE, headers: bytes = b"Hash: SHA512\r\n") -> bytes:
    """A cleartext signed message over `text`, whose lines end in CRLF."""
    canonical = b"\r\n".join(line.rstrip(b" \t") for line in text.removesuffix(b"\r\n").split(b"\r\n"))
    escaped = b"\r\n".join(
        b"- " + line if line.startswith(b"-") else line for line in text.removesuffix(b"\r\n").split(b"\r\n")
    )
    made = armored(signer.subkey.sign(1, canonical, MADE))
    return b"-----BEGIN PGP SIGNED MESSAGE-----\r\n" + headers + b"\r\n" + escaped + b"\r\n" + made


def part(text: bytes, kind: bytes = b"text/plain", *fields: bytes) -> bytes:
    return b"".join(field + b"\r\n" for field in (b"Content-Type: " + kind, *fields)) + b"\r\n" + text
