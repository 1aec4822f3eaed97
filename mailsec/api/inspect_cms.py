"""What the CMS structures in a message say of themselves (S/MIME), whole or cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailsec.core.results import Check, Fact
from mailsec.message.fields import Message
from mailsec.message.leaf import part_content
from mailsec.message.mime import Part, is_pkcs7

if TYPE_CHECKING:
    from mailsec.content.smime.outline import Outline, Party

_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")

_KEY_ID = 64
"""Octets of a key identifier that are shown; honest ones have 20."""


def cms_check(message: Message, part: Part) -> Check | None:
    """The structure in a part; None where it is none of S/MIME."""
    if not (is_pkcs7(part.media) or part.type in _SIGNATURES):
        return None
    from mailsec.content.smime.cms import CmsError
    from mailsec.content.smime.outline import outline

    try:
        found = outline(part_content(message, part))
    except CmsError as error:
        return Check("cms", None, f"cannot be read: {error}")
    return Check("cms", None, ", ".join(_words(found)), tuple(_facts(found)), children=tuple(_parties(found)))


def _words(found: Outline) -> Iterator[str]:
    recipients, signers, certificates = found.counts
    yield str(found.type) + (" (detached)" if found.detached else "")
    yield from found.algorithms
    for count, name in ((recipients, "recipient"), (signers, "signer"), (certificates, "certificate")):
        if count:
            yield f"{count} {name}{'s' * (count != 1)}"
    if found.truncated:
        yield "truncated"


def _facts(found: Outline) -> Iterator[Fact]:
    recipients, signers, certificates = found.counts
    yield Fact("content-type", str(found.type))
    yield Fact("truncated", found.truncated)
    yield from (Fact("algorithm", name) for name in found.algorithms)
    yield Fact("recipients", recipients)
    yield Fact("signers", signers)
    yield Fact("certificates", certificates)


def _parties(found: Outline) -> Iterator[Check]:
    yield from _listed("recipient", found.recipients)
    yield from _listed("signer", found.signers)
    yield from _listed("certificate", found.certificates)


def _listed(name: str, parties: Sequence[Party]) -> Iterator[Check]:
    for each in parties:
        named = each.certificate
        facts = [Fact("algorithm", algorithm) for algorithm in each.algorithms]
        if named is not None and named.issuer:
            facts += [Fact("issuer", named.issuer_name), Fact("serial", named.serial_number)]
        elif named is not None:
            facts.append(Fact("key-id", named.key_id[:_KEY_ID].hex().upper()))
        who = str(named) if named is not None else "not named, or cut off"
        yield Check(name, None, ", ".join((who, *each.algorithms)), tuple(facts))
