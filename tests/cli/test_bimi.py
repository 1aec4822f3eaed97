"""BIMI through the command line: records, logos and mark certificates over HTTPS, in `check` and in `verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailsec.core.moment import utc
from tests.certificates import NOW
from tests.dns_server import DnsServer
from tests.https_server import HOST, Authority, HttpsServer, Page, page, redirect, reply
from tests.sender.bimi.marks import SVG, bundle, mark, root

MESSAGE = b"From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: hi\r\n\r\nhello\r\n"
ENVELOPE = ("--ip", "192.0.2.1", "--helo", "mx.example.com", "--mail-from", "alice@example.com")


@dataclass
class Brand:
    """A domain with a logo and a certificate, and the options to look at it with."""

    web: HttpsServer
    dns: DnsServer
    folder: Path
    authority: Authority

    @property
    def options(self) -> tuple[object, ...]:
        common = ("--nameserver", self.dns.address, "--dnssec", "off", "--allow-private", "--ca", self.authority.path)
        return (*common, "--at", utc(NOW), "--bimi-ca", self.folder / "roots.pem")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def pages() -> dict[str, Page]:
    return {"/logo.svg": page(SVG, b"Content-Type: image/svg+xml"), "/mark.pem": page(bundle(mark()))}


@pytest.fixture
def brand(authority: Authority, tmp_path: Path, pages: dict[str, Page]) -> Iterator[Brand]:
    (tmp_path / "roots.pem").write_bytes(root().pem)
    (tmp_path / "m.eml").write_bytes(MESSAGE)
    (tmp_path / "logo.svg").write_bytes(SVG)
    (tmp_path / "mark.pem").write_bytes(bundle(mark()))
    with HttpsServer(authority, pages) as web:
        table = {
            "example.com": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
            "_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject"]},
            "default._bimi.example.com": {"TXT": [f"v=BIMI1; l={web.url('/logo.svg')}; a={web.url('/mark.pem')}"]},
            "declined.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
            HOST: {"A": ["127.0.0.1"]},
        }
        with DnsServer(table) as dns:
            yield Brand(web, dns, tmp_path, authority)


def bimi(text: str) -> dict:
    return next(check for check in json.loads(text)["checks"] if check["name"] == "bimi")


def children(check: dict) -> dict[str, str]:
    return {child["name"]: child["status"] for child in check["children"]}


def rules(check: dict) -> set[str]:
    return {found["rule"] for found in check["findings"]}.union(*map(rules, check["children"]))


def check(brand: Brand, mailsec, *more: object) -> tuple[int, dict]:
    ended = mailsec("check", "example.com", "--only", "bimi", *brand.options, "--json", *more)
    return ended.code, bimi(ended.stdout)


def test_nothing_is_fetched_unasked(brand: Brand, mailsec) -> None:
    code, found = check(brand, mailsec)
    assert (code, found["status"]) == (0, "pass")
    assert children(found) == {"indicator": "skipped", "certificate": "skipped"}
    assert found["children"][0]["reason"] == "not fetched without --fetch"
    assert brand.web.requests == []


def test_record_logo_and_certificate(brand: Brand, mailsec) -> None:
    code, found = check(brand, mailsec, "--fetch")
    assert (code, found["status"], children(found)) == (0, "pass", {"indicator": "pass", "certificate": "pass"})
    assert len(brand.web.requests) == 2
    assert any(b"Accept: image/svg+xml\r\n" in request for request in brand.web.requests)


@pytest.mark.parametrize(
    ("path", "given", "status", "rule"),
    [
        ("/logo.svg", page(SVG.replace(b"<rect", b"<script/><rect")), "fail", "bimi-svg-script"),
        ("/logo.svg", page(SVG.replace(b"64 64", b"65 65")), "fail", "bimi-cert-other-logo"),
        ("/logo.svg", page(b" " * 300_000), "fail", "bimi-svg-size"),
        ("/logo.svg", redirect("/logo.svg"), "fail", "bimi-not-fetched"),
        ("/logo.svg", lambda line, head: line.send(reply(status=b"404 Not Found")), "fail", "bimi-not-fetched"),
        ("/logo.svg", lambda line, head: line.send(reply(status=b"503 Busy")), "temperror", ""),
        ("/mark.pem", page(b"nothing"), "fail", "bimi-cert-unreadable"),
        ("/mark.pem", page(bundle(mark("example.org"))), "fail", "bimi-cert-domain"),
        ("/mark.pem", redirect("http://mta-sts.example.com/mark.pem"), "temperror", ""),
    ],
)
def test_what_is_wrong(path: str, given: Page, status: str, rule: str, brand: Brand, pages, mailsec) -> None:
    pages[path] = given
    code, found = check(brand, mailsec, "--fetch", "--fail-on", "never")
    assert found["status"] == status
    assert not rule or rule in rules(found)
    assert code == (5 if status == "temperror" else 1)


def test_a_root_that_is_not_known(brand: Brand, mailsec) -> None:
    (brand.folder / "roots.pem").write_bytes(mark().pem)
    code, found = check(brand, mailsec, "--fetch")
    assert (code, found["status"]) == (0, "neutral")
    assert found["reason"] == "certificate: its root is not known here: not judged"


def test_a_run_is_repeated_from_its_answers(brand: Brand, mailsec) -> None:
    saved = brand.folder / "run.json"
    first = mailsec("check", "example.com", "--only", "bimi", *brand.options, "--fetch", "--json", "--save-answers", saved)
    common = ("check", "example.com", "--only", "bimi", "--answers", saved, "--dnssec", "off", "--json")
    again = mailsec(*common, "--fetch", "--allow-private", "--bimi-ca", brand.folder / "roots.pem")
    assert (again.code, bimi(again.stdout)) == (first.code, bimi(first.stdout))
    unasked = mailsec(*common)
    assert children(bimi(unasked.stdout)) == {"indicator": "skipped", "certificate": "skipped"}


def test_files_before_they_are_published(brand: Brand, tmp_path: Path, mailsec) -> None:
    common = ("check", "new.example", "--only", "bimi", "--offline", "--at", utc(NOW), "--json")
    good = ("--bimi-svg", brand.folder / "logo.svg", "--bimi-cert", brand.folder / "mark.pem")
    ended = mailsec(*common, *good, "--bimi-ca", brand.folder / "roots.pem")
    assert children(bimi(ended.stdout)) == {"indicator": "pass", "certificate": "fail"}
    assert (ended.code, rules(bimi(ended.stdout))) == (1, {"bimi-cert-domain"})
    (tmp_path / "bad.svg").write_bytes(b"<svg/>")
    ended = mailsec("check", "example.com", "--only", "bimi", *brand.options, "--bimi-svg", tmp_path / "bad.svg", "--json")
    assert (ended.code, children(bimi(ended.stdout))) == (1, {"indicator": "fail", "certificate": "skipped"})
    assert brand.web.requests == []


def test_files_without_a_record(brand: Brand, mailsec) -> None:
    (brand.folder / "mark.pem").write_bytes(bundle(mark("declined.example")))
    (brand.folder / "bad.svg").write_bytes(b"<svg/>")
    common = ("check", "declined.example", "--only", "bimi", *brand.options, "--json")
    for name, code, status in (("logo.svg", 0, "pass"), ("bad.svg", 1, "fail")):
        given = ("--bimi-svg", brand.folder / name, "--bimi-cert", brand.folder / "mark.pem")
        ended = mailsec(*common, *given)
        assert (ended.code, bimi(ended.stdout)["status"]) == (code, status)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("a.example", "b.example", "--bimi-svg", "x"), 2, "belong to one domain"),
        (("a.example", "--bimi-svg", "missing.svg"), 4, "missing.svg"),
        (("a.example", "--bimi-ca", "missing.pem"), 4, "trusted roots cannot be read"),
    ],
)
def test_usage(arguments: tuple[str, ...], code: int, said: str, mailsec) -> None:
    ended = mailsec("check", *arguments, "--offline")
    assert (ended.code, ended.stdout) == (code, "")
    assert said in ended.stderr


def test_the_output_never_overwrites_the_logo(brand: Brand, mailsec) -> None:
    logo = brand.folder / "logo.svg"
    ended = mailsec("check", "example.com", "--offline", "--bimi-svg", logo, "-o", logo)
    assert (ended.code, logo.read_bytes()) == (2, SVG)


# --- verify


def verify(brand: Brand, mailsec, *more: object) -> tuple[int, dict]:
    ended = mailsec("verify", *ENVELOPE, *brand.options, "--json", *more, brand.folder / "m.eml")
    return ended.code, json.loads(ended.stdout)


def test_a_message_may_have_its_logo(brand: Brand, mailsec) -> None:
    code, report = verify(brand, mailsec, "--fetch")
    found = next(check for check in report["checks"] if check["name"] == "bimi")
    assert (code, found["status"], found["reason"]) == (0, "pass", "the logo may be shown")
    ended = mailsec("verify", *ENVELOPE, *brand.options, "--fetch", "--header", "--authserv-id", "mx", brand.folder / "m.eml")
    field = " ".join(ended.stdout.split())
    assert "bimi=pass" in field
    assert "header.d=example.com header.selector=default policy.authority=pass" in field
    assert f'policy.indicator-uri="{brand.web.url("/logo.svg")}"' in field


def test_without_fetch_nobody_asks_about_logos(brand: Brand, mailsec) -> None:
    code, report = verify(brand, mailsec)
    assert code == 0
    assert "bimi" not in {check["name"] for check in report["checks"]}
    assert brand.web.requests == []


def test_what_a_sender_brings_along_is_not_believed(brand: Brand, mailsec) -> None:
    (brand.folder / "m.eml").write_bytes(
        b"BIMI-Indicator: PHN2Zz4=\r\nBIMI-Location: v=BIMI1; l=https://evil.example/\r\n" + MESSAGE
    )
    for more in ((), ("--fetch",)):
        code, report = verify(brand, mailsec, *more)
        found = next(check for check in report["checks"] if check["name"] == "bimi")
        assert (code, rules(found)) == (0, {"bimi-brought-along"})
        assert found["status"] == ("pass" if more else "skipped")
        assert found["findings"][0]["message"] == "BIMI-Location, BIMI-Indicator: not believed"


def test_a_forged_message_has_none(brand: Brand, mailsec) -> None:
    forged = ("--ip", "198.51.100.7", "--helo", "x.example", "--mail-from", "alice@example.com")
    ended = mailsec("verify", *forged, *brand.options, "--fetch", "--json", brand.folder / "m.eml")
    assert ended.code == 1
    assert bimi(ended.stdout)["reason"] == "the message does not pass DMARC: fail"
    assert brand.web.requests == []
