"""The path from a server's certificate to a trust anchor (RFC 5280 section 6).

It is judged as servers of mail are: what counts is what was signed, not the rules that browsers have for public authorities.
Path building, signatures, constraints and their bounds are those of `cryptography`. Revocation is not looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from mailsec.core.limits.transport import TLS_CHAIN, TLS_PATH
from mailsec.core.text import clipped
from mailsec.trust.x509.flaws import Flaw

_PURPOSES = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
_DATES = "a certificate that is trusted has expired or is not valid yet"
_NOISE = ("validation failed: ", "candidates exhausted: ", "fatal error: ")


class Anchors:
    """The certificates that a path may end in: from DER, without those that cannot be read."""

    def __init__(self, ders: Sequence[bytes]) -> None:
        certificates = list(filter(None, map(load, ders)))
        self.store = Store(certificates) if certificates else None
        self.names = frozenset(certificate.subject for certificate in certificates)


def load(der: bytes) -> Certificate | None:
    """The certificate in `der`, or None where it cannot be read."""
    try:
        # The library warns of oddities that change nothing for a path.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            # What is wrong inside is found when it is looked at, so that nobody has to expect it later.
            _ = certificate.extensions, certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    except Exception:  # ValueError, TypeError and several classes of the library's own, for what strangers make up
        return None
    return certificate


class Path(NamedTuple):
    """The way from a certificate to a trust anchor, both included; empty where there is none, and then `flaws` says why."""

    path: tuple[Certificate, ...]
    flaws: tuple[str, ...] = ()


def find_path(chain: Sequence[Certificate], anchors: Anchors, *, now: int) -> Path:
    """The path from the first of `chain` to one of `anchors`, over the rest of `chain` (in any order), at `now`.

    Dates are flaws of their own: what has expired is judged for the rest as of its last day.
    """
    at = datetime.fromtimestamp(now, UTC)
    try:
        return Path(_built(chain, anchors, at))
    except _Refused as refused:
        refusal = refused
    flaws = _date_flaws(chain[:TLS_CHAIN], at)
    if flaws:
        try:
            _built(chain, anchors, _valid_moment(chain[:TLS_CHAIN], at))
        except _Refused as refused:
            refusal = refused
        else:
            return Path((), tuple(flaws))
    other = _in_words(chain, anchors, str(refusal))
    return Path((), (*flaws,) if flaws and other == _DATES else (other, *flaws))


class _Refused(Exception):
    """There is no path, in the words of the library."""


def _built(chain: Sequence[Certificate], anchors: Anchors, at: datetime) -> tuple[Certificate, ...]:
    """The path at that time. Raises _Refused."""
    if anchors.store is None:
        raise _Refused("there is no trusted root")
    policy = PolicyBuilder().store(anchors.store).time(at.replace(tzinfo=None)).max_chain_depth(TLS_PATH)
    verifier = policy.extension_policies(ca_policy=_authority(), ee_policy=_server()).build_client_verifier()
    try:
        return tuple(verifier.verify(chain[0], list(chain[1:TLS_CHAIN])).chain)
    except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
        raise _Refused(str(error).partition(" (encountered processing")[0]) from None


def _server() -> ExtensionPolicy:
    return ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_servers)


def _authority() -> ExtensionPolicy:
    needed = _server().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    return needed.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)


def _for_servers(policy: Policy, certificate: Certificate, usages: x509.ExtendedKeyUsage | None) -> None:
    if usages is not None and _PURPOSES.isdisjoint(usages):
        raise ValueError("a certificate on the way is not for servers (extended key usage)")


def _may_sign(policy: Policy, certificate: Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an issuer on the way may not sign certificates (key usage)")


def _date_flaws(chain: Sequence[Certificate], at: datetime) -> list[str]:
    flaws: list[str] = []
    for place, certificate in enumerate(chain):
        whose = "" if place == 0 else f": {_shown(certificate)}"
        if at < certificate.not_valid_before_utc:
            flaws.append(f"{_of(Flaw.EARLY, place)}{whose}")
        elif at > certificate.not_valid_after_utc:
            flaws.append(f"{_of(Flaw.EXPIRED, place)}{whose}")
    return flaws


def _of(flaw: Flaw, place: int) -> str:
    return flaw.value if place == 0 else flaw.value.replace("the certificate", "an issuer's certificate", 1)


def _valid_moment(chain: Sequence[Certificate], at: datetime) -> datetime:
    """The moment next to `at` at which all of `chain` is valid, if there is one."""
    begin = max(certificate.not_valid_before_utc for certificate in chain)
    end = min(certificate.not_valid_after_utc for certificate in chain)
    return min(max(at, begin), end)


def _in_words(chain: Sequence[Certificate], anchors: Anchors, refusal: str) -> str:
    leaf, by_name = chain[0], {certificate.subject: certificate for certificate in chain[1:TLS_CHAIN]}
    if leaf.issuer == leaf.subject and leaf.issuer not in anchors.names:
        return Flaw.SELF_SIGNED
    top = leaf
    for _ in by_name:
        if top.issuer == top.subject or top.issuer not in by_name or top.issuer in anchors.names:
            break
        top = by_name[top.issuer]
    if top.issuer in anchors.names:
        if refusal.endswith("not valid at validation time"):
            return _DATES
        for noise in _NOISE:
            refusal = refusal.removeprefix(noise)
        return f"the certificate's chain is not valid: {clipped(refusal, 200)}"
    return Flaw.UNTRUSTED_ROOT if top.issuer == top.subject else f"{Flaw.UNKNOWN_ISSUER}: {_issuer(top)}"


def _shown(certificate: Certificate) -> str:
    return clipped(certificate.subject.rfc4514_string(), 200) or "without a name"


def _issuer(certificate: Certificate) -> str:
    return clipped(certificate.issuer.rfc4514_string(), 200) or "without a name"
