"""A dialogue of two parties as a Check: a rung for each thing that was said, by one of them or by none (an event).

Any protocol can be shown so. Renderers that draw know a ladder by the fact `ladder`, which names the two parties; to the others
it is a check like any other, with the same facts.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator

from mailsec.core.limits.transport import LADDER_TEXT
from mailsec.core.results import Check, Fact, Finding, Status
from mailsec.core.text import from_bytes

LADDER, BAND, TIME, SPEAKER, TEXT = "ladder", "tls", "time-ms", "from", "text"


def ladder(
    name: str,
    rungs: Iterable[Check],
    *,
    parties: tuple[str, str],
    status: Status | None = None,
    reason: str = "",
    facts: tuple[Fact, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> Check:
    """The dialogue of `parties`, the one that began it first."""
    return Check(name, status, reason, (Fact(LADDER, " ".join(parties)), *facts), findings, children=tuple(rungs))


def rung(
    at: float,
    speaker: str,
    said: bytes,
    *,
    tls: str = "",
    lane: str = "",
    octets: int | None = None,
) -> Check:
    """What `speaker` said, or with "" what happened, `at` seconds after the beginning.

    `tls` is the version of TLS that it went through ("" for none), `lane` which of several connections. `octets` is the length
    of what went over the wire, where `said` is shown otherwise. What is judged of it is added with `dataclasses.replace`.
    """
    facts = [Fact(TIME, round(at * 1000)), Fact(SPEAKER, speaker)]
    if lane:
        facts.append(Fact("lane", lane))
    if speaker:
        facts += [Fact(BAND, tls), Fact("octets", len(said) if octets is None else octets)]
        facts.extend(_text(said))
    else:
        facts.append(Fact(TEXT, from_bytes(said)))
    return Check(speaker or "event", facts=tuple(facts))


def _text(said: bytes) -> Iterator[Fact]:
    """What was said as text, without its line end, or in base64 where it is none."""
    kept = said[:LADDER_TEXT]
    try:
        text = kept.decode()
    except UnicodeDecodeError:
        yield Fact("base64", b64encode(kept).decode("ascii"))
    else:
        body = text.removesuffix("\n").removesuffix("\r") if text.endswith("\r\n") else text
        yield Fact(TEXT, body)
        if body == text and len(kept) == len(said):
            yield Fact("line-end", "none")
    if len(kept) < len(said):
        yield Fact("cut-at", LADDER_TEXT)
