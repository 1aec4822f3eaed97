"""CRLs and OCSP responses out of files: DER, or PEM with any number of them."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable

from mailsec.core.errors import BadInput
from mailsec.core.limits.keys import X509_REVOCATION_FILES
from mailsec.trust.x509 import crl
from mailsec.trust.x509.fetching import is_response

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END ")
_LISTS = frozenset({b"X509 CRL", b"CRL"})
_RESPONSES = frozenset({b"OCSP RESPONSE"})


def read_crls(data: bytes) -> tuple[bytes, ...]:
    """The CRLs in `data`, in DER. Raises BadInput where there is none, or one is damaged."""
    return _read(data, _LISTS, "CRL", crl.is_list)


def read_responses(data: bytes) -> tuple[bytes, ...]:
    """The OCSP responses in `data`, in DER. Raises BadInput where there is none, or one is damaged."""
    return _read(data, _RESPONSES, "OCSP response", is_response)


def _read(data: bytes, labels: frozenset[bytes], what: str, readable: Callable[[bytes], bool]) -> tuple[bytes, ...]:
    try:
        blocks = [a2b_base64(text) for label, text in _BLOCK.findall(data) if label in labels]
    except Error:
        raise BadInput("has a damaged block of PEM") from None
    found = (data,) if data[:1] == b"\x30" else tuple(blocks)
    if not found:
        raise BadInput(f"holds no {what}")
    if len(found) > X509_REVOCATION_FILES:
        raise BadInput(f"holds more than {X509_REVOCATION_FILES} of them")
    if not all(map(readable, found)):
        raise BadInput(f"the {what} is damaged or cut off, or something else")
    return found
