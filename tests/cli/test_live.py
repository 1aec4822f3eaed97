"""The same examples, asked of a name server: live answers and zone files lead to the same verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailsec.net.zone import load_zones
from tests.dns_server import DnsServer, Fault

EXAMPLES = Path(__file__).parents[2] / "examples"
ZONE = EXAMPLES / "example.zone"
BORDER = ("--received-from", "mx.receiver.example")
NAMES = [line.split("\t")[1] for line in (EXAMPLES / "expected.tsv").read_text().splitlines()]


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer(load_zones([("example.zone", ZONE.read_text())])) as running:
        # a server does not answer *timeout*: it does not answer
        running.always.update({"slow.example": Fault.DROP, "s._domainkey.slow.example": Fault.DROP})
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_live_and_offline_agree(name: str, server: DnsServer, mailsec) -> None:
    offline = mailsec("verify", "--zone", ZONE, *BORDER, "--json", EXAMPLES / "messages" / name)
    live = mailsec(
        "verify", "--nameserver", server.address, "--timeout", "0.5", *BORDER, "--json", EXAMPLES / "messages" / name
    )
    assert live.code == offline.code
    one, other = json.loads(live.stdout), json.loads(offline.stdout)
    assert one["verdict"] == other["verdict"]
    assert one["status"] == other["status"]
    if name != "outage.eml":
        assert one["summary"] == other["summary"]


def test_equal_questions_of_several_messages_are_asked_once(server: DnsServer, mailsec) -> None:
    files = [EXAMPLES / "messages" / name for name in ("signed.eml", "forwarded.eml", "signed.eml")]
    assert mailsec("verify", "--nameserver", server.address, *BORDER, *files).code == 0
    questions = [(asked.name, asked.type) for asked in server.asked]
    assert len(questions) == len(set(questions))


def test_servfail_is_never_taken_for_absence(server: DnsServer, mailsec) -> None:
    server.always["_dmarc.bank.example"] = Fault.SERVFAIL
    ended = mailsec("verify", "--nameserver", server.address, *BORDER, "--json", EXAMPLES / "messages" / "forged.eml")
    report = json.loads(ended.stdout)
    assert (ended.code, report["status"], report["verdict"]["domain"]) == (5, "temperror", "open")


def test_a_silent_server_costs_the_timeout_and_no_more(mailsec) -> None:
    with DnsServer({}, always={"bank.example": Fault.DROP, "_dmarc.bank.example": Fault.DROP}) as silent:
        ended = mailsec(
            "check", "bank.example", "--ip", "192.0.2.1", "--nameserver", silent.address, "--timeout", "0.3", "--json"
        )
    assert ended.code == 5
    assert "timeout" in json.loads(ended.stdout)["summary"]
