"""The script that runs in the child, here called in this process: what it reads and writes."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import dkim
import pytest

from mailsec.judges import dkimpy_child
from mailsec.judges.dkimpy_child import MISSING, NotAskedError, cut_off, main
from tests.sender.dkim.support import MESSAGE, NOW, key, signed, zone


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkim, "time", dkim.time)  # put back what the script replaces


def judged(
    message: bytes, keys: dict[str, list[str]], *, count: int = 1, positions: Sequence[int] = (0,)
) -> list[dict[str, Any]]:
    task = {"now": NOW, "positions": positions, "count": count, "keys": keys}
    sink = io.BytesIO()
    assert main(io.BytesIO(json.dumps(task).encode() + b"\n" + message), sink) == 0
    return [json.loads(line) for line in sink.getvalue().splitlines()]


NAME = key().key_name
TEXT = str(zone(key())[NAME]["TXT"][0])


@pytest.mark.parametrize(
    ("message", "keys", "accepts", "reason"),
    [
        (signed(), {NAME: [TEXT]}, True, ""),
        (signed(), {NAME: ["v=DKIM1; p=AAAA", TEXT]}, True, ""),
        (signed(), {NAME: []}, False, "missing public key: b's1._domainkey.example.com.'"),
        (signed(), {NAME: ["v=DKIM1; p=AAAA"]}, False, "could not parse RSA public key"),
        (signed(), {}, None, f"it lacks the key at {NAME}"),
        (signed().replace(b"see", b"pay"), {NAME: [TEXT]}, False, "body hash mismatch"),
        (signed().replace(b"Ann <ann", b"Ann <eve"), {NAME: [TEXT]}, False, "the signature does not fit"),
        (signed().replace(b"v=1", b"v=2"), {NAME: [TEXT]}, False, "v= value is not 1"),
        (b"\tfolded\r\n" + signed(), {NAME: [TEXT]}, None, "it crashed: IndexError"),
        (b"DKIM-Signature : v=1\r\n" + signed(), {NAME: [TEXT]}, False, "Unexpected characters"),
        (b"DKIM-Signature: v=1\r\n" + signed(), {NAME: [TEXT]}, None, "it reads another number of signatures"),
    ],
)
def test_judgements(message: bytes, keys: dict[str, list[str]], accepts: bool | None, reason: str) -> None:
    (line,) = judged(message, keys)
    assert line["at"] == 0
    assert line["accepts"] is accepts
    assert line["reason"].startswith(reason)


def test_each_position_has_a_line() -> None:
    both = signed(MESSAGE, key(), key(selector="s2"))
    lines = judged(both, {NAME: [TEXT]}, count=2, positions=(1, 0))
    assert [(line["at"], line["accepts"]) for line in lines] == [(1, None), (0, True)]


def test_without_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> SimpleNamespace:
        raise ImportError(name)

    monkeypatch.setattr(dkimpy_child, "import_module", missing)
    assert main(io.BytesIO(), io.BytesIO()) == MISSING


def test_no_socket_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", socket.socket)
    cut_off()
    with pytest.raises(NotAskedError):
        socket.socket()
