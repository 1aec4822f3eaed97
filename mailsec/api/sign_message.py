"""`sign --dkim`: a message with its DKIM-Signature fields on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.api.tool import TOOL
from mailsec.core.errors import BadInput, NothingToJudge, UsageError
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Produced, Report, Status
from mailsec.message.checks import author
from mailsec.message.edit import insert
from mailsec.message.fields import Message, parse
from mailsec.sender.dkim.keys import SigningKey, load_private
from mailsec.sender.dkim.sign import SignOptions, key_findings, sign


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A private key as its file holds it, and the selector it is published at. `domain` "" takes the author domain."""

    key: bytes
    selector: str
    domain: str = ""


def sign_dkim(file: bytes, subject: str, keys: Sequence[KeyChoice], options: SignOptions, *, now: int) -> Produced:
    """`file` with one DKIM-Signature for each key, the first on top, its line ends kept.

    Raises NothingToJudge for an empty file, BadInput where the message or a key is not fit for signing, UsageError without
    a key.
    """
    if not file:
        raise NothingToJudge("the input is empty")
    if not keys:
        raise UsageError("no key to sign with", hint="give --key FILE --selector NAME")
    message = parse(file)
    if not message.fields:
        raise BadInput("this is no mail message: it has no header field")
    signing = [
        SigningKey(choice.domain or _author_domain(message), choice.selector, load_private(choice.key)) for choice in keys
    ]
    fields = sign(message, signing, now=now, options=options)
    findings = key_findings(signing)
    checks = tuple(_check(key) for key in signing)
    sentence = "Signed by " + " and ".join(f"d={key.domain} s={key.selector}" for key in signing) + "."
    checks = (Check("dkim", Status.PASS, sentence, findings=findings, children=checks),)
    return Produced(insert(file, message, fields), Report(subject, Status.PASS, sentence, checks, now, TOOL, Exit.HOLDS))


def _check(key: SigningKey) -> Check:
    facts = (Fact("d", key.domain), Fact("s", key.selector), Fact("a", key.algorithm), Fact("bits", key.bits))
    return Check("signature", Status.PASS, f"the public key belongs at {key.key_name}", facts)


def _author_domain(message: Message) -> str:
    domains = author(message).domains
    if len(domains) != 1:
        raise BadInput("the From field does not name exactly one domain to sign for", hint="say it: --domain DOMAIN")
    return domains[0]
