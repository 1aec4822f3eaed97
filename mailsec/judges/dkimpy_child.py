"""The child process in which dkimpy judges: a script of its own that loads nothing of mailsec.

Input: one line of JSON, then the message. Output: one line of JSON for each signature, written as soon as it is judged, so that
those before a kill are not lost.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any, BinaryIO, NoReturn

MISSING = 9
"""The exit code where dkimpy is not installed."""


class NotAskedError(Exception):
    """dkimpy wants an answer that was not asked for."""


class _Complaints(logging.Handler):
    """Keeps the last thing that dkimpy logged as an error: its reason to refuse."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


def _no_network(*_: object, **__: object) -> NoReturn:
    raise NotAskedError("the network")


def cut_off() -> None:
    """No socket from here on: dkimpy is given all that it may know, whatever it comes to do."""
    vars(socket)["socket"] = _no_network


def main(source: BinaryIO, sink: BinaryIO, loaded: Callable[[], None] = lambda: None) -> int:
    """Judge the signatures that the first line of `source` names; the exit code. `loaded` is called once dkimpy is there."""
    try:
        dkim: Any = import_module("dkim")
    except ImportError:
        return MISSING
    loaded()
    task = json.loads(source.readline())
    message = source.read()
    dkim.time = SimpleNamespace(time=lambda: task["now"])
    for position in task["positions"]:
        line = {"at": position, **_judge(dkim, message, position, task)}
        sink.write(json.dumps(line).encode() + b"\n")
        sink.flush()
    return 0


def _judge(dkim: Any, message: bytes, position: int, task: Any) -> dict[str, object]:
    """`accepts` is True, False or, where there is no judgement, None; `reason` is in words."""
    complaints = _Complaints(logging.ERROR)
    logger = logging.Logger("dkimpy")
    logger.addHandler(complaints)
    texts: list[str] = [""]
    at = 0

    def ask(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        key = name.decode("utf-8", "replace").lower().removesuffix(".")
        if key not in task["keys"]:
            raise NotAskedError(f"the key at {key}")
        texts[:] = task["keys"][key] or [""]
        return texts[at].encode("latin-1")

    reason = ""
    # several records at one name: RFC 6376 leaves open which one counts, so one that fits is enough
    while at < len(texts):
        try:
            signer = dkim.DKIM(message, logger=logger)
            if sum(name.lower() == b"dkim-signature" for name, _ in signer.headers) != task["count"]:
                return {"accepts": None, "reason": "it reads another number of signatures"}
            if signer.verify(position, dnsfunc=ask):
                return {"accepts": True, "reason": ""}
            reason = complaints.last or "the signature does not fit"
        except (dkim.NaClNotFoundError, NotAskedError) as error:
            return {"accepts": None, "reason": f"it lacks {error}"}
        except dkim.DKIMException as error:
            reason = str(error)
        except Exception as error:
            return {"accepts": None, "reason": f"it crashed: {type(error).__name__}: {error}"}
        at += 1
    return {"accepts": False, "reason": reason}


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer, cut_off))
