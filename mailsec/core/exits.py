"""Exit codes, as scripts rely on them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailsec.core.results import Status


class Exit(IntEnum):
    """The exit codes; `meaning` is the sentence that README and --help print."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    USAGE = 2
    NOTHING = 3
    BAD_INPUT = 4
    TEMPORARY = 5
    REMOTE = 6
    KEY = 7
    BUG = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141

    @property
    def meaning(self) -> str:
        """What the code says, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.HOLDS: "holds, or done",
    Exit.DOES_NOT_HOLD: "judged, and it does not hold; or a finding at or above `--fail-on` (default high)",
    Exit.USAGE: "usage",
    Exit.NOTHING: "nothing to judge (unsigned and no envelope, no such domain, empty input)",
    Exit.BAD_INPUT: "bad input (no message, key, record or script could be read)",
    Exit.TEMPORARY: "temporary (DNS timeout or SERVFAIL, connection refused, TLS cut)",
    Exit.REMOTE: "the remote side deviates from the script or the protocol",
    Exit.KEY: "key missing, locked, expired or untrusted: could not be judged",
    Exit.BUG: "a bug in mailsec",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
    Exit.PIPE_CLOSED: "the reader closed the pipe",
}

# Of several inputs the most severe decides.
_SEVERITY = (
    Exit.INTERRUPTED,
    Exit.PIPE_CLOSED,
    Exit.BUG,
    Exit.USAGE,
    Exit.DOES_NOT_HOLD,
    Exit.KEY,
    Exit.REMOTE,
    Exit.TEMPORARY,
    Exit.BAD_INPUT,
    Exit.NOTHING,
    Exit.HOLDS,
)


def most_severe(codes: Iterable[int]) -> Exit:
    """The exit code for several inputs; `HOLDS` where there are none."""
    return min((Exit(code) for code in codes), key=_SEVERITY.index, default=Exit.HOLDS)


def exit_for(status: Status | None) -> Exit:
    """The exit code of a single judgement that has no decision table of its own."""
    from mailsec.core.results import Status  # noqa: PLC0415 (--help prints the codes, and has no use for the result model)

    if status is None or status is Status.PASS:
        return Exit.HOLDS
    if status is Status.TEMPERROR:
        return Exit.TEMPORARY
    if status in (Status.FAIL, Status.POLICY, Status.PERMERROR):
        return Exit.DOES_NOT_HOLD
    return Exit.NOTHING
