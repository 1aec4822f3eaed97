"""dkimpy's opinion of the DKIM signatures of a message, asked of a child process.

It is fed with the answers that were received here, so both judge the same keys for the same time, and the child asks nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailsec.core.text import clipped
from mailsec.judges.child import Bounds, Ran, complaint, run_child
from mailsec.judges.dkimpy_child import MISSING
from mailsec.judges.opinion import Opinion

_SCRIPT = Path(__file__).with_name("dkimpy_child.py")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Task:
    """What dkimpy is asked.

    `positions` count DKIM-Signature fields of `message` from the top, `count` in all; `keys` has the texts of the TXT records
    by the name that was asked; `now` is the time to judge for, in seconds since 1970 UTC.
    """

    message: bytes
    positions: Sequence[int]
    count: int
    keys: Mapping[str, Sequence[bytes]]
    now: int


def ask_dkimpy(task: Task, bounds: Bounds | None = None) -> dict[int, Opinion]:
    """An opinion of each signature asked for. Never raises: whatever becomes of the child is an opinion without a judgement."""
    texts = {name: [text.decode("latin-1") for text in found] for name, found in task.keys.items()}
    asked = {"now": task.now, "positions": list(task.positions), "count": task.count, "keys": texts}
    given = json.dumps(asked).encode() + b"\n" + task.message
    ran = run_child([sys.executable, "-P", str(_SCRIPT)], given, bounds)
    said = _opinions(ran.output)
    silent = Opinion(None, _silence(ran))
    return {position: said.get(position, silent) for position in task.positions}


def _silence(ran: Ran) -> str:
    if ran.failure:
        return f"dkimpy was stopped: {ran.failure}"
    if ran.code == MISSING:
        return "dkimpy is not installed: pip install 'mailsec[second-opinion]'"
    return f"dkimpy failed: {complaint(ran) or f'exit code {ran.code}'}"


def _opinions(output: bytes) -> dict[int, Opinion]:
    """What the whole lines of `output` say; a line that is none of the child's is left out."""
    found: dict[int, Opinion] = {}
    for line in output.splitlines():
        try:
            said = json.loads(line)
            if isinstance(said["accepts"], bool | None):
                reason = str(said["reason"]).encode("utf-8", "backslashreplace").decode()
                found[int(said["at"])] = Opinion(said["accepts"], clipped(reason, _SHOWN))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found
