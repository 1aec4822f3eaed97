"""`check DOMAIN --ip`: may this host send mail for this domain? The SPF question without a message (RFC 7208 section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from mailsec.api.session import Session
from mailsec.api.tool import TOOL
from mailsec.api.trace import Trace, trace_check
from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.errors import UsageError
from mailsec.core.exits import Exit, exit_for
from mailsec.core.flow import Flow, gather
from mailsec.core.results import Report, Status
from mailsec.core.rules import Severity
from mailsec.sender.spf.evaluate import SpfResult, evaluate, evaluate_helo


@dataclass(frozen=True, slots=True)
class HostQuestion:
    """May `ip` send mail for `domain`? `mail_from` is the whole return path where its local part matters."""

    domain: str
    ip: IPv4Address | IPv6Address
    helo: str = ""
    mail_from: str = ""


def check_host(
    question: HostQuestion, session: Session, *, fail_on: Severity | None = Severity.HIGH, trace: bool = False
) -> Report:
    """The answer with its tree. Raises UsageError where the domain is no name, or `mail_from` is of another domain."""
    domain, sender = _sender(question)
    now = session.now
    asked = Trace() if trace else None
    results = session.run(_asked(question, sender, now=now), asked)
    main = results[0]
    checks = [each.check for each in results] + ([trace_check(asked)] if asked else [])
    report_exit = exit_for(main.status)
    if fail_on and any(found.severity.rank >= fail_on.rank for check in checks for found in check.all_findings()):
        report_exit = Exit.DOES_NOT_HOLD
    return Report(domain, main.status, _sentence(question, domain, main), tuple(checks), now, TOOL, report_exit)


def _asked(question: HostQuestion, sender: str, *, now: int) -> Flow[list[SpfResult]]:
    flows = [evaluate(question.ip, sender, question.helo, now=now)]
    if question.helo:
        flows.append(evaluate_helo(question.ip, question.helo, now=now))
    return gather(flows)


def _sender(question: HostQuestion) -> tuple[str, str]:
    """The domain as a name, and the sender to ask about."""
    try:
        domain = to_ascii(question.domain)
    except DomainError as error:
        raise UsageError(f"{question.domain!r} is no domain name: {error}") from None
    local, _, sender_domain = question.mail_from.strip("<>").rpartition("@")
    if question.mail_from and _name(sender_domain) != domain:
        raise UsageError(f"--mail-from is not an address of {domain}", hint="ask about the domain of the return path")
    return domain, f"{local or 'postmaster'}@{domain}"


def _name(text: str) -> str:
    try:
        return to_ascii(text)
    except DomainError:
        return ""


_WORDS = {
    Status.PASS: "may send mail for",
    Status.FAIL: "may not send mail for",
    Status.SOFTFAIL: "probably may not send mail for",
    Status.NEUTRAL: "is neither allowed nor forbidden to send mail for",
    Status.NONE: "was not judged: there is no SPF record for",
    Status.TEMPERROR: "could not be judged for now for",
    Status.PERMERROR: "cannot be judged: the SPF record is broken for",
}


def _sentence(question: HostQuestion, domain: str, result: SpfResult) -> str:
    reason = f": {result.reason}" if result.reason else ""
    explanation = f" The domain says: {result.explanation}" if result.explanation else ""
    return f"{question.ip} {_WORDS[result.status]} {domain}{reason}.{explanation}"
