"""The way of a message: its steps, what of it can be believed, how it is shown, and hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.message import MAX_RECEIVED
from mailsec.core.results import Check
from mailsec.message.fields import parse
from mailsec.message.path.read import ReceivedPath, received_path
from mailsec.message.path.returns import Scheme
from mailsec.message.path.roles import Role
from mailsec.message.path.steps import organization
from tests.message.received_fields import field, message


def at(second: int) -> str:
    return f"; Mon, 02 Nov 2026 10:{second // 60:02}:{second % 60:02} +0000"


RETURN = "Return-Path: <SRS0=9Tms=2W=bank.example=alice@forwarder.example>\r\n"
DELIVERY = field("from mx.receiver.example ([10.0.0.1]) by imap.receiver.example with LMTP id L1" + at(69))
BORDER = field(
    "from out.forwarder.example (out.forwarder.example [192.0.2.90]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384"
    " (256/256 bits)) by mx.receiver.example (Postfix) with ESMTPS id P1 for <bob@receiver.example>" + at(67)
)
FORWARD = field(
    "from mail.bank.example (mail.bank.example [192.0.2.10]) by in.forwarder.example (8.17.1/8.17.1) with ESMTP id S1" + at(5)
)
SUBMIT = field("from pc (dsl.isp.example [198.51.100.7]) by mail.bank.example (Postfix) with ESMTPSA id P0" + at(2))
WRITTEN = "Date: Mon, 2 Nov 2026 10:00:00 +0000 (UTC)\r\nUser-Agent: Mutt/2.2\r\n"
HOST = "mx.receiver.example"


def path(*parts: str, host: str = "") -> ReceivedPath:
    return received_path(message(*parts), received_from=host)


WHOLE = (RETURN, DELIVERY, BORDER, FORWARD, SUBMIT, WRITTEN)


def test_the_steps_oldest_first() -> None:
    found = path(*WHOLE)
    assert [step.role for step in found.steps] == [Role.SUBMISSION, Role.TRANSFER, Role.TRANSFER, Role.DELIVERY]
    assert [step.delay for step in found.steps] == [2, 3, 62, 2]
    assert [step.organization for step in found.steps] == [
        *("bank.example", "forwarder.example", "receiver.example", "receiver.example")
    ]
    assert [step.tls.used for step in found.steps] == [True, False, True, False]
    assert found.return_path is not None
    assert (found.return_path.scheme, found.return_path.inner) == (Scheme.SRS0, "alice@bank.example")
    assert not any(step.believed for step in found.steps)
    assert found.check.status is None
    assert not found.check.findings


def test_what_a_trusted_receiver_wrote_is_believed() -> None:
    found = path(*WHOLE, host=HOST)
    assert [step.believed for step in found.steps] == [False, False, True, True]
    assert str(found.border and found.border.ip) == "192.0.2.90"
    assert found.check.reason == (
        "4 hops in 1 min 7 s through 3 organizations; what is older than mx.receiver.example is only claimed"
    )
    assert [check.reason for check in found.check.children if check.child("submission") or check.child("transfer")] == [
        *("claimed", "claimed", "")
    ]


def test_without_a_border_nothing_is_believed() -> None:
    assert "no receiver was named" in path(*WHOLE).check.reason
    found = path(*WHOLE, host="mx.elsewhere.example")
    assert "no Received field is by mx.elsewhere.example" in found.check.reason
    assert not any(step.believed for step in found.steps)
    assert path(host=HOST).check.reason == "no Received field"
    assert path(BORDER, host=HOST).check.reason == f"1 hop; {HOST} wrote all of it"


def test_the_tree_for_people() -> None:
    found = path(*WHOLE, host=HOST).check
    lines = [f"{check.name}: {check.reason}" for check in found.walk()][1:]
    assert lines == [
        "return path: SRS0: forwarded; the sender was <alice@bank.example>",
        "user agent: 2026-11-02T10:00:00Z, Mutt/2.2, pc (dsl.isp.example [198.51.100.7])",
        "bank.example: claimed",
        "submission: +2 s      mail.bank.example from pc (dsl.isp.example [198.51.100.7]), ESMTPSA, TLS",
        "forwarder.example: claimed",
        "transfer: +3 s        in.forwarder.example from mail.bank.example ([192.0.2.10]), ESMTP",
        "receiver.example: ",
        "transfer: +1 min 2 s  mx.receiver.example from out.forwarder.example ([192.0.2.90]), ESMTPS, TLS 1.3",
        "delivery: +2 s        imap.receiver.example from mx.receiver.example ([10.0.0.1]), LMTP",
    ]


def leaf(check: Check, name: str) -> Check:
    return next(each for each in check.walk() if each.name == name)


def test_the_facts_for_programs() -> None:
    found = path(*WHOLE, host=HOST)
    facts = {fact.name: fact.value for fact in leaf(leaf(found.check, "receiver.example"), "transfer").facts}
    assert facts == {
        "time": "2026-11-02T10:01:07Z",
        "epoch": 1793613667,
        "delay": 62,
        "by": "mx.receiver.example",
        "from": "out.forwarder.example",
        "reverse-name": "out.forwarder.example",
        "ip": "192.0.2.90",
        "protocol": "ESMTPS",
        "tls": "TLS 1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "for": "bob@receiver.example",
        "id": "P1",
        "format": "postfix",
        "believed": True,
    }
    assert (found.check.fact("hops"), found.check.fact("seconds"), found.check.fact("border")) == (4, 67, "192.0.2.90")
    assert found.written == 1793613600


def test_what_cannot_be_read_is_shown_as_it_stands() -> None:
    message = b"From: a@b.example\r\nReceived: (EGP: mail) \xff\x1b[0m\r\n\r\n"
    found = received_path(parse(message)).check
    shown = leaf(found, "transfer")
    assert "unreadable: (EGP: mail) \\xff" in shown.reason
    assert (shown.evidence[0].start, shown.evidence[0].end) == (19, 48)
    assert [(each.rule, each.message) for each in found.findings] == [("path-unknown-format", "29 octets")]
    short = leaf(path(field("from a by b.example; x with (ESMTP) " + "y" * 20_000)).check, "transfer").reason
    assert short.startswith("·  unreadable: from a by b.example")
    assert len(short) < 200


def test_times_that_are_not_known() -> None:
    found = path(field("from a by b.example with SMTP; yesterday"), BORDER, field("from a.example by c.example; never"))
    assert [step.delay for step in found.steps] == [None, None, None]
    assert leaf(found.check, "transfer").reason.startswith("·")
    # a hop without a time is skipped, not taken for the beginning
    found = path(DELIVERY, field("from a by b.example with SMTP; yesterday"), BORDER)
    assert [step.delay for step in found.steps] == [None, None, 2]


def test_a_clock_that_goes_wrong() -> None:
    found = path(field("from a.example by b.example with SMTP" + at(5)), BORDER)
    assert found.steps[1].delay == -62
    assert "-1 min 2 s" in leaf(found.check, "b.example").children[0].reason
    assert "-1 min 2 s" in found.check.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mx.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("localhost", ""),
        ("localhost.localdomain", ""),
        ("mail.corp.local", ""),
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("", ""),
        ("not a name", ""),
    ],
)
def test_organizations(name: str, expected: str) -> None:
    assert organization(name) == expected


def test_a_host_without_an_organization_belongs_to_its_neighbour() -> None:
    local = field("from x by localhost with LMTP id 1" + at(9))
    assert [step.organization for step in path(local, BORDER, local).steps] == ["receiver.example"] * 3
    assert [check.name for check in path(local).check.children] == ["no organization"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), []),
        (("X-Mailer: Thing\r\n",), ["Thing"]),
        ((field("from [192.0.2.1] by web.example with HTTP id 7" + at(1)),), ["[192.0.2.1]"]),
        (("Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n",), ["2026-11-02T10:00:00Z"]),
        (("Date: now\r\n", "User-Agent: " + "x" * 5000 + "\r\n"), ["x" * 119 + "…"]),
    ],
)
def test_the_user_agent(parts: tuple[str, ...], expected: list[str]) -> None:
    found = path(*parts).check
    assert [check.reason for check in found.children if check.name == "user agent"] == expected


@pytest.mark.parametrize(
    ("line", "scheme"),
    [("Return-Path: <>\r\n", Scheme.NULL), ("Return-Path: <a@b.example>\r\n", Scheme.PLAIN), ("Return-Path: x y\r\n", None)],
)
def test_the_return_path_without_a_border(line: str, scheme: Scheme | None) -> None:
    found = path(line, BORDER).return_path
    assert (found and found.scheme) is scheme


def test_the_return_path_below_the_border_is_not_shown_as_ours() -> None:
    assert path(BORDER, RETURN, host=HOST).return_path is None


# --- hostile


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Received:",
        b"Received: " + b"x" * 1_000_000,
        b"Received: from " + b"(" * 1_000_000,
        b"Received: " + b"by " * 300_000 + b"; x",
        b"Received: by x; \r\n" * 1_000_000,
        b"Received: from a (a [192.0.2.1]) by b.example (Postfix) with SMTP id 1; x\r\n" * 20_000,
        b"Return-Path: " + b"<a@" * 100_000 + b"\r\nDate: " + b"1" * 100_000 + b"\r\nUser-Agent: " + b"\0" * 100_000,
    ],
)
def test_hostile_messages(data: bytes) -> None:
    found = received_path(parse(data + b"\r\nFrom: a@b.example\r\n\r\n"), received_from="b.example")
    assert len(found.steps) <= MAX_RECEIVED
    assert len(found.check.findings) < 10
    assert sum(1 for _ in found.check.walk()) < 3 * MAX_RECEIVED


_LINE = st.sampled_from([RETURN, DELIVERY, BORDER, FORWARD, SUBMIT, WRITTEN, "Received: x\r\n", "Received: by a; b\r\n"])


@given(st.lists(_LINE, max_size=12), st.sampled_from(["", HOST, "imap.receiver.example", "x"]))
def test_every_field_has_its_step(parts: list[str], host: str) -> None:
    found = path(*parts, host=host)
    fields = message(*parts).all("Received")
    assert [step.hop.field for step in found.steps] == list(reversed(fields))
    believed = [step.believed for step in found.steps]
    assert believed == sorted(believed)
