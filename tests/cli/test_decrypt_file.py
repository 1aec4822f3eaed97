"""`decrypt` of CMS structures that are no mail, and of mails that are only compressed, through the real entry point."""

from __future__ import annotations

from pathlib import Path

import pytest
from pysequoia import SignatureMode, sign

from tests.cli.openpgp import files, person
from tests.content.smime.forge import (
    BOB,
    HEADER,
    MALLORY,
    ROOT,
    TEXT,
    Signing,
    compressed,
    indefinite,
    multipart,
    p7m,
    signed_data,
    wrapped,
)
from tests.content.smime.seal import Sealing, mail, sealed

BINARY = b"PK\x03\x04\x00\x00 a file\nof\r\nany kind\x00"
AT = ("--at", "2027-01-15T08:00:00Z")


@pytest.fixture
def run(tmp_path: Path, mailsec):
    (tmp_path / "roots.pem").write_bytes(ROOT.pem)
    (tmp_path / "bob.pem").write_bytes(BOB.pem + BOB.key_pem)

    def call(file: bytes, *more: str):
        return mailsec("decrypt", *AT, "--ca", tmp_path / "roots.pem", "--key", tmp_path / "bob.pem", *more, "-", stdin=file)

    return call


def signed(content: bytes, *signings: Signing) -> bytes:
    return signed_data(content, *(signings or (Signing(),)), detached=False)


def test_a_file_comes_out_octet_by_octet(run) -> None:
    der = sealed(BINARY, Sealing())
    pem = b"-----BEGIN CMS-----\n" + wrapped(der) + b"-----END CMS-----\n"
    for file in (der, indefinite(der), pem, wrapped(der)):
        ended = run(file)
        assert (ended.code, ended.out) == (0, BINARY), ended.stderr
        assert "Decrypted; not signed." in ended.stderr
    assert run(der, "--require-signature").code == 1


@pytest.mark.parametrize("order", ["signed inside", "compressed inside", "triple", "all of it"])
def test_layers_are_taken_off_and_the_signer_is_named(order: str, run) -> None:
    inner = signed(BINARY)
    file = {
        "signed inside": sealed(inner, Sealing()),
        "compressed inside": sealed(compressed(inner), Sealing()),
        "triple": signed(sealed(inner, Sealing()), Signing(MALLORY)),
        "all of it": compressed(signed(compressed(sealed(p7m(compressed(inner)), Sealing())), Signing(MALLORY))),
    }[order]
    ended = run(file)
    assert (ended.code, ended.out) == (0, BINARY), ended.stderr
    assert "Decrypted; signed by alice@bank.example" in ended.stderr


def test_a_signature_around_a_ciphertext_is_nobodys_word_for_what_is_inside(run) -> None:
    ended = run(signed(sealed(BINARY, Sealing())))
    assert (ended.code, ended.out) == (0, BINARY)
    assert "not signed" in ended.stderr
    ended = run(signed(sealed(BINARY, Sealing()), Signing(flip=True)))
    assert (ended.code, ended.out) == (1, BINARY)
    assert "smime-signature-bad" in ended.stderr


def test_an_entity_stays_an_entity_and_its_signature_is_judged(run) -> None:
    entity = multipart(TEXT, signed_data(TEXT, Signing()))
    ended = run(sealed(entity, Sealing()))
    assert (ended.code, ended.out) == (0, entity), ended.stderr
    assert "signed by alice@bank.example" in ended.stderr
    ended = run(sealed(entity.replace(b"100", b"900"), Sealing()))
    assert (ended.code, b"900" in ended.out) == (1, True)
    ended = run(sealed(entity.replace(b"multipart/signed", b"multipart/mixed"), Sealing()))
    assert (ended.code, "not signed" in ended.stderr) == (0, True)


def test_cbc_is_held_back_without_a_good_signature(run) -> None:
    cbc = Sealing(gcm=False)
    ended = run(sealed(BINARY, cbc))
    assert (ended.code, ended.out) == (1, b"")
    assert run(sealed(BINARY, cbc), "--allow-unauthenticated").out == BINARY
    assert run(sealed(signed(BINARY), cbc)).out == BINARY
    assert run(sealed(signed(BINARY, Signing(flip=True)), cbc)).out == b""
    assert run(sealed(signed(BINARY, Signing(MALLORY)), cbc)).code == 0  # whoever it is, a root vouches for the name


def test_what_is_not_encrypted_is_opened_too(run) -> None:
    for file in (signed(BINARY), compressed(signed(BINARY))):
        ended = run(file)
        assert (ended.code, ended.out) == (0, BINARY), ended.stderr
        assert "Opened; it was not encrypted; signed by alice@bank.example" in ended.stderr
    ended = run(compressed(BINARY))
    assert (ended.code, ended.out) == (0, BINARY)
    assert "Opened; it was not encrypted; not signed." in ended.stderr


def test_a_signature_alone_that_was_encrypted_comes_out_as_a_file(run) -> None:
    p7s = signed_data(BINARY, Signing())
    assert run(sealed(p7s, Sealing())).out == p7s
    assert run(sealed(p7s[:200], Sealing())).out == p7s[:200]
    assert run(sealed(p7m(p7s[:200]), Sealing())).out == p7m(p7s[:200])


def test_a_mail_that_is_only_compressed(run) -> None:
    ended = run(mail(compressed(TEXT), b"application/pkcs7-mime; smime-type=compressed-data"))
    assert ended.code == 0, ended.stderr
    assert ended.out.startswith(HEADER.split(b"MIME-Version", 1)[0])
    assert ended.out.endswith(TEXT.split(b"\r\n\r\n", 1)[1])
    assert "Opened; it was not encrypted; not signed." in ended.stderr
    both = multipart(TEXT, signed_data(TEXT, Signing()))
    ended = run(mail(compressed(both), b"application/pkcs7-mime; smime-type=compressed-data").replace(b"\r\n", b"\n"))
    assert ended.code == 0, ended.stderr
    assert "alice@bank.example" in ended.stderr
    assert b"\r" not in ended.out


@pytest.mark.parametrize(
    ("file", "code", "reason"),
    [
        (sealed(BINARY, Sealing(MALLORY)), 7, "no private key that opens it"),
        (sealed(BINARY, Sealing(wrong_key=True)), 7, "damaged or changed"),
        (sealed(BINARY, Sealing())[:-40], 4, "cannot be opened"),
        (b"\x30\x84\x40\x00\x00\x00" + sealed(BINARY, Sealing())[4:], 4, "cannot be opened"),
        (b"-----BEGIN PKCS7-----\n" + wrapped(sealed(BINARY, Sealing())), 4, "the PEM is cut off"),
        (signed_data(BINARY, Signing()), 4, "a signature alone"),
        (signed_data(b""), 4, "certificates alone"),
        (b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 4, "cannot be opened"),
        (
            b"\x30\x13\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x06\x04\x04text",
            4,
            "nothing in it is signed or encrypted",
        ),
        (b"MIIx not base64", 4, "neither a mail message"),
        (b"0", 4, "neither a mail message"),
    ],
)
def test_what_cannot_be_opened_is_refused(file: bytes, code: int, reason: str, run) -> None:
    ended = run(file)
    assert (ended.code, ended.out) == (code, b"")
    assert reason in ended.stderr


def test_layers_have_an_end(run) -> None:
    file = BINARY
    for _ in range(12):
        file = compressed(file)
    ended = run(file)
    assert (ended.code, "layers inside each other" in ended.stderr) == (4, True)


def test_a_signer_of_an_openpgp_file_has_to_be_authenticated(tmp_path: Path, mailsec) -> None:
    keys, ring = files(tmp_path, "alice"), tmp_path / "ring"
    file = sign(person("alice").signer(), BINARY, mode=SignatureMode.INLINE, armor=False)
    ended = mailsec("decrypt", "--key", keys["alice.asc"], "-", stdin=file)
    assert (ended.code, ended.out) == (0, BINARY)
    assert "signed by alice@alice.example" in ended.stderr
    assert mailsec("keys", "import", "--ring", ring, keys["alice.asc"]).code == 0
    ended = mailsec("decrypt", "--ring", ring, "-", stdin=file)
    assert (ended.code, ended.out) == (7, BINARY)
    assert "nobody vouched for that yet" in ended.stderr
