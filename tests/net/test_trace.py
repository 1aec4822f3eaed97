"""The trace of questions and answers."""

from __future__ import annotations

from mailsec.core.flow import AnswerStatus, ask, gather, run
from mailsec.net.dns import LiveSource
from mailsec.net.trace import TraceSource
from tests.dns_server import DnsServer
from tests.support import TableSource


def test_what_is_at_hand_is_noted_in_order() -> None:
    trace = TraceSource(TableSource({"example.com": {"TXT": ["x"]}}))
    run(gather([ask("example.com", "TXT"), ask("a.example.com", "A")]), trace)
    assert [(asked.name, reply.status) for asked, reply in trace.entries] == [
        ("example.com", AnswerStatus.OK),
        ("a.example.com", AnswerStatus.NXDOMAIN),
    ]
    assert not trace.left_out


def test_what_comes_later_is_noted_too() -> None:
    with DnsServer({"example.com": {"TXT": ["x"]}}) as server:
        trace = TraceSource(LiveSource([server.address]))
        answer = run(ask("example.com", "TXT"), trace)
        assert [reply for _, reply in trace.entries] == [answer]
        trace.close()


def test_a_trace_is_bounded() -> None:
    trace = TraceSource(TableSource({}), size=2)
    for number in range(5):
        run(ask(f"n{number}.example", "A"), trace)
    assert len(trace.entries) == 2
    assert trace.left_out == 3
