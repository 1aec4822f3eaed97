"""Making key pairs and the records that publish them (RFC 6376 section 3.6, RFC 8463 section 4), and comparing the two."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mailsec.core.errors import BadInput
from mailsec.core.flow import Flow, ask
from mailsec.core.limits.sender import DKIM_KEYS, DKIM_QUOTED, RSA_MAX_BITS, RSA_MIN_BITS
from mailsec.core.rdata import encode_txt, show
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Status
from mailsec.core.text import clipped, from_bytes
from mailsec.sender.dkim.judge import key_texts
from mailsec.sender.dkim.key import KeyRecordError, PublicKey, parse_key
from mailsec.sender.dkim.keys import PrivateKey, SigningKey

_EXPONENT = 65537


def generate(kind: str = "rsa", bits: int = 2048) -> tuple[bytes, str]:
    """A new key pair: the private key as unencrypted PKCS #8 PEM, and the record for the public one.

    `kind` is "rsa" or "ed25519" (which has no choice of `bits`). Raises BadInput for other kinds and for a size that verifiers
    refuse.
    """
    private: PrivateKey
    if kind == "ed25519":
        private = Ed25519PrivateKey.generate()
    elif kind != "rsa":
        raise BadInput(f"no such kind of key: {kind}", hint="rsa or ed25519")
    elif not RSA_MIN_BITS <= bits <= RSA_MAX_BITS or bits % 8:
        raise BadInput(
            f"no DKIM key has {bits} bits", hint=f"{RSA_MIN_BITS} to {RSA_MAX_BITS}, a multiple of 8; 2048 is the usual size"
        )
    else:
        private = generate_private_key(_EXPONENT, bits)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), record_for(private)


def record_for(key: PrivateKey | PublicKey, *, testing: bool = False, strict: bool = False) -> str:
    """The key record of `key`, with t=y and t=s as asked for."""
    public = key if isinstance(key, RSAPublicKey | Ed25519PublicKey) else key.public_key()
    flags = ":".join(flag for flag, wanted in (("y", testing), ("s", strict)) if wanted)
    kind, data = _published(public)
    return f"v=DKIM1; k={kind}; {f't={flags}; ' if flags else ''}p={b64encode(data).decode('ascii')}"


def _published(public: PublicKey) -> tuple[str, bytes]:
    if isinstance(public, RSAPublicKey):
        return "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def owner_name(selector: str, domain: str) -> str:
    """The DNS name that the record belongs at, without a final dot."""
    return f"{selector}._domainkey.{domain}"


def zone_line(selector: str, domain: str, record: str) -> str:
    """The record as a line of a zone file, its text in strings of at most 255 octets."""
    return f"{owner_name(selector, domain)}. IN TXT {show('TXT', encode_txt(record.encode()))}"


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """Whether a published record belongs to a private key, and the reason in words."""

    matches: bool
    reason: str


def matches(record: bytes, private: PrivateKey) -> KeyMatch:
    """Whether the key record `record` publishes the public half of `private`, so that verifiers accept what it signs."""
    try:
        published = parse_key(record)
        if published.revoked:
            return KeyMatch(False, "the record revokes the key (empty p=)")
        public, bits = published.public_key()
    except KeyRecordError as error:
        return KeyMatch(False, error.message)
    if not isinstance(private, RSAPrivateKey if published.kind == "rsa" else Ed25519PrivateKey):
        return KeyMatch(False, f"the record holds an {published.kind} key, the private key is of another kind")
    if _published(public) != _published(private.public_key()):
        return KeyMatch(False, f"the record holds another {published.kind} key of {bits} bits")
    if not published.for_mail or not published.for_sha256:
        return KeyMatch(False, "it is the same key, but its h= or s= does not allow it to sign mail with SHA-256")
    return KeyMatch(True, f"the record holds the public half of this {published.kind} key of {bits} bits")


def check_published(key: SigningKey) -> Flow[Check]:
    """Ask for the record at the key's selector and compare: pass, fail (another key), permerror (none) or temperror."""
    answer = yield from ask(key.key_name, "TXT")
    facts = (Fact("d", key.domain), Fact("s", key.selector), Fact("a", key.algorithm), Fact("bits", key.bits))
    if answer.status.failed:
        return Check(
            "dkim-key", Status.TEMPERROR, f"the record could not be looked up: {answer.reason or answer.status}", facts
        )
    texts = key_texts(answer)[:DKIM_KEYS]
    if not texts:
        return Check("dkim-key", Status.PERMERROR, f"there is no key record at {key.key_name}", facts)
    results = [matches(text, key.private) for text in texts]
    chosen = next((at for at, result in enumerate(results) if result.matches), 0)
    status = Status.PASS if results[chosen].matches else Status.FAIL
    evidence = Evidence(EvidenceKind.DNS, key.key_name, clipped(from_bytes(texts[chosen]), DKIM_QUOTED))
    return Check("dkim-key", status, results[chosen].reason, facts, (), (evidence,))
