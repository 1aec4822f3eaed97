"""Saving answers (`--save-answers`), so that a run can be repeated without a network. `answers` reads them.

The file is JSON, one reply a line, sorted, so that two files can be compared by eye and by `diff`. Records stand in it as wire
data (base64), which counts, and as text, which is for people.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from mailsec.core.flow import Answer, Ask, Fetched, Purpose, Record, Reply, Source
from mailsec.core.limits.run import MAX_ANSWERS_BYTES
from mailsec.core.rdata import show
from mailsec.net.browse import PinnedFetch
from mailsec.net.deadline import is_cut

SCHEMA = "mailsec-answers/1"
_HEAD_BYTES = 256
"""Room for what is not replies."""


class SavingSource:
    """A Source that remembers every reply of `source` for `dump`.

    A question that was answered once is answered the same way ever after, a failure too, so that a replay cannot differ from
    the run that was saved. A question that was cut because one domain's time was over is asked again for another, and what is
    then answered is what is saved. What does not fit into `size` octets is only counted, in `left_out`; in a replay it is
    *unrecorded*.
    """

    def __init__(self, source: Source, size: int = MAX_ANSWERS_BYTES) -> None:
        self._source = source
        self._room = size - _HEAD_BYTES
        self._kept: dict[Ask, Reply] = {}
        self.left_out = 0

    def start(self, ask: Ask) -> Reply | None:
        kept = self._kept.get(ask)
        if kept is not None and not is_cut(kept):
            return kept
        reply = self._source.start(ask)
        if reply is not None:
            self.keep(ask, reply)
        return reply

    def wait(self) -> Sequence[tuple[Ask, Reply]]:
        replies = self._source.wait()
        for ask, reply in replies:
            self.keep(ask, reply)
        return replies

    def close(self) -> None:
        self._source.close()

    def keep(self, ask: Ask, reply: Reply) -> None:
        """Remember `reply` unless a better one is known: for `Deadlines.note`, whose replies do not come through here."""
        kept = self._kept.get(ask)
        if kept is not None and not is_cut(kept):
            return
        size = len(_line(reply)) + 1 - (0 if kept is None else len(_line(kept)) + 1)
        if size > self._room:
            self.left_out += 1
        else:
            self._room -= size
            self._kept[ask] = reply

    def dump(self, now: int) -> bytes:
        """The file: all replies, and `now`, the time they were judged at (seconds since 1970 UTC)."""
        return dump(self._kept, now, self.left_out)


def dump(replies: dict[Ask, Reply], now: int, left_out: int = 0) -> bytes:
    """`replies` as a file's content."""
    answers = sorted(_line(each) for each in replies.values() if isinstance(each, Answer))
    fetches = sorted(_line(each) for each in replies.values() if isinstance(each, Fetched))
    head = json.dumps({"schema": SCHEMA, "now": now, "left_out": left_out})[:-1]
    return "".join((head, _list("answers", answers), _list("fetches", fetches), "}\n")).encode("ascii")


def _list(key: str, lines: list[str]) -> str:
    return f',\n"{key}": [' + ",".join(lines) + "]"


def _line(reply: Reply) -> str:
    return "\n" + json.dumps(_answer(reply) if isinstance(reply, Answer) else _fetched(reply))


def _answer(answer: Answer) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": answer.query.name, "type": answer.query.type, "status": answer.status.value}
    for key, records in (("records", answer.records), ("aliases", answer.aliases), ("proof", answer.proof)):
        if records:
            entry[key] = [_record(each) for each in records]
    return {**entry, "dnssec": answer.dnssec.value, "reason": answer.reason}


def _record(record: Record) -> dict[str, Any]:
    text = show(record.type, record.rdata)
    return {
        "owner": record.owner,
        "type": record.type,
        "ttl": record.ttl,
        "data": _base64(record.rdata),
        **({} if text.startswith("\\#") else {"text": text}),
    }


def _fetched(reply: Fetched) -> dict[str, Any]:
    fetch = reply.fetch
    entry: dict[str, Any] = {"url": fetch.url, "method": fetch.method, "max_bytes": fetch.max_bytes}
    entry |= {"redirects": fetch.redirects, "accept": fetch.accept, "sent": _base64(fetch.body)}
    if fetch.purpose is not Purpose.POLICY:
        entry["purpose"] = fetch.purpose.value
    if isinstance(fetch, PinnedFetch):
        entry["addresses"] = list(fetch.addresses)
    entry |= {"status": reply.status.value, "code": reply.code, "content_type": reply.content_type}
    entry |= {"body": _base64(reply.body), "chain": [_base64(each) for each in reply.chain]}
    return {**entry, "reason": reply.reason}


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
