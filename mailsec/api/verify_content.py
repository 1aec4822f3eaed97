"""The content of a message judged, where a person's key protects it; other messages load none of this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mailsec.api.certificate_paths import SYSTEM, PathJudgement, PathOptions
from mailsec.core.errors import BadInput
from mailsec.core.flow import Flow
from mailsec.core.results import Check, Status, finding
from mailsec.core.text import from_bytes
from mailsec.message.mime import Form, Method, protection

if TYPE_CHECKING:
    from mailsec.api.verify_case import Evidenced
    from mailsec.content.judge.content import ContentResult
    from mailsec.content.judge.layer import Layer
    from mailsec.content.openpgp.signature import SignatureResult
    from mailsec.content.smime.mail import Found
    from mailsec.content.smime.published import Published
    from mailsec.message.authors import Author
    from mailsec.message.fields import Message
    from mailsec.message.mime import Structure
    from mailsec.trust.keyring.keys import Keys

    Seen: TypeAlias = Callable[[bytes, SignatureResult], None] | None
    Remember: TypeAlias = Callable[[Message, Structure, Sequence[Found]], None]

_MARK = b"-----BEGIN PGP "


@dataclass(frozen=True, slots=True)
class ContentKeys:
    """What signatures of content are judged with: `keys` (None: no key is known), `paths` for the certificates of S/MIME. With
    `second_opinion` sqv or gpgv is asked about each OpenPGP signature that is accepted here. `remember` is told of the S/MIME
    in the message, and of what became of its signatures. `published` is what the DNS says of the author's certificates."""

    keys: Keys | None = None
    paths: PathOptions = SYSTEM
    second_opinion: bool = False
    remember: Remember | None = None
    published: Published | None = None


def author_certificates(found: Structure, author: Author, *, accept_case_variant: bool) -> Flow[Published | None]:
    """What the DNS says of the author's certificates, where S/MIME may have signed something and there is one author."""
    signed = any(each.method is Method.SMIME and each.form is not Form.ENCRYPTED for each in protection(found))
    if not signed or author.reason or len(author.mailboxes) != 1:
        return None
    from mailsec.content.smime.published import published
    from mailsec.message.person import parse_address

    try:
        address = parse_address(from_bytes(author.mailboxes[0].address))
    except BadInput:
        return None
    return (yield from published(address, accept_case_variant=accept_case_variant))


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
    from mailsec.content.openpgp.mail import present

    if Method.SMIME in methods:
        from mailsec.content.smime.mail import unfolded

        message, found = unfolded(message, found)
    seen: list[tuple[bytes, SignatureResult]] = []
    note = (lambda data, result: seen.append((data, result))) if known.second_opinion else None
    layers, keys = judged_layers(message, found, evidenced.author, known, now=now, seen=note)
    if not layers and not present(message, found):
        return evidenced
    content = judge_content(Mail(message, found, evidenced.author, keys), layers)
    return replace(evidenced, content=with_opinions(content, seen))


def judged_layers(
    message: Message, found: Structure, author: Author, known: ContentKeys, *, now: int, seen: Seen = None
) -> tuple[Sequence[Layer], Keys]:
    """The layers of both kinds in the order of their parts, and the keys that say whose they are. `seen` is told of each
    OpenPGP signature that is judged."""
    from mailsec.content.openpgp.mail import Judge, layers, present
    from mailsec.trust.keyring.files import FileKeys

    keys: Keys = known.keys if known.keys is not None else FileKeys()
    made = list(layers(message, found, Judge(keys, now, seen)) if present(message, found) else ())
    if any(each.method is Method.SMIME for each in protection(found)):
        from mailsec.content.smime.harvested import harvested
        from mailsec.content.smime.judging import Judge as SmimeJudge
        from mailsec.content.smime.mail import layers as smime_layers

        paths = PathJudgement(known.paths, known.keys)
        there = smime_layers(message, found, author, SmimeJudge(keys, paths, now, known.published))
        if known.remember is not None:
            known.remember(message, found, there)
        made += (each.layer for each in there)
        keys = harvested(keys, (result for each in there for result in each.results))
    return sorted(made, key=lambda layer: layer.part), keys


def with_opinions(content: ContentResult, seen: Iterable[tuple[bytes, SignatureResult]]) -> ContentResult:
    """`content`, and what another program says of those OpenPGP signatures in `seen`, each with its text, that are accepted."""
    opinions = tuple(_opinion(data, result) for data, result in seen if result.accepted)
    return replace(content, check=replace(content.check, children=(*content.check.children, *opinions)))


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
