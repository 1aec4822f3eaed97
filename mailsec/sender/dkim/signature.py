"""The DKIM-Signature field: from octets to tags and back (RFC 6376 section 3.5)."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailsec.core.domains import DomainError, is_within, to_ascii
from mailsec.core.limits.network import MAX_NAME, MAX_TAGS
from mailsec.core.limits.sender import DKIM_HEADER_NAMES, DKIM_IDENTITY_BYTES, DKIM_SIGNATURE_BYTES, RSA_MAX_BITS
from mailsec.core.results import Status
from mailsec.core.taglist import TagListError, parse
from mailsec.core.text import from_bytes

RSA_SHA256 = "rsa-sha256"
RSA_SHA1 = "rsa-sha1"
ED25519_SHA256 = "ed25519-sha256"

_ALGORITHMS = {b"rsa-sha256": RSA_SHA256, b"rsa-sha1": RSA_SHA1, b"ed25519-sha256": ED25519_SHA256}
_CANONICALIZATIONS = {
    f"{header}{body}".encode(): (header, body.removeprefix("/") or "simple")
    for header in ("simple", "relaxed")
    for body in ("", "/simple", "/relaxed")
}
_KNOWN = frozenset({"v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "z"})
_REQUIRED = frozenset({"v", "a", "b", "bh", "d", "h", "s"})
_TAG_NAMES = {name.encode(): name for name in _KNOWN}
_HASH_OCTETS = 32
_CACHED_NAMES = 1024  # octets; a cache must not keep what an attacker made large
_FWS = b" \t\r\n"
_NAME_OCTETS = bytes(octet for octet in range(0x21, 0x7F) if octet != ord(":"))
_LENGTH = re.compile(rb"[0-9]{1,76}\Z")
_TIME = re.compile(rb"[0-9]{1,12}\Z")
_DOMAIN_TAG = re.compile(rb"(?:\A|;)[ \t\r\n]*d[ \t\r\n]*=([^;]*)")


class SignatureError(ValueError):
    """The field is no usable signature. `status` is the word of RFC 8601 section 2.7.1 for it: neutral for what cannot be read
    or processed, permerror for what is readable and breaks a requirement."""

    def __init__(self, message: str, status: Status = Status.NEUTRAL) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Signature:
    """A DKIM-Signature. Names are lower-case A-labels, `fields` the names of h= in lower case, times seconds since 1970 UTC.

    `identity` is i= as written, or "" where it is missing; `length` counts octets of the canonical body. `hole` is where the
    value of b= stands in the field's value, with the white space around it: what the signature does not cover (section 3.7).
    `others` are the tags that nobody defined.
    """

    algorithm: str
    domain: str
    selector: str
    fields: tuple[bytes, ...]
    body_hash: bytes
    signature: bytes
    header_canonicalization: str = "simple"
    body_canonicalization: str = "simple"
    identity: str = ""
    identity_domain: str = ""
    length: int | None = None
    timestamp: int | None = None
    expiration: int | None = None
    hole: tuple[int, int] = (0, 0)
    others: tuple[tuple[str, str], ...] = ()

    @property
    def key_name(self) -> str:
        """The DNS name of the key (RFC 6376 section 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def canonicalization(self) -> str:
        """c= in full."""
        return f"{self.header_canonicalization}/{self.body_canonicalization}"

    @property
    def auid(self) -> str:
        """The identity with its default: i=, or "@" and d=."""
        return self.identity or f"@{self.domain}"


def parse_signature(value: bytes) -> Signature:
    """The signature in `value`, what stands behind the field's colon. Linear in its length.

    Raises SignatureError, and nothing else.
    """
    if len(value) > DKIM_SIGNATURE_BYTES:
        raise SignatureError(f"the field has {len(value)} octets, more than {DKIM_SIGNATURE_BYTES}")
    raw, hole = _tags(value)
    if not raw.keys() >= _REQUIRED:
        raise SignatureError(f"a tag is missing: {min(_REQUIRED - raw.keys())}=")
    if raw["v"] != b"1":
        raise SignatureError("v= is not 1")
    algorithm = _ALGORITHMS.get(raw["a"])
    if algorithm is None:
        raise SignatureError("the algorithm of a= is not known")
    canonicalization = _CANONICALIZATIONS.get(raw.get("c", b"simple"))
    if canonicalization is None:
        raise SignatureError("the canonicalization of c= is not known")
    if "q" in raw and b"dns/txt" not in [method.strip(_FWS) for method in raw["q"].split(b":")]:
        raise SignatureError("q= names no known way to get the key")
    domain = _domain(raw["d"], "d=")
    selector = _name(raw["s"], "s=")
    if len(selector) + len("._domainkey.") + len(domain) > MAX_NAME:
        raise SignatureError("s= and d= together make too long a name")
    identity, identity_domain = _identity(raw.get("i"), domain)
    length = _number(raw, "l", _LENGTH)
    timestamp, expiration = _number(raw, "t", _TIME), _number(raw, "x", _TIME)
    if timestamp is not None and expiration is not None and expiration <= timestamp:
        raise SignatureError("x= is not later than t=", Status.PERMERROR)
    body_hash = base64_octets(raw["bh"], "bh=", _HASH_OCTETS)
    if algorithm != RSA_SHA1 and len(body_hash) != _HASH_OCTETS:
        raise SignatureError("bh= is not as long as its hash")
    return Signature(
        algorithm,
        domain,
        selector,
        _field_names(raw["h"]) if len(raw["h"]) > _CACHED_NAMES else _field_names_cached(raw["h"]),
        body_hash,
        base64_octets(raw["b"], "b=", RSA_MAX_BITS // 8),
        *canonicalization,
        identity,
        identity_domain,
        length,
        timestamp,
        expiration,
        hole,
        tuple((name, from_bytes(text)) for name, text in raw.items() if name not in _KNOWN) if not raw.keys() <= _KNOWN else (),
    )


def base64_octets(text: bytes, tag: str, most: int) -> bytes:
    """The octets of `text`, base64 that may be folded anywhere; at most `most` of them.

    Raises SignatureError, naming `tag`, for anything else: other characters, wrong padding, too much.
    """
    text = text.translate(None, _FWS)
    if len(text) > most * 4 // 3 + 4:
        raise SignatureError(f"{tag} is longer than {most} octets")
    try:
        octets = a2b_base64(text, strict_mode=True)
    except Base64Error:
        raise SignatureError(f"{tag} is not valid base64") from None
    if not octets:
        raise SignatureError(f"{tag} is empty")
    return octets


def _tags(value: bytes) -> tuple[dict[str, bytes], tuple[int, int]]:
    """The tags of `value`, and where the value of b= stands, with the white space around it.

    This is `core.taglist.parse` for octets and for what is usual, and so three times as fast.
    """
    parts = value.split(b";", MAX_TAGS)
    if not parts[-1].strip(_FWS):
        parts.pop()
    tags: dict[str, bytes] = {}
    hole = (0, 0)
    at = 0
    for part in parts:
        raw, equals, text = part.partition(b"=")
        name = _TAG_NAMES.get(raw.strip(_FWS))
        if name is None or name in tags or not equals:
            return _tags_slowly(value)
        tags[name] = text.strip(_FWS)
        if name == "b":
            hole = (at + len(raw) + 1, at + len(part))
        at += len(part) + 1
    return tags, hole


def _tags_slowly(value: bytes) -> tuple[dict[str, bytes], tuple[int, int]]:
    # Latin-1 keeps each octet one character, so that offsets into the text are offsets into the field.
    try:
        tags = parse(value.decode("latin-1"))
    except TagListError as error:
        raise SignatureError(error.message) from None
    hole = next(((tag.start, tag.end) for tag in tags if tag.name == "b"), (0, 0))
    after = value[hole[1] :]
    hole = len(value[: hole[0]].rstrip(_FWS)), hole[1] + len(after) - len(after.lstrip(_FWS))
    return {tag.name: value[tag.start : tag.end] for tag in tags}, hole


def _name(raw: bytes, tag: str) -> str:
    try:
        if raw.endswith(b"."):
            raise DomainError("a final dot")
        return to_ascii(from_bytes(raw) if len(raw) <= MAX_NAME * 4 else "")
    except DomainError:
        raise SignatureError(f"{tag} is not a valid name") from None


def _domain(raw: bytes, tag: str) -> str:
    name = _name(raw, tag)
    if "." not in name:
        raise SignatureError(f"{tag} is a single label")
    return name


def _identity(raw: bytes | None, domain: str) -> tuple[str, str]:
    if raw is None:
        return "", domain
    raw = raw.translate(None, _FWS)
    _, at, host = raw.rpartition(b"@")
    if not at or len(raw) > DKIM_IDENTITY_BYTES:
        raise SignatureError("i= is not an address")
    name = _domain(host, "i=")
    if not is_within(name, domain):
        raise SignatureError("i= is not within d=", Status.PERMERROR)
    return from_bytes(raw), name


def _number(raw: dict[str, bytes], name: str, pattern: re.Pattern[bytes]) -> int | None:
    text = raw.get(name)
    if text is None:
        return None
    if not pattern.match(text):
        raise SignatureError(f"{name}= is not a number")
    return int(text)


def _field_names(raw: bytes) -> tuple[bytes, ...]:
    if raw.count(b":") >= DKIM_HEADER_NAMES:
        raise SignatureError(f"h= has more than {DKIM_HEADER_NAMES} names")
    names = tuple([name.strip(_FWS) for name in raw.lower().split(b":")])
    if b"" in names or b"".join(names).translate(None, _NAME_OCTETS):
        raise SignatureError("h= has a name that is not valid")
    if b"from" not in names:
        raise SignatureError("From is not signed", Status.PERMERROR)
    return names


# A signer lists the same names in message after message.
_field_names_cached = lru_cache(256)(_field_names)


def claimed_domain(value: bytes) -> str:
    """The name that d= claims in a field that is not parsed any further; "" where there is none. Never fails."""
    match = _DOMAIN_TAG.search(value, 0, DKIM_SIGNATURE_BYTES)
    try:
        return _name(match[1].strip(_FWS), "d=") if match else ""
    except SignatureError:
        return ""


def print_signature(signature: Signature, sign: Callable[[bytes], bytes] | None = None, *, width: int = 76) -> bytes:
    """The whole field, folded at `width` columns, CRLF at its end.

    With `sign`, a function from the field with an empty b= (and its final CRLF) to the signature's octets, these go into b=
    instead of `signature.signature`.
    """
    tags = [f"v=1; a={signature.algorithm}; c={signature.canonicalization}; d={signature.domain}; s={signature.selector};"]
    optional = (("i", signature.identity), ("t", signature.timestamp), ("x", signature.expiration), ("l", signature.length))
    tags += [f"{name}={value};" for name, value in optional if value not in (None, "")]
    tags += [f"{name}={value};" for name, value in signature.others]
    words = [word.encode() for tag in tags for word in tag.split(" ")]
    lines = _fold([b"DKIM-Signature:", *words], b" ", width)
    names = b":".join(signature.fields).split(b":")
    lines += _fold([b" h=" + names[0], *names[1:]], b":", width)
    lines[-1] += b";"
    lines.append(b" bh=" + b64encode(signature.body_hash) + b";")
    lines.append(b" b=")
    head = b"\r\n".join(lines)
    text = b64encode(sign(head + b"\r\n") if sign else signature.signature)
    first = width - len(b" b=")
    pieces = [text[:first], *(b" " + text[at : at + width - 1] for at in range(first, len(text), width - 1))]
    return head + b"\r\n".join(pieces) + b"\r\n"


def _fold(words: Sequence[bytes], separator: bytes, width: int) -> list[bytes]:
    """Lines of at most `width` octets where the words allow it; a line is broken behind a separator."""
    lines = []
    line = words[0]
    for word in words[1:]:
        if len(line) + len(separator) + len(word) + 1 > width:
            lines.append(line + separator.rstrip(b" "))
            line = b" " + word
        else:
            line += separator + word
    return [*lines, line]
