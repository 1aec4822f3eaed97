"""The delivery plan and a real handshake with every mail host of the lab, as `--tls auto` would have them; Postfix's own tool
is asked where it can judge. `tests/lab/README.md` says how to start the lab."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mailsec.api.session import VALIDATE, Session, Settings
from mailsec.net.security import Security
from mailsec.net.tcp import converse
from mailsec.transport.smtp.policy import TlsMode, TlsVerdict, judge_tls
from mailsec.transport.smtp.route import Hop, Route, route
from mailsec.transport.wire import Connect, Dialogue, Failed, Got, Receive, Secured, Send, StartTls, TlsState, TlsWish

pytestmark = pytest.mark.lab

HOSTS = """
badds.test          temperror
bogus.test          temperror
danebad.test        mx.danebad.test        dane           fail
danemxunsigned.test mx.unsigned.test       opportunistic  pass
daneunusable.test   mx.daneunusable.test   encrypted      pass
dmarcbad.test       fail
example.test        mx1.example.test       dane           pass
                    mx2.example.test       dane           pass
expired.test        temperror
expiredcert.test    mx.expiredcert.test    opportunistic  pass
failover.test       down.failover.test     opportunistic  refused
                    temp.failover.test     opportunistic  450
                    up.failover.test       opportunistic  pass
implicitmx.test     implicitmx.test        opportunistic  pass
inject.test         mx.inject.test         opportunistic  pass
iterations.test     mx.iterations.test     opportunistic  pass
nomail.test         fail
nosuch.test         fail
nsec3.test          mx.nsec3.test          dane           pass
nullmx.test         fail
oldtls.test         mx.oldtls.test         opportunistic  pass    smtp-old-tls
optout.test         mx.optout.test         opportunistic  pass
plain.test          mx.plain.test          opportunistic  clear   smtp-in-the-clear
report.test         fail
selfsigned.test     mx.selfsigned.test     dane           pass
sha1.test           mx.sha1.test           opportunistic  pass
smuggle.test        mx.smuggle.test        opportunistic  pass
spfloop.test        fail
spfmany.test        fail
spftwo.test         fail
spfvoid.test        fail
stsbadcert.test     mx.stsbadcert.test     opportunistic  pass
stsmismatch.test    mx.stsmismatch.test    pkix           barred
stsonly.test        mx2.example.test       pkix           pass
ststesting.test     mx.ststesting.test     opportunistic  pass    smtp-sts-testing-failed
sub.optout.test     mx.sub.optout.test     opportunistic  pass
unsigned.test       mx.unsigned.test       opportunistic  pass
wild.test           mx.wild.test           opportunistic  pass
wild3.test          mx.wild3.test          opportunistic  pass
wrongname.test      mx.wrongname.test      opportunistic  pass
"""
"""What becomes of each domain: of the plan, or host by host what TLS has to be like, how it ends, and the findings."""

PKIX = """
example.test        mx1.example.test     pass
example.test        mx2.example.test     pass
nsec3.test          mx.nsec3.test        pass
danebad.test        mx.danebad.test      pass
expiredcert.test    mx.expiredcert.test  the certificate has expired
wrongname.test      mx.wrongname.test    the certificate is for another name: someone-else.invalid
selfsigned.test     mx.selfsigned.test   the certificate is self-signed
ststesting.test     mx.ststesting.test   the certificate is self-signed; the certificate is for another name: mx.selfsigned.test
wild.test           mx.wild.test         the certificate is for another name: mx1.example.test, mail.example.test,
plain.test          mx.plain.test        TLS is needed (a valid certificate was asked for), and there is none
oldtls.test         mx.oldtls.test       TLS failed: the other side has none of the versions offered
implicitmx.test     implicitmx.test      pass
stsonly.test        mx2.example.test     pass
"""
"""What `--tls verify` makes of hosts: pass, or how the complaint begins."""


def lab() -> Path:
    folder = os.environ.get("MAILSEC_LAB")
    assert folder, "MAILSEC_LAB names the lab's run folder; without it these tests cannot run"
    assert (Path(folder) / "ns.pid").exists(), "mail goes to port 25: start the lab with up.sh --netns"
    return Path(folder)


@dataclass(frozen=True)
class Row:
    """One line of HOSTS: without a host, `end` is that of the plan."""

    domain: str
    host: str
    need: str
    end: str
    findings: frozenset[str]


def rows() -> list[Row]:
    found: list[Row] = []
    for line in HOSTS.strip("\n").splitlines():
        domain = line.split()[0] if line[0] != " " else found[-1].domain
        words = line.split()[line[0] != " " :]
        if len(words) == 1:
            found.append(Row(domain, "", "", words[0], frozenset()))
        else:
            found.append(Row(domain, *words[:3], frozenset(words[3:])))
    return found


@cache
def plans(mode: TlsMode) -> dict[str, Route]:
    """The plan for every domain of the lab, and one that is not there."""
    run = lab()
    names = [*json.loads((run / "lab.json").read_text())["domains"], "nosuch.test"]
    settings = Settings(dnssec=VALIDATE, anchors=str(run / "root.key"), ca_file=str(run / "pki/ca.crt"), allow_private=True)
    with Session(settings) as session:
        return {names[at]: plan for at, plan in session.run_many(route(name, mode) for name in names)}


def starttls(hop: Hop) -> Dialogue[Secured | Failed | str]:
    """A session up to the handshake: how that ended, or what the server said in place of it."""
    connected = yield Connect(0, hop.host.addresses, 25, 5)
    if isinstance(connected, Failed):
        return connected
    greeting = yield from reply()
    if not greeting.startswith("220"):
        return greeting[:3]
    yield Send(0, b"EHLO client.test\r\n", 10)
    offers = yield from reply()
    if "STARTTLS" not in offers:
        return "clear"
    yield Send(0, b"STARTTLS\r\n", 10)
    if not (yield from reply()).startswith("220"):
        return "clear"
    outcome = yield StartTls(0, hop.policy.wish, 10)
    assert isinstance(outcome, Secured | Failed)
    return outcome


def reply() -> Dialogue[str]:
    data = b""
    while not data.endswith(b"\n") or data.splitlines()[-1][3:4] == b"-":
        got = yield Receive(0, 10)
        assert isinstance(got, Got)
        data += got.data
    return data.decode()


def tried(hop: Hop) -> tuple[str, TlsVerdict | None]:
    """How it ends with one host, and the verdict on its TLS."""
    if hop.barrier is not None:
        return "barred", None
    end = converse(starttls(hop), Security(str(lab() / "pki/ca.crt")))
    if isinstance(end, str) and end != "clear":
        return end, None
    if isinstance(end, Failed):
        return end.end if end.end != "tls" else end.reason, None
    state: TlsState | None = None if isinstance(end, str) else end.tls
    verdict = judge_tls(hop.policy, state, now=int(time.time()))
    return ("clear" if state is None and not verdict.complaint else verdict.status.value), verdict


def test_every_domain_is_in_the_table() -> None:
    assert sorted({row.domain for row in rows()}) == sorted(plans(TlsMode.AUTO))


@pytest.mark.parametrize("row", [row for row in rows() if not row.host], ids=lambda row: row.domain)
def test_domains_that_mail_does_not_go_to(row: Row) -> None:
    assert plans(TlsMode.AUTO)[row.domain].status == row.end


@pytest.mark.parametrize("row", [row for row in rows() if row.host], ids=lambda row: f"{row.domain} {row.host}")
def test_what_tls_auto_makes_of_a_host(row: Row) -> None:
    plan = plans(TlsMode.AUTO)[row.domain]
    assert [hop.host.name for hop in plan.hops] == [each.host for each in rows() if each.domain == row.domain]
    hop = next(hop for hop in plan.hops if hop.host.name == row.host)
    assert hop.policy.need == row.need
    end, verdict = tried(hop)
    assert end == row.end, verdict
    assert {found.rule for found in (verdict.findings if verdict else ())} == row.findings


def expectations() -> list[tuple[str, str, str]]:
    return [(words[0], words[1], words[2]) for words in (line.split(maxsplit=2) for line in PKIX.strip().splitlines())]


@pytest.mark.parametrize(("domain", "host", "expected"), expectations())
def test_what_tls_verify_makes_of_a_host(domain: str, host: str, expected: str) -> None:
    hop = next(hop for hop in plans(TlsMode.VERIFY)[domain].hops if hop.host.name == host)
    end, verdict = tried(hop)
    said = end if verdict is None else verdict.complaint or "pass"
    assert said.startswith(expected)


# --- the second judge


def finger(level: str, target: str) -> str:
    """What Postfix says of the first host of `target`."""
    roots = [] if level == "dane-only" else ["-F", str(lab() / "pki/ca.crt")]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.cf").write_text("compatibility_level = 3.6\ninet_protocols = ipv4\n")
        command = ["posttls-finger", "-c", "-l", level, "-L", "summary", *roots, "-T", "5", target]
        environment = {**os.environ, "MAIL_CONFIG": folder}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@cache
def fingers(level: str, targets: tuple[str, ...]) -> dict[str, str]:
    """What Postfix says of all `targets`; side by side, since it takes its time."""
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(targets, pool.map(lambda target: finger(level, target), targets), strict=True))


def first_hosts() -> list[Row]:
    rows_with_host = [row for row in rows() if row.host and row.end in ("pass", "fail")]
    return [row for at, row in enumerate(rows_with_host) if row.domain not in {each.domain for each in rows_with_host[:at]}]


def test_postfix_agrees_on_dane() -> None:
    rows = first_hosts()
    said = fingers("dane-only", tuple(row.domain for row in rows))
    verified = {domain for domain, text in said.items() if "Verified TLS connection established" in text}
    assert verified == {row.domain for row in rows if row.need == "dane" and row.end == "pass"}


def test_postfix_agrees_on_certificates() -> None:
    said = fingers("verify", tuple(f"[{host}]" for _, host, _ in expectations()))
    verified = {host for host, text in said.items() if "Verified TLS connection established" in text}
    assert verified == {f"[{host}]" for _, host, expected in expectations() if expected == "pass"}


def injected() -> Dialogue[str]:
    """What the faulty server says encrypted, after it said more than its 220 in one segment in the clear."""
    yield Connect(0, ("127.0.0.36",), 25, 5)
    yield from reply()
    yield Send(0, b"EHLO inj-response.test\r\n", 5)
    yield from reply()
    yield Send(0, b"STARTTLS\r\n", 5)
    got = yield Receive(0, 5)
    assert isinstance(got, Got)
    assert got.data.startswith(b"220 go\r\n250-injected.example\r\n")
    assert isinstance((yield StartTls(0, TlsWish("mx.inject.test"), 5)), Secured)
    yield Send(0, b"EHLO x\r\n", 5)
    return (yield from reply())


def test_what_was_injected_before_the_handshake_does_not_cross_it() -> None:
    said = converse(injected(), Security(str(lab() / "pki/ca.crt")))
    assert said.startswith("250-mx.inject.test")
    assert "injected" not in said
