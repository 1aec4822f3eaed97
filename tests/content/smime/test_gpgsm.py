"""Both ways with gpgsm (GnuPG 2.2), and what it refuses, with the reason."""

from __future__ import annotations

import os
import subprocess
from base64 import b64decode
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from hashlib import sha1, sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from mailsec.api.certificate_paths import PathOptions
from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.session import Session, Settings
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.content.smime.capabilities import ours
from mailsec.content.smime.cms import opened, signed_data
from mailsec.content.smime.encrypting import encrypted_entity
from mailsec.content.smime.signerinfo import read
from mailsec.content.smime.signing import SignForm, signed_entity
from mailsec.core.errors import BadInput
from mailsec.message.encoded import Octets
from mailsec.trust.keyring.certificates import read_certificates
from tests.certificates import NOW, issue
from tests.conftest import Ended
from tests.content.smime.forge import HEADER, RSA_KEY, TEXT, multipart, p7m, person
from tests.content.smime.test_decrypting import secret

pytestmark = pytest.mark.external

LASTING = (-2000, 20_000)  # gpgsm judges for the present day
ROOT = issue("Lasting root", authority=True, days=LASTING, key=rsa.generate_private_key(65537, 2048))
ALICE = person("alice@bank.example", ROOT, RSA_KEY, days=LASTING)
KEYS = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": Ed25519PrivateKey.generate(),
    "X25519": X25519PrivateKey.generate(),
}
WHO = sha1(ALICE.der).hexdigest()
PEOPLE = {"RSA": ALICE} | {name: person("alice@bank.example", ROOT, key, days=LASTING) for name, key in KEYS.items()}


class Done(NamedTuple):
    code: int
    out: bytes
    said: str


REFUSALS: dict[str, tuple[str, ...]] = {
    "P-521": ("multiple of 8 bits",),
    "Ed25519": ("multiple of 8 bits",),
    **{f"to {name}": ("Invalid S-expression", "object is too short") for name in ("P-256", "P-384", "P-521", "X25519")},
    "GCM": ("error getting IV",),
    "OAEP": ("error getting encrypted session key",),
}
"""What 2.2.40 cannot do, and what it says then: it takes 521 bits and the hash of Ed25519 for a hash of a wrong length,
encrypts to no elliptic curve (and crashes on a PKCS#12 file with such a key), and knows neither AES-GCM nor OAEP. Later ones
may do it."""


def refused(done: Done, *what: str) -> bool:
    """True where it refused in the way that is known of it; any other refusal fails the test."""
    words = [word for each in what for word in REFUSALS.get(each, ())]
    assert done.code == 0 or any(each in done.said for each in words), done.said
    return done.code != 0


class Gpgsm:
    """A home with the root trusted, Alice's key, and the certificates of PEOPLE."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "trustlist.txt").write_text(f"{sha1(ROOT.der).hexdigest().upper()} S relax\n")
        (home / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\n")
        for each in (ROOT, *PEOPLE.values()):
            self("--import", data=each.der)
        tries = (self._imported() for _ in range(5))
        assert any(each.code == 0 for each in tries)

    def _imported(self) -> Done:
        """Its import of a file with Alice's key, made anew: of a hundred that openssl reads, gpgsm 2.2.40 takes one for
        undecipherable, by what its salt makes of the first octets."""
        (self.home / "alice.p12").write_bytes(self._p12())
        return self.secretly("--import", str(self.home / "alice.p12"))

    def _p12(self) -> bytes:
        made = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
        made = made.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(SHA1())
        certificate = x509.load_der_x509_certificate(ALICE.der)
        return pkcs12.serialize_key_and_certificates(b"alice", ALICE.key, certificate, None, made.build(b"words"))

    def __call__(self, *arguments: str, data: bytes = b"", fds: tuple[int, ...] = ()) -> Done:
        command = ("gpgsm", "--homedir", str(self.home), "--batch", "--no-tty", *arguments)
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=60, pass_fds=fds)
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def secretly(self, *arguments: str, data: bytes = b"") -> Done:
        """A run that needs Alice's key, whose passphrase it is given."""
        reading, writing = os.pipe()
        os.write(writing, b"words\n")
        os.close(writing)
        try:
            return self("--pinentry-mode", "loopback", "--passphrase-fd", str(reading), *arguments, data=data, fds=(reading,))
        finally:
            os.close(reading)

    def signed(self, form: str, hash: str, data: bytes) -> bytes:
        done = self.secretly(form, "--digest-algo", hash, "--local-user", WHO, data=data)
        assert done.code == 0, done.said
        return done.out


@pytest.fixture(scope="module")
def gpgsm() -> Iterator[Gpgsm]:
    home = Path(mkdtemp(prefix="sm", dir="/tmp"))  # a socket stands in it, whose path may not be long
    try:
        yield Gpgsm(home)
    finally:
        subprocess.run(("gpgconf", "--homedir", str(home), "--kill", "all"), check=False, capture_output=True, timeout=60)
        rmtree(home, ignore_errors=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    return tmp_path / "root.pem"


def exit_of(file: bytes, root: Path) -> int:
    with Session(Settings(at=NOW, offline=True, ca_file=str(root))) as session:
        return verify_message(file, "m", session, VerifyOptions()).report.exit


@pytest.mark.parametrize("hash", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("form", ["--detach-sign", "--sign"])
def test_what_gpgsm_signs_is_good(form: str, hash: str, gpgsm: Gpgsm, root: Path) -> None:
    made = gpgsm.signed(form, hash, TEXT)
    file = HEADER + (p7m(made) if form == "--sign" else multipart(TEXT, made))
    assert exit_of(file, root) == 0


def test_what_gpgsm_says_it_understands(gpgsm: Gpgsm) -> None:
    made = gpgsm.signed("--sign", "SHA256", TEXT)
    said = read(signed_data(opened(made)).signers[0]).attributes
    assert said is not None
    assert said.capabilities is not None
    assert "AES-128-CBC" in [each.name for each in said.capabilities.ciphers]


def der(entity: Iterable[Octets]) -> bytes:
    """The structure in an entity: as its content, or in its second part."""
    made = message_from_bytes(b"".join(entity))
    return next(each for each in made.walk() if "pkcs7-" in each.get_content_type()).get_payload(decode=True)


SIGNED = [("RSA", False), ("RSA", True), ("P-256", False), ("P-384", False), ("P-521", False), ("Ed25519", False)]


@pytest.mark.parametrize("opaque", [False, True], ids=["detached", "opaque"])
@pytest.mark.parametrize(("who", "pss"), SIGNED)
def test_gpgsm_verifies_what_is_signed(who: str, pss: bool, opaque: bool, gpgsm: Gpgsm, tmp_path: Path) -> None:
    made = signed_entity([TEXT], [secret(PEOPLE[who])], [ROOT.der], SignForm(opaque, pss), now=NOW - 100_000_000)
    (tmp_path / "sig").write_bytes(der(made))
    (tmp_path / "text").write_bytes(TEXT)
    done = gpgsm("--verify", str(tmp_path / "sig"), *(() if opaque else (str(tmp_path / "text"),)))
    assert refused(done, who) or "Good signature" in done.said


CIPHERS = {"AES128": "AES-128-CBC", "AES192": "AES-192-CBC", "AES256": "AES-256-CBC", "3DES": "3DES-CBC"}


@pytest.mark.parametrize("who", ["RSA", "P-256", "P-384", "P-521", "X25519"])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_gpgsm_encrypts_is_opened(who: str, cipher: str, gpgsm: Gpgsm) -> None:
    to = sha1(PEOPLE[who].der).hexdigest()
    done = gpgsm("--encrypt", "--cipher-algo", cipher, "--recipient", to, data=TEXT)
    if refused(done, f"to {who}"):
        return
    keys = read_certificates([("file", PEOPLE[who].pem + PEOPLE[who].key_pem)], str)
    file = HEADER + p7m(done.out, b"application/pkcs7-mime; smime-type=enveloped-data")
    options = DecryptOptions(keys, allow_unauthenticated=True)
    if cipher == "3DES":
        with pytest.raises(BadInput, match="3DES"):
            decrypt_message(file, "m", options, now=NOW)
        options = DecryptOptions(keys, allow_unauthenticated=True, allow_legacy=True)
    assert TEXT in decrypt_message(file, "m", options, now=NOW).data


WRITTEN = {each.name: each for each in ours().ciphers}


@pytest.mark.parametrize("oaep", [False, True], ids=["PKCS#1", "OAEP"])
@pytest.mark.parametrize("cipher", WRITTEN)
def test_gpgsm_opens_what_is_encrypted(cipher: str, oaep: bool, gpgsm: Gpgsm) -> None:
    made = encrypted_entity([TEXT], [ALICE.der], WRITTEN[cipher], oaep=oaep)
    done = gpgsm.secretly("--decrypt", data=der(made))
    assert refused(done, cipher[-3:], *["OAEP"] * oaep) or done.out == TEXT


def test_what_gpgsm_signs_and_encrypts_is_opened_and_judged(gpgsm: Gpgsm, root: Path) -> None:
    inside = p7m(gpgsm.signed("--sign", "SHA256", TEXT))
    sealed = gpgsm("--encrypt", "--recipient", WHO, data=inside)
    keys = read_certificates([("file", ALICE.pem + ALICE.key_pem)], str)
    made = decrypt_message(HEADER + p7m(sealed.out), "m", DecryptOptions(keys, paths=PathOptions(str(root))), now=NOW)
    assert made.report.exit == 0
    assert made.data


def test_gpgsm_opens_what_is_made_with_the_ring_by_what_it_said_that_it_reads(gpgsm: Gpgsm, tmp_path: Path, mailsec) -> None:
    def run(*arguments: object, data: bytes = b"") -> Ended:
        return mailsec(*arguments, stdin=data, env={"MAILSEC_RING": str(tmp_path / "ring")})

    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    assert run("keys", "import", tmp_path / "root.pem").code == 0
    assert run("keys", "trust", sha256(ROOT.der).hexdigest(), "full").code == 0
    (tmp_path / "signed.eml").write_bytes(HEADER + p7m(gpgsm.signed("--sign", "SHA256", TEXT)))
    assert run("keys", "import", tmp_path / "signed.eml").code == 0
    made = run("encrypt", "--smime", "--to", "alice@bank.example", "-", data=HEADER + TEXT)
    assert made.code == 0, made.stderr
    done = gpgsm.secretly("--decrypt", data=b64decode(made.out.split(b"\r\n\r\n", 1)[1]))
    assert (done.code, done.out) == (0, TEXT), done.said
