"""What can still be said of a signature without its key: whether the body is the one that was signed (RFC 6376 section 3.7)."""

from __future__ import annotations

from mailsec.message.fields import Field, Message
from mailsec.sender.dkim.canonical import RELAXED, hash_body
from mailsec.sender.dkim.signature import SignatureError, parse_signature


def unsigned_tail(message: Message, field: Field, *, now: int | None = None) -> int | None:
    """How many octets of the canonical body the signature in `field` leaves out, where the others are as it says (bh=).

    None where they were changed, the signature expired before `now` (seconds since 1970 UTC, None where that does not matter),
    or it cannot be read. Nothing is said of the header, nor of who signed.
    """
    try:
        signature = parse_signature(field.value)
    except SignatureError:
        return None
    if now is not None and signature.expiration is not None and signature.expiration < now:
        return None
    lengths = () if signature.length is None else (signature.length,)
    body = hash_body(message.data, message.body, relaxed=signature.body_canonicalization == RELAXED, lengths=lengths)
    if body.of(signature.length) != signature.body_hash:
        return None
    return 0 if signature.length is None else body.length - signature.length
