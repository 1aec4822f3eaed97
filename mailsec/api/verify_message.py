"""`verify`: who really sent a message, and was it changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailsec.api import verify_report
from mailsec.api.certificate_paths import PathOptions, user_shelf
from mailsec.api.envelope import Envelope, derived
from mailsec.api.readable import readable
from mailsec.api.session import Session
from mailsec.api.settings import clock
from mailsec.api.trace import Trace
from mailsec.api.verdict import Question, decide
from mailsec.api.verify_case import Evidenced, case_of
from mailsec.api.verify_content import ContentKeys, author_certificates, with_content
from mailsec.api.watch import watched
from mailsec.core.errors import BadInput
from mailsec.core.flow import NOT_FETCHED, Flow, gather, pure, together
from mailsec.core.results import AuthResult, Report, Status
from mailsec.core.rules import Severity
from mailsec.message.checks import Author, author, message_check
from mailsec.message.fields import Message
from mailsec.message.mime import Structure, structure
from mailsec.sender.dkim.verify import DkimResult
from mailsec.sender.dkim.verify import verify as verify_dkim
from mailsec.sender.dmarc.evaluate import DmarcResult
from mailsec.sender.dmarc.evaluate import evaluate as evaluate_dmarc
from mailsec.sender.spoofing.judge import Arrival, Results, Subject, spoofing_check
from mailsec.trust.x509.revocation import NO_FILES, RevocationFiles

if TYPE_CHECKING:
    from mailsec.api.verify_content import Remember
    from mailsec.api.verify_reported import Others
    from mailsec.content.smime.published import Published
    from mailsec.sender.bimi.evaluate import BimiResult
    from mailsec.sender.bimi.material import Trust
    from mailsec.sender.spf.evaluate import SpfResult
    from mailsec.trust.keyring.keys import Keys

NOW = "now"
RECEIVED = "received"
_SAID = (b"authentication-results", b"received-spf")


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How one message is to be judged.

    `received_from` names the receiver whose Received fields state the envelope, where `envelope` does not. `at` is the time
    to judge for in seconds since 1970 UTC, "now" or "received"; None takes the time of arrival where it is known, else now.
    `keys` are what signatures of the content are judged with, `allow_partial` lets them cover a part of it, and `require` picks
    the question that the exit code answers.
    `protect` names domains that nobody else may look like, `authserv_id` the receiver as it writes Authentication-Results.
    `trust_authres` is the authserv-id of a receiver whose results, above its border, may stand in for what can no longer be
    judged; `second_opinion` asks dkimpy, sqv or gpgv too. `remember` is told of S/MIME and of what became of its signatures.
    With `dane` SMIMEA records may vouch for the author's certificate where DNSSEC vouches for them; with `accept_case_variant`
    those of the lower-cased address too. `revocation` says what certificates are revoked.
    """

    envelope: Envelope | None = None
    received_from: str = ""
    at: int | str | None = None
    fail_on: Severity | None = Severity.HIGH
    trace: bool = False
    explain: bool = False
    keys: Keys | None = None
    allow_partial: bool = False
    require: Question | None = None
    protect: tuple[str, ...] = ()
    authserv_id: str = ""
    trust_authres: str = ""
    second_opinion: bool = False
    remember: Remember | None = None
    dane: bool = True
    accept_case_variant: bool = False
    revocation: RevocationFiles = NO_FILES

    @property
    def ours(self) -> tuple[str, ...]:
        """Every name by which the receiver may call itself in Authentication-Results."""
        return tuple(dict.fromkeys(filter(None, (self.authserv_id, self.trust_authres, self.received_from))))


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a message: the report, the message as parsed, and the results for an Authentication-Results field."""

    report: Report
    message: Message
    results: tuple[AuthResult, ...]


def verify_message(file: bytes, subject: str, session: Session, options: VerifyOptions | None = None) -> Verified:
    """Judge the message in `file`, called `subject` in the report.

    Raises NothingToJudge for an empty file, BadInput where there is no header field, or no time of arrival that `at` asks for.
    """
    options = options or VerifyOptions()
    message = readable(file)
    del file
    envelope = options.envelope or (derived(message, options.received_from) if options.received_from else Envelope())
    now = _moment(options.at, envelope, session.now)
    trace = Trace() if options.trace else None
    options = options if session.vouches else replace(options, dane=False)
    flow = judge(message, envelope, options, now=now, marks=_marks(session, now))
    evidenced = _with_opinion(flow, session, trace, now) if options.second_opinion else session.run(flow, trace)
    known = ContentKeys(options.keys, paths(session, options), options.second_opinion, options.remember, evidenced.published)
    evidenced = with_content(evidenced, known, now=now)
    case = case_of(evidenced, options.fail_on, allow_partial=options.allow_partial)
    decision = decide(case, options.require)
    report = verify_report.report(evidenced, case, decision, subject=subject, now=now, trace=trace, explain=options.explain)
    return Verified(report, message, _results(evidenced))


def paths(session: Session, options: VerifyOptions) -> PathOptions:
    """What the paths of certificates are judged with."""
    drive = session.run if session.settings.fetch else None
    shelf = None if session.repeatable else user_shelf(clock())
    return PathOptions(session.settings.ca_file, options.revocation, drive, shelf)


def _with_opinion(flow: Flow[Evidenced], session: Session, trace: Trace | None, now: int) -> Evidenced:
    """The flow's result, and what dkimpy makes of the same message and the same answers."""
    from mailsec.api.verify_second import Heard, second_opinion  # processes, and only here

    heard = Heard()
    evidenced = session.run(heard.listen(flow), trace)
    return replace(evidenced, opinion=second_opinion(evidenced.message, evidenced.dkim, heard.keys, now=now))


def _marks(session: Session, now: int) -> Trust | None:
    """What logos and their certificates are judged with, None where nothing is fetched."""
    if not session.settings.fetch:
        return None
    from mailsec.net.roots import root_certificates  # TLS, and few need it
    from mailsec.sender.bimi.material import Trust

    file = session.settings.bimi_ca
    return Trust(now, root_certificates(file) if file else ())


def judge(
    message: Message, envelope: Envelope, options: VerifyOptions, *, now: int, marks: Trust | None = None
) -> Flow[Evidenced]:
    """SPF and DKIM side by side, then what the receiver reported in their place, then DMARC over all, then the domain's logo
    (with `marks`), then what misleads about the sender."""
    who = author(message)
    found = structure(message)
    senders = together(_spf(envelope, now=now), _dkim(message, who, now=now))
    (spf, dkim), published = yield from together(senders, _dane(found, who, options))
    mail_from, helo = spf
    own = (mail_from.auth if mail_from else envelope.unasked, *(each.auth for each in dkim.signatures))
    others = _others(message, envelope, options)
    reported = others.stand_ins(own, dkim.signatures, now=now) if others else {}
    identifiers = tuple(reported[index].result if index in reported else auth for index, auth in enumerate(own))
    dmarc = yield from evaluate_dmarc(who.domains, identifiers)
    bimi = yield from _bimi(message, who, dmarc, dkim, envelope, marks)
    form = message_check(message, found, who)
    results = Results(dkim, dmarc, mail_from, helo)
    subject = Subject(
        message, who, found, now=now, watch=watched(options.protect, *options.ours), arrival=_arrival(envelope), results=results
    )
    spoofing = spoofing_check(subject)
    foreign = others.check((*own, dmarc.auth), reported) if others else None
    return Evidenced(
        *(message, envelope, who, mail_from, helo, dkim, dmarc, identifiers, found, form, spoofing),
        foreign=foreign,
        published=published,
        bimi=bimi,
        reported=reported,
    )


def _others(message: Message, envelope: Envelope, options: VerifyOptions) -> Others | None:
    """What other hosts said of the message; None where none did."""
    if not any(field.key.endswith(_SAID) for field in message.fields):
        return None
    from mailsec.api.verify_reported import Others  # most messages on their way in have no such field

    return Others(message, envelope.border, options.trust_authres, options.ours)


def _bimi(
    message: Message, who: Author, dmarc: DmarcResult, dkim: DkimResult, envelope: Envelope, marks: Trust | None
) -> Flow[BimiResult | None]:
    """BIMI where it may be fetched; else only what the message brings along of it."""
    if marks is None and not any(field.key.startswith(b"bimi-") for field in message.fields):
        return None
    from mailsec.sender.bimi.evaluate import Subject as Branded
    from mailsec.sender.bimi.evaluate import brought_along, evaluate, unasked

    aligned = dmarc.judgements[0].aligned if len(dmarc.judgements) == 1 else ()
    signed = frozenset(name for index in aligned if index for name in dkim.signatures[index - 1].signed_fields)
    subject = Branded(message, who, dmarc, signed, envelope.border)
    if marks is not None:
        return (yield from evaluate(subject, marks))
    return unasked(subject, NOT_FETCHED) if brought_along(subject) else None


def _arrival(envelope: Envelope) -> Arrival:
    return Arrival(envelope.helo, envelope.mail_from, envelope.recipients, envelope.time, envelope.border)


def _spf(envelope: Envelope, *, now: int) -> Flow[tuple[SpfResult | None, SpfResult | None]]:
    """The results for MAIL FROM and for HELO; None where the envelope does not say enough to ask."""
    ip, helo = envelope.ip, envelope.helo or ""
    if ip is None:
        return None, None
    from mailsec.sender.spf.evaluate import evaluate, evaluate_helo  # most messages come without an envelope

    mail_from = evaluate(ip, envelope.mail_from or "", helo, now=now) if envelope.known else pure(None)
    by_helo = evaluate_helo(ip, helo, now=now) if helo else pure(None)
    results = yield from gather((mail_from, by_helo))
    return results[0], results[1]


def _dane(found: Structure, who: Author, options: VerifyOptions) -> Flow[Published | None]:
    if not options.dane:
        return pure(None)
    return author_certificates(found, who, accept_case_variant=options.accept_case_variant)


def _dkim(message: Message, who: Author, *, now: int) -> Flow[DkimResult]:
    return verify_dkim(message, now=now, author_domains=who.domains)


def _results(evidenced: Evidenced) -> tuple[AuthResult, ...]:
    """What an Authentication-Results field says: everything that was asked."""
    spf = [each.auth for each in (evidenced.mail_from, evidenced.helo) if each]
    dkim = [each.auth for each in evidenced.dkim.signatures] or [AuthResult("dkim", Status.NONE, "not signed")]
    dmarc = [each.auth for each in (evidenced.dmarc,) if each.status is not Status.SKIPPED]
    bimi = [each.auth for each in (evidenced.bimi,) if each]
    return tuple(each for each in (*spf, *dkim, *dmarc, *bimi) if each.status is not Status.SKIPPED)


def _moment(at: int | str | None, envelope: Envelope, now: int) -> int:
    """The time to judge for: as asked, else the arrival where it is known, else now."""
    if isinstance(at, int):
        return at
    if at == RECEIVED and envelope.time is None:
        raise BadInput("the time of arrival is not known", hint="name the receiver: --received-from HOST")
    return now if at == NOW or envelope.time is None else envelope.time
