"""`decrypt`: a message opened, and what was inside judged: message in, message out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mailsec.api.bare import may_be_structure
from mailsec.api.certificate_paths import SYSTEM, PathOptions
from mailsec.api.secret_keys import Ask, Unlocker, nobody
from mailsec.api.tool import TOOL
from mailsec.content.judge.content import ContentResult, Mail, beside, judge_content
from mailsec.content.judge.coverage import coverage
from mailsec.content.judge.file import SignedFile, judge_file
from mailsec.content.judge.layer import ContentAnswer, Coverage, Layer
from mailsec.content.openpgp.ciphertext import Ciphertext, ciphertexts, is_bare
from mailsec.content.openpgp.container import Container, container
from mailsec.content.openpgp.decrypting import DecryptingError, Failure
from mailsec.content.openpgp.file import owned
from mailsec.content.openpgp.mail import Judge, layers
from mailsec.content.openpgp.opening import Opened, OpeningError, unwrapped
from mailsec.core.errors import BadInput, KeyUnavailable, NothingToJudge
from mailsec.core.exits import Exit
from mailsec.core.limits.content import PGP_OWN_KEYS
from mailsec.core.results import Check, Fact, Produced, Report, Status, worst_severity
from mailsec.core.rules import Severity
from mailsec.message.authors import author
from mailsec.message.compose import as_entity, canonical, with_entity
from mailsec.message.fields import Message, parse
from mailsec.message.mime import Form, Method, Structure, protection, structure
from mailsec.trust.keyring.armor import MESSAGE, ArmorError, dearmored
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

if TYPE_CHECKING:
    from mailsec.content.smime.published import Published
    from mailsec.message.authors import Author

    AskPublished: TypeAlias = Callable[[Structure, Author], Published | None]

_SHOWN = 10
_NOTHING = "nothing in the message is encrypted"
EXITS = {
    ContentAnswer.ABSENT: Exit.HOLDS,
    ContentAnswer.GOOD: Exit.HOLDS,
    ContentAnswer.PARTIAL: Exit.DOES_NOT_HOLD,
    ContentAnswer.BAD: Exit.DOES_NOT_HOLD,
    ContentAnswer.UNJUDGED: Exit.KEY,
}


@dataclass(frozen=True, slots=True)
class DecryptOptions:
    """How a message is to be opened. `part` picks one of several ciphertexts, counted from 1; with `require_signature` one that
    is not signed is exit code 1. `ask` gives passphrases. `paths` is what certificates of S/MIME are judged with;
    `allow_unauthenticated` gives out what nothing protects against changes, `allow_legacy` opens 3DES and RC2. `published` asks
    what the DNS says of the author's certificates, None where it is not to be asked."""

    keys: Keys
    part: int | None = None
    require_signature: bool = False
    fail_on: Severity | None = Severity.HIGH
    ask: Ask = nobody
    paths: PathOptions = SYSTEM
    allow_unauthenticated: bool = False
    allow_legacy: bool = False
    published: AskPublished | None = None


@dataclass(frozen=True, slots=True)
class _Inside:
    """What was opened: the text, and what the outside said."""

    opened: Opened
    outside: Container | None


def decrypt_message(file: bytes, subject: str, options: DecryptOptions, *, now: int) -> Produced:
    """The decrypted form of `file`, a mail or an OpenPGP message or CMS structure of its own, and what was found out about it.

    OpenPGP and S/MIME. A mail keeps its header fields, apart from those that described the ciphertext. What stood beside the
    ciphertext is left out, so that plaintext is never joined with what was not encrypted. Raises NothingToJudge where nothing
    is encrypted, BadInput for what is damaged or not protected, KeyUnavailable where no key at hand opens it.
    """
    if not file:
        raise NothingToJudge("the input is empty")
    if is_bare(file):
        return _bare(file, subject, options, now)
    if may_be_structure(file):
        from mailsec.api.decrypt_cms import decrypt_cms  # OpenPGP needs none of it

        if (made := decrypt_cms(file, subject, options, now=now)) is not None:
            return made
    message = parse(file)
    del file
    if not message.fields:
        raise BadInput("this is neither a mail message nor an OpenPGP or S/MIME one")
    found = structure(message)
    try:
        there = ciphertexts(message, found, Judge(options.keys, now))
    except ArmorError as error:
        raise BadInput(f"cannot be opened: {error}") from None
    if there or not _holds_smime(found):
        return _openpgp(Mail(message, found, author(message), options.keys), there, subject, options, now)
    from mailsec.api.decrypt_smime import decrypt_smime  # OpenPGP needs none of it

    held = [message]
    del message
    produced = decrypt_smime(held, subject, options, now=now)
    if produced is None:
        raise NothingToJudge(_NOTHING)
    return produced


def _openpgp(mail: Mail, there: Sequence[Ciphertext], subject: str, options: DecryptOptions, now: int) -> Produced:
    chosen = _chosen(there, options.part)
    inside = _open(chosen.data, options)
    data = _rebuilt(mail.message, inside.opened, chosen)
    content = _judged(mail, chosen, inside.opened, data, Judge(options.keys, now))
    strange = beside(mail, [each.layer for each in there])
    content = replace(content, check=replace(content.check, findings=tuple(dict.fromkeys((*strange, *content.check.findings)))))
    return Produced(data, _report(subject, inside, content, options, now))


def _holds_smime(found: Structure) -> bool:
    """True where a part of the message is a CMS structure that may have to be opened."""
    return any(each.method is Method.SMIME for each in protection(found))


def _chosen(found: Sequence[Ciphertext], part: int | None) -> Ciphertext:
    if not found:
        raise NothingToJudge(_NOTHING)
    if part is None and len(found) > 1:
        raise BadInput(
            f"the message holds {len(found)} ciphertexts, as somebody would who wants strangers' texts decrypted",
            hint=f"pick one: --part 1 to --part {len(found)}",
        )
    if part is not None and part > len(found):
        raise BadInput(f"the message holds {len(found)} ciphertexts, so there is no number {part}")
    return found[(part or 1) - 1]


def _open(data: bytes, options: DecryptOptions) -> _Inside:
    """The ciphertext in the packets `data`, opened."""
    try:
        outside = container(data)
    except OpeningError as error:
        raise BadInput(f"cannot be opened: {error}") from None
    candidates = list(options.keys.certificates(outside.recipients))
    if outside.hidden:
        own = [each for each in options.keys.own() if each.kind is Kind.OPENPGP and each not in candidates]
        candidates += own[:PGP_OWN_KEYS]
    unlocker = Unlocker(options.keys, options.ask)
    free, locked = unlocker.apart(candidates)
    if not free and not locked and not outside.by_password:
        raise KeyUnavailable(f"no secret key that opens it is at hand: it is for {_whom(outside)}", hint="name it: --key FILE")
    try:
        # nobody is asked for a passphrase that is not needed
        opened = (
            _by_keys(data, free, unlocker) or _by_keys(data, locked, unlocker) or _by_passphrase(data, outside, options.ask)
        )
    except OpeningError as error:
        raise BadInput(f"cannot be opened: {error}") from None
    if opened is None:
        hint = (
            "is the passphrase the right one?"
            if outside.by_password or locked
            else "it may be damaged, or made for another key"
        )
        raise KeyUnavailable(f"no key at hand opens it; it is for {_whom(outside)}", hint=hint)
    return _Inside(opened, outside)


def _by_keys(data: bytes, certificates: Sequence[Certificate], unlocker: Unlocker) -> Opened | None:
    """What the secret keys of `certificates` find, None where none fits. Raises OpeningError."""
    if not certificates:
        return None
    from mailsec.content.openpgp.deciphering import NoKeyError, deciphered
    from mailsec.content.openpgp.symmetric import UnknownAlgorithmError

    try:
        return deciphered(data, unlocker.all_of(certificates))
    except NoKeyError:
        return None
    except UnknownAlgorithmError:
        return _by_library(data, list(unlocker.all_of(certificates)))


def _by_library(data: bytes, secrets: Sequence[tuple[bytes, str | None]]) -> Opened | None:
    """What the library finds, which knows more ciphers, in a child that is bounded since the library is not."""
    from mailsec.judges.opening import open_message

    try:
        return open_message(data, secrets)
    except DecryptingError as error:
        if error.failure is Failure.KEY:
            return None
        raise OpeningError(error.failure.value) from None


def _by_passphrase(data: bytes, outside: Container, ask: Ask) -> Opened | None:
    """What the passphrase of the message itself finds, None where it is the wrong one. Raises OpeningError."""
    from mailsec.content.openpgp.deciphering import NoKeyError, deciphered
    from mailsec.content.openpgp.symmetric import UnknownAlgorithmError

    passphrase = ask("the message itself") if outside.by_password else None
    if passphrase is None:
        return None
    try:
        return deciphered(data, (), passphrase)
    except NoKeyError:
        return None
    except UnknownAlgorithmError as error:
        raise OpeningError(f"it takes what is not known here: {error}") from None


def _whom(outside: Container) -> str:
    names = list(outside.recipients[:_SHOWN])
    if outside.hidden:
        names.append("somebody who is not named")
    if outside.by_password:
        names.append("whoever knows a password")
    return ", ".join(names)


def _rebuilt(message: Message, opened: Opened, chosen: Ciphertext) -> bytes:
    """The message with what was decrypted as its only content."""
    text = canonical(opened.data)
    if not chosen.inline:
        return with_entity(message, as_entity(text))
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return with_entity(message, head + text)


def _judged(mail: Mail, chosen: Ciphertext, opened: Opened, data: bytes, judge: Judge) -> ContentResult:
    """The content answer: of the signatures that were found with the text, else of those within it."""
    outer = chosen.layer
    covered = coverage(mail.message, mail.structure, outer)
    if opened.signatures:
        signed = Layer(
            Method.OPENPGP,
            Form.SIGNED,
            outer.part,
            outer.covered,
            outer.control,
            outer.whole,
            judge.signers(opened.data, opened.signatures),
        )
        return judge_content(mail, [signed])
    message = parse(data)
    found: Structure = structure(message)
    inner = Mail(message, found, author(message), mail.keys)
    content = judge_content(inner, [each for each in layers(message, found, judge) if each.form is Form.SIGNED])
    if covered.coverage is not Coverage.FULL and content.answer is ContentAnswer.GOOD:
        return replace(content, answer=ContentAnswer.PARTIAL, reason=f"{content.reason}, but only a part was encrypted")
    return content


def _bare(file: bytes, subject: str, options: DecryptOptions, now: int) -> Produced:
    """A file that is an OpenPGP message itself: its signatures are judged, whose they ought to be nobody says."""
    try:
        data = dearmored(file, MESSAGE)
        opened = unwrapped(data)
    except (ArmorError, OpeningError) as error:
        raise BadInput(f"cannot be opened: {error}") from None
    inside = _open(data, options) if opened is None else _Inside(opened, None)
    text = inside.opened.data
    signed = SignedFile(Method.OPENPGP, owned(Judge(options.keys, now).signers(text, inside.opened.signatures)), len(text))
    content = judge_file(signed, options.keys)
    return Produced(inside.opened.data, _report(subject, inside, content, options, now))


def _report(subject: str, inside: _Inside, content: ContentResult, options: DecryptOptions, now: int) -> Report:
    outside = inside.outside
    signed = content.answer is not ContentAnswer.ABSENT
    verb = "Decrypted" if outside is not None else "Opened; it was not encrypted"
    sentence = f"{verb}; {content.reason if signed else 'not signed'}."
    code = Exit.DOES_NOT_HOLD if options.require_signature and not signed else EXITS[content.answer]
    worst = worst_severity(content.check.all_findings())
    if code is Exit.HOLDS and worst and options.fail_on and worst.rank >= options.fail_on.rank:
        code = Exit.DOES_NOT_HOLD
    checks = [content.check]
    if outside is not None:
        facts = (
            Fact("recipients", ", ".join(outside.recipients[:_SHOWN]) or None),
            Fact("hidden", outside.hidden),
            Fact("container", outside.version),
            Fact("octets", len(inside.opened.data)),
        )
        checks.insert(0, Check("decryption", Status.PASS, "its integrity holds", facts))
    status = {Exit.HOLDS: Status.PASS, Exit.KEY: Status.NEUTRAL}.get(code, Status.FAIL)
    return Report(subject, status, sentence, tuple(checks), now, TOOL, code)
