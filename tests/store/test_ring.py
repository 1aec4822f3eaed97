from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import time
import warnings
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pysequoia import Tsk

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.store import database
from mailsec.store.ring import Ring
from mailsec.trust.keyring.keys import Bound, Keys
from mailsec.trust.keyring.legitimacy import OwnerTrust
from mailsec.trust.keyring.reading import Reading, read_key

NOW = 4_000_000_000
BOB = "Bob <bob@example.org>"


@cache
def tsk(name: str) -> Tsk:
    return Tsk.generate(name)


@cache
def reading(name: str) -> Reading:
    return read_key(bytes(tsk(name)))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "ring.sqlite")


def put(path: str, *names: str) -> None:
    with Ring(path, now=NOW) as ring, ring.change():
        for name in names:
            ring.put(reading(name), f"file {name}")


def test_what_is_put_in_comes_out(path: str) -> None:
    read = reading(BOB)
    with Ring(path, now=NOW) as ring:
        with ring.change():
            ring.put(read, "file bob.asc", trust=OwnerTrust.MARGINAL)
        entry = ring.entry(read.fingerprint)
        assert entry is not None
        assert (entry.fingerprint, entry.certificate.data, entry.user_ids) == (read.fingerprint, read.data, read.user_ids)
        assert (entry.owner_trust, entry.secret, entry.sources) == (OwnerTrust.MARGINAL, False, (("file bob.asc", NOW),))
        assert list(ring.entries()) == [entry]
        for handle in read.handles:
            assert ring.holders(handle) == [entry]
        assert ring.claimants("bob@example.org") == [entry]
        assert ring.entry("F" * 40) is None
        assert ring.own() == ()


def test_it_is_for_its_owner_alone(path: str) -> None:
    put(path, BOB)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


@pytest.mark.parametrize(
    ("text", "count"), [("", 2), ("bob", 1), ("EXAMPLE.org", 2), ("nobody", 0), ("%", 0), ("_", 0), ("\\", 0)]
)
def test_a_search_takes_text_as_it_is(path: str, text: str, count: int) -> None:
    put(path, BOB, "Mia <mia@example.org>")
    with Ring(path, now=NOW) as ring:
        assert len(list(ring.entries(text))) == count


def test_the_rooms_view(path: str) -> None:
    put(path, BOB)
    with Ring(path, now=NOW) as ring:
        keys: Keys = ring
        (certificate,) = keys.certificates([reading(BOB).handles[-1].lower(), reading(BOB).fingerprint])
        assert keys.of_address("bob@example.org") == (certificate,)
        assert keys.secret(certificate.fingerprint) is None
        assert keys.binding(certificate, "bob@example.org").bound is Bound.NOT
        assert "no user ID" in keys.binding(certificate, "eve@example.org").reason
        with ring.change():
            ring.delete(certificate.fingerprint)
        assert "does not have" in keys.binding(certificate, "bob@example.org").reason


def test_own_stated_and_certified(path: str) -> None:
    mia = reading("Mia <mia@example.org>")
    data = bytes(tsk(BOB).extract_certificate().add_user_id(BOB, tsk("Mia <mia@example.org>").certifier()))
    bob = read_key(data)
    with Ring(path, now=NOW) as ring:

        def bound(fingerprint: str, address: str) -> Bound:
            entry = ring.entry(fingerprint)
            assert entry is not None
            return ring.bound(entry, address).bound

        with ring.change():
            ring.put(mia, "here")
            ring.put(bob, "there")
        assert bound(bob.fingerprint, "bob@example.org") is Bound.NOT
        with ring.change():
            ring.set_trust(mia.fingerprint, OwnerTrust.FULL)
        assert bound(bob.fingerprint, "bob@example.org") is Bound.CERTIFIED
        assert bound(mia.fingerprint, "mia@example.org") is Bound.NOT
        with ring.change():
            ring.set_trust(mia.fingerprint, OwnerTrust.MARGINAL)
        assert bound(bob.fingerprint, "bob@example.org") is Bound.NOT
        with ring.change():
            ring.state(bob.fingerprint, "bob@example.org")
        assert bound(bob.fingerprint, "bob@example.org") is Bound.STATED
        with ring.change():
            assert ring.unstate(bob.fingerprint, "bob@example.org")
            assert not ring.unstate(bob.fingerprint, "bob@example.org")
            assert mia.secret is not None
            ring.put_secret(mia.fingerprint, mia.secret, protected=False)
        assert bound(bob.fingerprint, "bob@example.org") is Bound.NOT
        assert bound(mia.fingerprint, "mia@example.org") is Bound.NOT  # a secret key alone makes nobody's
        with ring.change():
            ring.set_trust(mia.fingerprint, OwnerTrust.ULTIMATE)
        assert bound(mia.fingerprint, "mia@example.org") is Bound.OWN
        assert [each.fingerprint for each in ring.own()] == [mia.fingerprint]
        with ring.change():
            ring.delete_secret(mia.fingerprint)
        assert ring.own() == ()


def test_deleting_leaves_nothing_behind(path: str) -> None:
    bob = reading(BOB)
    with Ring(path, now=NOW) as ring:
        with ring.change():
            ring.put(bob, "here")
            ring.put_secret(bob.fingerprint, b"very secret", protected=True)
            ring.state(bob.fingerprint, "other@example.org")
        with ring.change():
            ring.delete(bob.fingerprint)
    with sqlite3.connect(path) as db:
        for table in ("certificates", "handles", "user_ids", "signatures", "statements", "sources", "secret_keys"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    db.close()
    assert b"very secret" not in Path(path).read_bytes()


def test_a_change_that_fails_changes_nothing(path: str) -> None:
    put(path, BOB)
    before = Path(path).read_bytes()
    with Ring(path, now=NOW) as ring:

        def fail() -> None:
            with ring.change():
                ring.delete(reading(BOB).fingerprint)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
    assert Path(path).read_bytes() == before


def test_a_ring_of_the_first_version_is_brought_forward(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = reading("Bob <bob@example.org>")
    with monkeypatch.context() as older:
        older.setattr(database, "VERSION", 1)
        with Ring(path, now=NOW) as ring, ring.change():
            ring.put(kept, "file")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'capabilities'").fetchone() == (0,)
    with Ring(path, now=NOW) as ring:
        assert ring.waiting.all() == []
        assert ring.entry(kept.fingerprint) is not None
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (database.VERSION,)


@pytest.mark.parametrize("step", range(1, 5))
def test_a_ring_whose_bringing_forward_ends_early_is_as_it_was(path: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [reading(f"Bob <bob{n}@example.org>") for n in range(3)]
    with monkeypatch.context() as older:
        older.setattr(database, "VERSION", 1)
        with Ring(path, now=NOW) as ring, ring.change():
            for each in kept:
                ring.put(each, "file")
    real, done = database.Database.do, []

    def do(self: database.Database, statement: str, values: tuple[Any, ...] = ()) -> int:
        done.append(statement)
        if len(done) == step:
            raise KeyboardInterrupt
        return real(self, statement, values)

    with monkeypatch.context() as ended:
        ended.setattr(database.Database, "do", do)
        with pytest.raises(KeyboardInterrupt):
            Ring(path, now=NOW)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'capabilities'").fetchone() == (0,)
    with Ring(path, now=NOW) as ring:
        assert {each.fingerprint for each in ring.entries()} == {each.fingerprint for each in kept}


def test_a_ring_of_a_later_version_is_refused_and_left_alone(path: str) -> None:
    put(path, BOB)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {database.VERSION + 1}")
    db.close()
    before = Path(path).read_bytes()
    with pytest.raises(BadInput, match="later version"):
        Ring(path, now=NOW)
    assert Path(path).read_bytes() == before


def test_what_is_no_ring_is_refused(path: str, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"this is no database, and long enough to tell\n" * 100)
    with pytest.raises(BadInput, match="no key ring"):
        Ring(str(text), now=NOW)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(BadInput, match="something else"):
        Ring(str(other), now=NOW)
    with pytest.raises(KeyUnavailable, match="cannot be used"):
        Ring(str(tmp_path), now=NOW)
    with pytest.raises(KeyUnavailable):
        Ring("a\0b", now=NOW)


def test_a_damaged_ring_is_an_error(path: str) -> None:
    put(path, BOB)
    data = bytearray(Path(path).read_bytes())
    data[4096 : len(data)] = b"\xff" * (len(data) - 4096)
    Path(path).write_bytes(data)
    with pytest.raises(BadInput, match="no key ring"):
        put(path, "Mia <mia@example.org>")


def test_a_locked_ring_is_an_error_after_a_while(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, BOB)
    monkeypatch.setattr(database, "RING_WAIT", 0.05)
    with Ring(path, now=NOW) as holder, holder.change():
        with pytest.raises(KeyUnavailable, match="locked") as error:
            put(path, "Mia <mia@example.org>")
        assert "another run" in error.value.hint
    put(path, "Mia <mia@example.org>")


def test_a_full_disk_leaves_the_ring_as_it_was(path: str) -> None:
    put(path, BOB)
    with Ring(path, now=NOW) as ring:
        ring._db._connection.execute("PRAGMA max_page_count = 1")  # as good as a full disk

        def fill() -> None:
            with ring.change():
                for n in range(20):
                    ring.put_secret(reading(BOB).fingerprint, b"x" * 10_000 * n, protected=True)

        with pytest.raises(KeyUnavailable, match="full") as error:
            fill()
        assert "room" in error.value.hint
    with Ring(path, now=NOW) as ring:
        assert len(list(ring.entries())) == 1


def test_killed_at_any_moment_the_ring_has_all_of_a_change_or_nothing(path: str) -> None:
    """A child changes two rows in each transaction; whenever it is killed, both or neither have changed."""
    put(path, BOB)
    fingerprint = reading(BOB).fingerprint
    chance = random.Random(4)
    for _ in range(200):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons, about threads that do nothing here
            child = os.fork()
        if not child:
            _change_for_ever(path, fingerprint)
        time.sleep(chance.uniform(0.001, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with Ring(path, now=NOW) as ring:
            entry = ring.entry(fingerprint)
            assert entry is not None
            secret = ring.secret_key(fingerprint)
            number = int(secret[0]) if secret else 0
            assert set(entry.statements) == ({f"{number}@example.org"} if number else set())
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert number > 0
    db.close()


def _change_for_ever(path: str, fingerprint: str) -> None:
    try:
        with Ring(path, now=NOW) as ring:
            entry = ring.entry(fingerprint)
            last = int(entry.statements[0].partition("@")[0]) if entry and entry.statements else 0
            while True:
                with ring.change():
                    if last:
                        ring.unstate(fingerprint, f"{last}@example.org")
                    last += 1
                    ring.put_secret(fingerprint, str(last).encode(), protected=True)
                    ring.state(fingerprint, f"{last}@example.org")
    finally:
        os._exit(1)
