"""S/MIME through the real entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from mailsec.core.limits.content import CMS_NESTING
from tests.certificates import Issued, issue
from tests.content.smime.forge import (
    ALICE,
    BOB,
    HEADER,
    MALLORY,
    OTHER_ROOT,
    ROOT,
    RSA_KEY,
    SUB,
    TEXT,
    Signing,
    compressed,
    detached,
    mixed,
    multipart,
    opaque,
    p7m,
    person,
    signed_data,
    usage,
)
from tests.content.smime.seal import Sealing, mail, sealed
from tests.trust.x509.people import crl, response

AT = ("--at", "2027-01-15T08:00:00Z", "--offline")


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


@pytest.mark.parametrize("file", [detached(), opaque()], ids=["detached", "opaque"])
def test_a_signed_mail_is_good_by_a_root_that_is_named(file: bytes, roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=file)
    assert ended.code == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["verdict"]["content"] == "good"
    assert "revocation not checked" in ended.stdout


def test_without_the_root_nobody_vouches_and_the_way_on_is_said(roots: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "other.pem").write_bytes(OTHER_ROOT.pem)
    ended = mailsec("verify", *AT, "--ca", tmp_path / "other.pem", "-", stdin=detached())
    assert ended.code == 7
    assert "--ca FILE" in ended.stdout


def test_a_changed_text_is_bad(roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "-", stdin=detached().replace(b"100", b"900"))
    assert ended.code == 1
    assert "smime-signature-bad" in ended.stdout


def test_roots_that_cannot_be_read(tmp_path: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", tmp_path / "none.pem", "-", stdin=detached())
    assert (ended.code, ended.stdout) == (4, "")
    assert "roots" in ended.stderr


def test_certificates_alone_are_said_and_protect_nothing(roots: Path, mailsec) -> None:
    file = HEADER + p7m(signed_data(b""), b"application/pkcs7-mime; smime-type=certs-only")
    ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=file)
    content = next(check for check in json.loads(ended.stdout)["checks"] if check["name"] == "content")
    assert content["status"] == "skipped"
    assert json.loads(ended.stdout)["verdict"]["content"] == "absent"


def test_a_damaged_signature_is_said_to_be(roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "-", stdin=HEADER + multipart(b"\r\nHi\r\n", b"nothing"))
    assert ended.code == 1
    assert "smime-signature-unreadable" in ended.stdout


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    path = tmp_path / "bob.pem"
    path.write_bytes(BOB.pem + BOB.key_pem)
    return path


SIGNED = multipart(TEXT, signed_data(TEXT, Signing()))
SEALED = p7m(sealed(SIGNED, Sealing()), b"application/pkcs7-mime; smime-type=authEnveloped-data")
OPENED = {
    "authenticated": (mail(sealed(TEXT, Sealing())), 0, True),
    "authenticated, signed": (HEADER + SEALED, 0, True),
    "no smime-type": (mail(sealed(TEXT, Sealing()), b"application/x-pkcs7-mime"), 0, True),
    "CBC": (mail(sealed(TEXT, Sealing(gcm=False))), 1, False),
    "CBC, signed": (mail(sealed(SIGNED, Sealing(gcm=False))), 0, True),
    "CBC, opaque signature": (mail(sealed(p7m(signed_data(TEXT, Signing(), detached=False)), Sealing(gcm=False))), 0, True),
    "CBC, signed by another": (
        mail(sealed(multipart(TEXT, signed_data(TEXT, Signing(MALLORY))), Sealing(gcm=False))),
        1,
        False,
    ),
    "CBC, a text beside the signed one": (
        mail(
            sealed(
                b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nhttp://evil.example/\r\n--m\r\n"
                + SIGNED
                + b"\r\n--m--\r\n",
                Sealing(gcm=False),
            )
        ),
        1,
        False,
    ),
    "signed by another": (mail(sealed(multipart(TEXT, signed_data(TEXT, Signing(MALLORY))), Sealing())), 1, True),
    "triple wrap": (detached(SEALED), 0, True),
    "triple wrap, opaque": (opaque(SEALED), 0, True),
    "encrypted twice": (mail(sealed(SEALED, Sealing())), 0, True),
    "compressed within": (mail(sealed(p7m(compressed(SIGNED), b"application/pkcs7-mime"), Sealing())), 0, True),
    "bare LF": (mail(sealed(TEXT, Sealing())).replace(b"\r\n", b"\n"), 0, True),
    "a text beside it": (
        HEADER + b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nHi\r\n--m\r\n" + SEALED + b"\r\n--m--\r\n",
        1,
        True,
    ),
}


@pytest.mark.parametrize("case", OPENED)
def test_an_encrypted_mail_is_opened_and_judged(case: str, roots: Path, bob: Path, mailsec) -> None:
    file, code, given = OPENED[case]
    ended = mailsec("decrypt", *AT[:2], "--ca", roots, "--key", bob, "-", stdin=file)
    assert (ended.code, bool(ended.stdout)) == (code, given), ended.stderr
    assert "pay 100" in ended.stdout or "opaque" in case or not given
    assert ("smime-not-authenticated" in ended.stderr) is (not given)
    assert b"\r\n" not in file or "Subject: Payment" in ended.stdout or not given


def test_what_nothing_protects_is_given_out_where_that_is_allowed(roots: Path, bob: Path, mailsec) -> None:
    file = mail(sealed(TEXT, Sealing(gcm=False)))
    ended = mailsec("decrypt", "--allow-unauthenticated", "--ca", roots, "--key", bob, "-", stdin=file)
    assert (ended.code, "pay 100" in ended.stdout) == (0, True)
    assert "smime-not-authenticated" in ended.stderr


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        (mail(sealed(TEXT, Sealing(ALICE))), 7, "serial number"),
        (mail(sealed(TEXT, Sealing(wrong_key=True))), 7, "changed on its way"),
        (mail(sealed(TEXT, Sealing())[:-60]), 4, "cut off"),
        (detached(), 3, "nothing in the message is encrypted"),
        (HEADER + mixed(SEALED, SEALED), 4, "--part 1 to --part 2"),
    ],
)
def test_what_cannot_be_opened_says_why(file: bytes, code: int, words: str, bob: Path, mailsec) -> None:
    ended = mailsec("decrypt", "--key", bob, "-", stdin=file)
    assert (ended.code, ended.stdout) == (code, "")
    assert words in ended.stderr


def test_one_of_several_is_picked(bob: Path, mailsec) -> None:
    file = HEADER + mixed(SEALED, SEALED)
    assert mailsec("decrypt", *AT[:2], "--key", bob, "--part", "2", "-", stdin=file).code == 7
    assert mailsec("decrypt", "--key", bob, "--part", "3", "-", stdin=file).code == 4


def test_too_many_layers_are_refused(bob: Path, mailsec) -> None:
    made = SEALED
    for _ in range(CMS_NESTING):
        made = p7m(sealed(made, Sealing()), b"application/pkcs7-mime; smime-type=enveloped-data")
    ended = mailsec("decrypt", "--key", bob, "-", stdin=HEADER + made)
    assert ended.code == 4
    assert "layers" in ended.stderr


def test_what_is_not_given_out_replaces_no_file(tmp_path: Path, roots: Path, bob: Path, mailsec) -> None:
    (tmp_path / "out").write_bytes(b"of before")
    file = mail(sealed(TEXT, Sealing(gcm=False)))
    ended = mailsec("decrypt", "--ca", roots, "--key", bob, "-o", tmp_path / "out", "-", stdin=file)
    assert (ended.code, (tmp_path / "out").read_bytes()) == (1, b"of before")
    assert "Not given out" in ended.stderr


def test_a_locked_key_is_opened_with_its_passphrase(tmp_path: Path, mailsec) -> None:
    locked = BOB.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words"))
    (tmp_path / "locked.pem").write_bytes(BOB.pem + locked)
    (tmp_path / "words").write_text("words\n")
    command = ("decrypt", "--key", tmp_path / "locked.pem", "--passphrase-file", tmp_path / "words", "-")
    assert mailsec(*command, stdin=mail(sealed(TEXT, Sealing()))).code == 0


def test_signing_is_required_where_that_is_asked(bob: Path, mailsec) -> None:
    ended = mailsec("decrypt", "--key", bob, "--require-signature", "-", stdin=mail(sealed(TEXT, Sealing())))
    assert (ended.code, "pay 100" in ended.stdout) == (1, True)


def test_a_certificate_that_is_named_is_trusted(tmp_path: Path, roots: Path, mailsec) -> None:
    (tmp_path / "alice.pem").write_bytes(ALICE.pem)
    (tmp_path / "other.pem").write_bytes(OTHER_ROOT.pem)
    command = ("verify", *AT, "--ca", tmp_path / "other.pem", "--key", tmp_path / "alice.pem", "-")
    for file in (detached(), detached(certificates=[])):
        assert mailsec(*command, stdin=file).code == 0


def test_openpgp_does_not_take_certificates(bob: Path, mailsec) -> None:
    ended = mailsec("sign", "--pgp", "--key", bob, "-", stdin=HEADER + TEXT)
    assert (ended.code, ended.stdout) == (7, "")
    assert "cannot take part in OpenPGP" in ended.stderr


ED = Ed25519PrivateKey.generate()
SIGNING = (*AT[:2], "--smime")
DRAFT = HEADER.replace(b"MIME-Version: 1.0\r\n", b"") + "\r\nPay 100 to Jürgen \r\nFrom now on.\r\n".encode()


FORMS = [(), ("--opaque",), ("--pss",), ("--compress",), ("--opaque", "--pss", "--compress")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: " ".join(form) or "multipart")
@pytest.mark.parametrize("kind", ["RSA", "EC", "Ed25519"])
def test_what_is_signed_is_verified(kind: str, form: tuple[str, ...], roots: Path, tmp_path: Path, mailsec) -> None:
    signer = {"RSA": ALICE, "EC": person("alice@bank.example", SUB), "Ed25519": person("alice@bank.example", SUB, ED)}[kind]
    (tmp_path / "alice.pem").write_bytes(signer.pem + signer.key_pem + SUB.pem)
    made = mailsec("sign", *SIGNING, *form, "--key", tmp_path / "alice.pem", "-", stdin=DRAFT)
    assert made.code == 0, made.stderr
    assert mailsec("verify", *AT, "--ca", roots, "-", stdin=made.out).code == 0
    readable = not {"--opaque", "--compress"} & set(form)
    assert mailsec("verify", *AT, "--ca", roots, "-", stdin=made.out.replace(b"Pay 100", b"Pay 900")).code == readable
    assert ("compressed-data" in made.stdout) is ("--compress" in form)


def test_who_may_not_sign_does_not(tmp_path: Path, mailsec) -> None:
    expired = person("alice@bank.example", SUB, days=(-9, -1))
    encrypting = person("alice@bank.example", SUB, usages=usage(sign=False))
    for signer in (expired, encrypting, person("alice@bank.example", SUB, X25519PrivateKey.generate())):
        (tmp_path / "alice.pem").write_bytes(signer.pem + signer.key_pem)
        ended = mailsec("sign", *SIGNING, "--key", tmp_path / "alice.pem", "-", stdin=DRAFT)
        assert (ended.code, ended.stdout) == (7, "")
    (tmp_path / "alice.pem").write_bytes(ALICE.pem)
    assert mailsec("sign", *SIGNING, "--key", tmp_path / "alice.pem", "-", stdin=DRAFT).code == 7


def test_another_than_the_author_is_said_to_sign(bob: Path, mailsec) -> None:
    ended = mailsec("sign", *SIGNING, "--key", bob, "-", stdin=DRAFT)
    assert ended.code == 0
    assert "content-signer-not-author" in ended.stderr


def test_a_locked_key_signs_with_its_passphrase_alone(tmp_path: Path, mailsec) -> None:
    locked = ALICE.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words"))
    (tmp_path / "locked.pem").write_bytes(ALICE.pem + locked)
    for words, code in (("words", 0), ("others", 7)):
        (tmp_path / "words").write_text(f"{words}\n")
        command = ("sign", *SIGNING, "--key", tmp_path / "locked.pem", "--passphrase-file", tmp_path / "words", "-")
        assert mailsec(*command, stdin=DRAFT).code == code


@pytest.mark.parametrize(
    "options",
    [
        ("--smime", "--pgp"),
        ("--pgp", "--opaque"),
        ("--dkim", "--pss"),
        ("--pgp", "--compress"),
        ("--smime", "--selector", "s"),
        (),
    ],
)
def test_ways_of_signing_that_contradict_each_other(options: tuple[str, ...], bob: Path, mailsec) -> None:
    assert mailsec("sign", *options, "--key", bob, "-", stdin=DRAFT).code == 2


LASTING = (-2000, 20_000)


@pytest.mark.parametrize("form", [(), ("--cbc",), ("--cbc", "--oaep", "--pss", "--compress")], ids=["GCM", "CBC", "all"])
@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384", "P-521", "X25519"])
def test_what_is_encrypted_is_opened_by_each_recipient(kind: str, form: tuple[str, ...], tmp_path: Path, mailsec) -> None:
    keys = {"RSA": RSA_KEY, "X25519": X25519PrivateKey.generate(), "P-256": ec.generate_private_key(ec.SECP256R1())} | {
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
    }
    root = issue("Lasting root", authority=True, days=LASTING)
    bob = person("bob@receiver.example", root, keys[kind], days=LASTING)
    alice = person("alice@bank.example", root, days=LASTING)
    (tmp_path / "root.pem").write_bytes(root.pem)
    (tmp_path / "bob.crt").write_bytes(bob.pem + root.pem)
    (tmp_path / "bob.pem").write_bytes(bob.pem + bob.key_pem)
    (tmp_path / "alice.pem").write_bytes(alice.pem + alice.key_pem)
    command = ("encrypt", "--smime", "--sign", "--for-self", "--key", tmp_path / "alice.pem", "--to-key", tmp_path / "bob.crt")
    made = mailsec(*command, *form, "-", stdin=DRAFT)
    assert made.code == 0, made.stderr
    assert ("smime-not-authenticated" in made.stderr) is bool(form)
    assert "Pay 100" not in made.stdout
    for reader in ("bob.pem", "alice.pem"):
        ended = mailsec("decrypt", "--ca", tmp_path / "root.pem", "--key", tmp_path / reader, "-", stdin=made.out)
        assert (ended.code, "Pay 100" in ended.stdout) == (0, True), ended.stderr


def test_who_is_not_to_be_encrypted_to(tmp_path: Path, mailsec) -> None:
    command = ("encrypt", "--smime", "--to-key", tmp_path / "bob.crt")
    for bad in (
        person("bob@receiver.example", SUB, days=(-2000, -1000)),
        person("bob@receiver.example", SUB, usages=usage(encipher=False, agree=False), days=LASTING),
        person("bob@receiver.example", SUB, ED, days=LASTING),
    ):
        (tmp_path / "bob.crt").write_bytes(bad.pem)
        ended = mailsec(*command, "-", stdin=DRAFT)
        assert (ended.code, ended.stdout) == (7, "")
    (tmp_path / "bob.crt").write_bytes(person("bob@receiver.example", SUB, days=LASTING).pem)
    assert mailsec(*command, "--sign", "-", stdin=DRAFT).code == 7
    assert mailsec(*command, "-", stdin=b"Bcc: x@y.example\r\n" + DRAFT).code == 2
    assert mailsec("encrypt", "--smime", "-", stdin=DRAFT).code == 7
    other = mailsec(*command, "-", stdin=DRAFT.replace(b"bob@", b"carol@"))
    assert other.code == 0
    assert "smime-not-for" in other.stderr


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--pgp", "--smime"),
        ("--pgp", "--cbc"),
        ("--smime", "--bcc", "hidden"),
        ("--smime", "--bcc", "split"),
        ("--smime", "--allow-revoked"),
        ("--pgp", "--oaep"),
        ("--smime", "--pss"),
    ],
)
def test_ways_of_encrypting_that_contradict_each_other(options: tuple[str, ...], mailsec) -> None:
    assert mailsec("encrypt", *options, "-", stdin=DRAFT).code == 2


def _lists(tmp_path: Path, *revoked: Issued) -> list[str | Path]:
    """The options that hand in the lists of both authorities."""
    paths = tmp_path / "root.crl", tmp_path / "sub.crl"
    for path, data in zip(paths, (crl(ROOT), crl(SUB, *revoked)), strict=True):
        path.write_bytes(data)
    return ["--crl", paths[0], "--crl", paths[1]]


def test_what_is_revoked_is_bad(roots: Path, tmp_path: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, *_lists(tmp_path, ALICE), "-", stdin=detached())
    assert ended.code == 1
    assert "revoked at 2027-01-13T08:00:00Z (keyCompromise), says CRL" in ended.stdout


def test_where_it_is_required_revocation_is_known(roots: Path, tmp_path: Path, mailsec) -> None:
    required = ("verify", *AT, "--ca", roots, "--require-revocation", "-")
    ended = mailsec(*required, stdin=detached())
    assert ended.code == 7
    assert "smime-signer-unchecked" in ended.stdout
    ended = mailsec(*required, *_lists(tmp_path), "--json", stdin=detached())
    assert ended.code == 0, ended.stdout
    assert "revocation not checked" not in ended.stdout
    assert f'"{roots}"' in ended.stdout


def test_ocsp_tells_what_is_revoked(roots: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "said").write_bytes(response(SUB, ALICE, good=False))
    ended = mailsec("verify", *AT, "--ca", roots, "--ocsp", tmp_path / "said", "-", stdin=detached())
    assert ended.code == 1
    assert "(keyCompromise), says OCSP" in ended.stdout


def test_what_is_no_list_is_said(roots: Path, mailsec) -> None:
    for option in ("--crl", "--ocsp"):
        ended = mailsec("verify", *AT, option, roots, "-", stdin=detached())
        assert (ended.code, ended.stdout) == (4, "")
        assert "roots.pem" in ended.stderr


def test_revoked_within_what_is_encrypted(roots: Path, bob: Path, tmp_path: Path, mailsec) -> None:
    file, code, _ = OPENED["authenticated, signed"]
    assert code == 0
    ended = mailsec("decrypt", *AT[:2], "--ca", roots, "--key", bob, *_lists(tmp_path, ALICE), "-", stdin=file)
    assert ended.code == 1
    assert "keyCompromise" in ended.stderr


def test_offline_nothing_is_fetched(roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "--fetch", "-", stdin=detached())
    assert ended.code == 0
