"""One signature judged: its key, the body, the header, in that order (RFC 6376 section 6.1)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import NamedTuple

from mailsec.core.flow import Answer
from mailsec.core.limits.sender import DKIM_CLOCK_SKEW, DKIM_KEYS, DKIM_QUOTED
from mailsec.core.rdata import RdataError, txt
from mailsec.core.results import AuthResult, Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.core.text import clipped, from_bytes
from mailsec.message.fields import Field, Message
from mailsec.sender.dkim import rules
from mailsec.sender.dkim.canonical import RELAXED, BodyHash
from mailsec.sender.dkim.coverage import Coverage, Index, coverage, coverage_findings, field_evidence, signed_data
from mailsec.sender.dkim.key import (
    KeyRecord,
    KeyRecordError,
    KeySizeError,
    PublicKey,
    looks_like_key,
    parse_key,
    verifies,
)
from mailsec.sender.dkim.signature import (
    ED25519_SHA256,
    RSA_SHA1,
    RSA_SHA256,
    Signature,
    SignatureError,
    claimed_domain,
    parse_signature,
)

RECOMMENDED_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """What became of one signature.

    `status` is a word of RFC 8601 section 2.7.1, or skipped. Of a field that could not be read only `domain` may be there, as
    claimed. `key_bits` is None where no key was found; `unsigned_body` counts octets of the canonical body behind l=, None
    where the body was not looked at. `signed_fields` are lower-case names; `unsigned_singletons` are fields that are present,
    may stand once, and are not in h=. `field` is the signature itself; `key_gone` says that no key stands at its name, which is
    what becomes of one that was rotated.
    """

    status: Status
    reason: str
    domain: str
    selector: str
    identity: str
    algorithm: str
    canonicalization: str
    key_bits: int | None
    unsigned_body: int | None
    signed_fields: tuple[str, ...]
    unsigned_singletons: tuple[str, ...]
    test_mode: bool
    check: Check
    auth: AuthResult
    field: Field
    key_gone: bool = False


class Key(NamedTuple):
    """A key that may be tried."""

    text: bytes
    record: KeyRecord
    public: PublicKey
    bits: int


class Outcome(NamedTuple):
    """What became of a signature, and the size of the key that decided it."""

    status: Status
    reason: str
    bits: int | None = None


class Job:
    """A signature on its way: parsed, then with its keys, then judged."""

    __slots__ = ("failure", "field", "findings", "key_gone", "keys", "record_text", "signature")

    def __init__(self, field: Field) -> None:
        self.field = field
        self.findings: list[Finding] = []
        self.keys: list[Key] = []
        self.record_text = b""
        self.key_gone = False
        self.failure: Outcome | None = None
        self.signature: Signature | None = None
        try:
            self.signature = parse_signature(field.value)
        except SignatureError as error:
            self.failure = Outcome(error.status, error.message)
            return
        if self.signature.algorithm == RSA_SHA1:
            # RFC 8301 section 3.1: such a signature must not be accepted, so its key is not asked for.
            self.failure = Outcome(Status.POLICY, "SHA-1 is not accepted")
            self.findings.append(finding(rules.SHA1, "a=rsa-sha1: the signature does not count"))

    def take_keys(self, answer: Answer) -> None:
        """Find the usable keys in `answer`, or why there is none."""
        signature = self.signature
        assert signature is not None
        if answer.status.failed:
            self.failure = Outcome(Status.TEMPERROR, f"the key could not be looked up: {answer.reason or answer.status}")
            return
        texts = key_texts(answer)
        if not texts:
            self.key_gone = True
            other = ": the records at its name are no keys" if answer.records else ""
            self.failure = Outcome(Status.PERMERROR, f"no key (it may have been rotated){other}")
            return
        self.record_text = texts[0]
        if len(texts) > 1:
            self.findings.append(finding(rules.SEVERAL_KEYS, f"{len(texts)} records at {signature.key_name}"))
        failures = []
        for text in texts[:DKIM_KEYS]:
            found = _usable(text, signature)
            if isinstance(found, Key):
                self.keys.append(found)
            else:
                failures.append(found)
        if not self.keys:
            self.failure = next((failure for failure in failures if failure.status is Status.POLICY), failures[0])

    def judge(self, index: Index, bodies: dict[bool, BodyHash], message: Message, now: int) -> SignatureResult:
        """The result, once keys and body hashes are there."""
        signature = self.signature
        if signature is None:
            return _unread(self, message)
        body = None
        outcome, key = self.failure, None
        if outcome is None:
            body = bodies[signature.body_canonicalization == RELAXED]
            outcome, key = _compare(self, signature, index, body)
            self.record_text = key.text
            if outcome.status is Status.PASS:
                outcome = _in_time(self, signature, outcome, now)
        return _result(self, signature, outcome, key, body, index, message)


def key_texts(answer: Answer) -> list[bytes]:
    """The TXT records that may be keys: a wildcard brings others along."""
    texts = []
    for record in answer.records:
        try:
            text = txt(record.rdata)
        except RdataError:
            continue
        if looks_like_key(text):
            texts.append(text)
    return texts


def _usable(text: bytes, signature: Signature) -> Key | Outcome:
    """The key in `text`, if it may be used for `signature` (RFC 6376 section 6.1.2)."""
    try:
        record = parse_key(text)
        if reason := _refusal(record, signature):
            return Outcome(Status.PERMERROR, reason)
        return Key(text, record, *record.public_key())
    except KeySizeError as error:
        return Outcome(Status.POLICY, error.message, error.bits)
    except KeyRecordError as error:
        return Outcome(Status.PERMERROR, error.message)


def _refusal(record: KeyRecord, signature: Signature) -> str:
    if record.revoked:
        return "the key is revoked"
    if record.kind != ("ed25519" if signature.algorithm == ED25519_SHA256 else "rsa"):
        return "the key is of another kind than a= says"
    if not record.for_sha256:
        return "the key may not be used with SHA-256 (h=)"
    if not record.for_mail:
        return "the key may not be used for mail (s=)"
    if record.strict and signature.identity_domain != signature.domain:
        return "the key allows no subdomain in i= (t=s)"
    return ""


def _compare(job: Job, signature: Signature, index: Index, body: BodyHash) -> tuple[Outcome, Key]:
    """Body hash and signature against the keys; the key that fits, else the first."""
    data = signed_data(index, signature.fields, job.field, signature.hole, signature.header_canonicalization)
    fitting = next((key for key in job.keys if verifies(key.public, signature.signature, data)), None)
    key = fitting or job.keys[0]
    digest = body.of(signature.length)
    if digest is None:
        reason = f"l={signature.length} is more than the body's {body.length} octets"
        return Outcome(Status.PERMERROR, reason, key.bits), key
    if digest != signature.body_hash:
        # The signature over the header tells whether the body alone was touched: a list's footer leaves the header intact.
        reason = "the body was changed" if fitting else "the body was changed, and the header was changed or the key is another"
        return Outcome(Status.FAIL, reason, key.bits), key
    if fitting is None:
        return Outcome(Status.FAIL, "the header was changed (or the key is another)", key.bits), key
    return Outcome(Status.PASS, f"valid, {key.record.kind} key of {key.bits} bits", key.bits), key


def _in_time(job: Job, signature: Signature, outcome: Outcome, now: int) -> Outcome:
    """`outcome`, a pass, held against t= and x=."""
    if signature.timestamp is not None and signature.timestamp > now + DKIM_CLOCK_SKEW:
        job.findings.append(finding(rules.FUTURE, f"t= is {signature.timestamp - now} seconds in the future"))
    if signature.expiration is None or signature.expiration >= now:
        return outcome
    job.findings.append(finding(rules.EXPIRED, f"x= is {now - signature.expiration} seconds in the past"))
    # The signature holds, but not for the time it is judged at: RFC 8601 calls what is valid and not acceptable "policy".
    return Outcome(Status.POLICY, "valid, but expired", outcome.bits)


def _result(
    job: Job,
    signature: Signature,
    outcome: Outcome,
    key: Key | None,
    body: BodyHash | None,
    index: Index,
    message: Message,
) -> SignatureResult:
    status, reason, bits = outcome
    covered = coverage(index, signature.fields)
    rest = None
    if body is not None:
        rest = 0 if signature.length is None else max(body.length - signature.length, 0)
    findings = job.findings
    testing = key is not None and key.record.testing
    if key is not None and (status is Status.PASS or status is Status.POLICY):
        findings += coverage_findings(covered, signature, rest or 0, index, message)
    if bits is not None and bits < RECOMMENDED_RSA_BITS and signature.algorithm == RSA_SHA256:
        findings.append(finding(rules.KEY_SHORT, f"the key at {signature.key_name} has {bits} bits"))
    if testing:
        findings.append(finding(rules.TEST_MODE, f"the key at {signature.key_name} has t=y"))
    check = Check(
        "signature",
        status,
        reason,
        _facts(signature, bits, rest, covered),
        tuple(findings),
        _evidence(job, message),
    )
    return SignatureResult(
        status,
        reason,
        signature.domain,
        signature.selector,
        signature.auid,
        signature.algorithm,
        signature.canonicalization,
        bits,
        rest,
        covered.signed,
        covered.unsigned,
        testing,
        check,
        _auth(signature, status, reason),
        job.field,
        job.key_gone,
    )


def _facts(signature: Signature, bits: int | None, rest: int | None, covered: Coverage) -> tuple[Fact, ...]:
    facts: tuple[Fact, ...] = (
        Fact("d", signature.domain),
        Fact("s", signature.selector),
        Fact("i", signature.auid),
        Fact("a", signature.algorithm),
        Fact("c", signature.canonicalization),
        Fact("bits", bits),
        Fact("unsigned-body", rest),
        Fact("signed-fields", " ".join(covered.signed)),
        Fact("unsigned-fields", " ".join(covered.unsigned)),
    )
    if signature.timestamp is not None:
        facts = (*facts, Fact("t", signature.timestamp))
    if signature.expiration is not None:
        facts = (*facts, Fact("x", signature.expiration))
    if signature.length is not None:
        # a number that some reader of JSON could not hold is given as text
        facts = (*facts, Fact("l", signature.length if signature.length < 1 << 53 else str(signature.length)))
    return facts


def _evidence(job: Job, message: Message) -> tuple[Evidence, ...]:
    where = field_evidence(job.field, message)
    if job.signature is None or not job.record_text:
        return (where,)
    return where, Evidence(EvidenceKind.DNS, job.signature.key_name, clipped(from_bytes(job.record_text), DKIM_QUOTED))


def _auth(signature: Signature, status: Status, reason: str) -> AuthResult:
    properties = (
        ("header.d", signature.domain),
        ("header.i", signature.auid),
        ("header.a", signature.algorithm),
        ("header.s", signature.selector),
        ("header.b", b64encode(signature.signature[:6]).decode("ascii")),
    )
    return AuthResult("dkim", status, reason, signature.domain, properties)


def _unread(job: Job, message: Message) -> SignatureResult:
    """The result for a field that could not be read."""
    assert job.failure is not None
    return bare_result(job.field, message, job.failure.status, job.failure.reason)


def bare_result(field: Field, message: Message, status: Status, reason: str) -> SignatureResult:
    """The result for a field that is not judged: only what it claims as d= is told."""
    domain = claimed_domain(field.value)
    check = Check("signature", status, reason, (Fact("d", domain),) if domain else (), (), (field_evidence(field, message),))
    auth = AuthResult("dkim", status, reason, domain, (("header.d", domain),) if domain else ())
    return SignatureResult(status, reason, domain, "", "", "", "", None, None, (), (), False, check, auth, field)
