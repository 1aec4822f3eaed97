"""`mailsec keys` with keys for S/MIME of one's own, through the real entry point."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.certificates import Issued, issue
from tests.cli.test_keys import Keys, keys
from tests.content.smime.forge import ROOT, SUB, mail_extensions

__all__ = ["keys"]
CAROL = "Carol <carol@bank.example>"
NONE = "--no-passphrase"


class Public:
    """The public key of a request, as what `issue` takes for a key."""

    def __init__(self, key) -> None:
        self._key = key

    def public_key(self):
        return self._key


def certificate_for(request: x509.CertificateSigningRequest, *addresses: str, issuer: Issued = SUB) -> bytes:
    extensions = mail_extensions(*addresses)
    return issue("Carol", issuer, key=Public(request.public_key()), extensions=extensions, days=(-100, 365)).pem


def requested(keys: Keys, *more: str) -> x509.CertificateSigningRequest:
    made = keys("generate", "--smime", "--type", "p256", NONE, CAROL, *more)
    assert made.code == 0, made.stderr
    assert "waits for its certificate" in made.stderr
    return x509.load_pem_x509_csr(made.stdout.encode())


@pytest.mark.parametrize("kind", ["rsa3072", "p256", "p384", "p521", "ed25519"])
def test_a_request_says_what_the_certificate_is_for(kind: str, keys: Keys) -> None:
    made = keys("generate", "--smime", "--type", kind, NONE, CAROL, "carol@work.example")
    request = x509.load_pem_x509_csr(made.stdout.encode())
    assert request.is_signature_valid
    assert [each.value for each in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["Carol"]
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["carol@bank.example", "carol@work.example"]
    assert list(request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.EMAIL_PROTECTION
    ]


def test_a_key_waits_and_is_joined_with_its_certificate(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("words\n")
    made = keys("generate", "--smime", "--type", "p256", "--passphrase-file", str(tmp_path / "secret"), CAROL)
    request = x509.load_pem_x509_csr(made.stdout.encode())
    name = made.stderr.split(":")[0]
    listed = keys("list", "carol@", "--json")
    (check,) = json.loads(listed.stdout)["checks"]
    assert check["name"] == name
    assert check["reason"] == "WAITS for its certificate: Carol"
    assert keys("list", "nobody").code == 3
    assert keys("show", name).stdout.count("WAITS") == 1
    assert keys("export", name).stdout == made.stdout
    (tmp_path / "carol.pem").write_bytes(certificate_for(request, "carol@bank.example") + SUB.pem)
    joined = keys("import", str(tmp_path / "carol.pem"))
    assert "joined with its private key: CN=Carol <carol@bank.example>" in joined.stdout
    shown = keys("show", "carol@bank.example")
    assert "your own key" in shown.stdout
    assert "WAITS" not in keys("list").stdout
    exported = keys("export", "--secret", "carol@bank.example").stdout
    key = exported[exported.index("-----BEGIN ENCRYPTED") :]
    assert load_pem_private_key(key.encode(), b"words").public_key() == request.public_key()


def test_a_certificate_with_others_addresses_is_not_joined(keys: Keys, tmp_path: Path) -> None:
    request = requested(keys)
    others = "boss@bank.example, which was not asked for"
    for addresses, why in ((("boss@bank.example",), others), (("carol@bank.example", "boss@bank.example"), others), ((), "no")):
        (tmp_path / "carol.pem").write_bytes(certificate_for(request, *addresses))
        said = keys("import", str(tmp_path / "carol.pem")).stdout
        assert f"not joined with the key that waits: it names {why}" in said
        assert "secret=yes" not in said
    assert "WAITS" in keys("list").stdout


def test_a_renewed_certificate_has_the_key_too(keys: Keys, tmp_path: Path) -> None:
    request = requested(keys)
    for number in range(2):
        (tmp_path / "carol.pem").write_bytes(certificate_for(request, "carol@bank.example", issuer=(SUB, ROOT)[number]))
        assert "joined" in keys("import", str(tmp_path / "carol.pem")).stdout
    assert len(json.loads(keys("list", "--secret", "--json").stdout)["checks"]) == 2


def test_a_key_that_waits_is_deleted_with_a_word_more(keys: Keys) -> None:
    name = keys("generate", "--smime", "--type", "p256", NONE, CAROL).stderr.split(":")[0]
    assert keys("delete", name).code == 2
    assert keys("delete", name, "--secret").code == 0
    assert keys("list").code == 3


def test_a_key_that_waits_is_written_with_its_private_key(keys: Keys, tmp_path: Path, mailsec) -> None:
    (tmp_path / "words").write_text("words\n")
    words = ("--passphrase-file", str(tmp_path / "words"))
    made = keys("generate", "--smime", "--type", "p256", *words, CAROL)
    name, request = made.stderr.split(":")[0], x509.load_pem_x509_csr(made.stdout.encode())
    written = keys("export", "--secret", name, "-o", str(tmp_path / "saved.pem"))
    assert (written.code, "secret key written" in written.stderr) == (0, True)
    saved = (tmp_path / "saved.pem").read_text()
    assert saved.startswith(made.stdout)
    assert load_pem_private_key(saved.removeprefix(made.stdout).encode(), b"words").public_key() == request.public_key()
    (tmp_path / "carol.pem").write_bytes(certificate_for(request, "carol@bank.example"))
    files = (str(tmp_path / "saved.pem"), str(tmp_path / "carol.pem"))
    taken = mailsec("keys", "import", "--ring", tmp_path / "another", *files, *words)
    assert (taken.code, "secret=yes" in taken.stdout) == (0, True), taken.stderr
    refused = keys("export", "--binary", name)
    assert (refused.code, refused.out, "in PEM" in refused.stderr) == (2, b"", True)


def test_the_request_in_a_file(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "request.pem"
    made = keys("generate", "--smime", "--type", "p256", NONE, CAROL, "--request-out", str(path))
    assert (made.code, "waits for its certificate" in made.stdout, made.stderr) == (0, True, "")
    assert x509.load_pem_x509_csr(path.read_bytes()).is_signature_valid
    assert keys("generate", "--smime", "--type", "p256", NONE, CAROL, "-q", "-o", str(tmp_path / "o")).stderr == ""
    assert x509.load_pem_x509_csr((tmp_path / "o").read_bytes()).is_signature_valid


def test_a_self_signed_certificate_signs_and_decrypts(keys: Keys, mailsec, tmp_path: Path) -> None:
    made = keys("generate", "--smime", "--self-signed", "--type", "p256", NONE, CAROL, "--expire", "1y")
    assert (made.code, "nobody vouches for" in made.stdout) == (0, True)
    (tmp_path / "carol.pem").write_bytes(keys("export", "--secret", "carol@bank.example").out)
    draft = b"From: carol@bank.example\r\nTo: carol@bank.example\r\nDate: Mon, 11 Jan 2027 08:00:00 +0000\r\n\r\ntext\r\n"
    key = ("--key", tmp_path / "carol.pem")
    sealed = mailsec("encrypt", "--smime", "--sign", *key, "--to-key", tmp_path / "carol.pem", "-", stdin=draft)
    assert sealed.code == 0, sealed.stderr
    opened = mailsec("decrypt", *key, "-", stdin=sealed.out)
    assert (opened.code, "text" in opened.stdout) == (0, True), opened.stderr


def test_nothing_is_amiss_where_no_authority_vouches_for_a_certificate_of_ones_own(keys: Keys, mailsec, tmp_path: Path) -> None:
    made = keys("generate", "--smime", "--self-signed", "--type", "p256", NONE, CAROL)
    fingerprint, ring = made.stdout.split("\t")[0], ("--ring", tmp_path / "ring")
    shown = keys("show", "carol@bank.example").stdout
    assert ("certificate-path" in shown, "x509-unknown-root" in made.stdout + shown) == (True, False)
    draft = b"From: carol@bank.example\r\nTo: dan@bank.example\r\nDate: Mon, 11 Jan 2027 08:00:00 +0000\r\n\r\ntext\r\n"
    signed = mailsec("sign", "--smime", *ring, "-", stdin=draft).out
    (tmp_path / "carol.pem").write_bytes(keys("export", "carol@bank.example").out)
    verify = ("verify", "--offline", "-")
    for known in (ring, ("--key", tmp_path / "carol.pem")):
        judged = mailsec(*verify, *known, stdin=signed)
        assert ("content=good" in judged.stdout, "x509-unknown-root" in judged.stdout) == (True, False), judged.stdout
    assert keys("trust", fingerprint, "never").code == 0
    assert "x509-unknown-root" in keys("show", fingerprint).stdout
    assert "x509-unknown-root" in mailsec(*verify, *ring, stdin=signed).stdout
    assert keys("trust", fingerprint, "--address", "carol@bank.example").code == 0
    assert "x509-unknown-root" not in keys("show", fingerprint).stdout
    judged = mailsec(*verify, *ring, stdin=signed).stdout
    assert ("content=good" in judged, "x509-unknown-root" in judged) == (True, False)


def test_addresses_that_are_not_ascii(keys: Keys) -> None:
    made = keys("generate", "--smime", "--self-signed", "--type", "ed25519", NONE, "Jörg <jörg@bücher.example>", "--json")
    assert json.loads(made.stdout)["checks"][0]["children"][0]["facts"][0]["value"] == "jörg@xn--bcher-kva.example"
    name = keys("generate", "--smime", "--type", "p256", NONE, "jörg@bücher.example").stderr.split(":")[0]
    assert "jörg@xn--bcher-kva.example" in keys("show", name).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--smime", "Carol"), 4, "one mail address"),
        (("--smime", "Carol <carol@a.example>", "Mallory <m@a.example>"), 4, "one person"),
        (("--smime", f"{'C' * 65} <carol@a.example>"), 4, "64 characters"),
        (("--smime", "--self-signed", "--expire", "2001-01-01", CAROL), 2, "expired already"),
        (("--self-signed", CAROL), 2, "belong to --smime"),
        (("--smime", "--openpgp", "rfc9580", CAROL), 2, "not for --smime"),
        (("--smime", "--self-signed", "--request-out", "x", CAROL), 2, "no request"),
        (("--smime", "--expire", "1y", CAROL), 2, "authority says"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: int, words: str, keys: Keys) -> None:
    ended = keys("generate", *arguments, NONE)
    assert (ended.code, ended.stdout) == (code, "")
    assert words in ended.stderr


def test_a_private_key_that_comes_after_its_certificate(keys: Keys, tmp_path: Path) -> None:
    mine = issue("Carol", SUB, key=ec.generate_private_key(ec.SECP256R1()), extensions=mail_extensions("carol@bank.example"))
    (tmp_path / "key.pem").write_bytes(mine.key_pem)
    lock = BestAvailableEncryption(b"words")
    (tmp_path / "locked.pem").write_bytes(mine.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    (tmp_path / "secret").write_text("words\n")
    assert "name the certificate of the private key too" in keys("import", str(tmp_path / "key.pem"), NONE).stderr
    (tmp_path / "carol.pem").write_bytes(mine.pem + SUB.pem)
    keys("import", str(tmp_path / "carol.pem"))
    done = keys("import", str(tmp_path / "locked.pem"), "--passphrase-file", str(tmp_path / "secret"))
    assert "merged: CN=Carol" in done.stdout


@pytest.mark.parametrize("order", [("key", "carol", "bob"), ("carol", "key", "bob"), ("bob", "key", "carol")])
@pytest.mark.parametrize("locked", [False, True])
def test_a_key_and_its_certificate_in_one_call(order: tuple[str, ...], locked: bool, keys: Keys, tmp_path: Path) -> None:
    carol, bob = (
        issue(name, SUB, key=ec.generate_private_key(ec.SECP256R1()), extensions=mail_extensions(f"{name}@bank.example"))
        for name in ("carol", "bob")
    )
    lock = BestAvailableEncryption(b"words")
    key = carol.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock) if locked else carol.key_pem
    for name, data in (("key", key), ("carol", carol.pem), ("bob", bob.pem)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "secret").write_text("words\n")
    done = keys("import", *(str(tmp_path / name) for name in order), "--passphrase-file", str(tmp_path / "secret"))
    assert (done.code, done.stderr) == (0, "")
    assert "merged: CN=carol" in done.stdout
    assert "CN=carol" in keys("list", "--secret").stdout
    assert "CN=bob" not in keys("list", "--secret").stdout


def test_a_locked_key_is_not_given_to_the_one_certificate_of_the_ring(keys: Keys, tmp_path: Path) -> None:
    bob = issue("bob", SUB, key=ec.generate_private_key(ec.SECP256R1()), extensions=mail_extensions("bob@bank.example"))
    mine = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "bob.pem").write_bytes(bob.pem)
    (tmp_path / "key.pem").write_bytes(mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words")))
    (tmp_path / "secret").write_text("words\n")
    keys("import", str(tmp_path / "bob.pem"))
    done = keys("import", str(tmp_path / "key.pem"), "--passphrase-file", str(tmp_path / "secret"))
    assert (done.code, "a private key without its certificate" in done.stderr) == (4, True)
    assert keys("list", "--secret").code == 3


def test_a_passphrase_that_no_key_takes(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "long").write_text("x" * 1_024)
    done = keys("generate", "--smime", "--type", "p256", "--passphrase-file", str(tmp_path / "long"), CAROL)
    assert (done.code, "at most 1023 octets" in done.stderr) == (2, True)
    assert keys("list").code == 3


@pytest.mark.external
def test_openssl_issues_what_is_requested(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "request").write_bytes(keys("generate", "--smime", "--type", "p384", NONE, CAROL).out)
    (tmp_path / "ca").write_bytes(SUB.pem)
    (tmp_path / "key").write_bytes(SUB.key_pem)
    command = ("x509", "-req", "-in", "request", "-CA", "ca", "-CAkey", "key", "-copy_extensions", "copy", "-days", "30")
    issued = subprocess.run(["openssl", *command], cwd=tmp_path, check=True, capture_output=True, timeout=30).stdout
    (tmp_path / "carol.pem").write_bytes(issued)
    assert "joined with its private key" in keys("import", str(tmp_path / "carol.pem")).stdout


def test_a_key_of_another_is_none_for_a_renewed_certificate(keys: Keys, tmp_path: Path) -> None:
    request = requested(keys)
    (tmp_path / "carol.pem").write_bytes(certificate_for(request, "carol@bank.example"))
    assert "joined" in keys("import", str(tmp_path / "carol.pem")).stdout
    (tmp_path / "boss.pem").write_bytes(certificate_for(request, "boss@bank.example"))
    assert "joined" not in keys("import", str(tmp_path / "boss.pem")).stdout
    other = issue("Dora", SUB, extensions=mail_extensions("dora@bank.example"))
    (tmp_path / "dora.pem").write_bytes(other.pem)
    assert "joined" not in keys("import", str(tmp_path / "dora.pem")).stdout
    assert "boss@bank.example" not in keys("list", "--secret").stdout
