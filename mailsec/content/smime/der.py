"""DER written (X.690 section 10): the few kinds of element that CMS structures are put together from."""

from __future__ import annotations

from mailsec.content.smime.ber import length


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of elements."""
    return tlv(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF, in the order of DER."""
    return tlv(0x31, b"".join(sorted(parts)))


def oid(digits: str) -> bytes:
    """An OBJECT IDENTIFIER, whose content is given in hexadecimal digits."""
    return tlv(0x06, bytes.fromhex(digits))


def integer(number: int) -> bytes:
    """An INTEGER between 0 and 127."""
    return tlv(0x02, bytes([number]))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(0x04, content)


def algorithm(digits: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier (RFC 5280 section 4.1.1.2); `parameters` is DER, empty where there are none."""
    return sequence(oid(digits), parameters)


def tlv(tag: int, content: bytes) -> bytes:
    """An element: its first octet, its length, its content."""
    return bytes([tag]) + length(len(content)) + content
