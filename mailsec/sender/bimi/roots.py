"""The roots of the mark authorities, by the SHA-256 of their certificates: no system has them among its trusted ones.

A certificate is not carried here. Where one with such a fingerprint stands in the file that is judged, it is that root. Each
fingerprint was found in two or more independent programs for BIMI; with what the authorities publish they were not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

KNOWN: Mapping[str, str] = {
    "504386C9EE8932FECC95FADE427F69C3E2534B7310489E300FEE448E33C46B42": "DigiCert Verified Mark Root CA",
    "7831D95A47D42508CD5C9E6264F9096BAC19F04EB9B7C8BDD35FFFC71C189617": "Entrust Verified Mark Root CA, VMCR1",
    "CD122CB877C6928B9017B0F0B80DBD508196300BBD03CD7356C3BEEF524E7E0B": "GlobalSign Verified Mark Root R42",
    "8F9D1B7698886782A599B48510651C66A1AA0C5CA3192097BDC68534154BD30D": "SSL.com VMC RSA Root CA 2024",
    "1B82E7F4910B51E3E802A493ACDC17FF58EAC8B9EB7C09B52AC6CD2EFB83598C": "SSL.com VMC ECC Root CA 2024",
}


def known(chain: Sequence[bytes]) -> tuple[bytes, ...]:
    """Those of `chain` (DER) that are the root of a known mark authority."""
    return tuple(der for der in chain if sha256(der).hexdigest().upper() in KNOWN)
