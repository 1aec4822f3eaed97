"""Paths with all that a run has: the ring's roots and the system's, what is kept, and how many are judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailsec.api import certificate_paths
from mailsec.api.certificate_paths import PathJudgement, PathOptions
from mailsec.core.errors import BadInput
from mailsec.core.flow import Fetched, FetchStatus, Flow
from mailsec.core.limits.keys import X509_JUDGED
from mailsec.core.results import Status
from mailsec.trust.x509 import signer
from mailsec.trust.x509.fetching import Gathered
from tests.certificates import NOW, Issued
from tests.trust.x509.people import authority, crl, person, usage, world
from tests.trust.x509.test_fetching import points

LIST = "http://crl.example/m.crl"


class Shelf(dict[str, bytes]):
    """A `fetching.Shelf`; `until` is when what was put last is out of date."""

    until = 0

    def get(self, url: str, default: object = None) -> bytes:  # type: ignore[override] # the protocol's, with no default
        return super().get(url, b"")

    def put(self, url: str, body: bytes, until: int) -> None:
        self[url], self.until = body, until


@pytest.fixture
def roots(tmp_path: Path) -> str:
    path = tmp_path / "roots.pem"
    path.write_bytes(world()["root"].pem)
    return str(path)


def chain(*addresses: str) -> list[bytes]:
    signing = usage("digital_signature")
    return [each.der for each in (person(None, *addresses, extensions=[signing, points(LIST)]), world()["middle"])]


def web(pages: dict[str, bytes], asked: list[str]):
    """What drives a flow with the pages of a web."""

    def drive(flow: Flow[Gathered]) -> Gathered:
        reply: Fetched | None = None
        while True:
            try:
                ask = flow.send(reply)
            except StopIteration as ended:
                return ended.value
            asked.append(ask.url)  # type: ignore[union-attr] # a Fetch
            body = pages.get(asked[-1])
            reply = Fetched(ask, FetchStatus.OK, 404 if body is None else 200, body=body or b"")  # type: ignore[arg-type] # the same

    return drive


def test_where_the_root_comes_from(roots: str) -> None:
    found = PathJudgement(PathOptions(roots), None)(chain(), now=NOW)
    assert (found.status, found.origin) == (Status.PASS, roots)
    assert PathJudgement(PathOptions(roots), None)([person(world()["other"]).der], now=NOW).origin == ""
    with pytest.raises(BadInput):
        PathJudgement(PathOptions(roots + "x"), None)


def test_each_path_is_judged_once(roots: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = signer.judge_signer
    monkeypatch.setattr(signer, "judge_signer", lambda *given, **more: calls.append(given) or real(*given, **more))
    judge, one, other = PathJudgement(PathOptions(roots), None), chain(), chain()
    assert judge(one, now=NOW) is judge(list(one), now=NOW)
    assert len(calls) == 1
    judge(other, now=NOW)
    judge(one, now=NOW + 1)
    assert len(calls) == 3


def test_no_more_paths_than_can_be_borne(roots: str) -> None:
    judge = PathJudgement(PathOptions(roots), None)
    known = chain()
    assert judge(known, now=NOW).status is Status.PASS
    for second in range(1, X509_JUDGED):
        judge([known[0]], now=NOW + second)
    refused = judge(chain(), now=NOW)
    assert (refused.status, refused.unchecked) == (Status.NEUTRAL, True)
    assert refused.check.findings[0].rule == "x509-too-many-paths"
    assert judge(known, now=NOW).status is Status.PASS


def test_what_was_fetched_is_shelved_and_taken_from_there(roots: str) -> None:
    shelf, asked, one = Shelf(), [], chain()
    drive = web({LIST: crl(world()["middle"])}, asked)
    found = PathJudgement(PathOptions(roots, drive=drive, shelf=shelf), None)(one, now=NOW)
    assert found.steps[0].revocation.revoked is False
    assert (asked, set(shelf), shelf.until) == ([LIST], {LIST}, NOW + 7 * 86_400)
    for again in (drive, None):
        found = PathJudgement(PathOptions(roots, drive=again, shelf=shelf), None)(one, now=NOW)
        assert found.steps[0].revocation.revoked is False
        assert found.notes == (f"{LIST}: kept from an earlier run",)
    assert asked == [LIST]
    found = PathJudgement(PathOptions(roots, shelf=Shelf()), None)(one, now=NOW)
    assert (found.steps[0].revocation.revoked, found.notes) == (None, ())


@pytest.mark.parametrize("body", [b"", b"x", crl(world()["other"]), crl(world()["middle"], signer=world()["other"])])
def test_what_proves_nothing_is_not_shelved(body: bytes, roots: str) -> None:
    shelf = Shelf()
    PathJudgement(PathOptions(roots, drive=web({LIST: body}, []), shelf=shelf), None)(chain(), now=NOW)
    assert not shelf


def test_a_damaged_shelf_spares_nothing(roots: str) -> None:
    shelf = Shelf({LIST: b"x"})
    found = PathJudgement(PathOptions(roots, shelf=shelf), None)(chain(), now=NOW)
    assert (found.status, found.steps[0].revocation.revoked) == (Status.PASS, None)


def test_the_user_s_own_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    certificate_paths.user_shelf(NOW).put(LIST, b"x", NOW)
    assert [each.name for each in (tmp_path / "mailsec").iterdir()] == ["x509"]


class Ring:
    """Keys whose user trusts a root."""

    def __init__(self, *ders: bytes) -> None:
        self._ders = ders

    def roots(self) -> Sequence[bytes]:
        return self._ders


def test_the_roots_of_the_ring_come_first(roots: str) -> None:
    own: Issued = authority("Own", None)
    ring = Ring(own.der)
    found = PathJudgement(PathOptions(roots), ring)([person(own).der], now=NOW)  # type: ignore[arg-type] # of Keys the roots
    assert (found.status, found.origin) == (Status.PASS, "the key ring")
