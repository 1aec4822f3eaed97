"""Sessions: where answers come from, when it is, and that every subject has its own time for questions."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest

from mailsec.api.session import OfflineSource, Session, Settings
from mailsec.api.trace import Trace, trace_check
from mailsec.core.errors import UsageError
from mailsec.core.flow import AnswerStatus, Fetch, FetchStatus, Query, ask, fetch
from mailsec.net import resolvconf
from tests.dns_server import DnsServer, Fault
from tests.support import TableSource

ZONES = {"a.example": {"TXT": ["hello"]}}
TEXT = 'a.example. 60 TXT "hello"\n'


def test_settings_can_be_pickled() -> None:
    settings = Settings(("z",), ("192.0.2.1",), 3.0, True, 7)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_time_is_now_or_what_was_stated() -> None:
    assert abs(Session().now - time.time()) < 5
    assert Session(Settings(at=17)).now == 17


def test_a_source_of_ones_own_is_used_and_traced() -> None:
    source = TableSource(ZONES)
    trace = Trace()
    with Session(source=source) as session:
        assert session.run(ask("a.example", "TXT"), trace).status is AnswerStatus.OK
        assert session.run(ask("a.example", "MX")).status is AnswerStatus.NODATA
    assert len(source.asked) == 2
    check = trace_check(trace)
    assert [step.name for step in check.children] == ["TXT a.example"]
    assert check.children[0].evidence[0].text == '"hello"'


def test_what_was_left_out_of_a_trace_is_counted() -> None:
    assert trace_check(Trace(left_out=3)).fact("left-out") == 3


def test_offline_answers_nothing() -> None:
    with Session(Settings(offline=True)) as session:
        trace = Trace()
        assert session.run(ask("a.example", "TXT"), trace).status is AnswerStatus.UNRECORDED
        assert session.run(fetch("https://a.example/", 10), trace).status is FetchStatus.UNRECORDED
    assert [step.reason for step in trace_check(trace).children] == ["offline: not asked"] * 2
    source = OfflineSource()
    assert source.wait() == ()
    assert source.start(Query("x", "A"))
    assert source.start(Fetch("https://x/", 1))


def test_zone_files_answer_alone_even_offline(tmp_path: Path) -> None:
    (tmp_path / "z").write_text(TEXT)
    for offline in (False, True):
        with Session(Settings(zones=(str(tmp_path / "z"),), offline=offline)) as session:
            assert session.run(ask("a.example", "TXT")).records
            assert session.run(ask("b.example", "TXT")).status is AnswerStatus.UNRECORDED


def test_live_answers_come_from_the_server_once() -> None:
    with DnsServer(ZONES) as server, Session(Settings(nameservers=(server.address,))) as session:
        for _ in range(3):
            assert session.run(ask("a.example", "TXT")).records
        assert len(server.asked) == 1, "the answer is cached as long as its TTL says"


def test_each_subject_has_its_own_deadline() -> None:
    dropped = {"a.example": Fault.DROP, "b.example": Fault.DROP}
    with DnsServer(ZONES, always=dropped) as server, Session(Settings(nameservers=(server.address,), timeout=0.2)) as session:
        for name in ("a.example", "b.example"):
            start = time.monotonic()
            assert session.run(ask(name, "TXT")).status is AnswerStatus.TIMEOUT
            assert 0.1 < time.monotonic() - start < 2


def test_without_a_name_server_there_is_a_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none() -> resolvconf.SystemConfig:
        return original(str(tmp_path / "none"))

    original = resolvconf.read_resolv_conf
    monkeypatch.setattr(resolvconf, "read_resolv_conf", none)
    with Session() as session, pytest.raises(UsageError, match="no name server") as caught:
        session.run(ask("a.example", "TXT"))
    assert "--nameserver" in caught.value.hint
