"""The certificates that an S/MIME mail shows, and what their holders say that they can read: seen, which is not trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.content.smime.cms import CmsError, opened, signed_data
from mailsec.content.smime.mail import Found
from mailsec.content.smime.signature import Answer, SignatureResult
from mailsec.core.limits.content import CONTENT_LAYERS
from mailsec.message.fields import Message
from mailsec.message.leaf import part_content
from mailsec.message.mime import Method, Structure, protection
from mailsec.message.person import normal
from mailsec.trust.x509.person import Certificate, CertificateError
from mailsec.trust.x509.person import load as describe


@dataclass(frozen=True, slots=True)
class Seen:
    """A certificate (DER), and the SMIMECapabilities (DER) that its holder signed, None without; `claimed` is the signing time
    in seconds since 1970 UTC, as the signer says it, 0 where nothing says it."""

    certificate: bytes
    capabilities: bytes | None = None
    claimed: int = 0


def carried(message: Message, found: Structure) -> list[bytes]:
    """Every certificate (DER) in the signatures and certs-only structures of a message: whoever made it chose them."""
    smime = [each.part for each in protection(found) if each.method is Method.SMIME]
    ders = (der for part in smime[:CONTENT_LAYERS] for der in _certificates(message, found, part))
    return list(dict.fromkeys(ders))


def seen(layers: Sequence[Found], others: Sequence[bytes]) -> list[Seen]:
    """The certificates of the signers whose signatures are good, those above them, and those that they want others to
    encrypt to; `others` are those that the message carries.

    What a signer says of another certificate counts only where a root that is trusted vouches for his own, which has the same
    address: else anybody could have weak ciphers used for somebody else.
    """
    results = [each for layer in layers for each in layer.results if each.answer is Answer.GOOD]
    shown: dict[bytes, Seen] = {}
    for result in results:
        for each in _of(result, others):
            if each.capabilities is not None or each.certificate not in shown:
                shown[each.certificate] = each
    return list(shown.values())


def _of(result: SignatureResult, others: Sequence[bytes]) -> Iterator[Seen]:
    stated = result.info.attributes if result.info is not None else None
    said = result.capabilities.der if result.capabilities is not None else None
    claimed = (stated.claimed if stated is not None else None) or 0
    yield Seen(result.certificate, said, claimed)
    if result.preferred is not None and result.described is not None and result.vouched:
        named = _mailboxes(result.described)
        for der in others:
            if der != result.certificate and result.preferred.fits(der) and not named.isdisjoint(_addresses(der)):
                yield Seen(der, said, claimed)
    for step in result.path.steps[1:] if result.path is not None else ():
        if step.subject != step.issuer:  # a root that a message shows is nothing to keep
            yield Seen(step.der)


def _addresses(der: bytes) -> set[str]:
    try:
        return _mailboxes(describe(der))
    except CertificateError:
        return set()


def _mailboxes(described: Certificate) -> set[str]:
    """The addresses of a certificate that are some: the local part counts exactly, the domain in any case."""
    return {each for each in map(normal, described.addresses) if "@" in each}


def _certificates(message: Message, found: Structure, part: int) -> Sequence[bytes]:
    place = part
    if found.parts[part].type.startswith("multipart/"):
        children = tuple(found.children(part))
        if len(children) < 2:
            return ()
        place = children[1]
    try:
        return signed_data(opened(part_content(message, found.parts[place]))).certificates
    except CmsError:  # encrypted, compressed, or damaged
        return ()
