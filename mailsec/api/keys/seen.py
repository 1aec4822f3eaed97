"""Certificates of others out of signed mail into the ring: seen, so that they can be found, and trusted by nobody for that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.message.authors import author
from mailsec.message.fields import Message, parse
from mailsec.message.mime import Method, Structure, protection, structure
from mailsec.store.ring import Ring
from mailsec.trust.keyring.files import FileKeys

if TYPE_CHECKING:
    from mailsec.content.smime.mail import Found
    from mailsec.content.smime.seen import Seen
    from mailsec.trust.keyring.reading import Reading

SOURCE = "signed mail"
_MARK = re.compile(rb"pkcs7|\.p7[a-z]", re.IGNORECASE)
"""What a mail with S/MIME says in one way or another: large rings need not be read as mail."""
_PEM = b"-----BEGIN "


def smime_mail(data: bytes) -> tuple[Message, Structure] | None:
    """The message in `data`, where it is one with S/MIME in it."""
    if not _MARK.search(data) or data.lstrip().startswith(_PEM):
        return None
    try:
        message = parse(data)
    except BadInput:
        return None
    found = structure(message)
    return (message, found) if any(each.method is Method.SMIME for each in protection(found)) else None


def shown_in(message: Message, found: Structure, roots: tuple[bytes, ...], *, now: int) -> list[Seen]:
    """Every certificate that a message carries; with what its holder says that he can read where the signature is good. `roots`
    (DER) are those that are trusted."""
    from mailsec.content.smime.judging import Judge
    from mailsec.content.smime.mail import layers, unfolded
    from mailsec.content.smime.seen import Seen, carried, seen
    from mailsec.trust.x509.signer import judge_signer

    message, found = unfolded(message, found)
    there = carried(message, found)
    judged = layers(message, found, author(message), Judge(FileKeys(), partial(judge_signer, anchors=roots), now))
    return list(({each: Seen(each) for each in there} | {each.certificate: each for each in seen(judged, there)}).values())


class Notebook:
    """Notes what verified messages show, and keeps it in a ring."""

    def __init__(self) -> None:
        self._noted: list[Seen] = []

    def note(self, message: Message, found: Structure, layers: Sequence[Found]) -> None:
        """Note the certificates of good signatures."""
        from mailsec.content.smime.seen import carried, seen

        self._noted += seen(layers, carried(message, found))

    def keep(self, path: str, *, now: int) -> int:
        """Keep what was noted in the ring at `path`, and forget it here; how many certificates. Raises what `Ring` raises."""
        noted, self._noted = self._noted, []
        if not noted:
            return 0
        with Ring(path, now=now) as ring, ring.change():
            return sum(keep(ring, each, now=now) is not None for each in noted)


def keep(ring: Ring, each: Seen, *, now: int) -> Reading | None:
    """Keep a certificate that was seen, inside of the ring's `change`; None where it cannot be read."""
    from mailsec.trust.keyring.certificates import reading
    from mailsec.trust.x509.bundle import Held

    try:
        read = reading(Held(each.certificate))
    except BadInput:
        return None
    ring.put(read, SOURCE)
    if each.capabilities is not None:
        ring.put_capabilities(read.fingerprint, each.capabilities, min(each.claimed, now))
    return read
