"""What can still be said of a signature without its key: whether the body is the one that was signed (RFC 6376 section 3.7)."""

from __future__ import annotations

from mailsec.message.fields import Field, Message
from mailsec.sender.dkim.canonical import RELAXED, hash_body
from mailsec.sender.dkim.signature import SignatureError, parse_signature


def unsigned_tail(message: Message, field: Field) -> int | None:
    """How many octets of the canonical body the signature in `field` leaves out, where the others are as it says (bh=).

    None where they were changed, or the field cannot be read. Nothing is said of the header, nor of who signed.
    """
    try:
        signature = parse_signature(field.value)
    except SignatureError:
        return None
    lengths = () if signature.length is None else (signature.length,)
    body = hash_body(message.data, message.body, relaxed=signature.body_canonicalization == RELAXED, lengths=lengths)
    if body.of(signature.length) != signature.body_hash:
        return None
    return 0 if signature.length is None else body.length - signature.length
