"""Makes the example messages, their keys' records and their zone, always the same: `python examples/make.py [FOLDER]`.

The keys in examples/keys are for these examples only: everybody has them. What OpenPGP and S/MIME make differs at each run, by
chance or by the clock, so those keys and messages are made anew only by `python examples/make.py --openpgp` and `--smime`.
"""

from __future__ import annotations

import sys
from base64 import encodebytes
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pysequoia import CipherSuite, Profile, Tsk

from mailsec.api.encrypt_message import EncryptOptions, encrypt_message
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.api.session import Session
from mailsec.api.sign_openpgp import sign_openpgp
from mailsec.api.sign_smime import sign_smime
from mailsec.api.signers import SignKeys
from mailsec.message.fields import parse
from mailsec.sender.dkim.keys import SigningKey, load_private
from mailsec.sender.dkim.publish import record_for, zone_line
from mailsec.sender.dkim.sign import SignOptions, sign
from mailsec.trust.keyring.certificates import read_certificates
from mailsec.trust.keyring.files import FileKeys, read_keys

HERE = Path(__file__).parent
NOW = 1_790_000_000  # 2026-09-21 14:13:20 UTC
DATE = "Mon, 21 Sep 2026 14:13:20 +0000"
RECEIVER = "mx.receiver.example"
LUNCH = "Dear Bob,\n\nthe lunch is at one, at the usual place.\n\nAlice\n"

SIGNERS = {
    "bank": ("bank.example", "s2026", "rsa.pem"),
    "bank-ed": ("bank.example", "e2026", "ed25519.pem"),
    "bank-old": ("bank.example", "s2024", "rsa.pem"),
    "shop": ("shop.example", "mail", "rsa.pem"),
    "list": ("lists.example", "l1", "rsa.pem"),
    "books": ("xn--bcher-kva.example", "post", "ed25519.pem"),
    "slow": ("slow.example", "s", "ed25519.pem"),
}

ZONE = """\
; What the example messages' domains publish. The root zone's SOA says that every other name does not exist.
$TTL 3600
.                        SOA  a.root.example. hostmaster.root.example. 1 7200 3600 1209600 300

; a bank that protects its name
bank.example.            MX   10 mail.bank.example.
bank.example.            TXT  "v=spf1 mx include:_spf.mailer.example -all"
mail.bank.example.       A    192.0.2.10
mail.bank.example.       TXT  "v=spf1 a -all"
_dmarc.bank.example.     TXT  "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@bank.example"
_spf.mailer.example.     TXT  "v=spf1 ip4:198.51.100.0/28 ~all"

; a shop that writes from a subdomain
shop.example.            TXT  "v=spf1 ip4:192.0.2.32/28 -all"
_dmarc.shop.example.     TXT  "v=DMARC1; p=quarantine; sp=reject; np=reject"
news.shop.example.       TXT  "v=spf1 ip4:192.0.2.32/28 -all"

; a mailing list and a forwarder
lists.example.           TXT  "v=spf1 ip4:192.0.2.80 -all"
_dmarc.lists.example.    TXT  "v=DMARC1; p=none"
forwarder.example.       TXT  "v=spf1 ip4:192.0.2.90 -all"

; records with mistakes: a typing error in SPF, DMARC published twice
broken.example.          TXT  "v=spf1 ip4:192.0.2.300 -all"
_dmarc.broken.example.   TXT  "v=DMARC1; p=reject"
_dmarc.broken.example.   TXT  "v=DMARC1; p=none"

; an internationalized domain: bücher.example
xn--bcher-kva.example.         TXT  "v=spf1 ip4:192.0.2.50 -all"
_dmarc.xn--bcher-kva.example.  TXT  "v=DMARC1; p=reject"

; somebody else's domain, with a Cyrillic a for the Latin one
xn--bnk-6cd.example.     TXT  "v=spf1 ip4:203.0.113.0/24 -all"
_dmarc.xn--bnk-6cd.example.  TXT  "v=DMARC1; p=reject"

; name servers that do not answer
_dmarc.slow.example.     TXT  "v=DMARC1; p=reject"
$ANSWER slow.example. TXT TIMEOUT
$ANSWER s._domainkey.slow.example. TIMEOUT

; public keys of the signers
"""


def received(host: str, ip: str, at: str = DATE) -> str:
    """A Received field as the receiver's border writes it."""
    return (
        f"Received: from {host} ({host} [{ip}])\n\tby {RECEIVER} (Postfix) with ESMTPS id 4ABCDEF\n"
        f"\tfor <bob@receiver.example>; {at}\n"
    )


def message(sender: str, subject: str, body: str, to: str = "Bob <bob@receiver.example>", extra: str = "") -> bytes:
    """A plain message with CRLF line ends."""
    ident = sender.rpartition("@")[2].rstrip(">")
    charset = "us-ascii" if body.isascii() else "utf-8"
    text = (
        f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {DATE}\nMessage-ID: <1@{ident}>\n"
        f"{extra}MIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset={charset}\n"
        f"Content-Transfer-Encoding: {'7bit' if body.isascii() else '8bit'}\n\n{body}"
    )
    return text.replace("\n", "\r\n").encode()


def signed(data: bytes, *signers: str) -> bytes:
    """`data` with a DKIM-Signature of each signer on top."""
    keys = []
    for signer in signers:
        domain, selector, file = SIGNERS[signer]
        keys.append(SigningKey(domain, selector, load_private((HERE / "keys" / file).read_bytes())))
    return b"".join(sign(parse(data), keys, now=NOW, options=SignOptions())) + data


def delivered(data: bytes, return_path: str, host: str, ip: str) -> bytes:
    """`data` with the trace fields that the receiver puts on top."""
    return (f"Return-Path: <{return_path}>\n" + received(host, ip)).replace("\n", "\r\n").encode() + data


def phish() -> bytes:
    """A message with what phishing is made of: a link that shows another site, and a program in an archive."""
    text = "Your account is locked. Unlock it: https://bank.example/unlock\n"
    html = (
        '<html><body><p>Your account is locked. <a href="https://bank.example.unlock.fake.example/?id=7">'
        "https://bank.example/unlock</a></p>\n"
        '<p><a href="https://bank.example/">Imprint</a> <img src="https://fake.example/seen.gif"></p></body></html>\n'
    )
    program = b"MZ" + bytes(62) + b"PE\0\0 this is no program, and harmless"
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        file.writestr(ZipInfo("statement.pdf.exe", (2026, 9, 21, 14, 13, 20)), program, ZIP_DEFLATED)
    packed = encodebytes(archive.getvalue()).decode()
    lines = (
        f"From: Bank Service <service@bank.example>\nTo: Bob <bob@receiver.example>\n"
        f"Subject: Re: Your statement\nDate: {DATE}\nMessage-ID: <7@fake.example>\n"
        "Reply-To: Bank Service <bank-service@fake.example>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="outer"\n\n'
        '--outer\nContent-Type: multipart/alternative; boundary="inner"\n\n'
        f"--inner\nContent-Type: text/plain; charset=us-ascii\n\n{text}\n"
        f"--inner\nContent-Type: text/html; charset=utf-8\n\n{html}\n--inner--\n\n"
        '--outer\nContent-Type: application/zip\nContent-Disposition: attachment; filename="statement.zip"\n'
        f"Content-Transfer-Encoding: base64\n\n{packed}--outer--\n"
    )
    return lines.replace("\n", "\r\n").encode()


def messages() -> dict[str, tuple[bytes, int]]:
    """Each message with the exit code of `mailsec verify`."""
    invoice = message("Alice <alice@bank.example>", "Your statement", "Dear Bob,\n\nyour statement is ready.\n\nAlice\n")
    statement = signed(invoice, "bank", "bank-ed")
    forged = message(
        "The Chairman <chairman@bank.example>",
        "Urgent payment",
        "Pay 9,800 to this account today.\n",
        extra="Reply-To: c@fake.example\n",
    )
    offers = message("Offers <offers@news.shop.example>", "This week", "Ten percent off.\n")
    footer = b"\r\n-- \r\nYou get this because you subscribed to talk@lists.example\r\n"
    listed = statement.replace(b"Subject: Your", b"Subject: [talk] Your") + footer
    listed = signed(b"List-Id: Talk <talk.lists.example>\r\n" + listed, "list")
    reported = (
        f"Authentication-Results: {RECEIVER};\r\n\tdkim=pass header.d=bank.example header.s=s2024;\r\n"
        "\tspf=fail smtp.mailfrom=alice@bank.example;\r\n\tdmarc=pass header.from=bank.example\r\n"
    ).encode()
    rotated = delivered(signed(invoice, "bank-old"), "alice@bank.example", "mail.forwarder.example", "192.0.2.90")
    international = message(
        "J\u00f6rg B\u00fccher <j\u00f6rg@b\u00fccher.example>", "Gr\u00fc\u00dfe", "Sch\u00f6ne Gr\u00fc\u00dfe\n"
    )
    lookalike = message("Alice <alice@xn--bnk-6cd.example>", "Your statement", "Dear Bob,\n\nplease log in again.\n\nAlice\n")
    relayed = received("pc.fake.example", "203.0.113.7").replace(RECEIVER, "relay.fake.example").replace("\n", "\r\n")
    broken = message("Carol <carol@broken.example>", "Hello", "A domain with mistakes in its records.\n")
    slow = message("Dan <dan@slow.example>", "Are you there?", "My name servers are down.\n")
    return {
        "signed.eml": (delivered(statement, "alice@bank.example", "mail.bank.example", "192.0.2.10"), 0),
        "forged.eml": (delivered(forged, "chairman@bank.example", "mail.bank.example", "203.0.113.66"), 1),
        "phish.eml": (
            delivered(relayed.encode() + phish(), "bounce@fake.example", "relay.fake.example", "203.0.113.66"),
            1,
        ),
        "changed.eml": (statement.replace(b"is ready", b"is overdue: pay at http://fake.example/"), 1),
        "forwarded.eml": (delivered(statement, "alice@bank.example", "mail.forwarder.example", "192.0.2.90"), 0),
        "subdomain.eml": (delivered(signed(offers, "shop"), "bounce@news.shop.example", "out.shop.example", "192.0.2.33"), 0),
        "list.eml": (delivered(listed, "talk-bounces@lists.example", "lists.example", "192.0.2.80"), 1),
        "broken-record.eml": (delivered(broken, "carol@broken.example", "mail.broken.example", "192.0.2.30"), 3),
        "international.eml": (
            delivered(
                signed(international, "books"), "j\u00f6rg@b\u00fccher.example", "mail.xn--bcher-kva.example", "192.0.2.50"
            ),
            0,
        ),
        "lookalike.eml": (delivered(lookalike, "alice@xn--bnk-6cd.example", "mail.xn--bnk-6cd.example", "203.0.113.66"), 0),
        "outage.eml": (delivered(signed(slow, "slow"), "dan@slow.example", "mail.slow.example", "192.0.2.60"), 5),
        "rotated.eml": (reported + rotated, 1),
        "unsigned.eml": (message("Eve <eve@bank.example>", "Hi", "No signature, no envelope.\n").replace(b"\r\n", b"\n"), 3),
    }


def zone() -> str:
    """The zone file."""
    lines = []
    for domain, selector, file in SIGNERS.values():
        if domain != "slow.example" and selector != "s2024":  # whose key was taken down
            key = load_private((HERE / "keys" / file).read_bytes())
            lines.append(zone_line(selector, domain, record_for(key)))
    return ZONE + "\n".join(lines) + "\n"


def openpgp() -> None:
    """Two OpenPGP keys without a passphrase, a signed message, and one that is encrypted and signed within."""
    with Session() as session:
        now = session.now
    for name, address in (("alice", "alice@bank.example"), ("bob", "bob@receiver.example")):
        key = Tsk.generate(f"{name.capitalize()} <{address}>", profile=Profile.RFC4880, cipher_suite=CipherSuite.Cv25519)
        (HERE / "keys" / f"{name}.pgp").write_text(str(key))
    alice, bob = (read_keys((HERE / "keys" / f"{name}.pgp").read_bytes(), name) for name in ("alice", "bob"))
    draft = message("Alice <alice@bank.example>", "Lunch", LUNCH)
    signing = SignKeys(alice, tuple(alice.own()))
    options = EncryptOptions(alice | bob, certificates=bob.listed, sign=signing)
    made = {
        "pgp-signed": sign_openpgp(draft, "", signing, now=now),
        "pgp-encrypted": encrypt_message(draft, "", options, now=now),
    }
    for name, produced in made.items():
        (HERE / "messages" / f"{name}.eml").write_bytes(produced.data)


def smime() -> None:
    """An authority, the certificates of two people with their keys, a signed message, and one that is encrypted and signed
    within."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificate("An authority for examples", root_key, root_key, None)
    (HERE / "keys" / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    for name, address in (("alice", "alice@bank.example"), ("bob", "bob@receiver.example")):
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(name.capitalize(), key, root_key, root, address)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (HERE / "keys" / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM) + private)
    alice, bob = (certificates_of(name) for name in ("alice", "bob"))
    draft = message("Alice <alice@bank.example>", "Lunch", LUNCH)
    signing = SignKeys(alice, tuple(alice.own()))
    options = SmimeOptions(bob, certificates=tuple(bob.listed), sign=signing)
    for file, produced in (
        ("smime-signed", sign_smime(draft, "", signing, now=NOW)),
        ("smime-encrypted", encrypt_smime(draft, "", options, now=NOW)),
    ):
        (HERE / "messages" / f"{file}.eml").write_bytes(produced.data)


def certificates_of(name: str) -> FileKeys:
    """The certificate and key of a person."""
    return read_certificates([(name, (HERE / "keys" / f"{name}.pem").read_bytes())], lambda _: "")


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    address: str = "",
) -> x509.Certificate:
    """A certificate of twenty years: of a person, or of an authority where there is no address."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer.subject if issuer else subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2046, 1, 1, tzinfo=UTC),
    ).add_extension(x509.BasicConstraints(ca=not address, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if issuer is not None:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(above, critical=False)
    if address:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    person, authority = bool(address), not address
    usage = x509.KeyUsage(person, False, False, False, person, authority, authority, False, False)
    return builder.add_extension(usage, critical=True).sign(issuer_key, SHA256())


def main() -> None:
    """Write everything below FOLDER (default: this folder)."""
    if sys.argv[1:] == ["--openpgp"]:
        openpgp()
        return
    if sys.argv[1:] == ["--smime"]:
        smime()
        return
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    expected = []
    for name, (data, code) in messages().items():
        (folder / "messages" / name).write_bytes(data)
        expected.append(f"{code}\t{name}\n")
    (folder / "expected.tsv").write_text("".join(expected))
    (folder / "example.zone").write_text(zone())


if __name__ == "__main__":
    main()
