"""Servers' certificates by public authorities and names. The second judge of the paths is `openssl verify`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.results import Status
from mailsec.trust.x509.path import Anchors
from mailsec.trust.x509.server import judge
from tests.certificates import NOW, Issued, issue, make

HOST = "mx.example.net"


@dataclass(frozen=True)
class Case:
    """A chain as the server shows it, the roots, the name, and what is wrong ("": nothing) as the reasons begin."""

    chain: tuple[Issued, ...]
    roots: tuple[Issued, ...]
    name: str = HOST
    flaws: tuple[str, ...] = ()


NONE, EARLY, EXPIRED = "the certificate's chain is not valid", "the certificate is not valid yet", "the certificate has expired"
SELF, ROOT = "the certificate is self-signed", "the certificate's chain ends in a root that is not trusted"
ISSUER, NAME = "the certificate's issuer is not known", "the certificate is for another name"


def usage(*, sign: bool) -> tuple[x509.KeyUsage, bool]:
    return x509.KeyUsage(True, False, False, False, False, sign, False, False, False), True


def purpose(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtendedKeyUsage, bool]:
    return x509.ExtendedKeyUsage(oids), False


@cache
def cases() -> dict[str, Case]:
    root = issue("Root", authority=True)
    middle = issue("Middle", root, authority=True)
    leaf = issue("leaf", middle, HOST)
    other_root = issue("Other", authority=True)
    twin = issue("Root", authority=True)
    expired, early = issue("l", middle, HOST, days=(-90, -1)), issue("l", middle, HOST, days=(5, 9))
    ancient = issue("l", middle, HOST, days=(-90, -20))
    stale = issue("Stale", root, authority=True, days=(-90, -1))
    old_root = issue("Old", authority=True, days=(-90, -1))
    selfmade = issue("self", None, HOST)
    narrow = issue(
        "Narrow", root, authority=True, extensions=[(x509.NameConstraints([x509.DNSName("example.org")], None), True)]
    )
    no_authority, unsigning = issue("Not", root), issue("Not", root, authority=True, extensions=[usage(sign=False)])
    bare = issue("Bare", root, authority=None)
    mail, server = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH
    for_mail = issue("Mail", root, authority=True, extensions=[purpose(mail)])
    rsa_root = issue("RSA", authority=True, key=rsa.generate_private_key(65537, 2048))
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True
    deep = [root]
    for number in range(9):
        deep.append(issue(f"Deep {number}", deep[-1], authority=True))

    def case(*chain: Issued, roots: tuple[Issued, ...] = (root,), name: str = HOST, flaws: tuple[str, ...] = ()) -> Case:
        return Case(chain, roots, name, flaws)

    def named(*hosts: str) -> Issued:
        return issue("l", middle, *hosts)

    return {
        "good": case(leaf, middle),
        "good, with its root": case(leaf, middle, root),
        "in another order": case(leaf, root, middle),
        "straight from the root": case(issue("l", root, HOST)),
        "RSA": case(issue("l", rsa_root, HOST, key=rsa.generate_private_key(65537, 2048)), roots=(rsa_root,)),
        "with a stranger": case(leaf, other_root, middle),
        "one of several roots": case(leaf, middle, roots=(other_root, root)),
        "expired": case(expired, middle, flaws=(EXPIRED,)),
        "not valid yet": case(early, middle, flaws=(EARLY,)),
        "expired before its issuer began": case(ancient, issue("Middle", root, authority=True), flaws=(EXPIRED,)),
        "expired and for another name": case(expired, middle, name="mx.example.org", flaws=(EXPIRED, NAME)),
        "expired and from nobody": case(issue("l", twin, HOST, days=(-90, -1)), roots=(other_root,), flaws=(ISSUER, EXPIRED)),
        "an expired issuer": case(issue("l", stale, HOST), stale, flaws=("an issuer's certificate has expired: CN=Stale",)),
        "an expired root": case(issue("l", old_root, HOST), roots=(old_root,), flaws=("a certificate that is trusted has",)),
        "self-signed": case(selfmade, flaws=(SELF,)),
        "self-signed and trusted": case(selfmade, roots=(selfmade,)),
        "self-signed for another name": case(selfmade, name="mx.example.org", flaws=(SELF, NAME)),
        "an unknown root": case(leaf, middle, root, roots=(other_root,), flaws=(ROOT,)),
        "a root of the same name": case(leaf, middle, roots=(twin,), flaws=(NONE,)),
        "the middle is missing": case(leaf, flaws=(f"{ISSUER}: CN=Middle",)),
        "nobody is trusted": case(leaf, middle, roots=(), flaws=(f"{ISSUER}: CN=Root",)),
        "an issuer that is none": case(issue("l", no_authority, HOST), no_authority, flaws=(NONE,)),
        "an issuer that may not sign": case(issue("l", unsigning, HOST), unsigning, flaws=(NONE,)),
        "an issuer without constraints": case(issue("l", bare, HOST), bare, flaws=(NONE,)),
        "an issuer for other names": case(issue("l", narrow, HOST), narrow, flaws=(NONE,)),
        "an issuer for these names": case(issue("l", narrow, "mx.example.org"), narrow, name="mx.example.org"),
        "an issuer for people": case(issue("l", for_mail, HOST), for_mail, flaws=(NONE,)),
        "for people": case(issue("l", middle, HOST, extensions=[purpose(mail)]), middle, flaws=(NONE,)),
        "for servers and people": case(issue("l", middle, HOST, extensions=[purpose(mail, server)]), middle),
        "a critical extension that nobody knows": case(issue("l", middle, HOST, extensions=[strange]), middle, flaws=(NONE,)),
        "too deep": case(issue("l", deep[-1], HOST), *reversed(deep[1:]), flaws=(NONE,)),
        "another name": case(leaf, middle, name="mx.example.org", flaws=(f"{NAME}: {HOST}",)),
        "no name at all": case(named(), middle, flaws=(f"{NAME}: it has none",)),
        "only a common name": case(issue(HOST, middle), middle, flaws=(NAME,)),
        "one of its names": case(named("a.example", HOST), middle),
        "in upper case": case(named("MX.Example.NET"), middle),
        "the name asked for in upper case": case(leaf, middle, name="MX.EXAMPLE.NET."),
        "a wildcard": case(named("*.example.net"), middle),
        "a wildcard is one label": case(named("*.net"), middle, flaws=(NAME,)),
        "a wildcard is not the name below it": case(named("*.example.net"), middle, name="example.net", flaws=(NAME,)),
        "a wildcard is a whole label": case(named("m*.example.net"), middle, flaws=(NAME,)),
        "a wildcard is the first label": case(named("mx.*.net"), middle, flaws=(NAME,)),
        "a wildcard right below the root": case(named("*.net"), middle, name="example.net", flaws=(NAME,)),
        "a wildcard stands for no wildcard": case(named("*.example.net"), middle, name="*.example.net", flaws=(NAME,)),
        "IDN": case(named("mx.xn--bcher-kva.example"), middle, name="mx.bücher.example"),
        "an address": case(named("ip:192.0.2.1"), middle, name="192.0.2.1"),
        "an IPv6 address": case(named("ip:2001:db8::1"), middle, name="2001:DB8:0::1"),
        "another address": case(named("ip:192.0.2.2"), middle, name="192.0.2.1", flaws=(NAME,)),
        "an address written as a name": case(named("192.0.2.1"), middle, name="192.0.2.1", flaws=(NAME,)),
        "what is no name": case(leaf, middle, name="a..b", flaws=(NAME,)),
    }


@pytest.mark.parametrize("name", sorted(cases()))
def test_what_is_wrong(name: str) -> None:
    case = cases()[name]
    anchors = Anchors([each.der for each in case.roots])
    status, reasons = judge([each.der for each in case.chain], case.name, anchors, now=NOW)
    assert len(reasons) == len(case.flaws), reasons
    for reason, flaw in zip(reasons, case.flaws, strict=True):
        assert reason.startswith(flaw)
    assert status is (Status.FAIL if case.flaws else Status.PASS)


NOT_ASKED = {"too deep", "IDN", "what is no name"}
"""The bound is ours; openssl wants A-labels and has no opinion on what is no name."""

STRICTER = {"a wildcard is a whole label", "a wildcard stands for no wildcard", "only a common name"}
"""openssl takes these, as RFC 6125 did; RFC 9525 sections 2 and 6.3 do not."""


@pytest.mark.external
@pytest.mark.parametrize("name", sorted(cases().keys() - NOT_ASKED))
def test_openssl_says_the_same(name: str, tmp_path: Path) -> None:
    case = cases()[name]
    leaf, rest, roots = (tmp_path / each for each in ("leaf.pem", "rest.pem", "roots.pem"))
    leaf.write_bytes(case.chain[0].pem)
    rest.write_bytes(b"".join(each.pem for each in case.chain[1:]))
    roots.write_bytes(b"".join(each.pem for each in case.roots))
    command = ["openssl", "verify", "-attime", str(NOW), "-no-CApath", "-no-CAstore", "-purpose", "sslserver"]
    command += ["-CAfile", str(roots)] if case.roots else ["-no-CAfile"]
    command += ["-untrusted", str(rest)] if len(case.chain) > 1 else []
    is_address = (case.name[0].isdigit() and ":" in case.name) or case.name.replace(".", "").isdigit()
    command += ["-verify_ip" if is_address else "-verify_hostname", case.name.rstrip("."), str(leaf)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode == 0) is (not case.flaws or name in STRICTER), done


def test_without_a_name_nothing_is_wrong_but_nothing_is_sure() -> None:
    case = cases()["good"]
    anchors = Anchors([each.der for each in case.roots])
    status, reasons = judge([each.der for each in case.chain], "", anchors, now=NOW)
    assert (status, reasons) == (Status.NEUTRAL, ("there was no name to judge the certificate for",))


@pytest.mark.parametrize(
    ("chain", "reason"),
    [
        ([], "the server showed no certificate"),
        ([b"garbage"], "the certificate cannot be read"),
        ([make(HOST)[:-20]], "the certificate cannot be read"),
        ([make(HOST, days=(-1, 365)), b"garbage"], "the certificate is self-signed"),
    ],
)
def test_garbage(chain: list[bytes], reason: str) -> None:
    status, reasons = judge(chain, HOST, Anchors([b"garbage"]), now=NOW)
    assert status is Status.FAIL
    assert reasons[0] == reason


def test_a_thousand_certificates_of_one_name() -> None:
    """Each could have issued each: the search is bounded."""
    key = issue("A", authority=True).key
    same = [issue("A", authority=True, key=key).der for _ in range(19)]
    below = issue("leaf", Issued(same[0], key), HOST)
    status, _ = judge([below.der, *same], HOST, Anchors([issue("Root", authority=True).der]), now=NOW)
    assert status is Status.FAIL


@given(which=st.integers(0, 1), changes=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 255)), min_size=1, max_size=3))
def test_a_damaged_chain_never_passes_and_raises_nothing(which: int, changes: list[tuple[int, int]]) -> None:
    case = cases()["good"]
    chain = [each.der for each in case.chain]
    damaged = bytearray(chain[which])
    for at, change in dict(changes).items():
        damaged[at % len(damaged)] ^= change
    if bytes(damaged) == chain[which]:  # two changes met at one place
        return
    chain[which] = bytes(damaged)
    status, reasons = judge(chain, HOST, Anchors([each.der for each in case.roots]), now=NOW)
    assert status is Status.FAIL
    assert all(reasons)
