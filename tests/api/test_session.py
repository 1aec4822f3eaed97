"""Sessions: where answers come from, when it is, and that every subject has its own time for questions."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from mailsec.api.session import TRUST_AD, VALIDATE, OfflineSource, Session, Settings
from mailsec.api.trace import Trace, trace_check
from mailsec.core.errors import BadInput, TemporaryFailure, UsageError
from mailsec.core.flow import AnswerStatus, Dnssec, Fetch, FetchStatus, Purpose, Query, ask, fetch
from mailsec.net import resolvconf
from tests.api.signed import anchor_file, serve
from tests.dns_server import DnsServer, Fault
from tests.https_server import HOST, Authority, HttpsServer, page
from tests.support import TableSource
from tests.trust.dnssec.authority import NOW, World
from tests.trust.dnssec.support import make_world

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


@pytest.mark.parametrize("purpose", [Purpose.EVIDENCE, Purpose.REVOCATION])
def test_what_is_named_by_others_is_fetched_only_where_the_user_lets_it(purpose: Purpose) -> None:
    flow = partial(fetch, "https://a.example/", 10, purpose=purpose)
    source = TableSource(ZONES)
    with Session(source=source) as session:
        found = session.run(flow())
        assert (found.status, found.reason, source.asked) == (FetchStatus.SKIPPED, "not fetched without --fetch", [])
        assert session.run(ask("a.example", "TXT")).records
    with Session(Settings(offline=True, fetch=True)) as session:
        assert session.run(flow()).status is FetchStatus.UNRECORDED


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


# --- validation, overlays and saved answers


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def validating(world: World, tmp_path: Path) -> Settings:
    return Settings(dnssec=VALIDATE, anchors=anchor_file(world, tmp_path), at=NOW)


@pytest.mark.parametrize(
    ("name", "status", "state"),
    [
        ("nsec.test", AnswerStatus.OK, Dnssec.SECURE),
        ("unsigned.test", AnswerStatus.OK, Dnssec.INSECURE),
        ("nothing.test", AnswerStatus.NXDOMAIN, Dnssec.SECURE),
        ("expired.test", AnswerStatus.SERVFAIL, Dnssec.BOGUS),
    ],
)
def test_answers_are_validated_and_bogus_ones_are_failures(
    name: str, status: AnswerStatus, state: Dnssec, world: World, validating: Settings
) -> None:
    with Session(validating, source=world) as session:
        answer = session.run(ask(name, "MX"))
    assert (answer.status, answer.dnssec) == (status, state)
    assert answer.reason.startswith("bogus: ") is (state is Dnssec.BOGUS)
    assert bool(answer.records) is (status is AnswerStatus.OK), "what is proven false reaches no room"


def test_a_lookup_that_failed_keeps_its_status(world: World, validating: Settings) -> None:
    world.forge[Query("nsec.test", "MX")] = lambda answer: replace(answer, status=AnswerStatus.TIMEOUT, records=(), proof=())
    with Session(validating, source=world) as session:
        assert session.run(ask("nsec.test", "MX")).status is AnswerStatus.TIMEOUT


def test_requests_are_not_validated(validating: Settings) -> None:
    with Session(replace(validating, offline=True)) as session:
        assert session.run(fetch("https://a.example/", 10)).status is FetchStatus.UNRECORDED


def test_without_validation_there_is_no_validator() -> None:
    assert Session().validator is None
    assert Session(Settings(dnssec=TRUST_AD)).validator is None


def test_the_roots_keys_are_the_usual_anchors() -> None:
    validator = Session(Settings(dnssec=VALIDATE, at=NOW)).validator
    assert validator is not None
    assert {anchor.key_tag for anchor in validator.anchors.anchors} == {20326, 38696}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"<xml", None])
def test_bad_anchors_name_their_file(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        _ = Session(Settings(dnssec=VALIDATE, anchors=str(path))).validator
    assert caught.value.message.startswith(str(path))


def test_a_planned_record_is_not_signed_yet_and_stays_unchecked(tmp_path: Path, validating: Settings, world: World) -> None:
    (tmp_path / "plan").write_text('nsec.test. 60 TXT "planned"\nnew.nsec.test. 60 TXT "new"\n')
    with serve(world) as server:
        settings = replace(validating, overlays=(str(tmp_path / "plan"),), nameservers=(server.address,))
        with Session(settings) as session:
            for name in ("nsec.test", "new.nsec.test"):
                planned = session.run(ask(name, "TXT"))
                assert (planned.status, planned.dnssec) == (AnswerStatus.OK, Dnssec.UNCHECKED)
            assert session.run(ask("nsec.test", "MX")).dnssec is Dnssec.SECURE


def test_saved_answers_repeat_the_run_and_its_time(tmp_path: Path) -> None:
    (tmp_path / "z").write_text(TEXT)
    saved = str(tmp_path / "saved")
    with Session(Settings(zones=(str(tmp_path / "z"),), save_answers=saved, at=1234)) as session:
        first = session.run(ask("a.example", "TXT"))
    with Session(Settings(answers=saved)) as replayed:
        assert replayed.now == 1234
        assert replayed.run(ask("a.example", "TXT")) == first
        assert replayed.run(ask("b.example", "TXT")).status is AnswerStatus.UNRECORDED
    assert Session(Settings(answers=saved, at=5)).now == 5


@pytest.mark.parametrize("private", [True, False])
def test_replies_over_https_are_repeated(private: bool, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    live = Settings(save_answers=str(tmp_path / "saved"), allow_private=private, ca_file=authority.path)
    table = {HOST: {"A": ["127.0.0.1"]}}
    with DnsServer(table) as server, HttpsServer(authority, {"/": page(b"hello")}) as web:
        url = web.url("/")
        with Session(replace(live, nameservers=(server.address,))) as session:
            first = session.run(fetch(url, 100))
            missing = session.run(fetch("https://missing.example/", 100))
    assert first.status is (FetchStatus.OK if private else FetchStatus.REFUSED)
    assert first.body == (b"hello" if private else b"")
    assert missing.status is FetchStatus.FAILED
    with Session(Settings(answers=live.save_answers, allow_private=private)) as replayed:
        assert replayed.run(fetch(url, 100)) == first
        assert replayed.run(fetch("https://missing.example/", 100)) == missing


def test_a_planned_record_is_repeated_unchecked(tmp_path: Path, validating: Settings, world: World) -> None:
    (tmp_path / "plan").write_text('nsec.test. 60 TXT "planned"\n')
    saved = str(tmp_path / "saved")
    with serve(world) as server:
        settings = replace(validating, overlays=(str(tmp_path / "plan"),), nameservers=(server.address,), save_answers=saved)
        with Session(settings) as session:
            first = [session.run(ask("nsec.test", type)) for type in ("TXT", "MX")]
    with Session(replace(validating, answers=saved)) as replayed:
        assert [replayed.run(ask("nsec.test", type)) for type in ("TXT", "MX")] == first
    text = Path(saved).read_text()
    lie = text.replace('"dnssec": "unchecked", "reason": "answered by', '"dnssec": "secure", "reason": "answered by')
    assert lie != text
    Path(saved).write_text(lie)
    with Session(replace(validating, answers=saved)) as replayed:
        assert replayed.run(ask("nsec.test", "TXT")).dnssec is Dnssec.UNCHECKED, "a file cannot make itself secure"


class Closing(TableSource):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_source_of_ones_own_is_closed_once_and_one_never_asked_is_not_made() -> None:
    source = Closing(ZONES)
    with Session(source=source):
        pass
    assert source.closed == 1
    with Session(Settings(nameservers=("192.0.2.1",))):
        pass


def test_answers_that_cannot_be_written_are_an_error_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "z").write_text(TEXT)
    settings = Settings(zones=(str(tmp_path / "z"),), save_answers=str(tmp_path / "missing" / "saved"))
    with pytest.raises(UsageError, match=r"cannot write .*saved: no such file or directory"), Session(settings) as session:
        assert session.run(ask("a.example", "TXT")).records
    assert [path.name for path in tmp_path.iterdir()] == ["z"]


def test_a_full_disk_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "z").write_text(TEXT)
    settings = Settings(zones=(str(tmp_path / "z"),), save_answers="/dev/full")
    with pytest.raises(TemporaryFailure, match="no space left"), Session(settings) as session:
        session.run(ask("a.example", "TXT"))


def test_a_run_that_failed_saves_nothing(tmp_path: Path) -> None:
    settings = Settings(offline=True, save_answers=str(tmp_path / "saved"))

    def run() -> None:
        with Session(settings) as session:
            session.run(ask("a.example", "TXT"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["zones", "overlays", "answers", "anchors", "ca_file"])
def test_saving_never_overwrites_what_the_run_reads(role: str, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text('{"schema": "mailsec-answers/1", "now": 1, "answers": [], "fetches": []}' if role == "answers" else TEXT)
    before = path.read_text()
    value = (str(path),) if role in ("zones", "overlays") else str(path)
    settings = Settings(offline=True, save_answers=str(path), **{role: value})
    with pytest.raises(UsageError, match="is an input"), Session(settings) as session:
        session.run(ask("a.example", "TXT"))
    assert path.read_text() == before


# --- many subjects


def test_many_subjects_ask_equal_questions_once() -> None:
    with DnsServer(ZONES) as server, Session(Settings(nameservers=(server.address,))) as session:
        found = dict(session.run_many(ask("a.example", "TXT") for _ in range(300)))
    assert sorted(found) == list(range(300))
    assert len(server.asked) == 1


def test_many_silent_subjects_cost_one_timeout_together() -> None:
    names = [f"n{number}.example" for number in range(8)]
    with DnsServer({}, always=dict.fromkeys(names, Fault.DROP)) as server:
        start = time.monotonic()
        with Session(Settings(nameservers=(server.address,), timeout=0.2)) as session:
            answers = [answer for _, answer in session.run_many(ask(name, "TXT") for name in names)]
        assert time.monotonic() - start < 1.2, "side by side, not one after the other"
    assert {answer.status for answer in answers} == {AnswerStatus.TIMEOUT}
