"""The content of a message judged, where a person's key protects it; other messages load none of this."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailsec.api.verify_case import Evidenced
from mailsec.core.results import Check, Status, finding
from mailsec.message.mime import Method, protection

if TYPE_CHECKING:
    from mailsec.content.openpgp.signature import SignatureResult
    from mailsec.trust.keyring.keys import Keys

_MARK = b"-----BEGIN PGP "


def with_content(evidenced: Evidenced, keys: Keys | None, *, now: int, second_opinion: bool = False) -> Evidenced:
    """`evidenced` with the content answer, where OpenPGP is present; without `keys` no key is known.

    With `second_opinion` sqv or gpgv is asked about each signature that is accepted here.
    """
    message, found = evidenced.message, evidenced.structure
    encoded = any(part.media.encoding == "base64" and part.type == "text/plain" for part in found.parts)
    if not encoded and _MARK not in message.data and not any(p.method is Method.OPENPGP for p in protection(found)):
        return evidenced
    from mailsec.content.judge.content import Mail, judge_content
    from mailsec.content.openpgp.mail import Judge, layers, present
    from mailsec.trust.keyring.files import FileKeys

    if not present(message, found):
        return evidenced
    known = keys if keys is not None else FileKeys()
    seen: list[tuple[bytes, SignatureResult]] = []
    judge = Judge(known, now, (lambda data, result: seen.append((data, result))) if second_opinion else None)
    content = judge_content(Mail(message, found, evidenced.author, known), layers(message, found, judge))
    opinions = tuple(_opinion(data, result) for data, result in seen if result.accepted)
    if opinions:
        content = replace(content, check=replace(content.check, children=(*content.check.children, *opinions)))
    return replace(evidenced, content=content)


def _opinion(data: bytes, result: SignatureResult) -> Check:
    """What another program says of a signature that is accepted here."""
    from mailsec.judges import rules
    from mailsec.judges.openpgp import ask_openpgp

    assert result.certificate is not None
    program, opinion = ask_openpgp(data, result.packet, result.certificate.data)
    name = program or "second opinion"
    if opinion.accepts is None:
        return Check(name, Status.SKIPPED, opinion.reason)
    if opinion.accepts:
        return Check(name, Status.PASS, "accepts the signature too")
    refused = finding(rules.OPENPGP_REFUSES, f"{name}: {opinion.reason}")
    return Check(name, Status.FAIL, opinion.reason, findings=(refused,))
