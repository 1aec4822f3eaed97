"""A dialogue of two parties as a Check: a rung for each thing that was said, by one of them or by none (an event).

Any protocol can be shown so. Renderers that draw know a ladder by the fact `ladder`, which names the two parties; to the others it
is a check like any other, with the same facts.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator

from mailsec.core.limits import LADDER_TEXT
from mailsec.core.results import Check, Evidence, Fact, Finding, Status

LADDER, BAND, TIME, SPEAKER, TEXT = "ladder", "band", "time-ms", "from", "text"


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
    band: str = "",
    lane: str = "",
    status: Status | None = None,
    reason: str = "",
    octets: int | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Check:
    """What `speaker` said, or with "" what happened, `at` seconds after the beginning.

    `band` names the protection it went under ("TLSv1.3"), `lane` which of several connections. `octets` is the length of what went
    over the wire, where `said` is shown otherwise.
    """
    facts = [Fact(TIME, round(at * 1000)), Fact(SPEAKER, speaker)]
    if speaker:
        facts += [Fact(BAND, band), Fact("octets", len(said) if octets is None else octets)]
    if lane:
        facts.append(Fact("lane", lane))
    facts.extend(_text(said))
    return Check(speaker or "event", status, reason, tuple(facts), evidence=evidence)


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
