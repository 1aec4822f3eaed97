from __future__ import annotations

import pytest

from mailsec.transport.smtp.capabilities import Capabilities, capabilities
from mailsec.transport.smtp.envelope import Dsn, Envelope, is_helo_name, mail_command, rcpt_command
from mailsec.transport.smtp.paths import parse_path
from mailsec.transport.smtp.replies import Reply, ReplyReader

ALICE, BOB = parse_path("alice@example.test"), parse_path("bob@example.test")


def offered(*lines: str) -> Capabilities:
    *first, last = ("mx.example.test greets you", *lines)
    raw = "".join(f"250-{line}\r\n" for line in first) + f"250 {last}\r\n"
    (reply,) = ReplyReader().feed(raw.encode())
    assert isinstance(reply, Reply)
    return capabilities(reply)


def test_capabilities() -> None:
    found = offered("SIZE 1000", "size", "AUTH PLAIN LOGIN", "AUTH=LOGIN CRAM-MD5", "8bitmime", "", "?? x", "X-Y a b")
    assert found.host == "mx.example.test"
    assert found.size == 1000
    assert found.mechanisms == ("PLAIN", "LOGIN", "CRAM-MD5")
    assert "8BITMIME" in found
    assert "DSN" not in found
    assert found.texts == ("SIZE 1000", "AUTH PLAIN LOGIN CRAM-MD5", "8BITMIME", "X-Y a b")
    assert Capabilities().size is None


@pytest.mark.parametrize("stated", ["SIZE", "SIZE 0", "SIZE many", "SIZE -1", "SIZE " + "9" * 30])
def test_a_size_that_limits_nothing(stated: str) -> None:
    assert offered(stated).size is None


def test_parameters_only_where_they_are_offered() -> None:
    dsn = Dsn(("SUCCESS", "FAILURE"), "HDRS", "QQ+1")
    envelope = Envelope(ALICE, (BOB,), dsn)
    assert mail_command(envelope, offered("HELP"), size=5, eight_bit=True, utf8=False) == "MAIL FROM:<alice@example.test>"
    full = offered("SIZE", "8BITMIME", "SMTPUTF8", "DSN")
    assert mail_command(envelope, full, size=5, eight_bit=False, utf8=True) == (
        "MAIL FROM:<alice@example.test> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B1"
    )
    assert mail_command(Envelope(), full, size=5, eight_bit=False, utf8=False) == "MAIL FROM:<> SIZE=5"
    assert rcpt_command(BOB, dsn, offered("HELP")) == "RCPT TO:<bob@example.test>"
    assert rcpt_command(BOB, dsn, full) == ("RCPT TO:<bob@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.test")
    assert rcpt_command(BOB, Dsn(), full) == "RCPT TO:<bob@example.test>"
    assert rcpt_command(BOB, Dsn(envid="x"), full) == "RCPT TO:<bob@example.test> ORCPT=rfc822;bob@example.test"
    assert Dsn(("NEVER",)).wanted
    assert not Dsn().wanted
    assert not envelope.utf8


@pytest.mark.parametrize(
    "parts",
    [
        {"notify": ("NEVER", "SUCCESS")},
        {"notify": ("OFTEN",)},
        {"ret": "ALL"},
        {"envid": "a\r\nb"},
        {"envid": "ü"},
        {"envid": "+" * 50},
    ],
)
def test_what_is_no_request_for_notifications(parts: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Dsn(**parts)


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("mail.example.test", True),
        ("localhost", True),
        ("[192.0.2.1]", True),
        ("[IPv6:2001:db8::1]", True),
        ("a_b.example", True),
        ("", False),
        ("a b", False),
        ("a\r\nRSET", False),
        ("a\n", False),
        ("bücher.example", False),
        ("-a", False),
        ("a..b", False),
        ("x" * 256, False),
    ],
)
def test_names_for_ehlo(name: str, fine: bool) -> None:
    assert is_helo_name(name) is fine
