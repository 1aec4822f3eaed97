"""`sign --smime`, `encrypt --smime` and `decrypt` with certificates and keys of the ring, through the real entry point."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from mailsec.content.smime.capabilities import Capability, written
from mailsec.content.smime.unwrapping import OAEP_SHA_256, RSA_OAEP
from mailsec.store.ring import Ring
from tests.certificates import Issued, issue
from tests.cli.openpgp import person as openpgp_person
from tests.conftest import Ended
from tests.content.smime.forge import person, usage

LASTING = (-2000, 20_000)
ROOT = issue("Lasting root", authority=True, days=LASTING)
SUB = issue("Lasting authority", ROOT, authority=True, days=LASTING)
OTHER = issue("Root of others", authority=True, days=LASTING)
RSA = rsa.generate_private_key(65537, 2048)
ALICE = person("alice@bank.example", SUB, days=LASTING)
BOB = person("bob@receiver.example", SUB, RSA, days=LASTING)
CAROL = person("carol@receiver.example", SUB, days=LASTING)
DRAFT = (
    b"From: Alice <alice@bank.example>\r\nTo: Bob <bob@receiver.example>\r\nSubject: Payment\r\n"
    b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@bank.example>\r\n\r\nPay 100.\r\n"
)
BOTH = DRAFT.replace(b"\r\nSubject", b"\r\nCc: carol@receiver.example\r\nSubject")
GCM, CBC, TRIPLE_DES = "60864801650304012e", "60864801650304012a", "2a864886f70d0307"

Run = Callable[..., Ended]


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    return tmp_path / "ring"


@pytest.fixture
def run(ring: Path, mailsec) -> Run:
    def call(*argv: object, stdin: bytes = DRAFT) -> Ended:
        return mailsec(*argv, stdin=stdin, env={"MAILSEC_RING": str(ring)})

    return call


@pytest.fixture
def keep(run: Run, tmp_path: Path) -> Callable[..., None]:
    """Imports certificates, with their keys where `secret`."""

    def call(*people: Issued, secret: bool = False, passphrase: bytes = b"") -> None:
        path, word = tmp_path / "in.pem", tmp_path / "word"
        word.write_bytes(passphrase + b"\n")
        for each in people:
            key = each.key_pem
            if passphrase:
                key = each.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
            path.write_bytes(each.pem + (key if secret else b""))
            how = ("--passphrase-file", word) if passphrase else ("--no-passphrase",) if secret else ()
            done = run("keys", "import", *how, path)
            assert done.code == 0, done.stderr

    return call


@pytest.fixture
def vouched(run: Run, keep: Callable[..., None]) -> None:
    """The root is trusted and the authority between known."""
    keep(ROOT, SUB)
    assert run("keys", "trust", fingerprint(ROOT), "full").code == 0


def fingerprint(who: Issued) -> str:
    return sha256(who.der).hexdigest().upper()


def says(ring: Path, who: Issued, *ciphers: str, oaep: bool = False) -> None:
    """Remember what somebody's program reads."""
    known = [Capability(each) for each in ciphers] + [Capability(RSA_OAEP, OAEP_SHA_256)] * oaep
    with Ring(str(ring), now=1_800_000_000) as opened, opened.change():
        opened.put_capabilities(fingerprint(who), written(known).der, 1_799_000_000)


def opened(ended: Ended, run: Run, who: Issued, tmp_path: Path, *more: str) -> bytes:
    """What a recipient reads, with a file of his own."""
    assert ended.code == 0, ended.stderr
    assert b"Pay 100." not in ended.out
    (tmp_path / "own.pem").write_bytes(who.pem + who.key_pem)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    where = ("--ring", tmp_path / "none", "--ca", tmp_path / "root.pem")
    done = run("decrypt", *more, *where, "--key", tmp_path / "own.pem", "-", stdin=ended.out)
    assert done.code == 0, done.stderr
    return done.out


def test_somebody_under_a_root_that_is_trusted(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB)
    made = run("encrypt", "--smime", "-")
    assert f"bob@receiver.example ({fingerprint(BOB)})" in made.stderr
    assert "AES-256-GCM" in made.stderr or b"authEnveloped-data" in made.out
    assert b"Pay 100." in opened(made, run, BOB, tmp_path)


def test_nobody_vouched(run: Run, keep, tmp_path: Path) -> None:
    keep(BOB)
    refused = run("encrypt", "--smime", "-")
    assert (refused.code, refused.out) == (7, b"")
    assert "nobody vouched that it is the certificate of bob@receiver.example" in refused.stderr
    assert "--allow-unauthenticated" in refused.stderr
    overruled = run("encrypt", "--smime", "--allow-unauthenticated", "-")
    assert "smime-certificate-overruled" in overruled.stderr
    opened(overruled, run, BOB, tmp_path)
    assert run("keys", "trust", fingerprint(BOB), "--address", "bob@receiver.example").code == 0
    assert "overruled" not in run("encrypt", "--smime", "-").stderr


def test_ways_of_naming(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB, CAROL)
    by_address = run("encrypt", "--smime", "--to", "carol@receiver.example", "-")
    opened(by_address, run, CAROL, tmp_path)
    assert "smime-not-for" in by_address.stderr
    opened(run("encrypt", "--smime", "--to", fingerprint(CAROL), "-"), run, CAROL, tmp_path)
    (tmp_path / "carol.crt").write_bytes(CAROL.pem)
    mixed = run("encrypt", "--smime", "--to", "bob@receiver.example", "--to-key", tmp_path / "carol.crt", "-", stdin=BOTH)
    assert mixed.code == 0
    assert fingerprint(CAROL) not in mixed.stderr
    assert run("encrypt", "--smime", "--to", "0" * 64, "-").code == 7


def test_of_several_the_one_that_can_be_used(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(person("bob@receiver.example", SUB, days=(-2000, -1000)), BOB)
    keep(person("bob@receiver.example", SUB, usages=usage(encipher=False, agree=False), days=LASTING))
    opened(run("encrypt", "--smime", "-"), run, BOB, tmp_path)
    second = person("bob@receiver.example", SUB, days=LASTING)
    keep(second)
    several = run("encrypt", "--smime", "-")
    assert (several.code, several.out) == (7, b"")
    assert all(each in several.stderr for each in ("several certificates", fingerprint(BOB), fingerprint(second)))
    opened(run("encrypt", "--smime", "--to", fingerprint(second), "-"), run, second, tmp_path)
    (tmp_path / "second.crt").write_bytes(second.pem)
    opened(run("encrypt", "--smime", "--to-key", tmp_path / "second.crt", "-"), run, second, tmp_path)
    letters = tmp_path / "letters"
    letters.mkdir()
    assert run("encrypt", "--smime", "--to", fingerprint(second), "--bcc", "split", "-o", letters, "-").code == 0


def test_all_that_is_amiss_is_said_at_once(run: Run, keep, vouched: None) -> None:
    weak = person("carol@receiver.example", OTHER, rsa.generate_private_key(65537, 1024), days=LASTING)
    keep(person("bob@receiver.example", SUB, days=(-2000, -1000)), weak)
    refused = run(
        "encrypt", "--smime", "--to", "x@y.example", "-", "--to", "bob@receiver.example", "--to", "carol@receiver.example"
    )
    assert refused.code == 7
    for each in ("x@y.example", "--allow-expired", "--allow-weak", "--allow-unauthenticated", "1024 bits"):
        assert each in refused.stderr
    allow = ("--allow-expired", "--allow-weak", "--allow-unauthenticated")
    made = run("encrypt", "--smime", *allow, "-", stdin=BOTH)
    assert made.code == 0, made.stderr
    assert made.stderr.count("smime-certificate-overruled") >= 3


def test_a_file_without_the_private_key_signs_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alice.crt").write_bytes(ALICE.pem)
    for command in (("sign",), ("encrypt", "--sign"), ("encrypt", "--for-self")):
        ended = run(*command, "--smime", "--key", tmp_path / "alice.crt", "-")
        assert (ended.code, "private key" in ended.stderr) == (7, True)


def test_what_a_certificate_says_of_itself_nothing_overrules(run: Run, keep, vouched: None) -> None:
    keep(person("bob@receiver.example", SUB, usages=usage(encipher=False, agree=False), days=LASTING))
    allow = ("--allow-expired", "--allow-weak", "--allow-unauthenticated")
    refused = run("encrypt", "--smime", *allow, "-")
    assert (refused.code, "keyAgreement" in refused.stderr) == (7, True)


def test_nobody_is_asked_for_a_passphrase_that_is_not_needed(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB)
    keep(CAROL, secret=True, passphrase=b"words")
    made = run("encrypt", "--smime", "-", stdin=BOTH)
    (tmp_path / "bob.pem").write_bytes(BOB.pem + BOB.key_pem)
    done = run("decrypt", "--key", tmp_path / "bob.pem", "-", stdin=made.out)
    assert (done.code, b"Pay 100." in done.out) == (0, True), done.stderr


def test_of_several_locked_keys_one_that_opens_is_enough(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB, secret=True, passphrase=b"bob")
    keep(CAROL, secret=True, passphrase=b"carol")
    made = run("encrypt", "--smime", "-", stdin=BOTH)
    for word, code in (("bob", 0), ("carol", 0), ("wrong", 7)):
        (tmp_path / "word").write_text(f"{word}\n")
        done = run("decrypt", "--passphrase-file", tmp_path / "word", "-", stdin=made.out)
        assert (done.code, b"Pay 100." in done.out) == (code, not code), done.stderr
    assert "is the passphrase the right one?" in done.stderr


@pytest.mark.parametrize("passphrase", [b"", b"words"])
def test_own_keys_of_the_ring_sign_and_open(passphrase: bytes, run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(ALICE, secret=True, passphrase=passphrase)
    keep(BOB)
    (tmp_path / "word").write_bytes(passphrase + b"\n")
    word = ("--passphrase-file", tmp_path / "word") if passphrase else ()
    made = run("encrypt", "--smime", "--sign", "--for-self", *word, "-")
    text = opened(made, run, BOB, tmp_path)
    assert b"application/pkcs7-signature" in text
    again = run("decrypt", *word, "-", stdin=made.out)
    assert (again.code, again.out) == (0, text), again.stderr
    if passphrase:
        (tmp_path / "word").write_bytes(b"wrong\n")
        wrong = run("decrypt", *word, "-", stdin=made.out)
        assert (wrong.code, wrong.out) == (7, b"")


def test_the_authorities_of_the_ring_go_along(run: Run, keep, vouched: None, tmp_path: Path, mailsec) -> None:
    keep(ALICE, secret=True)
    for form in ((), ("--opaque",), ("--signer", "alice@bank.example"), ("--signer", fingerprint(ALICE))):
        signed = run("sign", "--smime", *form, "-")
        assert signed.code == 0, signed.stderr
        (tmp_path / "root.pem").write_bytes(ROOT.pem)
        judged = mailsec("verify", "--offline", "--ca", tmp_path / "root.pem", "--json", "-", stdin=signed.out)
        assert (judged.code, json.loads(judged.stdout)["verdict"]["content"]) == (0, "good"), judged.stdout


def test_who_cannot_sign(run: Run, keep, vouched: None) -> None:
    none = run("sign", "--smime", "-")
    assert (none.code, "none of your own is for alice@bank.example" in none.stderr) == (7, True)
    keep(ALICE)
    assert run("sign", "--smime", "-").code == 7
    assert "secret part" in run("sign", "--smime", "--signer", fingerprint(ALICE), "-").stderr
    assert run("encrypt", "--smime", "--for-self", "--to", fingerprint(ALICE), "-").code == 7
    keep(ALICE, person("alice@bank.example", SUB, days=LASTING), secret=True)
    several = run("sign", "--smime", "-")
    assert (several.code, "several secret keys" in several.stderr) == (7, True)


def test_the_own_certificate_that_can_sign_and_the_one_that_can_read(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    reading = person("alice@bank.example", SUB, usages=usage(sign=False), days=LASTING)
    signing = person("alice@bank.example", SUB, usages=usage(encipher=False, agree=False), days=LASTING)
    keep(reading, signing, person("alice@bank.example", SUB, days=(-2000, -1000)), secret=True)
    keep(BOB)
    for named in ((), ("--signer", fingerprint(signing))):
        made = run("encrypt", "--smime", "--sign", "--for-self", *named, "-")
        assert f"signed by {fingerprint(signing)}" in made.stderr
        assert b"Pay 100." in opened(made, run, reading, tmp_path)


@pytest.mark.parametrize(
    ("bob", "carol", "kind"),
    [
        ((), (), b"authEnveloped"),
        ((GCM, CBC), (), b"authEnveloped"),
        ((CBC,), (GCM, CBC), b"enveloped"),
        ((CBC,), (), b"enveloped"),
    ],
)
def test_the_cipher_that_all_can_read(
    bob: tuple[str, ...], carol: tuple[str, ...], kind: bytes, run: Run, keep, vouched: None, ring: Path, tmp_path: Path
) -> None:
    keep(BOB, CAROL)
    for who, ciphers in ((BOB, bob), (CAROL, carol)):
        if ciphers:
            says(ring, who, *ciphers, oaep=who is CAROL)
    made = run("encrypt", "--smime", "-", stdin=BOTH)
    assert b"smime-type=" + kind in made.out
    unable = f"cannot be read by the program of bob@receiver.example ({fingerprint(BOB)})"
    assert (unable in made.stderr, "smime-not-authenticated" in made.stderr) == (kind == b"enveloped",) * 2
    assert b"Pay 100." in opened(made, run, BOB, tmp_path, "--allow-unauthenticated")
    assert b"Pay 100." in opened(made, run, CAROL, tmp_path, "--allow-unauthenticated")


def test_programs_without_a_cipher_in_common(run: Run, keep, vouched: None, ring: Path) -> None:
    keep(BOB, CAROL)
    says(ring, BOB, TRIPLE_DES)
    says(ring, CAROL, GCM)
    refused = run("encrypt", "--smime", "-", stdin=BOTH)
    assert (refused.code, refused.out) == (7, b"")
    assert "no cipher in common" in refused.stderr
    assert "--cbc" in refused.stderr
    assert run("encrypt", "--smime", "--cbc", "-", stdin=BOTH).code == 0


OAEP_NAME = bytes.fromhex("06092a864886f70d010107")


@pytest.mark.parametrize(("ciphers", "oaep"), [((GCM,), True), ((GCM,), False), ((CBC,), True), ((CBC,), False)])
def test_oaep_is_written_where_it_is_read(
    ciphers: tuple[str, ...], oaep: bool, run: Run, keep, vouched: None, ring: Path, tmp_path: Path
) -> None:
    keep(BOB)
    says(ring, BOB, *ciphers, oaep=oaep)
    made = run("encrypt", "--smime", "-")
    assert (OAEP_NAME in _der(made.out)) is oaep
    opened(made, run, BOB, tmp_path, "--allow-unauthenticated")


def _der(message: bytes) -> bytes:
    return b64decode(message.split(b"\r\n\r\n", 1)[1])


def test_what_is_remembered_and_damaged_counts_as_unknown(run: Run, keep, vouched: None, ring: Path, tmp_path: Path) -> None:
    keep(BOB)
    with Ring(str(ring), now=1_800_000_000) as opened_ring, opened_ring.change():
        opened_ring.put_capabilities(fingerprint(BOB), b"\x30\x03\x30\x05\x06", 1)
    made = run("encrypt", "--smime", "-")
    assert b"authEnveloped-data" in made.out


def test_a_bcc_gets_a_message_of_his_own(run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB, CAROL)
    keep(ALICE, secret=True)
    secret = DRAFT.replace(b"\r\nSubject", b"\r\nBcc: carol@receiver.example\r\nSubject")
    refused = run("encrypt", "--smime", "-", stdin=secret)
    assert (refused.code, "--bcc split" in refused.stderr, "hidden" in refused.stderr) == (2, True, False)
    hidden = run("encrypt", "--smime", "--bcc", "hidden", "-", stdin=secret)
    assert (hidden.code, "cannot hide recipients" in hidden.stderr) == (2, True)
    letters = tmp_path / "letters"
    assert run("encrypt", "--smime", "--bcc", "split", "-o", letters, "-", stdin=secret).code == 2
    letters.mkdir()
    done = run("encrypt", "--smime", "--sign", "--for-self", "--bcc", "split", "-o", letters, "-", stdin=secret)
    assert done.code == 0, done.stderr
    names = sorted(each.name for each in letters.iterdir())
    assert names == ["001-bob@receiver.example.eml", "002-carol@receiver.example.eml"]
    for name, who, other in zip(names, (BOB, CAROL), (CAROL, BOB), strict=True):
        file = (letters / name).read_bytes()
        assert b"carol@" not in file
        assert b"Pay 100." in opened(Ended(0, file, b""), run, who, tmp_path)
        assert run("decrypt", "-", stdin=file).code == 0
        (tmp_path / "own.pem").write_bytes(other.pem + other.key_pem)
        assert run("decrypt", "--ring", tmp_path / "none", "--key", tmp_path / "own.pem", "-", stdin=file).code == 7


# --- OpenPGP beside it


@pytest.fixture
def mixed(run: Run, keep, vouched: None, tmp_path: Path) -> bytes:
    """Bob has a certificate, dan an OpenPGP key; a message to both."""
    keep(BOB)
    path = tmp_path / "dan.asc"
    dan = openpgp_person("dan").extract_certificate()
    path.write_text(str(dan))
    assert run("keys", "import", path).code == 0
    assert run("keys", "trust", dan.fingerprint.upper(), "--address", "dan@dan.example").code == 0
    return DRAFT.replace(b"\r\nSubject", b"\r\nCc: dan@dan.example\r\nSubject")


def test_who_has_what_and_which_commands_to_run(run: Run, mixed: bytes) -> None:
    for method, without, has in (
        ("--smime", "no certificate of dan@dan.example is known", "an OpenPGP key"),
        ("--pgp", "no key of bob@receiver.example is known", "an S/MIME certificate"),
    ):
        refused = run("encrypt", method, "-", stdin=mixed)
        assert (refused.code, refused.out) == (7, b"")
        assert f"{without}, only {has}" in refused.stderr
        assert "mailsec encrypt --smime --to bob@receiver.example" in refused.stderr
        assert "mailsec encrypt --pgp --to dan@dan.example" in refused.stderr
    third = run("encrypt", "--smime", "-", stdin=mixed.replace(b"To: ", b"To: eve@y.example, "))
    assert "no certificate of eve@y.example is known;" in third.stderr
    assert "--to eve@y.example" not in third.stderr
    other = run("encrypt", "--pgp", "-")
    assert "all of them have an S/MIME certificate: mailsec encrypt --smime" in other.stderr
    named = run("encrypt", "--pgp", "--to", fingerprint(BOB), "-")
    assert (named.code, "OpenPGP takes its keys alone" in named.stderr) == (7, True)


def test_without_a_method_the_keys_say_which(run: Run, mixed: bytes, tmp_path: Path) -> None:
    for file, hint in (
        (DRAFT, "--smime: all recipients have a key for it"),
        (mixed, "--pgp for dan@dan.example; --smime for bob@receiver.example"),
        (DRAFT.replace(b"bob@", b"eve@"), "--pgp or --smime"),
        (b"", "--pgp or --smime"),
    ):
        ended = run("encrypt", "-", stdin=file)
        assert (ended.code, ended.out) == (2, b"")
        assert f"hint: {hint}\n" in ended.stderr, ended.stderr
    assert run("encrypt", tmp_path / "nothing").code == 2


# --- others open it


@pytest.mark.external
@pytest.mark.parametrize("form", [(), ("--cbc",)], ids=["GCM", "CBC"])
def test_openssl_opens_what_is_made_with_the_ring(form: tuple[str, ...], run: Run, keep, vouched: None, tmp_path: Path) -> None:
    keep(BOB)
    keep(ALICE, secret=True)
    made = run("encrypt", "--smime", "--sign", *form, "-")
    assert made.code == 0, made.stderr
    for name, data in (("cert", BOB.pem), ("key", BOB.key_pem), ("root", ROOT.pem)):
        (tmp_path / name).write_bytes(data)
    openssl = ("openssl", "cms", "-inkey", "key", "-recip", "cert", "-decrypt")
    inside = subprocess.run(openssl, cwd=tmp_path, input=made.out, capture_output=True, check=True).stdout
    # the authority between comes from the ring
    verify = ("openssl", "cms", "-verify", "-CAfile", "root")
    text = subprocess.run(verify, cwd=tmp_path, input=inside, capture_output=True, check=True).stdout
    assert b"Pay 100." in text
