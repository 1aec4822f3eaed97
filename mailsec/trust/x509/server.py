"""The judgement of a TLS server's certificate by public keys and names: path, dates and name together (RFC 5280, RFC 9525).

It stays apart from the judgement of persons and marks (`signer`), which share one. A server's path is judged in every
handshake, in a seventh of the time and without the large library that policies and OCSP need; what a server may be is another
question (serverAuth, host names, no address), DANE overrules the authorities altogether (RFC 7672), and no client of mail asks
whether a server's certificate is revoked while it delivers. What both need (reading, names, flaws) they have in common.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.core.limits.transport import LISTED, TLS_CHAIN
from mailsec.core.results import Status
from mailsec.core.text import clipped
from mailsec.trust.x509.flaws import Flaw
from mailsec.trust.x509.names import is_for, names
from mailsec.trust.x509.path import Anchors, find_path, load


def judge(chain: Sequence[bytes], name: str, anchors: Anchors, *, now: int) -> tuple[Status, tuple[str, ...]]:
    """Judge a server's `chain` (DER, leaf first) for `name` (a domain name or an address) with every reason there is.

    pass; fail; neutral: nothing is wrong, but there was no name to judge it for.
    """
    if not chain:
        return Status.FAIL, (Flaw.NONE_SHOWN,)
    leaf, *rest = map(load, chain[:TLS_CHAIN])
    if leaf is None:
        return Status.FAIL, (Flaw.UNREADABLE,)
    flaws = list(find_path([leaf, *filter(None, rest)], anchors, now=now).flaws)
    if name and not is_for(leaf, name):
        presented = names(leaf)
        shown = clipped(", ".join((*presented.domains[:LISTED], *presented.addresses[:LISTED])), 200) or "it has none"
        flaws.append(f"{Flaw.OTHER_NAME}: {shown}")
    if flaws:
        return Status.FAIL, tuple(map(str, flaws))
    return (Status.PASS, ()) if name else (Status.NEUTRAL, ("there was no name to judge the certificate for",))
