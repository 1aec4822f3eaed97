"""The rule of RFC 5280 section 6.1 that a path breaks, and the certificate that breaks it, by the words of the library."""

from __future__ import annotations

import re

from cryptography import x509

from mailsec.core.results import Finding, finding
from mailsec.core.rules import Rule
from mailsec.core.text import clipped
from mailsec.trust.x509 import rules
from mailsec.trust.x509.chains import Chain
from mailsec.trust.x509.usage import extension

_PLACE = re.compile(r"(?:the )?(?:(end-entity certificate|trust anchor)|intermediate certificate (\d{1,3}))")
_RULES = {
    "is not a CA": rules.NOT_AUTHORITY,
    "is not allowed to sign": rules.NOT_AUTHORITY,
    "maximum path length": rules.PATH_LENGTH,
    "in the permitted namespace": rules.NAME_CONSTRAINT,
    "are excluded from": rules.NAME_CONSTRAINT,
    "set of policies": rules.POLICY,
    "policy processing": rules.POLICY,
    "unsupported critical extension": rules.CRITICAL,
    "could not be verified": rules.SIGNATURE,
    "issuer name could not be matched": rules.SIGNATURE,
}


def refused(words: str, chain: Chain) -> tuple[int, Finding]:
    """The place in `chain` of the certificate that `words` mean, and what it does; the library counts from the root on."""
    met, top = _PLACE.search(words), len(chain) - 1
    if met is None:
        place = _limiting(chain) if "maximum path length" in words else 0
    else:
        place = max(0, top - int(met[2])) if met[2] else 0 if met[1].startswith("end") else top
    shown = clipped(_PLACE.sub("the certificate", words), 400)
    return place, finding(_rule(words), f"{shown} (RFC 5280 section 6.1)")


def _rule(words: str) -> Rule:
    return next((rule for part, rule in _RULES.items() if part in words), rules.PATH)


def _limiting(chain: Chain) -> int:
    """The place of the authority that allows fewer authorities below it than the path has (RFC 5280 section 4.2.1.9)."""
    below = 0
    for place, each in enumerate(chain[1:], 1):
        limits = extension(each.certificate, x509.BasicConstraints)
        if limits is not None and limits.path_length is not None and below > limits.path_length:
            return place
        below += each.subject != each.issuer
    return 0
