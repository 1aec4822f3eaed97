"""The paths of the world of people.py through the real entry point: what `verify` says of mail that they signed."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from mailsec.core.exits import Exit
from tests.content.smime.forge import HEADER, TEXT, Signing, multipart, signed_data
from tests.trust.x509.people import Case, cases, person, world

CASES = {
    "good": "",
    "in another order, with strangers": "",
    "over the other root": "",
    "expired": "x509-expired",
    "not valid yet": "x509-not-yet-valid",
    "an expired issuer": "x509-expired",
    "for servers": "x509-usage",
    "for encryption": "x509-usage",
    "an authority for servers": "x509-usage",
    "issued by somebody who is no authority": "x509-not-authority",
    "an authority that may not sign": "x509-not-authority",
    "another authority's name": "x509-signature",
    "a path longer than its authority allows": "x509-path-length",
    "a name that is not permitted": "x509-name-constraint",
    "an excluded host below": "x509-name-constraint",
    "no policy where one is wanted": "x509-policy",
    "an authority's extension that nobody knows": "x509-critical-extension",
    "an authority signed with SHA-1": "x509-weak",
    "an authority with a short RSA key": "x509-weak",
    "self-signed": "x509-unknown-root",
    "an unknown root": "x509-unknown-root",
    "an unknown issuer": "x509-unknown-issuer",
    "a circle": "x509-unknown-issuer",
    "not revoked": "",
    "revoked": "x509-revoked",
    "a revoked authority": "x509-revoked",
    "revoked, says OCSP": "x509-revoked",
    "good, says OCSP": "",
}
"""The rule that each of them breaks."""


def mail(case: Case, author: bytes = b"") -> bytes:
    signed = signed_data(TEXT, Signing(case.chain[0]), certificates=case.chain)
    return HEADER.replace(b"alice@bank.example", author or _address(case)) + multipart(TEXT, signed)


def _address(case: Case) -> bytes:
    """The author's, as the certificate of the case has it."""
    found = case.chain[0].der
    return next(each for each in (b"alice@mail.example.org", b"alice@example.net", b"alice@example.org") if each in found)


def options(case: Case, folder: Path) -> list[object]:
    roots = folder / "roots.pem"
    roots.write_bytes(b"".join(each.pem for each in case.roots))
    made: list[object] = ["--ca", roots]
    for option, kind, ders in (("--crl", "X509 CRL", case.crls), ("--ocsp", "OCSP RESPONSE", case.ocsps)):
        for number, der in enumerate(ders):
            file = folder / f"{option}{number}.pem"
            file.write_bytes(f"-----BEGIN {kind}-----\n{b64encode(der).decode()}\n-----END {kind}-----\n".encode())
            made += [option, file]
    return made


@pytest.mark.parametrize("name", CASES)
def test_the_world(name: str, tmp_path: Path, mailsec) -> None:
    case, rule = cases()[name], CASES[name]
    at = ("--at", "2027-01-15T08:00:00Z", "--offline", "--json")
    ended = mailsec("verify", *at, *options(case, tmp_path), "-", stdin=mail(case))
    expected = Exit.KEY if case.neutral else Exit.DOES_NOT_HOLD if case.flaws else Exit.HOLDS
    assert ended.code == expected, ended.stdout
    steps = list(_steps(json.loads(ended.stdout)["checks"]))
    found = [(step["name"] + each["message"], each["rule"]) for step in steps for each in step.get("findings", ())]
    assert [each for _, each in found] == ([rule] if rule else [])
    assert all(f"CN={case.whose}" in said for said, _ in found)


def _steps(checks: list[dict], inside: bool = False):
    """The certificates of the path, the root first."""
    for check in checks:
        if inside:
            yield check
        yield from _steps(check.get("children", []), inside or check["name"] == "certificate-path")


def test_a_thousand_certificates_are_more_than_a_signature_may_have(tmp_path: Path, mailsec) -> None:
    case = cases()["a thousand strangers behind"]
    ended = mailsec("verify", "--offline", *options(case, tmp_path), "-", stdin=mail(case))
    assert ended.code == Exit.DOES_NOT_HOLD
    assert "more than 100 certificates" in ended.stdout


def test_a_certificate_for_another_address(tmp_path: Path, mailsec) -> None:
    case = Case((person(None, "bob@example.org"), world()["middle"]), (world()["root"],))
    file = mail(case, b"alice@example.org")
    ended = mailsec("verify", "--at", "2027-01-15T08:00:00Z", "--offline", *options(case, tmp_path), "-", stdin=file)
    assert ended.code == Exit.DOES_NOT_HOLD
    assert "bob@example.org" in ended.stdout
