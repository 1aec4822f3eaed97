from __future__ import annotations

from mailsec.core.ladder import ladder, rung
from mailsec.core.limits.transport import LADDER_TEXT
from mailsec.core.results import Status


def facts(said: bytes, speaker: str = "server", **more: str) -> dict[str, object]:
    return {fact.name: fact.value for fact in rung(0.0127, speaker, said, **more).facts}  # type: ignore[arg-type] # words alone


def test_what_was_said_is_text_or_base64() -> None:
    assert facts(b"250 caf\xc3\xa9\r\n", tls="TLSv1.3", lane="2") == {
        "time-ms": 13,
        "from": "server",
        "lane": "2",
        "tls": "TLSv1.3",
        "octets": 11,
        "text": "250 café",
    }
    assert facts(b"250 \xff\r\n")["base64"] == "MjUwIP8NCg=="
    assert facts(b"250 ok\n") == {
        "time-ms": 13,
        "from": "server",
        "tls": "",
        "octets": 7,
        "text": "250 ok\n",
        "line-end": "none",
    }


def test_what_is_too_long_is_cut_and_said_so() -> None:
    cut = facts(b"x" * (LADDER_TEXT + 1))
    assert (cut["octets"], cut["cut-at"], len(str(cut["text"]))) == (LADDER_TEXT + 1, LADDER_TEXT, LADDER_TEXT)


def test_an_event_is_nobodys() -> None:
    event = rung(1.0, "", b"TLS on")
    assert event.name == "event"
    assert {fact.name: fact.value for fact in event.facts} == {"time-ms": 1000, "from": "", "text": "TLS on"}


def test_a_ladder_names_its_parties() -> None:
    made = ladder("dialogue", [rung(0, "client", b"QUIT\r\n")], parties=("client", "server"), status=Status.PASS, reason="fine")
    assert made.facts[0].value == "client server"
    assert (made.name, made.status, made.reason, len(made.children)) == ("dialogue", Status.PASS, "fine", 1)
