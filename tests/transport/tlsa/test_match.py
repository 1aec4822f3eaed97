"""Certificates against TLSA records. What is expected is what `openssl s_client` says of the same server, which a test asks."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, sha512
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailsec.core.results import Status
from mailsec.transport.tlsa.match import matches
from mailsec.transport.tlsa.record import TlsaRecord, from_text, to_text
from tests.certificates import NOW, Issued, issue, make, spki
from tests.peer import Line, Peer

HOST = "mx.example.net"
LEAF = make(HOST)
OTHER = make("mx.example.org")


def association(usage: int, selector: int, matching: int, der: bytes) -> TlsaRecord:
    data = spki(der) if selector else der
    return TlsaRecord(usage, selector, matching, (data, sha256(data).digest(), sha512(data).digest())[matching])


@dataclass(frozen=True)
class Case:
    """A server's certificates, the first with its key; the records; whether they fit."""

    chain: tuple[Issued, ...]
    records: tuple[TlsaRecord, ...]
    holds: bool


@cache
def cases() -> dict[str, Case]:
    """Every way a chain can fit or not; made once."""
    root = issue("Root", authority=True)
    middle = issue("Middle", root, authority=True)
    leaf = issue("leaf", middle, HOST)
    wild = issue("leaf", middle, "*.example.net")
    full = (leaf, middle, root)
    old_key, twin = issue("Root", authority=True), issue("Middle", issue("Root", authority=True), authority=True)
    expired, early = issue("leaf", middle, HOST, days=(-90, -1)), issue("leaf", middle, HOST, days=(5, 9))
    stale = issue("Middle", root, authority=True, days=(-90, -1))
    below_stale = issue("leaf", stale, HOST)
    selfmade = issue("self", None, HOST)
    no_authority = issue("Middle", root)
    rsa_root = issue("Root", authority=True, key=rsa.generate_private_key(65537, 2048))
    only_people = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False

    def case(chain: tuple[Issued, ...], *records: TlsaRecord, holds: bool = True) -> Case:
        return Case(chain, records, holds)

    found = {
        f"anchor {selector} {matching} is shown": case(full, association(2, selector, matching, root.der))
        for selector in (0, 1)
        for matching in (0, 1, 2)
    }
    found |= {f"leaf {s} {m}": case((leaf,), association(3, s, m, leaf.der)) for s in (0, 1) for m in (0, 1, 2)}
    return found | {
        "the anchor is the one in the middle": case((leaf, middle), association(2, 1, 1, middle.der)),
        "a whole root that is not shown": case((leaf, middle), association(2, 0, 0, root.der)),
        "a key of a root that is not shown": case((leaf, middle), association(2, 1, 0, root.der)),
        "a key of an issuer that is not shown": case((leaf,), association(2, 1, 0, middle.der)),
        "an RSA key that is not shown": case((issue("leaf", rsa_root, HOST),), association(2, 1, 0, rsa_root.der)),
        "a digest of a root that is not shown": case((leaf, middle), association(2, 0, 1, root.der), holds=False),
        "another root": case(full, association(2, 0, 1, old_key.der), holds=False),
        "another root, whole": case(full, association(2, 0, 0, old_key.der), holds=False),
        "another key": case(full, association(2, 1, 0, old_key.der), holds=False),
        "an issuer of the same name": case((leaf, twin), association(2, 1, 1, twin.der), holds=False),
        "the middle is missing": case((leaf, root), association(2, 1, 1, root.der), holds=False),
        "in another order": case((leaf, root, middle), association(2, 1, 1, root.der)),
        "a wildcard": case((wild, middle), association(2, 1, 1, middle.der)),
        "another name": case((issue("l", middle, "mx.example.org"), middle), association(2, 1, 1, middle.der), holds=False),
        "another name does not count for usage 3": case(
            (only := issue("l", middle, "mx.example.org"), middle), association(3, 1, 1, only.der)
        ),
        "expired": case((expired, middle), association(2, 1, 1, middle.der), holds=False),
        "expired does not count for usage 3": case((expired,), association(3, 1, 1, expired.der)),
        "not valid yet": case((early, middle), association(2, 1, 1, middle.der), holds=False),
        "an expired issuer": case((below_stale, stale, root), association(2, 1, 1, root.der), holds=False),
        "an expired anchor": case((below_stale, stale), association(2, 1, 1, stale.der)),
        "an issuer that is none": case(
            (issue("l", no_authority, HOST), no_authority, root), association(2, 1, 1, root.der), holds=False
        ),
        "not for servers": case(
            (issue("l", middle, HOST, extensions=[only_people]), middle), association(2, 1, 1, middle.der), holds=False
        ),
        "usage 2 means the whole leaf": case((leaf, middle), association(2, 0, 0, leaf.der), holds=False),
        "usage 2 means the whole leaf, which is shown twice": case(
            (leaf, leaf, middle), association(2, 0, 0, leaf.der), holds=False
        ),
        "usage 2 means the leaf itself": case((leaf, middle), association(2, 1, 1, leaf.der), holds=False),
        "one of several": case(
            full, association(3, 1, 1, OTHER), association(2, 1, 1, old_key.der), association(2, 1, 1, root.der)
        ),
        "usage 3 of another beside the right usage 2": case(
            full, association(3, 1, 1, OTHER), association(2, 1, 1, middle.der)
        ),
        "the weaker digest is right, the stronger is wrong": case(
            (leaf,), association(3, 1, 1, leaf.der), association(3, 1, 2, OTHER), holds=False
        ),
        "the weaker digest of another selector": case((leaf,), association(3, 0, 1, leaf.der), association(3, 1, 2, OTHER)),
        "self-signed and meant": case((selfmade,), association(3, 0, 1, selfmade.der)),
        "a key of a certificate that signed itself": case((selfmade,), association(2, 1, 0, selfmade.der)),
    }


def judged(case: Case, *names: str) -> Status:
    chain = [each.der for each in case.chain]
    return matches(case.records, chain, names=names or (HOST,), now=NOW).status


@pytest.mark.parametrize("name", sorted(cases()))
def test_what_fits(name: str) -> None:
    case = cases()[name]
    assert judged(case) is (Status.PASS if case.holds else Status.FAIL)


@pytest.mark.external
@pytest.mark.parametrize("name", sorted(cases()))
def test_openssl_says_the_same(name: str, tmp_path: Path) -> None:
    case = cases()[name]
    file = tmp_path / "server.pem"
    file.write_bytes(case.chain[0].key_pem + b"".join(each.pem for each in case.chain))

    def talk(peer: Line) -> None:
        peer.secure(str(file))
        peer.hear()

    with Peer(talk) as server:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-attime", str(NOW), "-brief"]
        command += ["-dane_tlsa_domain", HOST, "-dane_ee_no_namechecks", "-no-CApath", "-no-CAfile", "-no-CAstore"]
        for record in case.records:
            command += ["-dane_tlsa_rrdata", to_text(record)]
        done = subprocess.run(command, input=b"Q\n", capture_output=True, check=False, timeout=30)
    said = (done.stdout + done.stderr).decode()
    assert "Verification: OK" in said or "Verification error" in said, said
    assert ("Verification: OK" in said and "DANE TLSA" in said) is case.holds, said


@pytest.mark.parametrize("key", [Ed25519PrivateKey.generate(), Ed448PrivateKey.generate()], ids=["25519", "448"])
def test_a_bare_key_of_another_kind(key: Ed25519PrivateKey) -> None:
    record = association(2, 1, 0, issue("Root", authority=True, key=Ed25519PrivateKey.generate()).der)
    leaf = issue("leaf", None, HOST)
    assert matches([record], [leaf.der], names=[HOST], now=NOW).status is Status.FAIL
    root = Issued(issue("Root", authority=True).der, Ed25519PrivateKey.generate())
    below = issue("leaf", root, HOST)
    public = issue("x", key=root.key).der
    assert matches([association(2, 1, 0, public)], [below.der], names=[HOST], now=NOW).status is Status.PASS


def test_every_name_that_is_allowed() -> None:
    case = cases()["anchor 1 1 is shown"]
    assert judged(case, "other.example", HOST) is Status.PASS
    found = matches(case.records, [each.der for each in case.chain], names=("other.example", "more.example"), now=NOW)
    assert found.reason == "2 1 1 means the issuer, but the certificate is not for other.example, more.example"
    assert matches(case.records, [each.der for each in case.chain], now=NOW).status is Status.FAIL


def test_the_record_that_fits_is_named() -> None:
    case = cases()["one of several"]
    found = matches(case.records, [each.der for each in case.chain], names=[HOST], now=NOW)
    assert (found.matched, found.reason) == (case.records[2], "2 1 1 means an issuer of this certificate")


def test_dates_and_names_do_not_count() -> None:
    expired = make("whatever.invalid", days=(-90, -1))
    record = TlsaRecord(3, 1, 1, sha256(spki(expired)).digest())
    assert matches([record], [expired], now=NOW).status is Status.PASS


def test_what_is_not_usable() -> None:
    anchor = TlsaRecord(2, 0, 1, sha256(LEAF).digest())
    assert matches([], [LEAF], now=NOW).status is Status.NONE
    assert matches([TlsaRecord(1, 1, 1, sha256(spki(LEAF)).digest())], [LEAF], now=NOW).status is Status.NONE
    assert matches([anchor], [], now=NOW).status is Status.FAIL


def test_a_chain_of_garbage() -> None:
    garbage = b"no certificate"
    assert matches([TlsaRecord(3, 1, 1, b"x" * 32)], [garbage], now=NOW).status is Status.FAIL
    assert matches([TlsaRecord(3, 0, 1, sha256(garbage).digest())], [garbage], now=NOW).status is Status.PASS
    assert matches([TlsaRecord(3, 1, 1, b"x" * 32)], [LEAF[:100]], now=NOW).status is Status.FAIL
    assert matches([TlsaRecord(2, 1, 1, b"x" * 32)], [garbage, garbage], names=[HOST], now=NOW).status is Status.FAIL
    assert matches([TlsaRecord(2, 1, 0, b"\x30\x00")], [LEAF, garbage], names=[HOST], now=NOW).status is Status.FAIL
    assert matches([TlsaRecord(2, 0, 0, b"\x30\x00")], [LEAF, garbage], names=[HOST], now=NOW).status is Status.FAIL


def test_many_anchors_cost_one_search() -> None:
    """A hundred certificates of one name, in records and in the chain: work is bounded, and the answer is no."""
    root = issue("Root", authority=True)
    same = [issue("Root", authority=True) for _ in range(30)]
    leaf = issue("leaf", root, HOST)
    records = [association(2, 0, 0, each.der) for each in same]
    chain = [leaf.der, *(each.der for each in same)]
    assert matches(records, chain, names=[HOST], now=NOW).status is Status.FAIL


@pytest.mark.external
def test_openssl_makes_the_same_digest(tmp_path: Path) -> None:
    der = tmp_path / "leaf.der"
    der.write_bytes(LEAF)
    key = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", der, "-noout", "-pubkey"], capture_output=True, check=True
    )
    public = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True)
    record = from_text(f"3 1 1 {sha256(public.stdout).hexdigest()}")
    assert matches([record], [LEAF], now=NOW).status is Status.PASS
