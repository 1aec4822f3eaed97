"""The DMARC policy record: text to a frozen `DmarcRecord` and back (RFC 9989 sections 4.7 and 4.8).

A record is a DMARC record where it begins with `v=DMARC1`. Whatever is wrong behind that costs only the tag that it is wrong
in: the tag keeps its default, and a `TagDefect` says where and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from mailsec.core.limits.network import MAX_TAGS
from mailsec.core.taglist import Tag


class Policy(StrEnum):
    """What a domain owner asks for mail that fails, mildest first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def lowered(self) -> Policy:
        """One level below, as a record in test mode (t=y) asks for."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


class Mode(StrEnum):
    """How an identifier has to match the author domain."""

    RELAXED = "r"
    STRICT = "s"


class Psd(StrEnum):
    """What a record says of its name: a public suffix, an organizational domain, or nothing."""

    YES = "y"
    NO = "n"
    UNDECLARED = "u"


class _YesNo(StrEnum):
    YES = "y"
    NO = "n"


class Scope(StrEnum):
    """Which tag the policy is taken from: the domain's own, an existing subdomain's, a subdomain's that does not exist."""

    DOMAIN = "p"
    SUBDOMAIN = "sp"
    NONEXISTENT = "np"


class DefectKind(StrEnum):
    """What can be wrong with a part of a record."""

    NO_EQUALS = "no-equals"
    BAD_NAME = "bad-name"
    REPEATED = "repeated"
    BAD_VALUE = "bad-value"
    BAD_URI = "bad-uri"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class TagDefect:
    """A syntax error: `tag` is the name as written, `start` and `end` are offsets of characters into the record's text."""

    kind: DefectKind
    tag: str
    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReportUri:
    """Where reports go. `size` is the obsolete limit behind an exclamation mark, which means nothing any more."""

    uri: str
    size: str = ""

    @property
    def scheme(self) -> str:
        """The scheme in lower case."""
        return self.uri.partition(":")[0].lower()


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A policy record. A policy of None was not published, or not validly: `requested` knows what that means.

    `removed` holds the tags that RFC 7489 had and RFC 9989 has not (pct, rf, ri), `unknown` all others that are not registered,
    both as (name, value) in order. `text` is what was parsed.
    """

    policy: Policy | None = None
    subdomain_policy: Policy | None = None
    nonexistent_policy: Policy | None = None
    adkim: Mode = Mode.RELAXED
    aspf: Mode = Mode.RELAXED
    testing: bool = False
    psd: Psd = Psd.UNDECLARED
    rua: tuple[ReportUri, ...] = ()
    ruf: tuple[ReportUri, ...] = ()
    fo: tuple[str, ...] = ("0",)
    removed: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    defects: tuple[TagDefect, ...] = field(default=(), compare=False)
    text: str = field(default="", compare=False)

    @property
    def invalid_policies(self) -> tuple[TagDefect, ...]:
        """The defects of p=, sp= and np= that put the whole record in question (RFC 9989 section 4.10.1)."""
        return tuple(defect for defect in self.defects if defect.kind is DefectKind.BAD_VALUE and defect.tag in _POLICIES)

    @property
    def usable(self) -> bool:
        """False where a policy is not valid and nobody gets reports: then there is no DMARC processing (section 4.10.1)."""
        return not self.invalid_policies or bool(self.rua)

    def requested(self, scope: Scope) -> Policy:
        """The policy published for `scope`, before t=. A missing p= is p=none (section 4.7); so is any invalid policy."""
        if self.invalid_policies:
            return Policy.NONE
        policy = self.policy or Policy.NONE
        if scope is Scope.DOMAIN:
            return policy
        policy = self.subdomain_policy or policy
        return policy if scope is Scope.SUBDOMAIN else self.nonexistent_policy or policy

    def applied(self, scope: Scope) -> Policy:
        """The policy for `scope` as it is to be applied: one level lower in test mode."""
        policy = self.requested(scope)
        return policy.lowered if self.testing else policy


_POLICIES = frozenset(Scope)
_REMOVED = frozenset({"pct", "rf", "ri"})
_REGISTERED = frozenset({"p", "sp", "np", "adkim", "aspf", "t", "psd", "rua", "ruf", "fo"})
_WSP = " \t"
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_NAME = re.compile(r"[A-Za-z]+\Z")
_SIZE = re.compile(r"![0-9]+[KMGTkmgt]?\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@$&'()*+=\[\]-]|%[0-9A-Fa-f]{2})+\Z")
_MAILTO = re.compile(r"mailto:[^@?]+@[^@?]+(?:\?|\Z)", re.IGNORECASE)

E = TypeVar("E", bound=StrEnum)


def parse(text: str) -> DmarcRecord | None:
    """The record in `text`, or None where it is no DMARC record: `v=DMARC1` comes first and is case-sensitive."""
    version = _VERSION.match(text)
    if version is None:
        return None
    reader = _Reader(text, version.end())
    return DmarcRecord(
        policy=reader.word("p", Policy),
        subdomain_policy=reader.word("sp", Policy),
        nonexistent_policy=reader.word("np", Policy),
        adkim=reader.word("adkim", Mode) or Mode.RELAXED,
        aspf=reader.word("aspf", Mode) or Mode.RELAXED,
        testing=reader.word("t", _YesNo) is _YesNo.YES,
        psd=reader.word("psd", Psd) or Psd.UNDECLARED,
        rua=reader.uris("rua"),
        ruf=reader.uris("ruf"),
        fo=reader.failure_options(),
        removed=reader.others(removed=True),
        unknown=reader.others(removed=False),
        defects=tuple(sorted(reader.defects, key=lambda defect: defect.start)),
        text=text,
    )


class _Reader:
    """The tags of a record by name, and what was wrong on the way."""

    def __init__(self, text: str, start: int) -> None:
        self.tags: dict[str, Tag] = {}
        self.defects: list[TagDefect] = []
        count = 0
        while start < len(text):
            end = text.find(";", start)
            end = len(text) if end < 0 else end
            if text[start:end].strip(_WSP):
                count += 1
                if count > MAX_TAGS:
                    self._defect(DefectKind.TOO_MANY, "", f"more than {MAX_TAGS} tags", start, len(text))
                    return
                self._part(text[start:end], start)
            start = end + 1

    def _part(self, part: str, start: int) -> None:
        name, equals, value = part.partition("=")
        at = start + len(name) + 1
        name = name.strip(_WSP)
        end = start + len(part)
        if not equals:
            self._defect(DefectKind.NO_EQUALS, name, "a part has no '='", start, end)
        elif not _NAME.match(name):
            self._defect(DefectKind.BAD_NAME, name, "a tag name is not valid", start, end)
        elif name in self.tags:
            self._defect(DefectKind.REPEATED, name, f"{name}= stands again; the first one counts", start, end)
        else:
            at += len(value) - len(value.lstrip(_WSP))
            value = value.strip(_WSP)
            self.tags[name] = Tag(name, value, at, at + len(value))

    def _defect(self, kind: DefectKind, tag: str, message: str, start: int, end: int) -> None:
        self.defects.append(TagDefect(kind, tag, message, start, end))

    def _bad_value(self, tag: Tag) -> None:
        self._defect(DefectKind.BAD_VALUE, tag.name, f"{tag.name}= has no valid value", tag.start, tag.end)

    def word(self, name: str, kind: type[E]) -> E | None:
        """The value of a tag that takes one of a few words, in any case."""
        tag = self.tags.get(name)
        if tag is None:
            return None
        try:
            return kind(tag.value.lower())
        except ValueError:
            self._bad_value(tag)
            return None

    def uris(self, name: str) -> tuple[ReportUri, ...]:
        """The valid addresses of rua= or ruf=."""
        tag = self.tags.get(name)
        if tag is None:
            return ()
        uris = []
        start = tag.start
        for count, piece in enumerate(tag.value.split(",")):
            if count >= MAX_TAGS:
                self._defect(DefectKind.TOO_MANY, name, f"more than {MAX_TAGS} addresses", start, tag.end)
                break
            uri = _report_uri(piece.strip(_WSP))
            if uri is None:
                self._defect(
                    DefectKind.BAD_URI, name, f"{name}= has an address that is not a valid URI", start, start + len(piece)
                )
            else:
                uris.append(uri)
            start += len(piece) + 1
        return tuple(uris)

    def failure_options(self) -> tuple[str, ...]:
        """The options of fo=; each at most once, 0 and 1 not together."""
        tag = self.tags.get("fo")
        if tag is None:
            return ("0",)
        options = tuple(option.strip(_WSP) for option in tag.value.lower().split(":"))
        if len(options) != len(set(options)) or not {"0", "1", "d", "s"}.issuperset(options) or {"0", "1"}.issubset(options):
            self._bad_value(tag)
            return ("0",)
        return options

    def others(self, *, removed: bool) -> tuple[tuple[str, str], ...]:
        """The tags that RFC 9989 removed, or those that nobody registered."""
        names = (name for name in self.tags if name not in _REGISTERED and (name in _REMOVED) is removed)
        return tuple((name, self.tags[name].value) for name in names)


def _report_uri(text: str) -> ReportUri | None:
    size = _SIZE.search(text)
    uri = text[: size.start()] if size else text
    if not _URI.match(uri) or (uri[:7].lower() == "mailto:" and not _MAILTO.match(uri)):
        return None
    return ReportUri(uri, size[0][1:] if size else "")


def to_text(record: DmarcRecord) -> str:
    """`record` as it is published: what differs from its default, in the usual order; p= always, invalid tags never."""
    uris = {name: ",".join(_with_size(uri) for uri in found) for name, found in (("rua", record.rua), ("ruf", record.ruf))}
    tags = [
        ("v", "DMARC1"),
        ("p", record.policy or ""),
        ("sp", record.subdomain_policy or ""),
        ("np", record.nonexistent_policy or ""),
        ("adkim", record.adkim if record.adkim is Mode.STRICT else ""),
        ("aspf", record.aspf if record.aspf is Mode.STRICT else ""),
        ("t", "y" if record.testing else ""),
        ("psd", record.psd if record.psd is not Psd.UNDECLARED else ""),
        *uris.items(),
        ("fo", ":".join(record.fo) if record.fo != ("0",) else ""),
        *record.removed,
        *record.unknown,
    ]
    return "; ".join(f"{name}={value}" for name, value in tags if value)


def _with_size(uri: ReportUri) -> str:
    return f"{uri.uri}!{uri.size}" if uri.size else uri.uri
