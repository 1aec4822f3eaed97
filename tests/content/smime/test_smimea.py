from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailsec.content.smime import rules
from mailsec.content.smime.smimea import lint, owner_name
from mailsec.core.flow import AnswerStatus, Dnssec
from mailsec.core.results import Check, Status
from mailsec.core.rules import Rule
from mailsec.trust.x509.person import CertificateError, load
from tests.certificates import NOW, make
from tests.published import Published, Raw, association, fired, judge, message

WHO = "Alice@example.com"
NAMED = [x509.RFC822Name(WHO)]
GOOD = make("Alice", names=NAMED, extensions=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])])
DATA = Path(__file__).parent


def lint_of(*records: Raw, dnssec: Dnssec = Dnssec.SECURE, now: int = NOW, who: str = WHO) -> Check:
    world = Published({f"{owner_name(WHO)} SMIMEA": list(records)}, dnssec=dnssec)
    return judge(lint(who, now=now), world)


def carrying(der: bytes, usage: int = 3) -> Raw:
    return association(usage, 0, 0, der)


def test_a_good_certificate() -> None:
    check = lint_of(carrying(GOOD))
    assert check.status is Status.PASS
    assert not fired(check)
    record = check.children[0]
    assert record.fact("algorithm") == "secp256r1"
    assert record.fact("bits") == 256
    assert record.fact("sha256") == sha256(GOOD).hexdigest()
    assert record.fact("not-after") == "2028-01-15T08:00:00Z"
    assert record.fact("addresses") == WHO
    assert record.fact("names-address") is True


def test_no_record() -> None:
    assert judge(lint(WHO, now=NOW), {}).status is Status.NONE


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    assert judge(lint(WHO, now=NOW), {f"{owner_name(WHO)} SMIMEA": status}).status is Status.TEMPERROR


@pytest.mark.parametrize(
    ("dnssec", "status", "rule"),
    [
        (Dnssec.INSECURE, Status.NEUTRAL, rules.INSECURE),
        (Dnssec.UNCHECKED, Status.NEUTRAL, rules.NOT_VALIDATED),
        (Dnssec.INDETERMINATE, Status.NEUTRAL, rules.NOT_VALIDATED),
        (Dnssec.BOGUS, Status.TEMPERROR, None),
    ],
)
def test_only_secure_answers_serve_trust(dnssec: Dnssec, status: Status, rule: Rule | None) -> None:
    check = lint_of(carrying(GOOD), dnssec=dnssec)
    assert check.status is status
    assert fired(check) == ({rule.id} if rule else set())


def test_a_match_of_the_lower_cased_address() -> None:
    lower = "alice@example.com"
    der = make("alice", names=[x509.RFC822Name(lower)])
    check = judge(lint(WHO, now=NOW), {f"{owner_name(lower)} SMIMEA": [carrying(der)]})
    assert fired(check) == {rules.CASE_VARIANT.id}
    assert check.fact("exact") is False


@pytest.mark.parametrize(
    "record",
    [
        Raw(b"\3\0"),
        association(4, 0, 0, GOOD),
        association(3, 2, 0, GOOD),
        association(3, 0, 3, GOOD),
        association(3, 1, 1, b"x" * 31),
        association(3, 0, 0, GOOD[:-1]),
        association(3, 0, 0, GOOD[:40]),
        association(3, 0, 0, b""),
        association(3, 0, 0, b"garbage" * 9_000),
        association(3, 0, 0, b"\0" * 65_536),
    ],
)
def test_malformed(record: Raw) -> None:
    check = lint_of(record)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.MALFORMED.id}
    assert lint_of(record, carrying(GOOD)).status is Status.PASS


def test_records_that_only_confirm() -> None:
    check = lint_of(association(3, 0, 1, sha256(GOOD).digest()), association(3, 1, 0, GOOD))
    assert check.status is Status.PASS
    assert fired(check) == {rules.NO_CERTIFICATE.id}
    assert not fired(lint_of(association(3, 0, 1, sha256(GOOD).digest()), carrying(GOOD)))


@pytest.mark.parametrize(("days", "words"), [((-90, -1), "expired at"), ((1, 90), "not valid before")])
def test_out_of_date(days: tuple[int, int], words: str) -> None:
    check = lint_of(carrying(make("Alice", names=NAMED, days=days)))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.EXPIRED.id}
    assert message(check, rules.EXPIRED).startswith(words)


@pytest.mark.parametrize("address", ["alice@example.com", "Alice@example.org", "bob@example.com"])
def test_somebody_else(address: str) -> None:
    check = lint_of(carrying(make("Alice", names=[x509.RFC822Name(address)])))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.OTHER_ADDRESS.id}


def test_a_name_before_the_address_is_another_address() -> None:
    der = make("Alice", names=[x509.RFC822Name("Mallory-xAlice@example.comx")])
    check = lint_of(carrying(der.replace(b"xAlice@example.comx", b"<Alice@example.com>")))
    assert fired(check) == {rules.OTHER_ADDRESS.id}


def test_the_domain_in_any_case() -> None:
    assert not fired(lint_of(carrying(make("Alice", names=[x509.RFC822Name("Alice@EXAMPLE.com")]))))


def test_the_subject_counts_only_without_alternative_names() -> None:
    subject = [x509.NameAttribute(NameOID.EMAIL_ADDRESS, WHO)]
    assert not fired(lint_of(carrying(make("Alice", subject=subject))))
    other = make("Alice", subject=subject, names=[x509.DNSName("example.com")])
    check = lint_of(carrying(other))
    assert fired(check) == {rules.OTHER_ADDRESS.id}
    assert "names no address" in message(check, rules.OTHER_ADDRESS)


@pytest.mark.parametrize("length", [1, 150])
def test_an_internationalized_mailbox(length: int) -> None:
    who = "\u00e9" * length + "@example.com"
    text = who.encode()
    header = b"\x0c" + (b"\x81" if len(text) > 127 else b"") + bytes([len(text) % 256])
    if len(text) < 256:
        name = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), header + text)
        assert load(make("Alice", names=[name])).addresses == (who,)


@pytest.mark.parametrize("der", [b"\x0c\x05a@b", b"\x13\x03a@b", b"\x0c\x81"])
def test_a_damaged_internationalized_mailbox(der: bytes) -> None:
    name = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), der)
    try:
        assert load(make("Alice", names=[name])).addresses == ("",)
    except ValueError:  # the maker refuses to write it
        assert der != b"\x13\x03a@b"


def test_not_for_mail() -> None:
    check = lint_of(carrying(make("A", names=NAMED, extensions=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])])))
    assert fired(check) == {rules.NOT_FOR_MAIL.id}
    any_usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    assert not fired(lint_of(carrying(make("A", names=NAMED, extensions=[any_usage]))))


def test_weak_and_strong_keys() -> None:
    weak = lint_of(carrying(make("A", names=NAMED, key=rsa.generate_private_key(65537, 1024))))
    assert fired(weak) == {rules.WEAK.id}
    assert message(weak, rules.WEAK) == "an RSA key of 1024 bits"
    assert load(make("A", key=dsa.generate_private_key(2048))).weakness == "a DSA key"
    for key in (ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()):
        certificate = load(make("A", key=key, hash=None))
        assert (certificate.algorithm, certificate.bits, certificate.weakness) == (
            f"ed{25519 if 'Ed25519' in str(type(key)) else 448}",
            0,
            "",
        )
    strong = load(make("A", key=rsa.generate_private_key(65537, 2048), hash=SHA256()))
    assert (strong.algorithm, strong.bits, strong.weakness) == ("rsa", 2048, "")


def test_an_authority_confirms_others() -> None:
    check = lint_of(carrying(make("Root"), usage=2))
    assert check.status is Status.PASS
    assert fired(check) == {rules.NO_CERTIFICATE.id}


def test_1000_records() -> None:
    check = lint_of(*[association(3, 0, 0, b"x")] * 1_000)
    assert fired(check) == {rules.MALFORMED.id, rules.TOO_MANY.id}
    assert len(check.children) == 10


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_damaged_anywhere(at: int, octet: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] = octet
    lint_of(carrying(bytes(damaged)))


def test_asking_loads_no_cryptography() -> None:
    code = "import sys, mailsec.content.smime.smimea, mailsec.content.smime.rules; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_certificate() -> None:
    with pytest.raises(CertificateError):
        load(b"")


@pytest.mark.external
@pytest.mark.parametrize(("digest", "rule"), [("-sha256", None), ("-sha1", rules.WEAK)])
def test_a_certificate_of_openssl(tmp_path: Path, digest: str, rule: Rule | None) -> None:
    der = tmp_path / "alice.der"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        tmp_path / "key",
        "-outform",
        "DER",
        "-out",
        der,
    ]
    names = ["-subj", "/CN=Alice", "-addext", f"subjectAltName=email:{WHO}", "-addext", "extendedKeyUsage=emailProtection"]
    subprocess.run([*command, *names, digest, "-days", "30"], check=True, capture_output=True)
    end = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", der, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True
    )
    certificate = load(der.read_bytes())
    assert certificate.fingerprint == end.stdout.decode().partition("=")[2].strip().replace(":", "").lower()
    check = lint_of(carrying(der.read_bytes()), now=certificate.not_before)
    assert fired(check) == ({rule.id} if rule else set())
