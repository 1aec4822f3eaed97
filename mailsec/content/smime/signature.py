"""One S/MIME signature judged: form, numbers, and the certificate behind it (RFC 5652 section 5, RFC 8550, RFC 8551)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mailsec.content.judge.layer import Signer
from mailsec.content.smime import rules
from mailsec.content.smime.ber import BerError, elements
from mailsec.content.smime.capabilities import Capabilities
from mailsec.content.smime.cms import CmsError, SignedData
from mailsec.content.smime.dane import Association, associated
from mailsec.content.smime.identifier import Identifier
from mailsec.content.smime.judging import Judge
from mailsec.content.smime.numbers import ALGORITHMS, HASHES, digest, fits, is_meant, public_key
from mailsec.content.smime.signerinfo import SignerInfo, read
from mailsec.core.limits.content import CMS_CANDIDATES
from mailsec.core.limits.keys import X509_CERTIFICATE_BYTES
from mailsec.core.lookup import listed
from mailsec.core.moment import utc
from mailsec.core.results import Check, Fact, Status, finding
from mailsec.trust.keyring.keys import Certificate, Keys, Kind, Stating
from mailsec.trust.x509.person import Certificate as Described
from mailsec.trust.x509.person import CertificateError
from mailsec.trust.x509.person import load as describe

if TYPE_CHECKING:
    from mailsec.trust.x509.tree import SignerPath

_WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1"})


class Answer(StrEnum):
    """What became of a signature."""

    GOOD = "good"
    BAD = "does not fit"
    WEAK = "weak"
    POLICY = "not accepted"
    CERTIFICATE = "certificate not good"
    UNKNOWN = "certificate unknown"
    UNCHECKED = "revocation not checked"
    UNSUPPORTED = "not supported"

    @property
    def status(self) -> Status:
        """The answer as a result word."""
        return _STATUSES.get(self, Status.FAIL)


_STATUSES = {
    Answer.GOOD: Status.PASS,
    Answer.POLICY: Status.POLICY,
    Answer.UNKNOWN: Status.NEUTRAL,
    Answer.UNCHECKED: Status.NEUTRAL,
    Answer.UNSUPPORTED: Status.NEUTRAL,
}
_RULES = {
    Answer.BAD: rules.SIGNATURE_BAD,
    Answer.WEAK: rules.SIGNATURE_WEAK,
    Answer.POLICY: rules.SIGNATURE_DSA,
    Answer.CERTIFICATE: rules.SIGNER_CERTIFICATE,
    Answer.UNKNOWN: rules.SIGNER_UNKNOWN,
    Answer.UNCHECKED: rules.SIGNER_UNCHECKED,
    Answer.UNSUPPORTED: rules.SIGNATURE_UNSUPPORTED,
}


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """What became of one signature. `certificate` (DER) is the signer's where it is known, `described` what it says; `path`
    is None where nobody looked at it, `association` what SMIMEA records say of it, None where they were not asked for."""

    answer: Answer
    reason: str
    info: SignerInfo | None = None
    certificate: bytes = b""
    described: Described | None = None
    path: SignerPath | None = None
    association: Association | None = None

    @property
    def vouched(self) -> bool:
        """True where a root that is trusted vouches for the certificate."""
        return self.path is not None and self.path.status is Status.PASS

    @property
    def capabilities(self) -> Capabilities | None:
        """What the signer's program understands, where the signature is good and says so."""
        said = self.info.attributes if self.info is not None and self.answer is Answer.GOOD else None
        return None if said is None else said.capabilities

    @property
    def preferred(self) -> Identifier | None:
        """The certificate that the signer would have others encrypt to, where the signature is good and says so."""
        said = self.info.attributes if self.info is not None and self.answer is Answer.GOOD else None
        return None if said is None else said.preferred

    @property
    def held(self) -> Certificate | None:
        """The signer's certificate as keys are kept, where it is known."""
        if self.described is None:
            return None
        return Certificate(Kind.X509, self.described.fingerprint.upper(), self.certificate, "this message")

    def signer(self) -> Signer:
        """The signature as the judgement of the whole mail takes it."""
        return Signer(self.answer.status, self.reason, self.check(), self.held)

    def check(self) -> Check:
        """The signature as a node of the report."""
        info, known = self.info, self.described
        claimed = info.attributes.claimed if info and info.attributes else None
        named = (
            Fact("certificate", known.fingerprint.upper() if known else None),
            Fact("subject", known.subject if known else None),
            Fact("issuer", known.issuer if known else None),
            Fact("addresses", listed(known.addresses) if known else None),
            Fact("names", str(info.certificate) if info and not known else None),
            Fact("algorithm", info.algorithm if info else None),
            Fact("hash", info.digest if info else None),
            Fact("claimed-time", None if claimed is None else utc(claimed)),
        )
        rule = _RULES.get(self.answer)
        found = (finding(rule, self.reason),) if rule else ()
        shown = tuple(fact for fact in named if fact.value is not None)
        below = tuple(each.check for each in (self.association, self.path) if each is not None)
        return Check("signature", self.answer.status, self.reason, shown, found, children=below)


def judge_signatures(
    signed: SignedData, content: memoryview, known: Sequence[bytes], judge: Judge
) -> tuple[SignatureResult, ...]:
    """What becomes of each signature of `signed` over `content`."""
    return tuple(judge_signature(each, signed, content, known, judge) for each in signed.signers)


def spoiled(results: Sequence[SignatureResult]) -> str:
    """Why no signature counts, where one beside others does not hold; else ""."""
    bad = [each for each in results if each.answer.status in (Status.FAIL, Status.POLICY)]
    if not bad or len(bad) == len(results):
        return ""
    return f"{len(bad)} of its {len(results)} signatures cannot be relied on, so none is: {bad[0].reason}"


def judge_signature(
    der: bytes, signed: SignedData, content: memoryview, known: Sequence[bytes], judge: Judge
) -> SignatureResult:
    """What becomes of the SignerInfo `der` of `signed` over `content`.

    The certificates are those that `signed` carries and those in `known` (DER).
    """
    try:
        info = read(der)
    except CmsError as error:
        return SignatureResult(Answer.BAD, str(error))
    for answer, reason in _unfit(info, signed, content):
        return SignatureResult(answer, reason, info)
    at_hand = (each for each in dict.fromkeys((*signed.certificates, *known)) if len(each) <= X509_CERTIFICATE_BYTES)
    candidates = [each for each in at_hand if info.certificate.fits(each)]
    if not candidates:
        said = f"its certificate ({info.certificate}) is neither in the message nor known here"
        return SignatureResult(Answer.UNKNOWN, said, info)
    meant = [each for each in candidates if info.names(each)]
    if not meant:
        said = "its certificate is not the one that its signer named by a hash (RFC 5035 section 5)"
        return SignatureResult(Answer.BAD, said, info)
    for each in meant[:CMS_CANDIDATES]:
        key = public_key(each)
        if key is not None and fits(key, info, content):
            return _of_certificate(info, each, signed, judge)
    return SignatureResult(Answer.BAD, "the signature is not one of the certificate that it names", info)


def _unfit(info: SignerInfo, signed: SignedData, content: memoryview) -> Iterator[tuple[Answer, str]]:
    """Why no certificate can make a signature good."""
    if info.digest in _WEAK_HASHES or info.hash in _WEAK_HASHES:
        yield Answer.WEAK, f"it is over {info.digest.upper()}, which can be forged"
    if info.digest not in HASHES or info.algorithm not in ALGORITHMS:
        yield Answer.UNSUPPORTED, f"it uses {info.algorithm} with {info.digest}"
    yield from ((Answer.BAD, trouble) for trouble in _malformed(info, signed))
    if info.attributes is not None and info.attributes.digests != (digest(info.digest, content),):
        yield Answer.BAD, "the text was changed: it is not what was signed"
    if info.attributes is None and _is_set(content):
        yield Answer.BAD, "what it is said to sign are the attributes of another signature"
    if not signed.is_data:
        yield Answer.UNSUPPORTED, "what is signed is no mail: it has another content type than data"


def _is_set(content: memoryview) -> bool:
    """True where the text is a SET, as signed attributes are when they are signed: without them, a signature over those of one
    message could pass for one over a text (RFC 5652 section 5.4 has no more than the tag to tell them apart)."""
    if bytes(content[:1]) != b"\x31":
        return False
    try:
        return len(elements(content)) == 1
    except BerError:
        return False


def _malformed(info: SignerInfo, signed: SignedData) -> Iterator[str]:
    """What is wrong with the form of a signature."""
    hashes = {info.hash, info.pss.hash if info.pss else "", info.pss.mask_hash if info.pss else ""} - {""}
    if not hashes <= {info.digest}:
        yield f"it is over {listed(sorted(hashes))}, its content over {info.digest}"
    if info.pss is not None and not info.pss.usual:
        yield "its padding has parameters that no program writes"
    if info.algorithm == "ed25519" and info.digest != "sha512":
        yield "Ed25519 goes with SHA-512 (RFC 8419), and here with another hash"
    if info.attributes is None:
        if not signed.is_data:
            yield "it has no signed attributes, which anything but plain data needs"
        return
    if info.attributes.content_types != (signed.content_type,):
        yield "its attributes do not name the type of what is signed exactly once"
    if len(info.attributes.digests) != 1:
        yield "its attributes do not have exactly one hash of what is signed"


def _of_certificate(info: SignerInfo, der: bytes, signed: SignedData, judge: Judge) -> SignatureResult:
    """The answer for a signature whose numbers fit the certificate `der`."""
    try:
        described = describe(der)
    except CertificateError as error:
        return SignatureResult(Answer.BAD, str(error), info)
    if not is_meant(der, info):
        alone = "its key is for RSASSA-PSS alone, and it was made in another way (RFC 4055 section 1.2)"
        return SignatureResult(Answer.BAD, alone, info, der, described)
    answer, reason = next(_objections(described), (Answer.GOOD, f"good, made with the key of {described.subject}"))
    if answer is not Answer.GOOD:
        return SignatureResult(answer, reason, info, der, described)
    others = [each for each in signed.certificates if each != der]
    path = judge.path([der, *others], now=judge.now)
    said = associated(judge.published, [der, *others], path, now=judge.now) if judge.published else None
    if said is not None and said.path is not None:
        path = said.path
    if path.status is Status.FAIL:
        answer, reason = Answer.CERTIFICATE, f"its certificate is not good: {'; '.join(path.reasons)}"
    elif path.unchecked:
        answer, reason = Answer.UNCHECKED, f"its certificate may be revoked: {'; '.join(path.reasons)}"
    result = SignatureResult(answer, reason, info, der, described, path, said)
    return replace(result, path=path.needless) if _is_stated(result, judge.keys) else result


def _is_stated(result: SignatureResult, keys: Keys) -> bool:
    """Whether the user said whose the certificate is."""
    return result.held is not None and isinstance(keys, Stating) and keys.is_stated(result.held)


def _objections(described: Described) -> Iterator[tuple[Answer, str]]:
    """What speaks against a certificate whatever its path."""
    if described.algorithm == "dsa":
        yield Answer.POLICY, "made with a DSA key"
    if described.weakness:
        yield Answer.WEAK, f"its certificate: {described.weakness}"
