"""`encrypt --smime`: a message that only the holders of certificates can read, signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mailsec.api.letters import Letter, Sign, one_for_all, one_for_each
from mailsec.api.readable import readable
from mailsec.api.recipients import Judge, Recipient, Wishes, refuse_bcc
from mailsec.api.sign_smime import issuers, signed_by, smime_signings
from mailsec.api.tool import TOOL
from mailsec.content.smime import rules
from mailsec.content.smime.capabilities import AES_256_CBC, Capabilities, best, read_capabilities
from mailsec.content.smime.cms import CmsError
from mailsec.content.smime.compressing import compressed_entity
from mailsec.content.smime.encrypting import EncryptingError, Target, encrypted_entity, target
from mailsec.content.smime.enveloped import ContentCipher, Mode
from mailsec.content.smime.signing import SignForm
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.core.limits.content import CMS_RECIPIENTS
from mailsec.core.lookup import listed
from mailsec.core.results import Check, Fact, Finding, Produced, Report, Status, finding
from mailsec.core.rules import Severity
from mailsec.message.compose import entity_pieces, with_entity
from mailsec.message.pieces import Pieces
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SmimeOptions(Wishes):
    """How a message is encrypted with S/MIME. `cbc` makes what old readers open, with `oaep` for RSA keys what some of them do;
    `pss` signs with RSASSA-PSS, `chain` (DER) goes along with that. `compress` compresses it, after it was signed."""

    kind: Kind = Kind.X509
    cbc: bool = False
    chain: tuple[bytes, ...] = ()
    oaep: bool = False
    pss: bool = False
    compress: bool = False


_Letter: TypeAlias = Letter[Target, SmimeOptions]


def encrypt_smime(file: bytes, subject: str, options: SmimeOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept.

    Raises NothingToJudge, BadInput, UsageError for a Bcc, and KeyUnavailable where a recipient has no certificate that may be
    used, or all of them can read no common cipher.
    """
    message = readable(file)
    del file
    if options.hidden:
        raise UsageError("S/MIME names the certificate of everybody who can read a message", hint="--bcc split -o DIR")
    refuse_bcc(message, "--bcc split -o DIR writes one message for each recipient")
    return _made(one_for_all(message, options, _judge(now), _sign(now)), subject, now)


def encrypt_smime_split(file: bytes, subject: str, options: SmimeOptions, *, now: int) -> Iterator[tuple[str, Produced]]:
    """One encrypted message for each recipient, Bcc included: pairs of the address and what is for it alone.

    Every certificate is chosen before the first message is made. Raises as `encrypt_smime` does.
    """
    for name, each in one_for_each(readable(file), options, _judge(now), _sign(now)):
        yield name, _made(each, subject, now)


def _judge(now: int) -> Judge[Target]:
    def judge(certificate: Certificate) -> Target:
        try:
            return target(certificate, now=now)
        except EncryptingError as error:
            raise KeyUnavailable(f"{certificate.fingerprint} ({certificate.source}): {error}") from None

    return judge


def _sign(now: int) -> Sign:
    return lambda message, keys: smime_signings(message, keys, now=now)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The cipher, why it is not the usual one, and what holders of certificates (DER) say of OAEP."""

    cipher: ContentCipher
    why: str
    oaep: dict[bytes, bool]


def _made(letter: _Letter, subject: str, now: int) -> Produced:
    options, certificates = letter.options, [each.certificate for each in letter.targets]
    if len(certificates) > CMS_RECIPIENTS:
        raise KeyUnavailable(f"more than {CMS_RECIPIENTS} recipients", hint="write several messages")
    choice = _chosen(letter)
    entity: Pieces = entity_pieces(letter.message)
    if options.sign is not None:
        chain = (*options.chain, *issuers(letter.signings, options.sign.keys))
        entity = tuple(signed_by(letter.signings, entity, chain, SignForm(pss=options.pss), now=now))
    if options.compress:
        entity = tuple(compressed_entity(entity))
    ders = [each.data for each in certificates]
    made = encrypted_entity(entity, ders, choice.cipher, oaep=options.oaep, stated=choice.oaep)
    return Produced(with_entity(letter.message, made, (b"bcc",)), _report(letter, choice, subject, now))


def _chosen(letter: _Letter) -> _Choice:
    """The cipher that the programs of all recipients can read, as far as they said what they can."""
    stated = [(each, found) for each in letter.recipients if (found := _stated(letter.options.keys, each)) is not None]
    oaep = {each.target.certificate.data: found.oaep for each, found in stated}
    if letter.options.cbc:
        return _Choice(AES_256_CBC, "as asked for", oaep)
    cipher = best([found for _, found in stated])
    if cipher is None:
        said = "; ".join(f"{each.shown} reads {_names(found)}" for each, found in stated[:_SHOWN])
        hint = "--cbc writes AES-256-CBC, which every program should read; or one message for each: --bcc split -o DIR"
        raise KeyUnavailable(f"the recipients' programs have no cipher in common: {said}", hint=hint)
    unable = [each.shown for each, found in stated if cipher.mode is Mode.CBC and not _reads_gcm(found)]
    return _Choice(cipher, "as AES-GCM cannot be read by the program of " + listed(unable[:_SHOWN]) if unable else "", oaep)


def _stated(keys: Keys, recipient: Recipient[Target]) -> Capabilities | None:
    """What a recipient signed that the program reads, None where nothing is known that can be read."""
    der = keys.capabilities(recipient.target.certificate.fingerprint)
    try:
        return read_capabilities(der) if der is not None else None
    except CmsError:
        return None


def _names(found: Capabilities) -> str:
    return listed([each.name for each in found.ciphers]) or "nothing that is known here"


def _reads_gcm(found: Capabilities) -> bool:
    return any(each.mode is Mode.GCM for each in found.ciphers)


def _report(letter: _Letter, choice: _Choice, subject: str, now: int) -> Report:
    cipher, sentence = choice.cipher, letter.sentence
    facts = (
        Fact("cipher", cipher.name),
        Fact("authenticated", cipher.mode is Mode.GCM),
        Fact("compressed", letter.options.compress),
    )
    findings = (*_of_cipher(choice), *letter.not_for(rules.NOT_FOR))
    check = Check("smime", Status.PASS, sentence, facts, findings, children=letter.checks(rules.OVERRULED))
    return Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)


def _of_cipher(choice: _Choice) -> Iterator[Finding]:
    if choice.cipher.mode is Mode.CBC:
        why = f", {choice.why}" if choice.why else ""
        yield finding(rules.NOT_AUTHENTICATED, f"{choice.cipher.name}{why}", severity=Severity.MEDIUM)
