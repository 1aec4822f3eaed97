"""The content of a message judged, where a person's key protects it; other messages load none of this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mailsec.api.verify_case import Evidenced
from mailsec.message.mime import Method, protection

if TYPE_CHECKING:
    from mailsec.content.judge.layer import Layer
    from mailsec.content.smime.judging import PathJudge
    from mailsec.message.authors import Author
    from mailsec.message.fields import Message
    from mailsec.message.mime import Structure
    from mailsec.trust.keyring.keys import Keys

_MARK = b"-----BEGIN PGP "


@dataclass(frozen=True, slots=True)
class ContentKeys:
    """What signatures of content are judged with: `keys` (None: no key is known), and the roots in `ca_file` ("": those of the
    system)."""

    keys: Keys | None = None
    ca_file: str = ""


def with_content(evidenced: Evidenced, known: ContentKeys, *, now: int) -> Evidenced:
    """`evidenced` with the content answer, where OpenPGP or S/MIME is present.

    Raises BadInput where the file of roots cannot be read.
    """
    message, found = evidenced.message, evidenced.structure
    methods = {each.method for each in protection(found)}
    encoded = any(part.media.encoding == "base64" and part.type == "text/plain" for part in found.parts)
    if not methods and not encoded and _MARK not in message.data:
        return evidenced
    from mailsec.content.judge.content import Mail, judge_content

    if Method.SMIME in methods:
        from mailsec.content.smime.mail import unfolded

        message, found = unfolded(message, found)
    layers, keys = judged_layers(message, found, evidenced.author, known, now=now)
    if not layers:
        return evidenced
    return replace(evidenced, content=judge_content(Mail(message, found, evidenced.author, keys), layers))


def judged_layers(
    message: Message, found: Structure, author: Author, known: ContentKeys, *, now: int
) -> tuple[Sequence[Layer], Keys]:
    """The layers of both kinds in the order of their parts, and the keys that say whose they are."""
    from mailsec.content.openpgp.mail import Judge, layers, present
    from mailsec.trust.keyring.files import FileKeys

    keys: Keys = known.keys if known.keys is not None else FileKeys()
    made = list(layers(message, found, Judge(keys, now)) if present(message, found) else ())
    if any(each.method is Method.SMIME for each in protection(found)):
        from mailsec.content.smime.harvested import harvested
        from mailsec.content.smime.judging import Judge as SmimeJudge
        from mailsec.content.smime.mail import layers as smime_layers

        there = smime_layers(message, found, author, SmimeJudge(keys, path_judge(known.ca_file), now))
        made += (each.layer for each in there)
        keys = harvested(keys, (result for each in there for result in each.results))
    return sorted(made, key=lambda layer: layer.part), keys


def path_judge(ca_file: str) -> PathJudge:
    """What judges paths to the roots in `ca_file`, "" for those of the system. Raises BadInput where they cannot be read."""
    from mailsec.net.roots import trusted_roots
    from mailsec.trust.x509.signer import judge_signer

    return partial(judge_signer, anchors=trusted_roots(ca_file))
