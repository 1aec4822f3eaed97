"""How a scripted dialogue went, as checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mailsec.core.exits import Exit
from mailsec.core.ladder import ladder, rung
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.core.rules import Severity
from mailsec.transport.smtp import rules
from mailsec.transport.smtp.course import Course, Judgement, Kind, Party
from mailsec.transport.smtp.script import Reply, Script

STATUSES = {
    Kind.DONE: Status.PASS,
    Kind.DEVIATES: Status.FAIL,
    Kind.TEMPORARY: Status.TEMPERROR,
    Kind.SKIPPED: Status.SKIPPED,
}
_EXITS = {Kind.DONE: Exit.HOLDS, Kind.DEVIATES: Exit.REMOTE, Kind.TEMPORARY: Exit.TEMPORARY, Kind.SKIPPED: Exit.NOTHING}


def checks(course: Course, *, secrets: bool = False) -> tuple[Check, ...]:
    """The TLS handshakes and the dialogue, line by line; with `secrets` nothing is hidden."""
    states = tuple(
        Check(
            "tls",
            tls.pkix.status if tls.pkix.status is not Status.SKIPPED else None,
            "; ".join(tls.pkix.reasons),
            (
                Fact("version", tls.version),
                Fact("cipher", tls.cipher),
                Fact("bits", tls.bits),
                Fact("name", tls.name),
                Fact("connection", on),
            ),
        )
        for on, tls in course.states
    )
    return (*states, dialogue(course, secrets=secrets))


def dialogue(course: Course, *, secrets: bool = False) -> Check:
    """Every line with its time, direction, TLS state and octets, and what was judged at the line it was judged at."""
    judged = len(course.judgements)
    return ladder(
        "dialogue",
        _rungs(course, secrets),
        parties=(Party.CLIENT.value, Party.SERVER.value),
        status=status(course),
        reason=place(course),
        facts=(Fact("script", course.script.name), Fact("judged", judged), Fact("address", course.address)),
        findings=findings(course),
    )


def status(course: Course) -> Status:
    """What the whole is: as the script says or not."""
    if course.ending.kind is Kind.DONE and _injected(course):
        return Status.FAIL
    return STATUSES[course.ending.kind]


def exit_code(course: Course, fail_on: Severity | None) -> Exit:
    """The exit code: 6 where the other side deviates, 5 where it may work later, 3 where nothing was judged."""
    if course.ending.kind is Kind.DONE and not _injected(course):
        worst = any(fail_on is not None and found.severity.rank >= fail_on.rank for found in course.findings)
        return Exit.DOES_NOT_HOLD if worst else Exit.HOLDS
    return Exit.REMOTE if _injected(course) else _EXITS[course.ending.kind]


def _injected(course: Course) -> bool:
    return any(found.rule == rules.INJECTION.id for found in course.findings)


def place(course: Course) -> str:
    """Where and why it ended, if it did before its end."""
    ending = course.ending
    if ending.kind is Kind.DONE:
        return "plaintext was injected before TLS" if _injected(course) else "as the script says"
    where = f"line {course.script.steps[ending.step].line}: " if ending.step >= 0 else ""
    return f"{where}{ending.reason}"


def findings(course: Course) -> tuple[Finding, ...]:
    """What was found, the deviation first."""
    if course.ending.kind is not Kind.DEVIATES:
        return course.findings
    evidence = (course.script.evidence(course.ending.step),) if course.ending.step >= 0 else ()
    return (finding(rules.DEVIATES, place(course), *evidence), *course.findings)


def _rungs(course: Course, secrets: bool) -> Iterator[Check]:
    """The lines; a judgement stands at the last line of its step that there is at its time."""
    several = len({line.on for line in course.lines}) > 1
    lasts: dict[tuple[int, float], int] = {}
    for at, line in enumerate(course.lines):
        if line.step >= 0:
            lasts[line.step, line.at] = at
    judged: dict[int, Judgement] = {}
    for judgement in course.judgements:
        judged[lasts.get((judgement.step, judgement.at), -1)] = judgement
    for at, line in enumerate(course.lines):
        made = rung(
            line.at,
            line.who.value if line.who is not None else "",
            line.data if secrets else line.shown,
            band=line.tls,
            lane=str(line.on) if several else "",
            octets=len(line.data),
        )
        where = (Fact("line", course.script.steps[line.step].line),) if line.step >= 0 else ()
        made = replace(made, facts=(*made.facts, *where))
        yield _with_judgement(made, judged[at], course.script) if at in judged else made


def _with_judgement(made: Check, judgement: Judgement, script: Script) -> Check:
    step = script.steps[judgement.step]
    evidence = (script.evidence(judgement.step),) if judgement.problems else ()
    expected = (Fact("expected", step.source),) if isinstance(step, Reply) else ()
    return replace(
        made,
        status=Status.FAIL if judgement.problems else Status.PASS,
        reason="; ".join(judgement.problems or judgement.notes),
        facts=(*made.facts, *expected),
        evidence=evidence,
    )
