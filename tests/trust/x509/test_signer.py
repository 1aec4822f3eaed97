"""Persons' certificates by the world of people.py. The second judge is `openssl verify`."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.keys import X509_PATH, X509_PATHS, X509_REVOCATION_BYTES, X509_REVOCATION_FILES
from mailsec.core.results import Status
from mailsec.trust.x509.revocation import RevocationFiles
from mailsec.trust.x509.signer import NOT_CHECKED, judge_signer
from mailsec.trust.x509.tree import SignerPath
from mailsec.trust.x509.usage import Purpose
from tests.certificates import NOW, Issued, issue
from tests.trust.x509.people import ALICE, Case, cases, crl, person, purpose, response, usage, world


def judged(case: Case) -> SignerPath:
    files = RevocationFiles(case.crls, case.ocsps)
    return judge_signer([each.der for each in case.chain], [each.der for each in case.roots], now=NOW, revocation=files)


@pytest.mark.parametrize("name", cases())
def test_the_world(name: str) -> None:
    case = cases()[name]
    found = judged(case)
    expected = Status.NEUTRAL if case.neutral else Status.FAIL if case.flaws else Status.PASS
    assert found.status is expected, found.reasons
    if case.flaws:
        assert len(found.reasons) == len(case.flaws), found.reasons
        for reason, begins in zip(found.reasons, case.flaws, strict=True):
            assert reason.startswith(begins)
            assert f"CN={case.whose}" in reason.rpartition(": ")[2]


def test_nothing_and_what_is_no_certificate() -> None:
    root = world()["root"]
    assert judge_signer([], [root.der], now=NOW).reasons == ("the server showed no certificate",)
    for bad in (b"", b"x", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" * 1000, person().der[:-1], person().der + b"\0" * 70_000):
        found = judge_signer([bad], [root.der, bad], now=NOW)
        assert (found.status, found.reasons) == (Status.FAIL, ("the certificate cannot be read",))


def test_the_path_is_a_tree_with_the_root_above() -> None:
    found = judged(cases()["an expired issuer"])
    (root,) = found.check.children
    (stale,) = root.children
    (alice,) = stale.children
    assert (root.name, stale.name, alice.name, alice.children) == ("CN=Root", "CN=Stale", "CN=alice", ())
    assert (root.status, stale.status, alice.status) == (None, Status.FAIL, None)
    assert stale.reason.startswith("the certificate has expired at 2027-01-14T08:00:00Z")
    assert alice.evidence[0].where == found.steps[0].fingerprint == sha256(found.steps[0].der).hexdigest().upper()
    assert stale.fact("issuer") == "CN=Root"


def test_revocation_is_said_to_be_unchecked() -> None:
    assert judged(cases()["good"]).reasons == (NOT_CHECKED,)
    assert judged(cases()["not revoked"]).reasons == ()
    assert judged(cases()["straight from the root"]).reasons == (NOT_CHECKED,)
    assert judged(cases()["self-signed and trusted"]).reasons == ()


@pytest.mark.parametrize(
    ("crls", "ocsps", "why"),
    [
        ((b"",), (b"\x30\x80",), "a CRL is damaged"),
        ((crl(world()["other"]),), (), "no CRL or OCSP response of its issuer is at hand"),
        ((crl(world()["middle"], days=(-9, -1)),), (), "CRL: it is out of date since 2027-01-14T08:00:00Z"),
        ((crl(world()["middle"], person(), signer=world()["other"]),), (), "CRL: its signature is not one of the issuer"),
    ],
)
def test_what_does_not_tell_revocation(crls: tuple[bytes, ...], ocsps: tuple[bytes, ...], why: str) -> None:
    case = replace(cases()["good"], crls=crls, ocsps=ocsps)
    found = judged(case)
    assert found.status is Status.PASS
    assert found.reasons[0].startswith(f"{NOT_CHECKED}: CN=alice ({why}"), found.reasons


def test_a_response_by_a_stranger_tells_nothing() -> None:
    chain = cases()["good"].chain
    middle = world()["middle"]
    forger = issue("Responder", None, extensions=[purpose(ExtendedKeyUsageOID.OCSP_SIGNING)])
    found = judged(replace(cases()["good"], ocsps=(response(middle, chain[0], good=False, signer=forger),)))
    assert found.status is Status.PASS
    assert found.reasons[0].startswith(f"{NOT_CHECKED}: CN=alice")


def test_too_many_and_too_large_lists_are_left_out_aloud() -> None:
    good, empty = cases()["good"], crl(world()["other"])
    revoking = crl(world()["middle"], good.chain[0])
    for crls in ((empty,) * X509_REVOCATION_FILES + (revoking,), (revoking + b"\0" * X509_REVOCATION_BYTES,)):
        assert (
            "CRLs or OCSP responses that are too large, or too many, were left out" in judged(replace(good, crls=crls)).reasons
        )


@pytest.mark.parametrize("oid", ["06072a8648ce3d0201", "06082a8648ce3d040302"])
def test_kinds_of_keys_and_signatures_that_nobody_knows(oid: str) -> None:
    root, known = world()["root"], bytes.fromhex(oid)
    strange = person(root).der.replace(known, known[:-1] + b"\x7f")
    found = judge_signer([strange], [root.der], now=NOW)
    assert found.status is Status.FAIL
    assert "RFC 5280 section 6.1" in found.reasons[0]


def test_a_signature_without_the_parameters_that_it_needs() -> None:
    made = asn1_x509.Certificate.load(issue("alice", None, ALICE).der)
    for algorithm in (made["signature_algorithm"], made["tbs_certificate"]["signature"]):
        algorithm["algorithm"], algorithm["parameters"] = "rsassa_pss", None  # RFC 4055 section 3.1: SHA-1, if anything
    damaged = made.dump(force=True)
    for roots in ([], [damaged]):
        found = judge_signer([damaged], roots, now=NOW)
        assert (found.status, found.reasons) == (Status.FAIL, ("the certificate cannot be read",))


def test_for_encryption() -> None:
    root = world()["root"]

    def status(*names: str, **options: Any) -> Status:
        certificate = person(root, extensions=[usage(*names)], **options)
        return judge_signer([certificate.der], [root.der], now=NOW, purpose=Purpose.ENCRYPT).status

    rsa_key = rsa.generate_private_key(65537, 2048)
    assert status("key_agreement") is Status.PASS
    assert status("digital_signature") is Status.FAIL
    assert status("key_encipherment", key=rsa_key) is Status.PASS
    assert status("key_agreement", key=rsa_key) is Status.FAIL


def test_a_thousand_certificates_that_issue_each_other() -> None:
    names = [issue(f"A{number % 10}", authority=True) for number in range(60)]
    crossed = [issue(f"A{(number + 1) % 10}", names[number], authority=True, key=names[-number].key) for number in range(60)]
    chain = [person(crossed[0]), *(names + crossed) * 20]
    found = judge_signer([each.der for each in chain], [world()["root"].der], now=NOW)
    assert found.status is Status.NEUTRAL
    assert len(found.steps) <= X509_PATH


def test_names_are_compared_as_names() -> None:
    root = issue("The  ROOT", authority=True)
    twin = Issued(root.der, root.key)
    middle = issue("the root", None, authority=True, key=root.key)
    found = judge_signer([person(middle).der], [twin.der], now=NOW)
    assert found.status is Status.PASS, found.reasons


@given(st.integers(0, 2), st.integers(0, 2_000), st.binary(max_size=6))
def test_damaged_certificates_raise_nothing(which: int, at: int, octets: bytes) -> None:
    case = cases()["not revoked"]
    ders = [*(each.der for each in case.chain), case.roots[0].der]
    at %= len(ders[which])
    ders[which] = ders[which][:at] + octets + ders[which][at + len(octets) :]
    found = judge_signer(ders[:2], ders[2:], now=NOW, revocation=RevocationFiles(case.crls))
    assert found.check.status is found.status


@given(st.integers(0, 600), st.binary(max_size=6), st.booleans())
def test_damaged_lists_raise_nothing(at: int, octets: bytes, online: bool) -> None:
    case = cases()["revoked, says OCSP" if online else "revoked"]
    (*_, data) = case.ocsps or case.crls
    at %= len(data)
    damaged = (data[:at] + octets + data[at + len(octets) :],)
    files = RevocationFiles((), damaged) if online else RevocationFiles(damaged)
    judge_signer([each.der for each in case.chain], [each.der for each in case.roots], now=NOW, revocation=files)


def _pem(*ders: bytes, kind: str = "CERTIFICATE") -> bytes:
    """As openssl wants them."""
    lines = [f"-----BEGIN {kind}-----\n{b64encode(der).decode()}\n-----END {kind}-----\n" for der in ders]
    return "".join(lines).encode()


def _openssl(case: Case, folder: Path) -> subprocess.CompletedProcess[bytes]:
    leaf, rest, roots, crls = (folder / each for each in ("leaf.pem", "rest.pem", "roots.pem", "crls.pem"))
    leaf.write_bytes(case.chain[0].pem)
    rest.write_bytes(b"".join(each.pem for each in case.chain[1:]))
    roots.write_bytes(b"".join(each.pem for each in case.roots))
    crls.write_bytes(_pem(*case.crls, kind="X509 CRL"))
    command = ["openssl", "verify", "-purpose", "smimesign", "-attime", str(NOW), "-no-CAstore", "-no-CApath"]
    command += ["-policy_check", "-policy", "2.5.29.32.0"]
    command += ["-CAfile", str(roots)] if case.roots else ["-no-CAfile"]
    command += ["-untrusted", str(rest)] if len(case.chain) > 1 else []
    command += ["-crl_check_all", "-CRLfile", str(crls)] if case.crls else []
    return subprocess.run([*command, str(leaf)], capture_output=True, timeout=30, check=False)


@pytest.mark.external
@pytest.mark.parametrize("name", cases())
def test_openssl_agrees_or_the_table_says_why_not(name: str, tmp_path: Path) -> None:
    case = cases()[name]
    run = _openssl(case, tmp_path)
    agrees = (run.returncode == 0) == (judged(case).status is Status.PASS)
    assert agrees is not bool(case.openssl), run.stderr.decode()


def test_no_more_paths_are_judged_than_can_be_borne() -> None:
    root, middle = world()["root"], world()["middle"]
    twins = [issue("Middle", root, authority=True) for _ in range(X509_PATHS)]
    late = judge_signer([person().der, *(each.der for each in twins), middle.der], [root.der], now=NOW)
    assert late.status is Status.FAIL
    early = judge_signer([person().der, middle.der, *(each.der for each in twins)], [root.der], now=NOW)
    assert early.status is Status.PASS


def test_what_breaks_the_library_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    good = cases()["good, says OCSP"]
    monkeypatch.setattr("mailsec.trust.x509.pkix.Pkix.online", broken)
    assert judged(good).reasons[0] == f"{NOT_CHECKED}: CN=alice (an OCSP response is damaged)"
    monkeypatch.setattr("mailsec.trust.x509.pkix.Pkix.refusal", broken)
    assert judged(good).reasons[0].startswith("the path cannot be judged: one of its certificates is damaged")
