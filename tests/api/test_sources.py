"""The source that settings describe: one kind, with overlays before it and saving behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailsec.api.settings import TRUST_AD, VALIDATE, Settings
from mailsec.api.sources import OfflineSource, contents, open_source
from mailsec.core.errors import BadInput, UsageError
from mailsec.core.flow import Answer, AnswerStatus, Fetch, Fetched, FetchStatus, Query
from mailsec.net.answers import ReplaySource
from mailsec.net.cache import CachingSource
from mailsec.net.overlay import REASON, OverlaySource
from mailsec.net.saving import SavingSource
from mailsec.net.zone import ZoneSource
from tests.dns_server import DnsServer

ZONE = 'a.example. 60 TXT "hello"\n'


@pytest.fixture
def zone(tmp_path: Path) -> str:
    (tmp_path / "zone").write_text(ZONE)
    return str(tmp_path / "zone")


@pytest.fixture
def saved(tmp_path: Path) -> str:
    (tmp_path / "saved").write_text('{"schema": "mailsec-answers/1", "now": 99, "answers": [], "fetches": []}')
    return str(tmp_path / "saved")


def test_each_kind(zone: str, saved: str) -> None:
    opened = open_source(Settings(zones=(zone,), offline=True))
    assert isinstance(opened.source, ZoneSource)
    assert not opened.networked
    opened = open_source(Settings(answers=saved, offline=True))
    assert isinstance(opened.source, ReplaySource)
    assert (opened.now, opened.deadlines, opened.networked) == (99, None, True)
    assert isinstance(open_source(Settings(offline=True)).source, OfflineSource)
    opened = open_source(Settings(nameservers=("192.0.2.1",)))
    assert isinstance(opened.source, CachingSource)
    assert opened.deadlines is not None
    assert (opened.now, opened.networked, opened.saving) == (None, True, None)
    opened.source.close()


def test_an_overlay_answers_first_and_what_it_says_is_saved(zone: str) -> None:
    opened = open_source(Settings(offline=True, overlays=(zone,), save_answers="x"))
    assert isinstance(opened.source, SavingSource)
    assert opened.saving is opened.source
    assert isinstance(opened.source._source, OverlaySource)
    answer = opened.source.start(Query("a.example", "TXT"))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.reason) == (AnswerStatus.OK, REASON)
    assert b"hello" in opened.saving.dump(1)


def test_what_a_deadline_cut_is_saved_as_well() -> None:
    opened = open_source(Settings(nameservers=("192.0.2.1",), save_answers="x"))
    assert opened.deadlines is not None
    assert opened.saving is not None
    assert opened.deadlines.note == opened.saving.keep
    opened.source.close()


@pytest.mark.parametrize(("mode", "wanted"), [(VALIDATE, True), (TRUST_AD, False), ("off", False)])
def test_only_a_validator_asks_for_proof(mode: str, wanted: bool) -> None:
    with DnsServer({"a.example": {"TXT": ["x"]}}) as server:
        source = open_source(Settings(nameservers=(server.address,), dnssec=mode)).source
        source.start(Query("a.example", "TXT"))
        source.wait()
        source.close()
    assert [asked.dnssec_ok for asked in server.asked] == [wanted]


def test_offline() -> None:
    source = OfflineSource()
    query, fetch = source.start(Query("a", "A")), source.start(Fetch("https://a/", 1))
    assert isinstance(query, Answer)
    assert isinstance(fetch, Fetched)
    assert (query.status, fetch.status) == (AnswerStatus.UNRECORDED, FetchStatus.UNRECORDED)
    assert source.wait() == ()
    source.close()


def test_errors_name_their_file(tmp_path: Path) -> None:
    bad = tmp_path / "b\x1bad"
    bad.write_bytes(b"a.example. 60 TXT \xff\n")
    with pytest.raises(BadInput, match="octet 18 is not UTF-8") as caught:
        open_source(Settings(zones=(str(bad),)))
    assert str(bad) in caught.value.message
    with pytest.raises(BadInput, match="missing: no such file"):
        open_source(Settings(overlays=(str(tmp_path / "missing"),), offline=True))
    with pytest.raises(BadInput, match="is larger than 3 bytes"):
        contents(str(bad), 3)
    with pytest.raises(BadInput, match="not valid JSON"):
        open_source(Settings(answers=str(bad)))


def test_a_name_server_is_an_address() -> None:
    with pytest.raises((UsageError, BadInput)):
        open_source(Settings(nameservers=("ns.example",)))
