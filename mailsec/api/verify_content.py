"""The content of a message judged, where a person's key protects it; other messages load none of this."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailsec.api.verify_case import Evidenced
from mailsec.message.mime import Method, protection

if TYPE_CHECKING:
    from mailsec.trust.keyring.keys import Keys

_MARK = b"-----BEGIN PGP "


def with_content(evidenced: Evidenced, keys: Keys | None, *, now: int) -> Evidenced:
    """`evidenced` with the content answer, where OpenPGP is present; without `keys` no key is known."""
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
    mail = Mail(message, found, evidenced.author, known)
    return replace(evidenced, content=judge_content(mail, layers(message, found, Judge(known, now))))
