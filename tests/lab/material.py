"""The lab's keys and certificates. What exists is kept, so that the records that name it stay true."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
_SERVER = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
_MX1 = [
    "mx1.example.test",
    "mail.example.test",
    "imap.example.test",
    "pop.example.test",
    "submission.example.test",
    "example.test",
    "mx.nsec3.test",
    "mx.unsigned.test",
    "mx.bogus.test",
    "mx.danebad.test",
    "mx.daneunusable.test",
    "mx.stsmismatch.test",
    "mx.stsbadcert.test",
    "mx.smuggle.test",
    "mx.inject.test",
    "up.failover.test",
    "implicitmx.test",
]
_WEB = [
    "mta-sts.example.test",
    "mta-sts.stsonly.test",
    "mta-sts.ststesting.test",
    "mta-sts.stsmismatch.test",
    "openpgpkey.example.test",
    "bimi.example.test",
    "www.example.test",
]


def elliptic() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> Key:
    return rsa.generate_private_key(65537, bits)


def key_pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def kept_key(path: Path, make: Callable[[], Key]) -> Key:
    """The key in `path`, made where there is none."""
    if not path.exists():
        path.touch(0o640)
        path.write_bytes(key_pem(make()))
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Key)
    return key


def public_info(key: x509.Certificate | Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Issued:
    key: Key
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Request:
    """What a certificate is to say. `days` is when it begins and ends, counted from now."""

    name: str
    hosts: Sequence[str] = ()
    mailboxes: Sequence[str] = ()
    authority: bool = False
    days: tuple[int, int] = (-1, 365)
    usages: Sequence[x509.ObjectIdentifier] = _SERVER


@dataclass(slots=True)
class Material:
    """Everything under `run` that is not a zone."""

    run: Path
    issued: dict[str, Issued] = field(default_factory=dict)
    dkim: dict[str, Key] = field(default_factory=dict)
    pgp: dict[str, bytes] = field(default_factory=dict)

    def certificate(self, name: str) -> x509.Certificate:
        return self.issued[name].certificate

    def issue(self, file: str, request: Request, make: Callable[[], Key] = elliptic, issuer: str | None = "ica") -> Issued:
        """A key and a certificate of `issuer` (None: of itself), kept in pki/."""
        key = kept_key(self.run / "pki" / f"{file}.key", make)
        path = self.run / "pki" / f"{file}.crt"
        if path.exists():
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        else:
            certificate = _certificate(request, key, self.issued[issuer] if issuer else None)
            path.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.issued[file] = Issued(key, certificate)
        return self.issued[file]

    def serve(self, file: str, *with_issuers: str) -> None:
        """Write key and chain as servers load them."""
        chain = [self.issued[file].certificate, *(self.issued[each].certificate for each in with_issuers)]
        path = self.run / "pki" / f"{file}.pem"
        path.touch(0o640)
        path.write_bytes(key_pem(self.issued[file].key) + b"".join(each.public_bytes(Encoding.PEM) for each in chain))


def make_material(run: Path) -> Material:
    for folder in ("pki", "dkim", "pgp", "smime"):
        (run / folder).mkdir(parents=True, exist_ok=True)
    made = Material(run)
    made.issue("ca", Request("mailsec lab root CA", authority=True, days=(-1, 3650)), issuer=None)
    made.issue("ica", Request("mailsec lab issuing CA", authority=True, days=(-1, 1825)), issuer="ca")
    _servers(made)
    made.issue("client", Request("client.example.test", ["client.example.test"], ["alice@example.test"]))
    made.serve("client", "ica")
    for user in ("alice", "bob"):
        address = f"{user}@example.test"
        usages = [ExtendedKeyUsageOID.EMAIL_PROTECTION]
        made.issue(f"smime-{user}", Request(address, mailboxes=[address], usages=usages), rsa_key)
    made.dkim = {
        "rsa2048": kept_key(run / "dkim/rsa2048.key", rsa_key),
        "ed25519": kept_key(run / "dkim/ed25519.key", Ed25519PrivateKey.generate),
        "rsa1024": kept_key(run / "dkim/rsa1024.key", lambda: rsa_key(1024)),
    }
    made.pgp = {user: key for user in ("alice", "bob") if (key := _pgp_key(run / "pgp", user))}
    return made


def _servers(made: Material) -> None:
    made.issue("mx1", Request("mx1.example.test", _MX1))
    made.issue("mx1rsa", Request("mx1.example.test", _MX1), rsa_key)
    made.issue("mx2", Request("mx2.example.test", ["mx2.example.test"]))
    made.issue("expired", Request("mx.expiredcert.test", ["mx.expiredcert.test"], days=(-90, -1)))
    made.issue("wrongname", Request("someone-else.invalid", ["someone-else.invalid"]))
    made.issue("selfsigned", Request("mx.selfsigned.test", ["mx.selfsigned.test"]), issuer=None)
    made.issue("oldtls", Request("mx.oldtls.test", ["mx.oldtls.test"]), rsa_key)
    made.issue("web", Request("mta-sts.example.test", _WEB))
    made.issue("webexpired", Request("mta-sts.stsbadcert.test", ["mta-sts.stsbadcert.test"], days=(-90, -1)))
    # The root is sent along, so that a TLSA record of usage 2 can name it.
    made.serve("mx1", "ica", "ca")
    made.serve("mx2", "ica", "ca")
    made.serve("selfsigned")
    for file in ("mx1rsa", "expired", "wrongname", "oldtls", "web", "webexpired"):
        made.serve(file, "ica")


def _certificate(request: Request, key: Key, issuer: Issued | None) -> x509.Certificate:
    now = datetime.now(UTC)
    signing = issuer.key if issuer else key
    rest = ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(request.name))
        .issuer_name(issuer.certificate.subject if issuer else _name(request.name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(request.days[0]))
        .not_valid_after(now + timedelta(request.days[1]))
        .add_extension(x509.BasicConstraints(request.authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_encipherment=not request.authority,
                key_cert_sign=request.authority,
                crl_sign=request.authority,
                **dict.fromkeys(rest, False),
            ),
            critical=True,
        )
    )
    if not request.authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(request.usages)), critical=False)
    names = [*map(x509.DNSName, request.hosts), *map(x509.RFC822Name, request.mailboxes)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signing, hashes.SHA256())


def _name(common: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mailsec lab")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pgp_key(folder: Path, user: str) -> bytes:
    """The public key of a user, made with gpg in a home of its own; nothing where gpg is missing."""
    path = folder / f"{user}.pgp"
    if path.exists():
        return path.read_bytes()
    if shutil.which("gpg") is None:
        return b""
    home = folder / "gnupg"
    home.mkdir(mode=0o700, exist_ok=True)
    address = f"{user}@example.test"
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet"]
    identity = f"{user.title()} <{address}>"
    subprocess.run(
        [*gpg, "--passphrase", "", "--quick-gen-key", identity, "future-default", "default", "2y"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    export = [*gpg, "--export", "--export-options", "export-minimal", address]
    path.write_bytes(subprocess.run(export, check=True, capture_output=True).stdout)
    secret = [*gpg, "--armor", "--pinentry-mode", "loopback", "--passphrase", "", "--export-secret-keys", address]
    (folder / f"{user}.sec.asc").write_bytes(subprocess.run(secret, check=True, capture_output=True).stdout)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    return path.read_bytes()


def tlsa(usage: int, selector: int, matching: int, certificate: x509.Certificate) -> str:
    """A TLSA record for the certificate (RFC 6698)."""
    data = public_info(certificate) if selector else certificate.public_bytes(Encoding.DER)
    if matching:
        data = (hashlib.sha256 if matching == 1 else hashlib.sha512)(data).digest()
    return f"TLSA {usage} {selector} {matching} {data.hex()}"


def dkim_data(key: Key) -> str:
    """The p= of a DKIM key record."""
    if isinstance(key, Ed25519PrivateKey):
        return b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return b64encode(public_info(key)).decode()
