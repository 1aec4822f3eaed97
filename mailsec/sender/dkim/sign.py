"""Making DKIM-Signature fields (RFC 6376 section 5, RFC 8301, RFC 8463)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from mailsec.core.errors import BadInput
from mailsec.core.limits.sender import DKIM_HEADER_NAMES
from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.message.fields import DefectKind, Field, Message
from mailsec.sender.dkim import rules
from mailsec.sender.dkim.canonical import RELAXED, SIMPLE, hash_body
from mailsec.sender.dkim.coverage import OVERSIGNED, Index, index_of, signed_data
from mailsec.sender.dkim.judge import RECOMMENDED_RSA_BITS
from mailsec.sender.dkim.keys import PrivateKey, SigningKey
from mailsec.sender.dkim.signature import Signature, SignatureError, parse_signature, print_signature

# Relays and lists add or replace these, so they are signed as often as they are present and no more.
_WHEN_PRESENT = (b"reply-to", b"cc", b"sender", b"in-reply-to", b"references")
_NEVER = frozenset({b"return-path", b"received", b"dkim-signature"})
_FIELD_NAME = re.compile(rb"[!-9;-~]+\Z")
# Anything else could end the tag or the line that it is written into.
_IDENTITY = re.compile(r"[!-:<-~\u00a1-\U0010ffff]*\Z")
_NAME = b"DKIM-Signature"
_PADDING = PKCS1v15()
_SHA256 = SHA256()

_DEFECTS = {
    DefectKind.BARE_LF: ("a line ends with LF alone, others with CRLF", "convert the line ends first: all LF, or all CRLF"),
    DefectKind.BARE_CR: ("a CR stands without its LF", "remove it: relays change it, which breaks the signature"),
    DefectKind.NO_COLON: ("a header line has no colon", "repair or remove it: for many relays the body begins there"),
    DefectKind.BAD_NAME: ("a header field has an invalid name", "repair or remove the field"),
    DefectKind.LEADING_FOLD: ("the header begins with a continuation line", "repair or remove the line"),
    DefectKind.TOO_MANY_FIELDS: ("the header has too many fields", "look at the message itself: no honest one is like this"),
    DefectKind.HEADER_TOO_LARGE: ("the header is too large", "look at the message itself: no honest one is like this"),
}


@dataclass(frozen=True, slots=True)
class SignOptions:
    """How to sign. `canonicalization` is c= in full; `oversign` names further fields to list once more than they are present.

    `expire` is in seconds from now; `timestamp` says whether t= is written; `identity` is i= (`user@sub.example.com` or
    `@sub.example.com`), left out where it is empty. l= is never written: it lets anybody append.
    """

    canonicalization: str = f"{RELAXED}/{RELAXED}"
    oversign: tuple[str, ...] = ()
    expire: int | None = None
    timestamp: bool = True
    identity: str = ""


_DEFAULTS = SignOptions()


def sign(message: Message, keys: Sequence[SigningKey], *, now: int, options: SignOptions = _DEFAULTS) -> list[bytes]:
    """One DKIM-Signature field for each of `keys`, in their order: folded, CRLF at the end, to stand above all other fields.

    `now` is in seconds since 1970 UTC. The body is hashed once. Raises BadInput for a message that cannot be signed so that it
    verifies elsewhere, and for options that make no valid signature.
    """
    header, _, body = options.canonicalization.partition("/")
    if not {header, body} <= {SIMPLE, RELAXED}:
        raise BadInput(
            f"no such canonicalization: {options.canonicalization}", hint="simple or relaxed, a slash, again one of them"
        )
    if not _IDENTITY.match(options.identity):
        raise BadInput(
            "i= has a character that it cannot have", hint="give an address without spaces, such as @mail.example.com"
        )
    if options.expire is not None and options.expire <= 0:
        raise BadInput("a signature cannot expire before it is made", hint="give the seconds from now as a positive number")
    index = index_of(message.fields)
    _check_message(message, index)
    names = signed_names(index, options.oversign)
    digest = hash_body(message.data, message.body, relaxed=body == RELAXED).digest
    drafts = [
        Signature(
            key.algorithm,
            key.domain,
            key.selector,
            names,
            digest,
            b"",
            header,
            body,
            options.identity,
            timestamp=now if options.timestamp else None,
            expiration=None if options.expire is None else now + options.expire,
        )
        for key in keys
    ]
    return [_signed(draft, key.private, index) for draft, key in zip(drafts, keys, strict=True)]


def key_findings(keys: Sequence[SigningKey]) -> tuple[Finding, ...]:
    """What to say about `keys` although they sign."""
    return tuple(
        finding(rules.KEY_SHORT, f"the key has {key.bits} bits", Evidence(EvidenceKind.KEY, key.key_name))
        for key in keys
        if isinstance(key.private, RSAPrivateKey) and key.bits < RECOMMENDED_RSA_BITS
    )


def signed_names(index: Index, oversign: Sequence[str] = ()) -> tuple[bytes, ...]:
    """What h= lists for a message with the fields in `index`, in lower case.

    Each of `OVERSIGNED` and `oversign` stands once more than it is present, so that none can be added; Cc, Reply-To, Sender,
    In-Reply-To, References and List-* as often as they are present. Raises BadInput for a name that cannot be signed.
    """
    over = dict.fromkeys(name.lower().encode() for name in (*OVERSIGNED, *oversign))
    for name in over:
        if not _FIELD_NAME.match(name) or name in _NEVER:
            raise BadInput(
                f"this field cannot be oversigned: {name.decode()}", hint="give the name of a field that relays leave alone"
            )
    lists = sorted(name for name in index if name.startswith(b"list-"))
    names: list[bytes] = []
    for name in over:
        names += [name] * (len(index.get(name, ())) + 1)
    for name in (*_WHEN_PRESENT, *lists):
        if name not in over:
            names += [name] * len(index.get(name, ()))
    if len(names) > DKIM_HEADER_NAMES:
        raise BadInput(
            f"more than {DKIM_HEADER_NAMES} fields to sign", hint="look at the message itself: no honest one is like this"
        )
    return tuple(names)


def _check_message(message: Message, index: Index) -> None:
    for defect in message.defects:
        if defect.kind in _DEFECTS:
            what, hint = _DEFECTS[defect.kind]
            raise BadInput(f"the message cannot be signed: {what} (octet {message.file_offset(defect.start)})", hint=hint)
    count = len(index.get(b"from", ()))
    if count != 1:
        raise BadInput(f"the message has {count or 'no'} From fields", hint="a message to be signed has exactly one (RFC 5322)")


def _signed(draft: Signature, private: PrivateKey, index: Index) -> bytes:
    """The field for `draft`, signed."""

    def signature(unsigned: bytes) -> bytes:
        field = Field(_NAME, unsigned, -1, len(_NAME))
        data = signed_data(index, draft.fields, field, (0, 0), draft.header_canonicalization)
        if isinstance(private, RSAPrivateKey):
            return private.sign(data, _PADDING, _SHA256)
        return private.sign(sha256(data).digest())

    field = print_signature(draft, signature)
    try:
        parse_signature(field[len(_NAME) + 1 : -2])
    except SignatureError as error:
        raise BadInput(
            f"these options make no valid signature: {error.message}", hint="i= must be an address in the domain"
        ) from None
    return field
