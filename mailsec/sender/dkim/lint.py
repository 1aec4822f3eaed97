"""What is right and wrong with a domain's DKIM keys, as far as their selectors are known (RFC 6376 section 3.6, RFC 8301).

No question to the DNS finds all selectors of a domain. Where none of those tried has a key, the answer is *not confirmed*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.flow import Answer, AnswerStatus, Flow, ask, gather
from mailsec.core.limits.network import MAX_NAME
from mailsec.core.limits.sender import DKIM_KEY_AGE, DKIM_KEYS, DKIM_QUOTED, DKIM_SELECTORS, RSA_MIN_BITS
from mailsec.core.rdata import RdataError, name, txt_strings
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.core.rules import Rule, Severity
from mailsec.core.text import clipped, from_bytes
from mailsec.sender.dkim import rules
from mailsec.sender.dkim.judge import RECOMMENDED_RSA_BITS, key_texts
from mailsec.sender.dkim.key import KeyRecord, KeyRecordError, KeySizeError, parse_key
from mailsec.sender.dkim.publish import owner_name, record_for

NOT_CONFIRMED = "not confirmed"


def lint(domain: str, selectors: Sequence[str], *, now: int) -> Flow[Check]:
    """Ask for the keys of `domain` (a name) at each of `selectors`, side by side, and look at what is there.

    The status is pass where a usable key was found; permerror where the only keys found cannot be used; temperror where a
    question was not answered and no key was found; else none, which means *not confirmed*. `now` is in seconds since 1970.
    """
    probe = owner_name(_improbable(domain), domain)
    tried, left_out = _askable(domain, selectors)
    names = [probe, f"_domainkey.{domain}", *(owner_name(selector, domain) for selector in tried)]
    wildcard, parent, *answers = yield from gather(ask(each, "TXT") for each in names)
    everywhere = frozenset(key_texts(wildcard))
    places = [Place(selector, answer, everywhere) for selector, answer in zip(tried, answers, strict=True)]
    for place in places:
        place.look(now)
    found = [place for place in places if place.shown]
    findings = [*_wildcard(wildcard), *_shared(places), *_failed(places), *left_out]
    status, reason = _status(places, wildcard, parent)
    return Check("dkim", status, reason, tuple(_facts(domain, tried, places)), tuple(findings), (), tuple(map(_check, found)))


def _improbable(domain: str) -> str:
    """A selector that nobody has, the same in every run."""
    return f"mailsec-{sha256(domain.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _askable(domain: str, selectors: Iterable[str]) -> tuple[list[str], list[Finding]]:
    """The selectors to ask for, as names, and what is to be said of the rest."""
    wanted: dict[str, None] = {}
    for selector in selectors:
        try:
            wanted[to_ascii(selector)] = None
        except DomainError:
            continue  # no signature can name it
    fitting = [selector for selector in wanted if len(owner_name(selector, domain)) <= MAX_NAME]
    tried = fitting[:DKIM_SELECTORS]
    if len(fitting) == len(tried):
        return tried, []
    return tried, [finding(rules.SELECTOR_LIMIT, f"{len(fitting)} selectors, of which {DKIM_SELECTORS} were asked for")]


@dataclass(slots=True)
class Place:
    """A selector, the answer for it, and what came of it. `everywhere` are the keys that a wildcard gives every selector."""

    selector: str
    answer: Answer
    everywhere: frozenset[bytes]
    status: Status = Status.NONE
    reason: str = "no key record"
    facts: list[Fact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)

    @property
    def at(self) -> str:
        """The name that was asked."""
        return self.answer.query.name

    @property
    def shown(self) -> bool:
        """True where there is something to tell."""
        return self.status is not Status.NONE

    def say(self, rule: Rule, message: str, fix: str = "", severity: Severity | None = None) -> None:
        """Add a finding about the record looked at last."""
        self.findings.append(finding(rule, message, *self.evidence[-1:], fix=fix, severity=severity))

    def look(self, now: int) -> None:
        """Judge what the answer holds."""
        if self.answer.status.failed:
            self.status, self.reason = Status.TEMPERROR, self.answer.reason or self.answer.status.value
            return
        texts = [text for text in key_texts(self.answer) if text not in self.everywhere]
        if not texts:
            self._no_key()
            return
        if aliases := [target for alias in self.answer.aliases if (target := _target(alias.rdata))]:
            self.facts.append(Fact("alias", aliases[-1]))
        if len(texts) > 1:
            self.say(rules.SEVERAL_KEYS, f"{len(texts)} records at {self.at}")
        results = [self.key(text) for text in texts[:DKIM_KEYS]]
        self.status, self.reason = min(results, key=lambda result: _RANKS[result[0]])
        self._age(now)

    def _no_key(self) -> None:
        """A name with TXT records none of which is a key: likely a key that went wrong, unless a wildcard brought them."""
        texts = [text for record in self.answer.records if (text := _joined(record.rdata)) and text[:6].lower() == b"v=dkim"]
        if texts and not self.everywhere:
            self.evidence.append(_quoted(self.at, texts[0]))
            self.status, self.reason = Status.PERMERROR, "the record at its name has no p="
            self.say(rules.KEY_MALFORMED, f"{self.at}: {self.reason}")

    def key(self, text: bytes) -> tuple[Status, str]:
        """One key record."""
        self.evidence.append(_quoted(self.at, text))
        try:
            record = parse_key(text)
        except KeyRecordError as error:
            return self._unread(text, error.message)
        if record.revoked:
            self.say(rules.KEY_REVOKED, f"the key at {self.at} is revoked")
            return Status.NEUTRAL, "revoked (empty p=)"
        return self._read(text, record)

    def _unread(self, text: bytes, message: str) -> tuple[Status, str]:
        rule = rules.KEY_VERSION if "version" in message else rules.KEY_MALFORMED
        self.say(rule, f"{self.at}: {message}{_cut(text)}", fix=salvaged(text))
        return Status.PERMERROR, message

    def _read(self, text: bytes, record: KeyRecord) -> tuple[Status, str]:
        self.facts += [Fact("k", clipped(record.kind, 100))]
        if record.kind not in ("rsa", "ed25519"):
            self.say(rules.KEY_KIND, f"{self.at}: k={clipped(record.kind, 100)}")
            return Status.PERMERROR, "the kind of key is not known"
        try:
            _, bits = record.public_key()
        except KeySizeError as error:
            self.facts.append(Fact("bits", error.bits))
            severity = None if error.bits < RSA_MIN_BITS else Severity.MEDIUM
            self.say(rules.KEY_REFUSED, f"{self.at}: {error.message}", severity=severity)
            return Status.POLICY, error.message
        except KeyRecordError as error:
            return self._unread(text, error.message)
        self.facts.append(Fact("bits", bits))
        self.keys.append(record.data)
        self._remarks(text, record, bits)
        if not record.for_sha256 or not record.for_mail:
            return Status.PERMERROR, "the key may not be used to sign mail with SHA-256"
        return Status.PASS, f"{record.kind} key of {bits} bits{', test mode' if record.testing else ''}"

    def _remarks(self, text: bytes, record: KeyRecord, bits: int) -> None:
        """What is to be said of a key that can be read."""
        fix = rewritten(record)
        others = dict(record.others)
        granularity = others.pop("g", None)
        if record.kind == "rsa" and bits < RECOMMENDED_RSA_BITS:
            self.say(rules.KEY_SHORT, f"the key at {self.at} has {bits} bits")
        if record.testing:
            self.say(rules.TEST_MODE, f"the key at {self.at} has t=y", fix)
        if record.strict:
            self.say(rules.KEY_STRICT, f"the key at {self.at} has t=s")
        if not record.for_sha256:
            self.say(rules.KEY_SHA1_ONLY, f"{self.at}: h={clipped(':'.join(record.hashes), 100)}", fix)
        if not record.for_mail:
            self.say(rules.KEY_NOT_FOR_MAIL, f"{self.at}: s={clipped(':'.join(record.services), 100)}", fix)
        if granularity is not None:
            severity = None if granularity else Severity.MEDIUM
            self.say(rules.KEY_GRANULARITY, f"{self.at}: g={clipped(granularity, 100)}", fix, severity)
        if others:
            self.say(rules.KEY_UNKNOWN_TAG, f"{self.at}: {clipped(', '.join(others), 200)}", fix)
        if not text.lstrip().startswith(b"v"):
            self.say(rules.KEY_NO_VERSION, f"the key record at {self.at} has no v=", fix)

    def _age(self, now: int) -> None:
        """How old the key is, where the selector is a date."""
        made = dated(self.selector)
        if made is not None and self.status is Status.PASS:
            self.facts.append(Fact("dated", datetime.fromtimestamp(made, UTC).strftime("%Y-%m-%d")))
            if now - made > DKIM_KEY_AGE:
                self.say(rules.KEY_OLD, f"the selector {self.selector} is a date {(now - made) // 86_400} days ago")


_RANKS = {Status.PASS: 0, Status.NEUTRAL: 1, Status.POLICY: 2, Status.PERMERROR: 3}
_DATE = re.compile(r"(?:.*[^0-9])?(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])?\Z")


def dated(selector: str) -> int | None:
    """The date that `selector` ends in (20230601, 202306), in seconds since 1970, or None."""
    match = _DATE.match(selector)
    if match is None:
        return None
    try:
        return int(datetime(int(match[1]), int(match[2]), int(match[3] or 1), tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _joined(rdata: bytes) -> bytes:
    try:
        return b"".join(txt_strings(rdata))
    except RdataError:
        return b""


def _target(rdata: bytes) -> str:
    try:
        return name(rdata)
    except RdataError:
        return ""


def _quoted(at: str, text: bytes) -> Evidence:
    return Evidence(EvidenceKind.DNS, at, clipped(from_bytes(text), DKIM_QUOTED))


def _cut(text: bytes) -> str:
    """A hint for the most common cause of a key that cannot be read."""
    return "; the record has exactly 255 octets, so its second string is likely missing" if len(text) == 255 else ""


def rewritten(record: KeyRecord) -> str:
    """The record of the same key without test mode, restrictions and tags that mean nothing; "" if the key is not usable."""
    try:
        public, _ = record.public_key()
    except KeyRecordError:
        return ""
    return record_for(public, strict=record.strict)


_P_VALUE = re.compile(rb"p[ \t]*=[ \t\\\"]*([A-Za-z0-9+/= \t\\\"]+)")


def salvaged(text: bytes) -> str:
    """A readable record of the key in one that is not (quotes, backslashes, v= in the wrong place); "" if there is none."""
    kind = b"ed25519" if b"ed25519" in text.lower() else b"rsa"
    matches = list(_P_VALUE.finditer(text[: DKIM_QUOTED * 4]))
    if len(matches) != 1:
        return ""
    try:
        return rewritten(parse_key(b"k=" + kind + b"; p=" + matches[0][1].translate(None, b' \t\\"')))
    except KeyRecordError:
        return ""


def _wildcard(answer: Answer) -> Iterator[Finding]:
    texts = key_texts(answer)
    if texts:
        revoked = all(map(_revoked, texts))
        severity = Severity.INFO if revoked else None
        message = f"{answer.query.name}, a name that nobody uses, has a {'revoked ' if revoked else ''}key"
        yield finding(rules.WILDCARD, message, _quoted(answer.query.name, texts[0]), severity=severity)


def _revoked(text: bytes) -> bool:
    try:
        return parse_key(text).revoked
    except KeyRecordError:
        return False


def _shared(places: Iterable[Place]) -> Iterator[Finding]:
    """Keys that stand at more than one selector."""
    selectors: dict[bytes, list[str]] = {}
    for place in places:
        for key in dict.fromkeys(place.keys):
            selectors.setdefault(key, []).append(place.selector)
    for same in selectors.values():
        if len(same) > 1:
            yield finding(rules.KEY_SHARED, f"the same key at {', '.join(same)}")


def _failed(places: Sequence[Place]) -> Iterator[Finding]:
    failed = [place for place in places if place.status is Status.TEMPERROR]
    if failed:
        shown = ", ".join(place.selector for place in failed)
        yield finding(rules.LOOKUP_FAILED, f"not answered: {shown}", Evidence(EvidenceKind.DNS, failed[0].at, failed[0].reason))


def _status(places: Sequence[Place], wildcard: Answer, parent: Answer) -> tuple[Status, str]:
    usable = [place.selector for place in places if place.status is Status.PASS]
    broken = [place for place in places if place.status in (Status.PERMERROR, Status.POLICY)]
    if usable:
        return Status.PASS, f"usable key{'s' if len(usable) > 1 else ''} at {', '.join(usable)}"
    if broken:
        return Status.PERMERROR, f"no usable key; {broken[0].selector}: {broken[0].reason}"
    if any(place.status is Status.TEMPERROR for place in places):
        return Status.TEMPERROR, "no key was found, and some questions were not answered"
    return Status.NONE, f"{NOT_CONFIRMED}: {_nothing(places, wildcard, parent)}"


def _nothing(places: Sequence[Place], wildcard: Answer, parent: Answer) -> str:
    """Why no key was found, in words."""
    if key_texts(wildcard):
        every = (
            "every selector has the same key" if not all(map(_revoked, key_texts(wildcard))) else "every selector is revoked"
        )
        return f"a wildcard answers, and {every}"
    revoked = [place.selector for place in places if place.status is Status.NEUTRAL]
    if revoked:
        return f"only revoked keys were found, at {', '.join(revoked)}"
    if parent.status is AnswerStatus.NXDOMAIN and not parent.aliases:
        return f"{parent.query.name} does not exist, so no selector below it should either (RFC 8020)"
    return f"none of the {len(places)} selectors tried has a key; there may be others"


def _facts(domain: str, tried: Sequence[str], places: Sequence[Place]) -> Iterator[Fact]:
    yield Fact("domain", domain)
    yield Fact("selectors-tried", " ".join(tried))
    yield Fact("selectors-found", " ".join(place.selector for place in places if place.shown and place.evidence))
    yield Fact("confirmed", any(place.status is Status.PASS for place in places))


def _check(place: Place) -> Check:
    facts = (Fact("s", place.selector), *place.facts)
    return Check(place.selector, place.status, place.reason, facts, tuple(place.findings), tuple(place.evidence))
