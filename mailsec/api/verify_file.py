"""`verify` for what is no mail: a signed file, or a signature and the file that it is about. There is no domain to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailsec.api.certificate_paths import SYSTEM, PathJudgement, PathOptions
from mailsec.api.tool import TOOL
from mailsec.api.verdict import Case, Content, Question, decide
from mailsec.api.verify_content import with_opinions
from mailsec.content.judge.content import ContentResult
from mailsec.content.judge.file import judge_file
from mailsec.content.judge.layer import ContentAnswer
from mailsec.content.openpgp.signature import SignatureResult
from mailsec.core.errors import BadInput, NothingToJudge
from mailsec.core.results import Report
from mailsec.core.rules import Severity
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Keys


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How files are judged. `certificates` (DER) are those that signers of S/MIME may have beside what the file carries;
    `require` picks the question that the exit code answers, `second_opinion` asks sqv or gpgv about OpenPGP."""

    keys: Keys = field(default_factory=FileKeys)
    paths: PathOptions = SYSTEM
    certificates: Sequence[bytes] = ()
    fail_on: Severity | None = Severity.HIGH
    allow_partial: bool = False
    require: Question | None = None
    second_opinion: bool = False


def verify_file(file: bytes, subject: str, options: FileOptions, *, now: int) -> Report:
    """The report on `file` (`bare.is_signed_file`), judged at `now` in seconds since 1970 UTC.

    Raises NothingToJudge for an empty file and one in which nothing is signed, BadInput for what is damaged.
    """
    return _judged(file, None, subject, options, now)


def verify_detached(file: bytes, signature: bytes, subject: str, options: FileOptions, *, now: int) -> Report:
    """The report on `file`, whose signatures are in `signature`: OpenPGP (.asc, .sig) or S/MIME (.p7s).

    Raises NothingToJudge for an empty signature, BadInput for what is none or damaged.
    """
    return _judged(file, signature, subject, options, now)


def _judged(file: bytes, signature: bytes | None, subject: str, options: FileOptions, now: int) -> Report:
    data = file if signature is None else signature
    if not data:
        raise NothingToJudge("the input is empty" if signature is None else "the signature is empty")
    content = _smime(file, signature, options, now) or _openpgp(file, signature, options, now)
    if content.answer is ContentAnswer.ABSENT:
        raise NothingToJudge("nothing in it is signed")
    found = tuple(content.check.all_findings())
    case = Case(
        (),
        findings=found,
        fail_on=options.fail_on,
        content=Content(content.answer, content.reason),
        allow_partial=options.allow_partial,
    )
    decision = decide(case, options.require)
    verdict = decision.verdict
    return Report(subject, verdict.overall, decision.sentence, (content.check,), now, TOOL, verdict.exit, verdict)


def _openpgp(file: bytes, signature: bytes | None, options: FileOptions, now: int) -> ContentResult:
    from mailsec.content.openpgp.file import detached, signed_file
    from mailsec.content.openpgp.mail import Judge
    from mailsec.content.openpgp.opening import OpeningError
    from mailsec.trust.keyring.armor import ArmorError
    from mailsec.trust.keyring.packets import PacketError

    seen: list[tuple[bytes, SignatureResult]] = []
    judge = Judge(options.keys, now, (lambda data, result: seen.append((data, result))) if options.second_opinion else None)
    try:
        found = signed_file(file, judge) if signature is None else detached(signature, file, judge)
    except (ArmorError, PacketError, OpeningError) as error:
        raise _unreadable(error, signature) from None
    return with_opinions(judge_file(found, options.keys), seen)


def _smime(file: bytes, signature: bytes | None, options: FileOptions, now: int) -> ContentResult | None:
    """None where it is no S/MIME."""
    from mailsec.content.smime.cms import CmsError
    from mailsec.content.smime.file import detached, opened_file, structure_in
    from mailsec.content.smime.harvested import harvested
    from mailsec.content.smime.judging import Judge

    try:
        der = structure_in(file if signature is None else signature)
        if der is None:
            return None
        judge = Judge(options.keys, PathJudgement(options.paths, options.keys), now)
        known = options.certificates
        inside = opened_file(der, known, judge) if signature is None else detached(der, file, known, judge)
    except CmsError as error:
        raise _unreadable(error, signature) from None
    result = judge_file(inside.signed, harvested(options.keys, inside.results))
    return replace(result, check=replace(result.check, children=(*inside.around, *result.check.children)))


def _unreadable(error: Exception, signature: bytes | None) -> BadInput:
    return BadInput(f"{'cannot be judged' if signature is None else 'the signature cannot be read'}: {error}")
