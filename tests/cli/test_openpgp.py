"""sign --pgp, encrypt, decrypt and verify through the real entry point; pysequoia and rPGP are each other's peers."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import pytest
from openpgp.composed import (
    DetachedSignature,
    EncryptionCaps,
    KeyType,
    MessageBuilder,
    SecretKeyParamsBuilder,
    SignedPublicKey,
    SignedSecretKey,
    SubkeyParamsBuilder,
)
from pysequoia import ArmorKind, Cert, Sig, armor
from pysequoia import decrypt as sequoia_decrypt
from pysequoia import encrypt as sequoia_encrypt
from pysequoia import verify as sequoia_verify

from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.content.openpgp.keymaking import protected
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.trust.keyring.armor import dearmored
from mailsec.trust.keyring.files import read_keys
from mailsec.trust.keyring.packets import packets
from tests.cli.openpgp import DRAFT, SUITES, files, person
from tests.conftest import Ended
from tests.content.openpgp import forge

NO_RING = {"MAILSEC_RING": "/nonexistent/ring"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    return files(tmp_path, "alice", "bob", "carol")


@pytest.fixture
def run(mailsec):
    def call(*argv: object, stdin: bytes = b"", **rest: object) -> Ended:
        return mailsec(*argv, stdin=stdin, env=NO_RING, **rest)

    return call


def verdict(ended: Ended) -> tuple[str, int, int]:
    found = json.loads(ended.stdout)["verdict"]
    return found["content"], found["decided_by"], ended.code


def parts(file: bytes) -> list[bytes]:
    """The parts of a multipart message, header and all."""
    message = parse(file)
    found = structure(message)
    return [message.data[found.parts[at].header : found.parts[at].end] for at in found.children(0)]


@pytest.mark.parametrize("suite", SUITES)
def test_sign_and_verify(suite: str, tmp_path: Path, run) -> None:
    keys = files(tmp_path, "alice", suite=suite)
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], "-q", stdin=DRAFT)
    assert (signed.code, signed.err) == (0, b"")
    covered, signature = parts(signed.out)
    made = Sig.from_bytes(signature.split(b"\r\n\r\n", 1)[1])
    certificate = Cert.from_bytes(keys["alice.asc"].read_bytes())
    assert sequoia_verify(bytes=covered, store=lambda _: [certificate], signature=made).valid_sigs
    peer = SignedPublicKey.from_armor(keys["alice.asc"].read_text())[0]
    DetachedSignature.from_bytes(dearmored(signature.split(b"\r\n\r\n", 1)[1], "SIGNATURE")).verify(peer, covered)
    judged = run("verify", "--offline", "--key", keys["alice.asc"], "--json", "-", stdin=signed.out)
    assert verdict(judged) == ("good", 12, 0)


def test_what_is_signed_survives_transfer_agents(keys: dict[str, Path], run) -> None:
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT).out
    covered = parts(signed)[0]
    assert covered.isascii()
    assert b"\nFrom " not in covered
    assert not any(line.endswith((b" ", b"\t")) for line in covered.split(b"\r\n"))
    assert b'micalg="pgp-sha512"' in signed
    assert b"\r\n".join(signed.split(b"\n\n")[0].split(b"\n")[:2]).count(b"From: Alice") == 1
    again = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT)
    assert parts(again.out)[0] == covered


def test_line_ends_stay_as_they_are(keys: dict[str, Path], run) -> None:
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT.replace(b"\r\n", b"\n"))
    assert b"\r" not in signed.out
    judged = run("verify", "--offline", "--key", keys["alice.asc"], "--json", "-", stdin=signed.out)
    assert verdict(judged) == ("good", 12, 0)


def test_several_signers(keys: dict[str, Path], run) -> None:
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], "--key", keys["carol.sec"], stdin=DRAFT)
    assert "content-signer-not-author" in signed.stderr
    judged = run("verify", "--offline", "--key", keys["alice.asc"], "--key", keys["carol.asc"], "--json", "-", stdin=signed.out)
    assert verdict(judged) == ("good", 12, 0)
    alone = run("verify", "--offline", "--key", keys["carol.asc"], "--json", "-", stdin=signed.out)
    assert verdict(alone) == ("bad", 3, 1)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("options", [(), ("--compress",), ("--sign",), ("--sign", "--compress"), ("--openpgp", "rfc4880")])
def test_encrypt_and_decrypt(suite: str, options: tuple[str, ...], tmp_path: Path, run) -> None:
    keys = files(tmp_path, "alice", "bob", suite=suite)
    signer = ("--key", keys["alice.sec"]) if "--sign" in options else ()
    made = run("encrypt", "--pgp", *options, *signer, "--to-key", keys["bob.asc"], "-q", stdin=DRAFT)
    assert (made.code, made.err) == (0, b"")
    assert b"Gr=C3" not in made.out
    assert b"an alle" not in made.out
    assert b"Subject: Plans\r\n" in made.out
    opened = run("decrypt", "--key", keys["bob.sec"], "--key", keys["alice.asc"], stdin=made.out)
    assert opened.code == 0, opened.stderr
    assert ("signed by the key of alice@alice.example" in opened.stderr) is bool(signer)
    assert ("Decrypted; not signed" in opened.stderr) is not bool(signer)
    if not signer:
        assert opened.out == DRAFT
    # the peer that did not make it
    block = parts(made.out)[1].split(b"\r\n\r\n", 1)[1]
    if "--compress" not in options:
        certificate = person("alice", suite).extract_certificate()
        store = {"store": lambda _: [certificate]} if signer else {}
        text = sequoia_decrypt(block, decryptor=person("bob", suite).decryptor(), **store).bytes
        assert text
        assert b"an alle" in text


def test_a_container_that_old_programs_read_unless_every_key_can_do_more(tmp_path: Path, run) -> None:
    keys = files(tmp_path, "bob", "carol")
    old = _without_features(tmp_path)
    for named, version in (((keys["bob.asc"],), 2), ((keys["bob.asc"], old), 1), ((old,), 1)):
        chosen = [word for path in named for word in ("--to-key", path)]
        made = run("encrypt", "--pgp", *chosen, "-q", stdin=DRAFT)
        assert _container(made.out) == version
    refused = run("encrypt", "--pgp", "--openpgp", "rfc9580", "--to-key", old, stdin=DRAFT)
    assert (refused.code, "RFC 9580" in refused.stderr) == (7, True)
    forced = run("encrypt", "--pgp", "--openpgp", "rfc4880", "--to-key", keys["bob.asc"], stdin=DRAFT)
    assert _container(forced.out) == 1


def _without_features(folder: Path) -> Path:
    """A key that says nothing of version 2 containers, as GnuPG 2.2 makes it."""
    subkey = SubkeyParamsBuilder().key_type(KeyType.ecdh("curve25519")).can_encrypt(EncryptionCaps.all()).build()
    made = SecretKeyParamsBuilder().key_type(KeyType.ed25519_legacy()).can_certify(True).can_sign(True)
    made = made.primary_user_id("Old <old@old.example>").feature_seipd_v1(True).feature_seipd_v2(False).subkey(subkey)
    secret = made.build().generate()
    (folder / "old.asc").write_text(secret.to_public_key().to_armored())
    (folder / "old.sec").write_text(secret.to_armored())
    return folder / "old.asc"


def _container(file: bytes) -> int:
    data = dearmored(parts(file)[1].split(b"\r\n\r\n", 1)[1], "MESSAGE")
    return next(packet.body[0] for packet in packets(data) if packet.tag == 18)


def test_five_recipients_each_of_whom_can_read_it(tmp_path: Path, run) -> None:
    names = ("bob", "carol", "dave", "erin", "frank")
    keys = files(tmp_path, *names)
    to = b", ".join(b"%s@%s.example" % (name.encode(), name.encode()) for name in names)
    draft = DRAFT.replace(b"Bob <bob@bob.example>", to)
    chosen = [word for name in names for word in ("--to-key", keys[f"{name}.asc"])]
    made = run("encrypt", "--pgp", *chosen, stdin=draft)
    assert made.code == 0
    assert "recipient-without-key" not in made.stderr
    for name in names:
        assert run("decrypt", "--key", keys[f"{name}.sec"], "-q", stdin=made.out).out == draft
    other = run("decrypt", "--key", files(tmp_path, "mallory")["mallory.sec"], stdin=made.out)
    assert (other.code, other.out) == (7, b"")
    assert "it is for" in other.stderr


def test_recipients_come_from_to_and_cc(keys: dict[str, Path], tmp_path: Path, run) -> None:
    ring = tmp_path / "all.asc"
    ring.write_bytes(keys["bob.asc"].read_bytes() + keys["carol.asc"].read_bytes())
    draft = DRAFT.replace(b"Subject:", b"Cc: carol@carol.example\r\nSubject:")
    made = run("encrypt", "--pgp", "--to-key", ring, stdin=draft)
    assert "bob@bob.example (" in made.stderr
    assert "carol@carol.example (" in made.stderr
    named = run("encrypt", "--pgp", "--to", "bob@BOB.example", "--to-key", ring, stdin=draft)
    assert "carol@carol.example (" not in named.stderr
    missing = run("encrypt", "--pgp", "--to-key", keys["bob.asc"], stdin=draft)
    assert (missing.code, "carol@carol.example may not be able to read it" in missing.stderr) == (0, True)
    unknown = run("encrypt", "--pgp", "--to", "dave@dave.example", "--to-key", ring, stdin=draft)
    assert (unknown.code, "no key of dave@dave.example" in unknown.stderr) == (7, True)
    nobody = run("encrypt", "--pgp", stdin=draft.replace(b"To:", b"X-To:").replace(b"Cc:", b"X-Cc:"))
    assert (nobody.code, "nobody to encrypt to" in nobody.stderr) == (7, True)


def test_for_self(keys: dict[str, Path], run) -> None:
    made = run("encrypt", "--pgp", "--sign", "--key", keys["alice.sec"], "--to-key", keys["bob.asc"], "--for-self", stdin=DRAFT)
    for name in ("alice", "bob"):
        assert run("decrypt", "--key", keys[f"{name}.sec"], "--key", keys["alice.asc"], stdin=made.out).code == 0
    without = run("encrypt", "--pgp", "--to-key", keys["bob.asc"], "--for-self", stdin=DRAFT)
    assert (without.code, "no key of your own" in without.stderr) == (7, True)


def test_bcc(keys: dict[str, Path], tmp_path: Path, run) -> None:
    draft = DRAFT.replace(b"Subject:", b"Bcc: carol@carol.example\r\nSubject:")
    chosen = ("--to-key", keys["bob.asc"], "--to-key", keys["carol.asc"])
    refused = run("encrypt", "--pgp", *chosen, stdin=draft)
    assert (refused.code, refused.out, "--bcc split" in refused.stderr) == (2, b"", True)
    folder = tmp_path / "outbox"
    assert run("encrypt", "--pgp", *chosen, "--bcc", "split", "-o", folder, stdin=draft).code == 2
    folder.mkdir()
    assert run("encrypt", "--pgp", *chosen, "--bcc", "split", stdin=draft).code == 2
    assert run("encrypt", "--pgp", *chosen, "--bcc", "split", "-o", folder, stdin=draft).code == 0
    made = sorted(folder.iterdir())
    assert [path.name for path in made] == ["001-bob@bob.example.eml", "002-carol@carol.example.eml"]
    for path, name, other in zip(made, ("bob", "carol"), ("carol", "bob"), strict=True):
        assert b"Bcc" not in path.read_bytes()
        assert run("decrypt", "--key", keys[f"{name}.sec"], "-q", path).code == 0
        assert run("decrypt", "--key", keys[f"{other}.sec"], path).code == 7
    lacking = run("encrypt", "--pgp", "--to-key", keys["bob.asc"], "--bcc", "split", "-o", folder, stdin=draft)
    assert (lacking.code, "no key of carol@carol.example" in lacking.stderr) == (7, True)


def test_hidden_recipients(keys: dict[str, Path], run) -> None:
    draft = DRAFT.replace(b"Subject:", b"Bcc: carol@carol.example\r\nSubject:")
    made = run("encrypt", "--pgp", "--to-key", keys["bob.asc"], "--to-key", keys["carol.asc"], "--bcc", "hidden", stdin=draft)
    assert b"Bcc" not in made.out
    data = dearmored(parts(made.out)[1].split(b"\r\n\r\n", 1)[1], "MESSAGE")
    for packet in packets(data):
        if packet.tag == 1:
            assert packet.body[1:9] == bytes(8) or packet.body[:2] == b"\x06\x00"
    for name in ("bob", "carol"):
        both = ("--key", keys["alice.sec"], "--key", keys[f"{name}.sec"])
        assert run("decrypt", *both, "-q", stdin=made.out).code == 0
    other = run("decrypt", "--key", keys["alice.sec"], stdin=made.out)
    assert (other.code, "somebody who is not named" in other.stderr) == (7, True)


def _refused_key(folder: Path, kind: str) -> Path:
    secret = person("bob", "ed25519", 1 if kind == "expired" else None)
    certificate = secret.extract_certificate()
    data = bytes(certificate)
    if kind == "revoked":
        data += bytes(certificate.revoke(certifier=secret.certifier()))
    (folder / "bob.key").write_bytes(data)
    return folder / "bob.key"


@pytest.mark.parametrize("kind", ["revoked", "expired"])
def test_keys_that_are_not_encrypted_to(kind: str, tmp_path: Path, run) -> None:
    key = _refused_key(tmp_path, kind)
    if kind == "expired":  # keys are backdated by a minute, so this one has expired already
        assert Cert.from_bytes(key.read_bytes()).expiration
    refused = run("encrypt", "--pgp", "--to-key", key, stdin=DRAFT)
    assert (refused.code, refused.out) == (7, b"")
    assert f"--allow-{kind}" in refused.stderr
    allowed = run("encrypt", "--pgp", "--to-key", key, f"--allow-{kind}", stdin=DRAFT)
    assert (allowed.code, "openpgp-key-overruled" in allowed.stderr) == (0, True)


@pytest.mark.parametrize(
    ("argv", "stdin", "code", "words"),
    [
        (("encrypt", "--pgp", "--to-key", "bob.asc"), b"", 3, "empty"),
        (("encrypt", "--pgp", "--to-key", "bob.asc"), b"no message", 4, "no mail message"),
        (("encrypt", "--to-key", "bob.asc"), DRAFT, 2, "--pgp"),
        (("encrypt", "--pgp", "--to-key", "none.asc"), DRAFT, 4, "none.asc"),
        (("encrypt", "--pgp", "--to-key", "draft.eml"), DRAFT, 4, "is no OpenPGP key"),
        (("encrypt", "--pgp", "--to-key", "empty"), DRAFT, 4, "holds no OpenPGP key"),
        (("encrypt", "--pgp", "--sign", "--key", "alice.asc", "--to-key", "bob.asc"), DRAFT, 7, "no secret key"),
        (("encrypt", "--pgp", "--sign", "--to-key", "bob.asc"), DRAFT, 7, "no key to sign with"),
        (("sign", "--pgp"), DRAFT, 7, "no key to sign with"),
        (("sign", "--pgp", "--key", "alice.asc"), DRAFT, 7, "only public"),
        (("sign", "--pgp", "--key", "alice.sec"), b"", 3, "empty"),
        (("sign", "--pgp", "--key", "alice.sec"), b"\x00\x01", 4, "no mail message"),
        (("sign", "--pgp", "--dkim", "--key", "alice.sec"), DRAFT, 2, "--dkim, --pgp or --smime"),
        (("sign", "--pgp", "--key", "alice.sec", "--selector", "s"), DRAFT, 2, "DKIM"),
        (("sign", "--dkim", "--key", "a", "--selector", "s", "--passphrase-fd", "0"), DRAFT, 2, "passphrase"),
        (("decrypt", "--key", "bob.sec"), b"", 3, "empty"),
        (("decrypt", "--key", "bob.sec"), DRAFT, 3, "nothing in the message is encrypted"),
        (("decrypt", "--key", "bob.sec"), b"\xff\xff\xff", 4, "neither"),
        (("decrypt", "--key", "bob.sec", "--at", "received"), DRAFT, 2, "received"),
        (("decrypt", "--key", "bob.sec"), b"-----BEGIN PGP MESSAGE-----\n\nxxx", 4, "cut off"),
        (
            ("decrypt", "--key", "bob.sec"),
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxxx\n-----END PGP X-----\n",
            4,
            "cannot be",
        ),
    ],
)
def test_what_cannot_be_done(
    argv: tuple[str, ...], stdin: bytes, code: int, words: str, keys: dict[str, Path], tmp_path: Path, run
) -> None:
    (tmp_path / "draft.eml").write_bytes(DRAFT)
    (tmp_path / "empty").write_bytes(b"")
    named = [tmp_path / word if "." in word or word == "empty" else word for word in argv]
    ended = run(*named, stdin=stdin)
    assert (ended.code, ended.out) == (code, b""), ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "backtrace" not in ended.stderr


def test_nothing_is_written_over_an_input(keys: dict[str, Path], tmp_path: Path, run) -> None:
    (tmp_path / "draft.eml").write_bytes(DRAFT)
    for argv in (
        ("sign", "--pgp", "--key", keys["alice.sec"], "-o", keys["alice.sec"], tmp_path / "draft.eml"),
        ("encrypt", "--pgp", "--to-key", keys["bob.asc"], "-o", tmp_path / "draft.eml", tmp_path / "draft.eml"),
    ):
        ended = run(*argv)
        assert (ended.code, "is an input" in ended.stderr) == (2, True)
    assert (tmp_path / "draft.eml").read_bytes() == DRAFT


def sealed(data: bytes, *names: str) -> bytes:
    """A binary message of rPGP's making for these people."""
    builder = MessageBuilder.from_bytes("", data).seipd_v1("aes256")
    for name in names:
        builder = builder.encrypt_to_key(
            SignedPublicKey.from_bytes(bytes(person(name).extract_certificate())).public_subkeys[1]
        )
    return builder.to_vec()


def _armor(data: bytes) -> bytes:
    return armor(data, ArmorKind.Message).encode()


def pgp_mime(block: bytes, header: bytes = DRAFT.split(b"MIME-Version")[0]) -> bytes:
    return (
        header
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: application/octet-stream"
        b"\r\n\r\n" + block + b"\r\n--b--\r\n"
    )


def test_files_that_are_no_mail(keys: dict[str, Path], tmp_path: Path, run) -> None:
    for file in (sealed(b"\x00\x01data", "bob"), _armor(sealed(b"\x00\x01data", "bob"))):
        ended = run("decrypt", "--key", keys["bob.sec"], stdin=file)
        assert (ended.code, ended.out) == (0, b"\x00\x01data")
    terminal = run("decrypt", "--key", keys["bob.sec"], stdin=sealed(b"\x1b[2J", "bob"), tty=True)
    assert (terminal.code, terminal.out) == (2, b"")
    strict = run("decrypt", "--key", keys["bob.sec"], "--require-signature", stdin=sealed(b"x", "bob"))
    assert (strict.code, strict.out) == (1, b"x")
    secret = SignedSecretKey.from_bytes(bytes(person("alice")))
    signed = MessageBuilder.from_bytes("", b"text").sign(secret.secret_subkeys[0], None, "sha512").to_vec()
    for named, code in ((keys["alice.asc"], 0), (keys["bob.asc"], 7)):
        ended = run("decrypt", "--key", named, stdin=signed)
        assert (ended.code, ended.out) == (code, b"text")
        assert "it was not encrypted" in ended.stderr


def test_inline_is_read(keys: dict[str, Path], run) -> None:
    header = DRAFT.split(b"MIME-Version")[0]
    file = header + b"\r\n" + _armor(sealed("Grüße\n".encode(), "bob")).replace(b"\n", b"\r\n")
    ended = run("decrypt", "--key", keys["bob.sec"], stdin=file)
    assert ended.code == 0
    assert ended.out.startswith(header)
    assert ended.out.endswith("\r\n\r\nGrüße\r\n".encode())


def test_plaintext_is_never_joined_with_what_was_not_encrypted(keys: dict[str, Path], run) -> None:
    block = _armor(sealed(b"secret", "bob")).replace(b"\n", b"\r\n")
    file = DRAFT.split(b"MIME-Version")[0] + (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/html\r\n\r\n<img src='http://evil.example/"
        b"\r\n--m\r\nContent-Type: text/plain\r\n\r\n" + block + b"\r\n--m\r\nContent-Type: text/html\r\n\r\n'>\r\n--m--\r\n"
    )
    ended = run("decrypt", "--key", keys["bob.sec"], stdin=file)
    assert ended.out.endswith(b"\r\n\r\nsecret")
    assert b"evil" not in ended.out
    assert ended.code == 1
    assert "content-ciphertext-beside-plaintext" in ended.stderr
    assert "content-html-around" in ended.stderr


def test_several_ciphertexts_are_opened_one_at_a_time(keys: dict[str, Path], run) -> None:
    blocks = [_armor(sealed(text, "bob")).replace(b"\n", b"\r\n") for text in (b"one", b"two")]
    file = DRAFT.split(b"MIME-Version")[0] + b"\r\n" + blocks[0] + b"\r\n" + blocks[1]
    refused = run("decrypt", "--key", keys["bob.sec"], stdin=file)
    assert (refused.code, refused.out, "--part 1 to --part 2" in refused.stderr) == (4, b"", True)
    for number, text in ((1, b"one"), (2, b"two")):
        ended = run("decrypt", "--key", keys["bob.sec"], "--part", str(number), stdin=file)
        assert ended.out.endswith(b"\r\n\r\n" + text)
        assert (ended.code, "content-several-ciphertexts" in ended.stderr) == (1, True)
    assert run("decrypt", "--key", keys["bob.sec"], "--part", "3", stdin=file).code == 4


def test_protected_fields_inside_stay_apart_from_the_outer_header(keys: dict[str, Path], run) -> None:
    inside = b"From: mallory@evil.example\r\nSubject: real\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
    ended = run("decrypt", "--key", keys["bob.sec"], "-q", stdin=pgp_mime(_armor(sealed(inside, "bob"))))
    message = parse(ended.out)
    assert [field.value for field in message.all("From")] == [b" Alice <alice@alice.example>"]
    assert [field.value for field in message.all("Subject")] == [b" Plans"]
    assert inside in ended.out


def test_a_signed_message_inside(keys: dict[str, Path], run) -> None:
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT).out
    entity = b"Content-Type:" + signed.split(b"Content-Type:", 1)[1]
    file = pgp_mime(_armor(sealed(entity, "bob")))
    for named, code in ((keys["alice.asc"], 0), (keys["carol.asc"], 7)):
        ended = run("decrypt", "--key", keys["bob.sec"], "--key", named, stdin=file)
        assert ended.code == code, ended.stderr
        assert run("verify", "--offline", "--key", keys["alice.asc"], "-", stdin=ended.out).code == 0


def test_a_bad_signature_inside_leaves_with_1_and_the_text_is_written(keys: dict[str, Path], run) -> None:
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT).out
    entity = (b"Content-Type:" + signed.split(b"Content-Type:", 1)[1]).replace(b"an alle", b"an euch")
    ended = run("decrypt", "--key", keys["bob.sec"], "--key", keys["alice.asc"], stdin=pgp_mime(_armor(sealed(entity, "bob"))))
    assert (ended.code, b"an euch" in ended.out) == (1, True)
    encrypted = run(*("encrypt", "--pgp", "--sign", "--key", keys["carol.sec"], "--to-key", keys["bob.asc"]), stdin=DRAFT)
    ended = run("decrypt", "--key", keys["bob.sec"], "--key", keys["carol.asc"], stdin=encrypted.out)
    assert (ended.code, b"an alle" in ended.out) == (1, True)
    assert "content-signer-not-author" in ended.stderr


@pytest.mark.parametrize("damage", ["changed", "cut", "sed", "version", "session-key", "no-session-key", "armor"])
def test_no_plaintext_leaves_before_its_integrity_is_checked(damage: str, keys: dict[str, Path], run) -> None:
    data = sealed(b"secret " * 1000, "bob")
    first, second = packets(data)

    def frame(tag: int, body: bytes) -> bytes:
        return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body

    made = {
        "changed": data[:-100] + bytes((data[-100] ^ 1,)) + data[-99:],
        "cut": data[:-100],
        "sed": data[: first.end] + frame(9, second.body[1:]),
        "version": data[: first.end] + frame(18, b"\x09" + second.body[1:]),
        "session-key": frame(1, b"\x09" + first.body[1:]) + data[first.end :],
        "no-session-key": data[first.end :],
        "armor": data,
    }[damage]
    block = _armor(made) if damage != "armor" else b"-----BEGIN PGP MESSAGE-----\n\n!!!!\n-----END PGP MESSAGE-----\n"
    for file in (pgp_mime(block), block):
        ended = run("decrypt", "--key", keys["bob.sec"], stdin=file)
        assert (ended.code, ended.out) == (4, b""), ended.stderr
        assert "cannot be opened" in ended.stderr


def locked(folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (folder / "locked.sec").write_bytes(protected(bytes(person("bob")), "sesam öffne"))
    return folder / "locked.sec"


def test_passphrases(tmp_path: Path, run) -> None:
    key = locked(tmp_path)
    (tmp_path / "right").write_text("sesam öffne\n")
    (tmp_path / "wrong").write_text("x\n")
    file = sealed(b"secret", "bob")
    opened = run("decrypt", "--key", key, "--passphrase-file", tmp_path / "right", stdin=file)
    assert (opened.code, opened.out) == (0, b"secret")
    wrong = run("decrypt", "--key", key, "--passphrase-file", tmp_path / "wrong", stdin=file)
    assert (wrong.code, wrong.out, "the right one?" in wrong.stderr) == (7, b"", True)
    with open(tmp_path / "right", "rb") as stream:
        given = run("decrypt", "--key", key, "--passphrase-fd", str(os.dup(stream.fileno())), stdin=file)
    assert (given.code, given.out) == (0, b"secret")
    signed = run("sign", "--pgp", "--key", key, "--passphrase-file", tmp_path / "right", stdin=DRAFT)
    assert signed.code == 0
    refused = run("sign", "--pgp", "--key", key, "--passphrase-file", tmp_path / "wrong", stdin=DRAFT)
    assert (refused.code, refused.out) == (7, b"")
    both = run(
        "encrypt", "--pgp", "--sign", "--key", key, "--passphrase-file", tmp_path / "wrong", "--to-key", key, stdin=DRAFT
    )
    assert (both.code, both.out, "the right one?" in both.stderr) == (7, b"", True)


def test_an_empty_file_comes_out_as_one(keys: dict[str, Path], tmp_path: Path, run) -> None:
    (tmp_path / "out").write_bytes(b"of before")
    ended = run("decrypt", "--key", keys["bob.sec"], "-o", tmp_path / "out", stdin=sealed(b"", "bob"))
    assert (ended.code, (tmp_path / "out").read_bytes()) == (0, b""), ended.stderr


@pytest.mark.filterwarnings("ignore")
def test_of_several_locked_keys_passphrases_are_asked_for_until_one_opens() -> None:
    both = [read_keys(protected(bytes(person(name)), name), name) for name in ("bob", "carol")]
    asked: list[str] = []
    options = DecryptOptions(both[0] | both[1], ask=lambda whose: asked.append(whose) or "bob")
    assert decrypt_message(sealed(b"secret", "carol", "bob"), "m", options, now=2_000_000_000).data == b"secret"
    assert len(asked) == 1


def test_a_message_for_whoever_knows_a_passphrase(tmp_path: Path, keys: dict[str, Path], run) -> None:
    (tmp_path / "right").write_text("sesam öffne\n")
    (tmp_path / "wrong").write_text("x\n")
    data = sequoia_encrypt(b"Content-Type: text/plain\r\n\r\nsecret\r\n", passwords=["sesam öffne"], armor=False)
    for file in (data, pgp_mime(_armor(data))):
        opened = run("decrypt", "--passphrase-file", tmp_path / "right", stdin=file)
        assert (opened.code, opened.out.endswith(b"secret\r\n")) == (0, True), opened.stderr
        wrong = run("decrypt", "--passphrase-file", tmp_path / "wrong", stdin=file)
        assert (wrong.code, wrong.out, "the right one?" in wrong.stderr) == (7, b"", True)
        assert run("decrypt", stdin=file).code == 7
        damaged = run("decrypt", "--passphrase-file", tmp_path / "right", stdin=data[:-1] + bytes((data[-1] ^ 1,)))
        assert (damaged.code, damaged.out) == (7, b"")
    both = sequoia_encrypt(b"secret", [person("bob").extract_certificate()], passwords=["sesam öffne"], armor=False)
    assert run("decrypt", "--key", keys["bob.sec"], stdin=both).out == b"secret"
    assert run("decrypt", "--passphrase-file", tmp_path / "right", stdin=both).out == b"secret"
    unknown = forge.packet(3, b"\x04\x0a\x00\x08") + forge.packet(18, b"\x01" + bytes(60))
    refused = run("decrypt", "--passphrase-file", tmp_path / "right", stdin=unknown)
    assert (refused.code, "not known here" in refused.stderr) == (4, True)


def test_a_nest_inside_of_a_ciphertext_is_not_opened(keys: dict[str, Path], run) -> None:
    nest = forge.packet(11, b"b\0\0\0\0\0text")
    for _ in range(100):
        nest = forge.packet(8, b"\x02" + zlib.compress(nest))
    data = forge.sealed(nest, person("bob"))
    for file in (data, pgp_mime(_armor(data))):
        ended = run("decrypt", "--key", keys["bob.sec"], stdin=file)
        assert (ended.code, ended.out, "levels deep" in ended.stderr) == (4, b"", True)


@pytest.mark.parametrize("compression", ["", "zlib"])
@pytest.mark.parametrize("kind", ["twofish", "eax"])
def test_rare_kinds_of_encryption_are_opened_by_the_library(kind: str, compression: str, keys: dict[str, Path], run) -> None:
    key = SignedPublicKey.from_armor(keys["bob.asc"].read_text())[0].public_subkeys[1]
    made = MessageBuilder.from_bytes("", b"secret")
    made = made.compression(compression) if compression else made
    made = made.seipd_v2("aes128", "eax") if kind == "eax" else made.seipd_v1(kind)
    data = made.encrypt_to_key(key).to_vec()
    ended = run("decrypt", "--key", keys["bob.sec"], stdin=data)
    assert (ended.code, ended.out) == ((4, b"") if compression else (0, b"secret")), ended.stderr
    other = run("decrypt", "--key", keys["bob.sec"], stdin=data[:-1] + bytes((data[-1] ^ 1,)))
    assert (other.code in (4, 7), other.out) == (True, b""), other.stderr


def test_a_passphrase_is_asked_for_on_the_terminal_even_where_stdin_is_the_message(tmp_path: Path) -> None:
    key = locked(tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:  # the child leads a session of its own, whose terminal is the other end
        (tmp_path / "in").write_bytes(sealed(b"secret", "bob"))
        with open(tmp_path / "in", "rb") as given, open(tmp_path / "out", "wb") as taken, open(tmp_path / "err", "wb") as said:
            code = subprocess.call(
                [sys.executable, "-m", "mailsec", "decrypt", "--key", str(key)],
                stdin=given,
                stdout=taken,
                stderr=said,
                cwd=ROOT,
                env={**os.environ, **NO_RING},
            )
        os._exit(code)
    shown = b""
    while b"assphrase" not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, "sesam öffne\n".encode())
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, (tmp_path / "err").read_text()
    assert (tmp_path / "out").read_bytes() == b"secret"
    assert b"sesam" not in shown
    assert person("bob").extract_certificate().fingerprint.upper().encode() in shown


def test_a_signer_is_named_where_the_author_has_several_keys(tmp_path: Path, keys: dict[str, Path], mailsec) -> None:
    def run(*argv: object, stdin: bytes = b"") -> Ended:
        return mailsec(*argv, stdin=stdin, env={"MAILSEC_RING": str(tmp_path / "ring")})

    assert run("sign", "--pgp", "--signer", "0" * 40, stdin=DRAFT).code == 7
    other = tmp_path / "other.sec"
    other.write_text(str(person("alice", "p256")))
    both = run("sign", "--pgp", "--key", keys["bob.sec"], "--signer", "alice@alice.example", stdin=DRAFT)
    assert (both.code, both.out) == (7, b"")
    assert run("keys", "import", "--no-passphrase", keys["alice.sec"], other).code == 0
    first, second = (person("alice", suite).extract_certificate().fingerprint.upper() for suite in ("ed25519", "p256"))
    unsure = run("sign", "--pgp", stdin=DRAFT)
    assert (unsure.code, unsure.out, first in unsure.stderr, second in unsure.stderr) == (7, b"", True, True)
    for name in (first, second, second[-16:]):
        signed = run("sign", "--pgp", "--signer", name, stdin=DRAFT)
        assert (signed.code, name in signed.stderr) == (0, True), signed.stderr
    sealed_ = run("encrypt", "--pgp", "--sign", "--signer", second, "--to-key", keys["bob.asc"], stdin=DRAFT)
    assert (sealed_.code, second in sealed_.stderr) == (0, True)
    assert run("encrypt", "--pgp", "--signer", second, "--to-key", keys["bob.asc"], stdin=DRAFT).code == 2
    assert run("sign", "--dkim", "--signer", second, stdin=DRAFT).code == 2


def test_a_recipient_is_named_by_the_fingerprint_of_a_key_in_the_ring(tmp_path: Path, keys: dict[str, Path], mailsec) -> None:
    def run(*argv: object, stdin: bytes = b"") -> Ended:
        return mailsec(*argv, stdin=stdin, env={"MAILSEC_RING": str(tmp_path / "ring")})

    name = person("bob").extract_certificate().fingerprint.upper()
    assert run("encrypt", "--pgp", "--to", name, stdin=DRAFT).code == 7
    assert run("keys", "import", keys["bob.asc"]).code == 0
    assert run("encrypt", "--pgp", "--to", "bob@bob.example", stdin=DRAFT).code == 7  # nobody vouches for the address
    sealed_ = run("encrypt", "--pgp", "--to", name, stdin=DRAFT)
    assert (sealed_.code, name in sealed_.stderr) == (0, True), sealed_.stderr
    assert run("decrypt", "--key", keys["bob.sec"], stdin=sealed_.out).code == 0
    assert run("encrypt", "--pgp", "--to", "DEADBEEF", stdin=DRAFT).code == 2


def test_a_ring_stands_beside_the_files(tmp_path: Path, keys: dict[str, Path], mailsec) -> None:
    ring = {"MAILSEC_RING": str(tmp_path / "ring")}

    def run(*argv: object, stdin: bytes = b"") -> Ended:
        return mailsec(*argv, stdin=stdin, env=ring)

    assert run("keys", "import", keys["bob.asc"]).code == 0
    refused = run("encrypt", "--pgp", stdin=DRAFT)
    assert (refused.code, "--allow-unauthenticated" in refused.stderr) == (7, True)
    assert run("encrypt", "--pgp", "--allow-unauthenticated", stdin=DRAFT).code == 0
    fingerprint = person("bob").extract_certificate().fingerprint.upper()
    assert run("keys", "trust", fingerprint, "--address", "bob@bob.example").code == 0
    made = run("encrypt", "--pgp", stdin=DRAFT)
    assert made.code == 0, made.stderr
    assert run("decrypt", "--key", keys["bob.sec"], "-q", stdin=made.out).out == DRAFT
    signed = run("sign", "--pgp", "--key", keys["alice.sec"], stdin=DRAFT)
    assert run("verify", "--offline", "-q", "-", stdin=signed.out).code == 7
    assert run("keys", "import", keys["alice.asc"]).code == 0
    unsure = run("verify", "--offline", "--json", "-", stdin=signed.out)
    assert verdict(unsure) == ("unjudged", 10, 7)
    alice = person("alice").extract_certificate().fingerprint.upper()
    assert f"mailsec keys trust {alice} --address alice@alice.example" in unsure.stdout
    assert run("keys", "trust", alice, "--address", "alice@alice.example").code == 0
    assert verdict(run("verify", "--offline", "--json", "-", stdin=signed.out)) == ("good", 12, 0)


def test_ten_megabytes(keys: dict[str, Path], run) -> None:
    attachment = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"A" * 76 * 140_000
    lines = b"\r\n".join(attachment[at : at + 76] for at in range(82, len(attachment), 76))
    draft = DRAFT.split(b"Content-Type")[0] + attachment[:82] + lines + b"\r\n"
    made = run("encrypt", "--pgp", "--sign", "--key", keys["alice.sec"], "--to-key", keys["bob.asc"], "-q", stdin=draft)
    opened = run("decrypt", "--key", keys["bob.sec"], "--key", keys["alice.asc"], "-q", stdin=made.out)
    assert (opened.code, len(opened.out)) == (0, len(draft))
    assert opened.out == draft
