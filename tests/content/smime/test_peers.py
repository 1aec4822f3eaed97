"""Both ways with `openssl cms`, over a grid of algorithms and forms."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mailsec.api.certificate_paths import PathOptions
from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.api.session import Session, Settings
from mailsec.api.sign_smime import sign_smime
from mailsec.api.signers import SignKeys
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.content.smime.capabilities import ours
from mailsec.content.smime.cms import opened, signed_data
from mailsec.content.smime.encrypting import encrypted_entity
from mailsec.content.smime.signing import SignForm
from mailsec.core.errors import BadInput
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys
from tests.certificates import NOW, Issued
from tests.content.smime.forge import ROOT, RSA_KEY, SUB, TEXT, p7m, person
from tests.content.smime.seal import Sealing, sealed

pytestmark = pytest.mark.external

FROM = b"From: alice@bank.example\r\nTo: bob@receiver.example\r\nSubject: x\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
SIGNERS = {
    "rsa": person("alice@bank.example", SUB, RSA_KEY),
    "rsa 4096": person("alice@bank.example", SUB, rsa.generate_private_key(65537, 4096)),
    "p256": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP256R1())),
    "p384": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP384R1())),
    "p521": person("alice@bank.example", SUB, ec.generate_private_key(ec.SECP521R1())),
}
FORMS = {
    "detached": (),
    "opaque": ("-nodetach",),
    "stream": ("-stream", "-nodetach"),
    "key id": ("-keyid",),
    "no attributes": ("-noattr",),
}


def openssl(folder: Path, *arguments: str, data: bytes) -> bytes:
    (folder / "in").write_bytes(data)
    run = ("openssl", *arguments, "-in", "in", "-out", "out")
    subprocess.run(run, cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / "out").read_bytes()


def files(folder: Path, signer: Issued) -> None:
    for name, data in {"key": signer.key_pem, "cert": signer.pem, "sub": SUB.pem, "root": ROOT.pem}.items():
        (folder / name).write_bytes(data)


def signed(folder: Path, signer: Issued, *more: str) -> bytes:
    files(folder, signer)
    command = ("cms", "-sign", "-signer", "cert", "-inkey", "key", "-certfile", "sub", "-binary", *more)
    return FROM + openssl(folder, *command, data=TEXT)


def exit_of(file: bytes, folder: Path) -> int:
    with Session(Settings(at=NOW, offline=True, ca_file=str(folder / "root"))) as session:
        return verify_message(file, "m", session, VerifyOptions(at=NOW)).report.exit


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hash", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("signer", SIGNERS)
def test_what_openssl_signs_is_good(signer: str, hash: str, form: str, tmp_path: Path) -> None:
    assert exit_of(signed(tmp_path, SIGNERS[signer], "-md", hash, *FORMS[form]), tmp_path) == 0


@pytest.mark.parametrize("form", ["detached", "opaque"])
def test_pss_of_openssl_is_good(form: str, tmp_path: Path) -> None:
    made = signed(tmp_path, SIGNERS["rsa"], "-keyopt", "rsa_padding_mode:pss", "-md", "sha256", *FORMS[form])
    assert exit_of(made, tmp_path) == 0


def test_sha1_of_openssl_is_refused(tmp_path: Path) -> None:
    assert exit_of(signed(tmp_path, SIGNERS["rsa"], "-md", "sha1"), tmp_path) == 1


def named(data: bytes) -> FileKeys:
    return read_certificates([("file", data)], str)


SEALINGS = {
    "rsa": (SIGNERS["rsa"], ()),
    "oaep": (SIGNERS["rsa"], ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")),
    "p256": (SIGNERS["p256"], ()),
    "p384": (SIGNERS["p384"], ("-keyopt", "ecdh_kdf_md:sha384")),
    "p521": (SIGNERS["p521"], ("-keyopt", "ecdh_kdf_md:sha512")),
}


@pytest.mark.parametrize("form", [(), ("-stream",), ("-keyid",)], ids=["plain", "stream", "key id"])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"])
@pytest.mark.parametrize("to", SEALINGS)
def test_what_openssl_encrypts_is_opened(to: str, cipher: str, form: tuple[str, ...], tmp_path: Path) -> None:
    recipient, options = SEALINGS[to]
    files(tmp_path, recipient)
    made = FROM + openssl(tmp_path, "cms", "-encrypt", f"-{cipher}", "-binary", *form, "-recip", "cert", *options, data=TEXT)
    keys = named(recipient.pem + recipient.key_pem)
    produced = decrypt_message(made, "m", DecryptOptions(keys, allow_unauthenticated=True), now=NOW)
    assert TEXT in produced.data


def test_triple_des_of_openssl_is_opened_where_that_is_allowed(tmp_path: Path) -> None:
    files(tmp_path, SIGNERS["rsa"])
    made = FROM + openssl(tmp_path, "cms", "-encrypt", "-des3", "-binary", "-recip", "cert", data=TEXT)
    keys = named(SIGNERS["rsa"].pem + SIGNERS["rsa"].key_pem)
    with pytest.raises(BadInput, match="3DES"):
        decrypt_message(made, "m", DecryptOptions(keys, allow_unauthenticated=True), now=NOW)
    options = DecryptOptions(keys, allow_unauthenticated=True, allow_legacy=True)
    assert TEXT in decrypt_message(made, "m", options, now=NOW).data


@pytest.mark.parametrize("how", [Sealing(SIGNERS["rsa"]), Sealing(SIGNERS["rsa"], oaep="sha256"), Sealing(SIGNERS["p256"])])
def test_openssl_opens_what_the_tests_encrypt(how: Sealing, tmp_path: Path) -> None:
    files(tmp_path, how.to)
    (tmp_path / "der").write_bytes(sealed(TEXT, how))
    command = ("cms", "-decrypt", "-inform", "DER", "-inkey", "key", "-recip", "cert")
    assert openssl(tmp_path, *command, data=(tmp_path / "der").read_bytes()) == TEXT


SIGN_FORMS = {
    "multipart": SignForm(),
    "opaque": SignForm(opaque=True),
    "PSS": SignForm(pss=True),
    "PSS, opaque": SignForm(opaque=True, pss=True),
}
ALL_SIGNERS = SIGNERS | {"ed25519": person("alice@bank.example", SUB, Ed25519PrivateKey.generate())}


def signed_here(signer: Issued, form: SignForm) -> bytes:
    keys = named(signer.pem + signer.key_pem + SUB.pem)
    chain = tuple(each.data for each in keys.listed)
    return sign_smime(FROM + TEXT, "m", SignKeys(keys, tuple(keys.own())), chain, form, now=NOW).data


VERIFY = ("cms", "-verify", "-CAfile", "root", "-attime", str(NOW), "-purpose", "smimesign")


@pytest.mark.parametrize("form", SIGN_FORMS)
@pytest.mark.parametrize("signer", ALL_SIGNERS)
def test_openssl_verifies_what_is_signed(signer: str, form: str, tmp_path: Path) -> None:
    files(tmp_path, ALL_SIGNERS[signer])
    made = signed_here(ALL_SIGNERS[signer], SIGN_FORMS[form])
    if signer == "ed25519":  # its cms looks up one hash for signature and key, which Ed25519 has none of (RFC 8419 came later)
        with pytest.raises(subprocess.CalledProcessError):
            openssl(tmp_path, *VERIFY, data=made)
        return
    assert TEXT in openssl(tmp_path, *VERIFY, data=made)


def unfolded_by_asn1crypto(entity: bytes) -> bytes:
    """What is compressed. Debian's openssl is built without zlib and gpgsm knows no such type: the library is the judge."""
    der = b64decode(entity.split(b"\r\n\r\n", 1)[1])
    return cms.ContentInfo.load(der, strict=True)["content"].decompressed


def test_openssl_verifies_what_is_signed_and_compressed(tmp_path: Path) -> None:
    files(tmp_path, SIGNERS["rsa"])
    made = signed_here(SIGNERS["rsa"], SignForm(compress=True))
    assert b"id-smime-ct-compressedData" in openssl(tmp_path, "cms", "-cmsout", "-print", data=made)
    assert TEXT in openssl(tmp_path, *VERIFY, data=unfolded_by_asn1crypto(made))


def opened_here(made: bytes, recipient: Issued, folder: Path, **more: bool) -> tuple[bytes, int]:
    """The text, and the exit code."""
    keys = named(recipient.pem + recipient.key_pem)
    produced = decrypt_message(made, "m", DecryptOptions(keys, paths=PathOptions(str(folder / "root")), **more), now=NOW)
    return produced.data, produced.report.exit


def opens_as_good(made: bytes, recipient: Issued, folder: Path) -> bool:
    text, code = opened_here(made, recipient, folder)
    return TEXT in text and code == 0


ENCRYPT = ("cms", "-encrypt", "-binary", "-recip", "cert")


@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-aes-256-gcm"])
def test_what_openssl_signs_and_encrypts_is_opened_and_judged(cipher: str, tmp_path: Path) -> None:
    inside = signed(tmp_path, SIGNERS["rsa"]).removeprefix(FROM)
    made = FROM + openssl(tmp_path, *ENCRYPT, cipher, data=inside)
    assert opens_as_good(made, SIGNERS["rsa"], tmp_path)


def test_the_triple_wrap_of_openssl_is_opened_and_judged(tmp_path: Path) -> None:
    inside = signed(tmp_path, SIGNERS["rsa"]).removeprefix(FROM)
    sealed = openssl(tmp_path, *ENCRYPT, "-aes-256-cbc", data=inside)
    sign = ("cms", "-sign", "-signer", "cert", "-inkey", "key", "-certfile", "sub", "-binary")
    made = FROM + openssl(tmp_path, *sign, "-nodetach", data=sealed)
    assert opens_as_good(made, SIGNERS["rsa"], tmp_path)


def test_certificates_alone_of_openssl_protect_nothing(tmp_path: Path) -> None:
    files(tmp_path, SIGNERS["rsa"])
    made = openssl(tmp_path, "crl2pkcs7", "-nocrl", "-certfile", "cert", "-certfile", "sub", "-outform", "DER", data=b"")
    assert len(signed_data(opened(made)).certificates) == 2
    assert exit_of(FROM + p7m(made, b"application/pkcs7-mime; smime-type=certs-only"), tmp_path) == 3


WRITTEN = {each.name: each for each in ours().ciphers}


@pytest.mark.parametrize("cipher", WRITTEN)
@pytest.mark.parametrize("to", [*SIGNERS, "rsa, OAEP"])
def test_openssl_opens_what_is_encrypted(to: str, cipher: str, tmp_path: Path) -> None:
    recipient = SIGNERS[to.removesuffix(", OAEP")]
    files(tmp_path, recipient)
    made = FROM + b"".join(encrypted_entity([TEXT], [recipient.der], WRITTEN[cipher], oaep="OAEP" in to))
    assert openssl(tmp_path, "cms", "-decrypt", "-inkey", "key", "-recip", "cert", data=made) == TEXT
    assert TEXT in opened_here(made, recipient, tmp_path, allow_unauthenticated=True)[0]


def test_openssl_opens_and_judges_what_is_signed_compressed_and_encrypted(tmp_path: Path) -> None:
    files(tmp_path, SIGNERS["rsa"])
    keys = named(SIGNERS["rsa"].pem + SIGNERS["rsa"].key_pem + SUB.pem)
    signing, chain = SignKeys(keys, tuple(keys.own())), tuple(each.data for each in keys.listed)
    options = SmimeOptions(keys, certificates=keys.listed[:1], sign=signing, chain=chain, pss=True, compress=True)
    made = encrypt_smime(FROM + TEXT, "m", options, now=NOW).data
    inside = openssl(tmp_path, "cms", "-decrypt", "-inkey", "key", "-recip", "cert", data=made)
    assert TEXT in openssl(tmp_path, *VERIFY, data=unfolded_by_asn1crypto(inside))


def test_openssl_cannot_encrypt_to_x25519(tmp_path: Path) -> None:
    """RFC 8418 is younger than its cms: there is no peer for X25519 in it, so test_decrypting has RFC 7748's numbers."""
    files(tmp_path, person("bob@receiver.example", SUB, X25519PrivateKey.generate()))
    with pytest.raises(subprocess.CalledProcessError):
        openssl(tmp_path, *ENCRYPT, "-aes-256-gcm", data=TEXT)
