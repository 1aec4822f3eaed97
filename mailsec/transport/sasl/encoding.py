"""Challenges and responses as protocols of text lines carry them: base64, and nothing else in it (RFC 4954 section 4)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

from mailsec.transport.sasl.login import SaslError


def decode(text: bytes) -> bytes:
    """The octets that `text` encodes. Raises SaslError where it is not base64 to the letter."""
    try:
        return b64decode(text, validate=True)
    except Error:
        raise SaslError("what should be base64 is not") from None
