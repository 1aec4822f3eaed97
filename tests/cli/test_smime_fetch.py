"""`verify --fetch` over sockets: issuers, OCSP responses and lists that certificates name, kept, saved and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from mailsec.core.exits import Exit
from tests.certificates import Issued, issue
from tests.content.smime.forge import HEADER, TEXT, Signing, multipart, signed_data
from tests.dns_server import DnsServer
from tests.trust.x509.people import ALICE, MAIL, authority, crl, purpose, response, usage, world
from tests.trust.x509.test_fetching import access, points

HOST = "ca.example"


@dataclass
class Web:
    """An authority's web server: what is at which path, and what was asked for."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            body = next((page for path, page in made.pages.items() if self.path.startswith(path)), None)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@dataclass
class Mail:
    """A signed mail whose issuer is not in it, and the options to look at it with."""

    alice: Issued
    middle: Issued
    file: Path
    options: tuple[object, ...]
    env: dict[str, str]


@pytest.fixture
def mail(web: Web, tmp_path: Path) -> Iterator[Mail]:
    root = world()["root"]
    signing = usage("key_cert_sign", "crl_sign")
    middle = authority("Web Middle", root, extensions=[signing, points(web.url("/root.crl"))])
    named = access_all(web)
    alice = issue("alice", middle, ALICE, extensions=[usage("digital_signature"), purpose(MAIL), *named])
    web.pages = {
        "/middle.cer": middle.der,
        "/root.crl": crl(root),
        "/ocsp": response(middle, alice, good=True),
        "/middle.crl": crl(middle),
    }
    (tmp_path / "roots.pem").write_bytes(root.pem)
    file = tmp_path / "m.eml"
    signed = signed_data(TEXT, Signing(alice), certificates=[alice])
    file.write_bytes(HEADER.replace(b"alice@bank.example", ALICE.encode()) + multipart(TEXT, signed))
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with DnsServer({HOST: {"A": ["127.0.0.1"]}}) as dns:
        options = ("--at", "2027-01-15T08:00:00Z", "--ca", tmp_path / "roots.pem", "--dnssec", "off", "--json")
        yield Mail(alice, middle, file, (*options, "--allow-private", "--nameserver", dns.address), env)


def access_all(web: Web) -> list[Any]:
    both = [*access(Access.OCSP, web.url("/ocsp"))[0], *access(Access.CA_ISSUERS, web.url("/middle.cer"))[0]]
    return [(type(access(Access.OCSP)[0])(both), False), points(web.url("/middle.crl"))]


def path(text: str) -> dict[str, Any]:
    """The path in the report."""

    def found(checks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for each in checks:
            if each["name"] == "certificate-path":
                yield each
            yield from found(each["children"])

    return next(found(json.loads(text)["checks"]))


def test_all_that_is_named_is_asked_for(mail: Mail, web: Web, mailsec) -> None:
    assert mailsec("verify", *mail.options, mail.file, env=mail.env).code == Exit.KEY
    assert web.asked == []
    ended = mailsec("verify", *mail.options, "--require-revocation", "--fetch", mail.file, env=mail.env)
    assert ended.code == Exit.HOLDS, ended.stdout
    assert [each[:7] for each in web.asked] == ["/middle", "/ocsp/M", "/root.c"]
    assert "revocation not checked" not in ended.stdout


@pytest.mark.parametrize("which", ["/ocsp", "/middle.crl", "/root.crl"])
def test_what_is_revoked_is_bad(which: str, mail: Mail, web: Web, mailsec) -> None:
    saying = {
        "/ocsp": response(mail.middle, mail.alice, good=False),
        "/middle.crl": crl(mail.middle, mail.alice),
        "/root.crl": crl(world()["root"], mail.middle),
    }
    web.pages[which] = saying[which]
    if which == "/middle.crl":
        del web.pages["/ocsp"]
    ended = mailsec("verify", *mail.options, "--fetch", mail.file, env=mail.env)
    assert ended.code == Exit.DOES_NOT_HOLD
    assert "x509-revoked" in ended.stdout


def test_a_saved_run_is_replayed_without_the_network(mail: Mail, web: Web, tmp_path: Path, mailsec) -> None:
    saved = tmp_path / "answers.json"
    required = ("verify", *mail.options, "--require-revocation", "--fetch")
    first = mailsec(*required, "--save-answers", saved, mail.file, env=mail.env)
    assert first.code == Exit.HOLDS, first.stderr
    asked = len(web.asked)
    assert not (tmp_path / "cache").exists()
    options = [each for each in required if each != "--nameserver"][:-3]
    again = mailsec(*options, "--require-revocation", "--fetch", "--answers", saved, mail.file, env=mail.env)
    assert (again.code, len(web.asked)) == (Exit.HOLDS, asked), again.stderr
    assert path(again.stdout) == path(first.stdout)


def test_what_was_fetched_is_kept(mail: Mail, web: Web, tmp_path: Path, mailsec) -> None:
    required = ("verify", *mail.options, "--require-revocation")
    assert mailsec(*required, "--fetch", mail.file, env=mail.env).code == Exit.HOLDS
    asked = len(web.asked)
    for more in (("--fetch",), ()):
        ended = mailsec(*required, *more, mail.file, env=mail.env)
        assert (ended.code, len(web.asked)) == (Exit.HOLDS, asked), ended.stdout
        assert "kept from an earlier run" in ended.stdout
    alone = required[: required.index("--allow-private")]
    assert mailsec(*alone, "--require-revocation", "--offline", mail.file, env=mail.env).code == Exit.HOLDS
    (tmp_path / "z.zone").write_text("$ORIGIN example.org.\n@ 60 IN TXT x\n")
    assert mailsec(*alone, "--require-revocation", "--zone", tmp_path / "z.zone", mail.file, env=mail.env).code == Exit.KEY
    assert len(list((tmp_path / "cache" / "mailsec" / "x509").iterdir())) == 3


def test_what_proves_nothing_is_not_kept(mail: Mail, web: Web, tmp_path: Path, mailsec) -> None:
    forged = crl(mail.middle, signer=world()["other"])
    web.pages |= {"/middle.crl": forged, "/ocsp": response(mail.middle, mail.alice, good=True, days=(-9, -1))}
    web.pages["/root.crl"] = crl(world()["root"], signer=world()["other"])
    ended = mailsec("verify", *mail.options, "--require-revocation", "--fetch", mail.file, env=mail.env)
    assert ended.code == Exit.KEY
    assert "x509-revocation-unknown" in ended.stdout
    assert not (tmp_path / "cache").exists()


def test_files_that_tell_it_spare_the_request(mail: Mail, web: Web, tmp_path: Path, mailsec) -> None:
    (tmp_path / "a.crl").write_bytes(crl(mail.middle))
    ended = mailsec(
        "verify", *mail.options, "--crl", tmp_path / "a.crl", "--fetch", "--require-revocation", mail.file, env=mail.env
    )
    assert ended.code == Exit.HOLDS
    assert web.asked == ["/middle.cer", "/root.crl"]
