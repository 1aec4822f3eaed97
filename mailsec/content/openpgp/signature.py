"""One OpenPGP signature over some octets: its own answer, and why.

pysequoia decides what is good, for the time at which the signature says that it was made. Times are compared with `now` here;
only a signature that has expired, or is made in the future, by the clock of the machine is refused whatever `now` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from mailsec.content.openpgp import rules
from mailsec.content.openpgp.engine import Signed, facts, fits, holds
from mailsec.core.limits.content import PGP_CANDIDATES, PGP_CLOCK_SKEW, PGP_SIGNATURES
from mailsec.core.results import Check, Fact, Finding, Status, finding
from mailsec.trust.keyring.algorithms import algorithm_of, weakness
from mailsec.trust.keyring.component import SIGNING, SOFT_REASONS, Component, components
from mailsec.trust.keyring.keys import Certificate, Keys
from mailsec.trust.keyring.packets import SIGNATURE, PacketError, SignaturePacket, packets, signature


class Answer(StrEnum):
    """What became of a signature; whether its key is the author's is another question."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown key"
    KEY_EXPIRED = "key expired"
    REVOKED = "revoked"
    WEAK = "weak"
    NOT_SIGNING = "not a signing key"
    FUTURE = "made in the future"
    EXPIRED = "expired"
    UNSUPPORTED = "not supported"

    @property
    def status(self) -> Status:
        """pass; neutral where it could not be judged; fail."""
        if self is Answer.GOOD:
            return Status.PASS
        unjudged = self in (Answer.UNKNOWN_KEY, Answer.KEY_EXPIRED, Answer.UNSUPPORTED)
        return Status.NEUTRAL if unjudged else Status.FAIL


_RULES = {
    Answer.BAD: rules.SIGNATURE_BAD,
    Answer.UNKNOWN_KEY: rules.KEY_UNKNOWN,
    Answer.KEY_EXPIRED: rules.KEY_EXPIRED,
    Answer.REVOKED: rules.KEY_REVOKED,
    Answer.WEAK: rules.SIGNATURE_WEAK,
    Answer.NOT_SIGNING: rules.NOT_SIGNING_KEY,
    Answer.FUTURE: rules.SIGNATURE_FUTURE,
    Answer.EXPIRED: rules.SIGNATURE_EXPIRED,
    Answer.UNSUPPORTED: rules.SIGNATURE_UNSUPPORTED,
}
_HASHES = {1: "MD5", 2: "SHA-1", 3: "RIPEMD-160", 8: "SHA-256", 9: "SHA-384", 10: "SHA-512", 11: "SHA-224"} | {
    12: "SHA3-256",
    14: "SHA3-512",
}
_WEAK_HASHES = frozenset({1, 2, 3})
_SIGNING_ALGORITHMS = frozenset({1, 3, 17, 19, 22, 27, 28, 30, 31, 32, 33, 34})
_DOCUMENT = frozenset({0x00, 0x01})


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """What became of one signature. `certificate` is the one that holds the key, where it is known; `key` the fingerprint of
    the key that made it, else what the signature names. `later` says what happened to the key since."""

    answer: Answer
    reason: str
    packet: SignaturePacket
    certificate: Certificate | None = None
    key: str = ""
    later: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> bool:
        """True for a good signature of a key that is known."""
        return self.answer is Answer.GOOD and self.certificate is not None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth saying of it."""
        rule = _RULES.get(self.answer)
        return (*((finding(rule, self.reason),) if rule else ()), *self.later)

    def check(self, *, counts: bool = True) -> Check:
        """The signature as a node of the report, without findings where it does not count for the message."""
        made = self.packet.created
        named = (
            Fact("key", self.key or self.packet.issuer or None),
            Fact("certificate", self.certificate.fingerprint if self.certificate else None),
            Fact("source", self.certificate.source if self.certificate else None),
            Fact("made", None if made is None else utc(made)),
            Fact("hash", _HASHES.get(self.packet.hash)),
            Fact("version", self.packet.version),
        )
        shown = tuple(fact for fact in named if fact.value is not None)
        return Check("signature", self.answer.status, self.reason, shown, self.findings if counts else ())


def utc(seconds: int) -> str:
    """A time as people read it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signatures_in(data: bytes) -> tuple[SignaturePacket, ...]:
    """The signature packets in binary `data`. Raises PacketError where there are none, other packets, or too many."""
    found = []
    for packet in packets(data, PGP_SIGNATURES + 1):
        if packet.tag == SIGNATURE:
            found.append(signature(packet.body))
        elif packet.tag not in (10, 21):  # marker and padding say nothing
            raise PacketError("something else than a signature stands where signatures must stand")
    if not found or len(found) > PGP_SIGNATURES:
        raise PacketError("no signature" if not found else f"more than {PGP_SIGNATURES} signatures")
    return tuple(found)


def judge(data: bytes, packet: SignaturePacket, keys: Keys, *, now: int) -> SignatureResult:
    """What becomes of the signature `packet` over `data`, judged at `now` (seconds since 1970 UTC) with what `keys` knows."""
    if (unfit := _unfit(packet)) is not None:
        return unfit
    known = list(keys.certificates([packet.issuer]) if packet.issuer else ())[:PGP_CANDIDATES]
    for certificate in known:
        signed = holds(data, packet, certificate.data)
        own = _components(certificate)
        if signed is not None and own and signed.certificate == certificate.fingerprint:
            return _judged_good(packet, certificate, own, signed, now)
    if not known:
        who = packet.issuer or "a key that the signature does not name"
        return SignatureResult(Answer.UNKNOWN_KEY, f"made by {who}, which is not known here", packet)
    results = [_refused(data, packet, certificate, now) for certificate in known]
    return next((each for each in results if each.answer is not Answer.BAD), results[0])


def _unfit(packet: SignaturePacket) -> SignatureResult | None:
    """The answer for a signature that no key can make good."""
    if packet.version not in (4, 6):
        return SignatureResult(Answer.UNSUPPORTED, f"signature version {packet.version}", packet)
    if packet.type not in _DOCUMENT:
        return SignatureResult(Answer.BAD, f"a signature of type 0x{packet.type:02x} is none over a text", packet)
    if packet.algorithm not in _SIGNING_ALGORITHMS or packet.hash not in _HASHES:
        what = f"algorithm {packet.algorithm} with hash {packet.hash}"
        return SignatureResult(Answer.UNSUPPORTED, f"the signature uses {what}", packet)
    if packet.created is None:
        return SignatureResult(Answer.BAD, "the signature does not say when it was made", packet)
    return None


def _components(certificate: Certificate) -> tuple[Component, ...]:
    """The keys in a certificate, none where it is damaged."""
    try:
        return components(certificate.data)
    except PacketError:
        return ()


def _judged_good(
    packet: SignaturePacket, certificate: Certificate, own: Sequence[Component], signed: Signed, now: int
) -> SignatureResult:
    made = packet.created
    assert made is not None
    if made > now + PGP_CLOCK_SKEW:
        return SignatureResult(Answer.FUTURE, f"made at {utc(made)}", packet, certificate, signed.key)
    if packet.expires is not None and packet.expires <= now:
        return SignatureResult(Answer.EXPIRED, f"good until {utc(packet.expires)}", packet, certificate, signed.key)
    signer = next((each for each in own if each.fingerprint == signed.key), own[0])
    if weak := weakness(*algorithm_of(signer.body)):
        return SignatureResult(Answer.WEAK, weak, packet, certificate, signed.key)
    later = tuple(_later(certificate, own[0], now))
    return SignatureResult(Answer.GOOD, f"good, made at {utc(made)}", packet, certificate, signed.key, later)


def _later(certificate: Certificate, primary: Component, now: int) -> Iterator[Finding]:
    """What happened to the key after it made the signature."""
    state = facts(certificate.data)
    if state.expires is not None and state.expires <= now:
        yield finding(rules.KEY_EXPIRED_SINCE, f"at {utc(state.expires)}, after the signature was made")
    if state.revoked:
        yield finding(rules.KEY_REVOKED_SINCE, _revocation(primary) + ", after the signature was made")


def _refused(data: bytes, packet: SignaturePacket, certificate: Certificate, now: int) -> SignatureResult:
    """Why pysequoia did not take the signature, when `certificate` has the key that it names."""
    own = _components(certificate)
    if not own:
        return SignatureResult(Answer.UNKNOWN_KEY, "the key that is known here is damaged", packet)
    signer = fits(data, packet, own)
    if signer is None and packet.hash in _WEAK_HASHES:  # not every algorithm is computed with such a hash
        return SignatureResult(Answer.WEAK, _weak_hash(packet), packet, certificate, packet.issuer)
    if signer is None:
        return SignatureResult(
            Answer.BAD, "the text was changed, or the key is another one", packet, certificate, packet.issuer
        )
    answer, reason = next(_reasons(packet, certificate, own, signer, now))
    return SignatureResult(answer, reason, packet, certificate, signer.fingerprint)


def _reasons(
    packet: SignaturePacket, certificate: Certificate, own: Sequence[Component], signer: Component, now: int
) -> Iterator[tuple[Answer, str]]:
    """The reasons against a signature whose numbers fit, the weightiest first."""
    made = packet.created or 0
    state = facts(certificate.data)
    if state.revoked:
        yield Answer.REVOKED, _revocation(own[0])
    if packet.hash in _WEAK_HASHES:
        yield Answer.WEAK, _weak_hash(packet)
    if weak := weakness(*algorithm_of(signer.body)):
        yield Answer.WEAK, weak
    if not signer.primary and signer.revocations:
        yield Answer.REVOKED, "the subkey " + _revocation(signer)
    if packet.expires is not None and packet.expires <= now:
        yield Answer.EXPIRED, f"good until {utc(packet.expires)}"
    if made < signer.created:
        yield Answer.NOT_SIGNING, f"made at {utc(made)}, before its key was"
    for key in dict.fromkeys((own[0], signer)):
        if (end := key.expires(made)) is not None and end <= made:
            yield Answer.KEY_EXPIRED, f"the key had expired at {utc(end)}, before the signature was made at {utc(made)}"
    if not signer.may(SIGNING):
        yield Answer.NOT_SIGNING, "the key is not meant for signing"
    if made > now:
        yield Answer.FUTURE, f"made at {utc(made)}"
    if packet.expires is not None:
        yield Answer.EXPIRED, f"good until {utc(packet.expires)}, which has passed by the clock of this machine"
    yield Answer.NOT_SIGNING, "nothing that holds binds the key to the certificate it stands in"


def _weak_hash(packet: SignaturePacket) -> str:
    return f"the signature is over {_HASHES[packet.hash]}, which can be forged"


def _revocation(key: Component) -> str:
    """How and when a key was revoked, as its newest revocation says."""
    newest: SignaturePacket | None = next(iter(key.revocations), None)
    if newest is None:
        return "is revoked"
    soft = all(each.reason in SOFT_REASONS for each in key.revocations)
    kind = "as superseded or retired" if soft else "for good: it may be in other hands"
    return f"was revoked {kind}" + (f" at {utc(newest.created)}" if newest.created is not None else "")
