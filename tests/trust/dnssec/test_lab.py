"""The validator beside Unbound: real Knot, real Unbound, real signatures. `tests/lab/README.md` says how to start them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from mailsec.core.flow import Answer, Dnssec, Flow, Query, ask, gather, run, through
from mailsec.core.rdata import name
from mailsec.net.dns import LiveSource
from mailsec.trust.dnssec.anchors import load
from mailsec.trust.dnssec.validator import Validator

pytestmark = pytest.mark.lab

MORE = {
    "example.test": [
        ("_25._tcp.mx1", "TLSA"),
        ("cname._domainkey", "TXT"),
        ("no._domainkey", "TXT"),
        ("_tcp.mx1", "A"),
        ("", "CAA"),
    ],
    "nullmx.test": [("any._domainkey", "TXT"), ("any._domainkey", "MX"), ("a.b._domainkey", "TXT")],
    "optout.test": [("sub", "DS"), ("sub", "MX"), ("no.sub", "A"), ("no", "DS")],
}
WILD = [
    *(("any", type) for type in ("TXT", "MX", "DS")),
    *(("any.deep.er", type) for type in ("TXT", "MX")),
    *(
        (label, "A")
        for label in ("c", "b.c", "a.b.c", "x.b.c", "x.ent", "old", "mx1.old", "no.old", "x.deep", "alias", "out", "gone")
    ),
    *((label, type) for label in ("x.ent", "*.ent", "*") for type in ("MX", "TXT", "A")),
    ("alias", "CNAME"),
    ("alias", "DS"),
    ("x.alias", "A"),
    ("old", "DNAME"),
]
MORE |= dict.fromkeys(("wild.test", "wild3.test", "iterations.test"), WILD)

EXCEPTIONS = {
    "sha1.test": "RFC 9905: signatures with SHA-1 count as none; Unbound still accepts them",
    "iterations.test": "RFC 9276: with over 50 iterations what rests on NSEC3 is insecure; Unbound's limit is 150",
}
"""Where the two differ on purpose: what Unbound calls secure is insecure here."""


def lab() -> dict[str, Any]:
    folder = os.environ.get("MAILSEC_LAB")
    assert folder, "MAILSEC_LAB names the lab's run folder; without it these tests cannot run"
    return {"run": Path(folder), **json.loads((Path(folder) / "lab.json").read_text())}


def questions(domains: list[str]) -> Iterator[Query]:
    for domain in domains:
        for host, type in [
            *(("", type) for type in ("MX", "TXT", "A", "AAAA", "NS", "SOA", "DS", "DNSKEY", "TLSA")),
            *((label, type) for label in ("_dmarc", "mx", "_25._tcp.mx", "www", "no.such") for type in ("A", "TXT", "TLSA")),
            ("no-such-name", "MX"),
            ("no-such-name", "DS"),
            ("mx", "DS"),
            *MORE.get(domain, []),
        ]:
            yield Query(f"{host}.{domain}".removeprefix("."), type)
    for upper, type in [
        ("", "DNSKEY"),
        ("", "NS"),
        ("", "DS"),
        ("test", "DS"),
        ("nothing", "A"),
        ("nothing.test", "A"),
        ("test", "MX"),
    ]:
        yield Query(upper, type)
    yield Query("25.0.0.127.in-addr.arpa", "PTR")
    yield Query("77.0.0.127.in-addr.arpa", "PTR")


def unbound(query: Query, address: str) -> Dnssec:
    host, _, port = address.rpartition(":")

    def sent(flags: int) -> dns.message.Message:
        message = dns.message.make_query(query.name + ".", query.type, want_dnssec=True)
        message.flags |= flags
        return dns.query.udp_with_fallback(message, host, port=int(port), timeout=10)[0]

    reply = sent(dns.flags.AD)
    if reply.rcode() == dns.rcode.SERVFAIL:
        assert sent(dns.flags.CD).rcode() != dns.rcode.SERVFAIL, query
        return Dnssec.BOGUS
    return Dnssec.SECURE if reply.flags & dns.flags.AD else Dnssec.INSECURE


def expected(query: Query, theirs: Dnssec, ours: Answer) -> Dnssec:
    """What ours has to be: the same as theirs, or what the exception of the domain demands."""
    last = name(ours.aliases[-1].rdata) if ours.aliases else query.name
    domain = ".".join(last.split(".")[-2:])
    if domain not in EXCEPTIONS or theirs is not Dnssec.SECURE:
        return theirs
    signatures = [record for record in ours.proof if record.type == "RRSIG" and record.owner == last]
    made = any(record.rdata[3] < len(last.split(".")) and not last.startswith("*") for record in signatures)
    exempt = (last, query.type) == ("sha1.test", "DS") or (domain == "iterations.test" and ours.status == "ok" and not made)
    return theirs if exempt or (last, query.type) == (domain, "DS") else Dnssec.INSECURE


@pytest.mark.parametrize("server", ["resolver", "authoritative"])
def test_every_answer_is_judged_as_unbound_judges_it(server: str) -> None:
    here = lab()
    validator = Validator(load((here["run"] / "root.key").read_text()), now=int(time.time()))
    source = LiveSource([here[server]], timeout=60, dnssec_ok=True, checking_disabled=server == "resolver")
    asked = list(questions(here["domains"]))

    def every() -> Flow[list[Answer]]:
        return (yield from gather(ask(query.name, query.type) for query in asked))

    ours = run(through(every(), validator.handle), source)
    source.close()
    assert len(here["domains"]) >= 30
    wrong = []
    for query, answer in zip(asked, ours, strict=True):
        theirs = unbound(query, here["resolver"])
        if answer.dnssec is not expected(query, theirs, answer):
            wrong.append(
                f"{query.type} {query.name}: unbound {theirs}, mailsec {answer.dnssec} ({answer.status}, {answer.reason})"
            )
    assert not wrong, "\n".join(wrong)
    states = {answer.dnssec for answer in ours}
    assert states == {Dnssec.SECURE, Dnssec.INSECURE, Dnssec.BOGUS}
