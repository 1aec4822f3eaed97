"""The results that other hosts wrote into a message: Authentication-Results, ARC-Authentication-Results, Received-SPF.

Anybody can write such a field. One counts only where the receiver that the user trusts wrote it, above the border at which the
message came in from outside (RFC 8601 section 7.1); all others are shown as what they are, claims.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.limits.sender import FOREIGN_RESULTS
from mailsec.message.fields import Field, Message
from mailsec.sender.authres.read import AuthenticationResults, AuthresDefect, MethodResult, claims, read
from mailsec.sender.authres.received_spf import read_received_spf

RESULTS, ARC_RESULTS, RECEIVED_SPF = b"authentication-results", b"arc-authentication-results", b"received-spf"
_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*\d{1,4}[ \t\r\n]*;")


@dataclass(frozen=True, slots=True)
class Foreign:
    """One field: who wrote it by its own words (None where that cannot be read), and what it says.

    `above` says that it stands above the border, so that nobody outside can have written it; `trusted`, which implies that,
    that a receiver wrote it whose results count; `ours` that some reader could take it for one of ours (RFC 8601 section 5).
    """

    field: Field
    authserv_id: str | None
    results: tuple[MethodResult, ...]
    defects: tuple[AuthresDefect, ...]
    above: bool
    trusted: bool
    ours: bool


def foreign_results(
    message: Message, *, border: int | None = None, trusted: str = "", ours: Sequence[str] = ()
) -> tuple[Foreign, ...]:
    """The fields of `message` from the top, at most `limits.FOREIGN_RESULTS` of them. Never raises.

    `border` is the offset in `message.data` of the Received field with which the message came in, None where that is not known;
    `trusted` the authserv-id of the receiver whose results count, `ours` those that we write ourselves.
    """
    fields = [field for field in message.fields if is_foreign(field)][:FOREIGN_RESULTS]
    return tuple(_foreign(field, border is not None and field.start < border, trusted, ours) for field in fields)


def is_foreign(field: Field) -> bool:
    """True for a field in which a host says what it judged."""
    return field.key in _READERS


def _foreign(field: Field, above: bool, trusted: str, ours: Sequence[str]) -> Foreign:
    found = _READERS[field.key](field.value)
    identity = _name(found.authserv_id)
    counts = above and field.key != ARC_RESULTS and bool(identity) and identity == _name(trusted)
    claimed = (
        any(claims(field.value, each) for each in ours)
        if field.key == RESULTS
        else field.key == RECEIVED_SPF and identity in map(_name, ours)
    )
    return Foreign(field, found.authserv_id, found.results, found.defects, above, counts, claimed)


def _read(value: bytes) -> AuthenticationResults:
    """Some hosts leave out their name, and begin with the first result."""
    found = read(value)
    if found.authserv_id is not None:
        return found
    nameless = read(b"nameless;" + value)
    return AuthenticationResults(None, 1, nameless.results, (AuthresDefect.NO_ID, *nameless.defects))


def _read_arc(value: bytes) -> AuthenticationResults:
    return _read(_INSTANCE.sub(b"", value, count=1) if _INSTANCE.match(value) else value)


_READERS = {RESULTS: _read, ARC_RESULTS: _read_arc, RECEIVED_SPF: read_received_spf}


def _name(identity: str | None) -> str:
    """An authserv-id for comparing, "" where it cannot be one of a host."""
    try:
        return to_ascii(identity or "")
    except DomainError:
        return ""
