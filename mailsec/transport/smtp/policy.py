"""What TLS has to be like on the way to a mail host, and whether a handshake is that (RFC 7672, RFC 8461, RFC 7435)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.transport.smtp import rules
from mailsec.transport.tlsa.record import TlsaRecord
from mailsec.transport.wire import PkixVerdict, TlsState, TlsWish


class TlsMode(StrEnum):
    """What the sender wants (`--tls`)."""

    AUTO = "auto"  # what the host's domain asks for: DANE, else MTA-STS, else TLS where it is offered
    NONE = "none"
    REQUIRE = "require"  # encrypted, with whomever
    VERIFY = "verify"  # and with the certificate of the mail host
    DANE = "dane"  # only where usable TLSA records vouch for the host
    MTA_STS = "mta-sts"  # only where an MTA-STS policy vouches for the host


class Need(StrEnum):
    """What is asked of one host."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # TLS where it works, in the clear where it does not
    ENCRYPTED = "encrypted"  # TLS, whoever is at the other end
    PKIX = "pkix"
    DANE = "dane"

    @property
    def mandatory(self) -> bool:
        """True where nothing may go in the clear."""
        return self in (Need.ENCRYPTED, Need.PKIX, Need.DANE)

    @property
    def authenticated(self) -> bool:
        """True where the server has to prove who it is."""
        return self in (Need.PKIX, Need.DANE)


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What TLS with one host has to be like.

    `name` is the host as the certificate has to name it, and the SNI. For DANE, `records` are all TLSA records of the host and
    `names` what a certificate below a trust anchor may be for (RFC 7672 section 3.2.2). `why` says where the policy comes from.
    `tested` is set where an MTA-STS policy in mode testing wants the certificate to be right: a failure is told, not enforced.
    """

    need: Need
    name: str = ""
    names: tuple[str, ...] = ()
    records: tuple[TlsaRecord, ...] = ()
    why: str = ""
    tested: bool = False

    @property
    def wish(self) -> TlsWish:
        """How to make the handshake. Where anything is better than nothing, old versions are offered too (RFC 7435 section 3);
        where TLS is what counts, they are not (RFC 9325 section 3.1.1)."""
        return TlsWish(self.name, ("TLSv1", "") if self.need is Need.OPPORTUNISTIC else ("TLSv1.2", ""))


@dataclass(frozen=True, slots=True)
class TlsVerdict:
    """Whether what was negotiated is good enough to send mail over.

    pass or fail; temperror where it could not be judged. A reason is there for each of them.
    """

    status: Status
    reason: str
    findings: tuple[Finding, ...] = ()

    @property
    def complaint(self) -> str:
        """Why no mail may be sent over it; "" where it may."""
        return "" if self.status is Status.PASS else self.reason


def judge_tls(policy: TlsPolicy, state: TlsState | None, *, now: int) -> TlsVerdict:
    """Whether the handshake `state` (None: there is no TLS) is what `policy` asks for, at `now` (seconds since 1970 UTC)."""
    status, reason = _judged(policy, state, now)
    return TlsVerdict(status, reason, tuple(_findings(policy, state)))


def _judged(policy: TlsPolicy, state: TlsState | None, now: int) -> tuple[Status, str]:
    if state is None:
        if policy.need.mandatory:
            return Status.FAIL, f"TLS is needed ({policy.why or policy.need}), and there is none"
        return Status.PASS, "in the clear"
    if policy.need is Need.PKIX:
        return _by_pkix(state.pkix)
    if policy.need is Need.DANE:
        from mailsec.transport.tlsa.match import matches  # noqa: PLC0415 - loads the cryptography, and most mail goes without

        match = matches(policy.records, state.chain, names=policy.names, now=now)
        return (Status.PASS if match.status is Status.PASS else Status.FAIL), f"DANE: {match.reason}"
    return Status.PASS, f"encrypted with {state.version}, the certificate does not matter"


def _by_pkix(pkix: PkixVerdict) -> tuple[Status, str]:
    if pkix.status is Status.PASS:
        return Status.PASS, "the certificate is valid for the host"
    if pkix.status is Status.FAIL:
        return Status.FAIL, "; ".join(pkix.reasons) or "the certificate is not valid"
    return Status.TEMPERROR, "; ".join(pkix.reasons) or "the certificate was not judged"


def _findings(policy: TlsPolicy, state: TlsState | None) -> Iterator[Finding]:
    if state is None:
        if policy.need is Need.OPPORTUNISTIC:
            yield finding(rules.IN_THE_CLEAR, policy.name)
        if policy.tested:
            yield finding(rules.STS_TESTING, f"{policy.name} offers no TLS")
        return
    if state.version not in ("TLSv1.2", "TLSv1.3"):
        yield finding(rules.OLD_TLS, f"{policy.name}: {state.version}, {state.cipher}")
    if policy.tested and state.pkix.status is not Status.PASS:
        yield finding(rules.STS_TESTING, f"{policy.name}: {'; '.join(state.pkix.reasons) or 'the certificate was not judged'}")


def tls_check(policy: TlsPolicy, state: TlsState | None, verdict: TlsVerdict) -> Check:
    """The verdict as a part of a report."""
    facts = [Fact("policy", policy.need.value), Fact("why", policy.why), Fact("name", policy.name)]
    if state is not None:
        facts += [Fact("version", state.version), Fact("cipher", state.cipher), Fact("bits", state.bits)]
        facts += [Fact("pkix", state.pkix.status.value), Fact("pkix-reasons", "; ".join(state.pkix.reasons))]
    return Check("tls", verdict.status, verdict.reason, tuple(facts), verdict.findings)
