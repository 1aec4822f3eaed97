"""What the rules look at: the message, how it arrived, what SPF, DKIM and DMARC say of it, and whom to watch for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mailsec.core.domains import DomainError, is_within, to_ascii
from mailsec.core.limits.spoofing import SPOOF_ADDRESSES, SPOOF_FIELD, SPOOF_RECIPIENTS, SPOOF_TEXT
from mailsec.core.results import Status
from mailsec.core.suffixes import listed_organization
from mailsec.core.text import from_bytes
from mailsec.message.addresses import Mailbox, parse_addresses
from mailsec.message.authors import Author
from mailsec.message.fields import Field, Message
from mailsec.message.mime import Structure
from mailsec.message.words import display_text
from mailsec.sender.dkim.coverage import index_of

if TYPE_CHECKING:
    from mailsec.sender.dkim.verify import DkimResult
    from mailsec.sender.dmarc.evaluate import DmarcResult
    from mailsec.sender.spf.evaluate import SpfResult


@dataclass(frozen=True, slots=True)
class Watch:
    """What the user knows: `protect` are domains that nobody else may look like, `receivers` the names under which the
    receiver itself writes authentication results. Names, as `core.domains.to_ascii` makes them."""

    protect: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the message arrived, where that is known; None is unknown, a `mail_from` of "" the null return path.

    `time` is in seconds since 1970 UTC. Everything from the octet `border` of `Message.data` on was there when it arrived.
    """

    helo: str | None = None
    mail_from: str | None = None
    recipients: tuple[str, ...] = ()
    time: int | None = None
    border: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What the other rooms found out."""

    dkim: DkimResult
    dmarc: DmarcResult
    mail_from: SpfResult | None = None
    helo: SpfResult | None = None


class Claim(NamedTuple):
    """An address that a header field shows, and its domain (a name; "" where it has none)."""

    name: str
    field: Field
    mailbox: Mailbox
    domain: str


_NOWHERE = Arrival()
_UNWATCHED = Watch()
_RECIPIENT = re.compile(rb"@([A-Za-z0-9\x80-\xff._-]{1,255})")
_OTHERS = ("Sender", "Reply-To", "Resent-From", "Resent-Sender")


class Subject:
    """One message under suspicion. `results` is None offline, where nothing was asked; `now` None where time does not matter.

    What several rules need is worked out once, when the first of them asks.
    """

    def __init__(
        self,
        message: Message,
        author: Author,
        structure: Structure,
        *,
        now: int | None = None,
        watch: Watch = _UNWATCHED,
        arrival: Arrival = _NOWHERE,
        results: Results | None = None,
    ) -> None:
        self.message = message
        self.author = author
        self.structure = structure
        self.now = now
        self.watch = watch
        self.arrival = arrival
        self.results = results
        self._decoded: dict[bytes, str] = {}

    @cached_property
    def index(self) -> dict[bytes, list[Field]]:
        """The fields by lower-case name, from the top."""
        return index_of(self.message.fields)

    @cached_property
    def header(self) -> bytes:
        """The header section with the empty line behind it."""
        return self.message.data[: self.message.body]

    def decoded(self, value: bytes) -> str:
        """`value` unfolded and with its encoded words decoded, its beginning; several rules ask for the same ones."""
        text = self._decoded.get(value)
        if text is None:
            text = self._decoded[value] = display_text(value, SPOOF_TEXT)
        return text

    def fields(self, name: str) -> Sequence[Field]:
        """The fields called `name`."""
        return self.index.get(name.lower().encode(), ())

    @cached_property
    def authors(self) -> tuple[Claim, ...]:
        """The addresses in From, the first `SPOOF_ADDRESSES`."""
        if not self.author.fields:
            return ()
        field = self.author.fields[0]
        return tuple(Claim("From", field, mailbox, _domain(mailbox)) for mailbox in self.author.mailboxes[:SPOOF_ADDRESSES])

    @cached_property
    def author_domains(self) -> tuple[str, ...]:
        """The domains of `authors`, each once."""
        return tuple(dict.fromkeys(claim.domain for claim in self.authors if claim.domain))

    @cached_property
    def others(self) -> tuple[Claim, ...]:
        """The addresses in Sender, Reply-To and the Resent fields, the first `SPOOF_ADDRESSES` of each field."""
        return tuple(claim for name in _OTHERS for claim in self._other(name))

    def _other(self, name: str) -> Iterator[Claim]:
        for field in self.fields(name)[:SPOOF_ADDRESSES]:
            for mailbox in parse_addresses(field.value[:SPOOF_FIELD]).mailboxes[:SPOOF_ADDRESSES]:
                yield Claim(name, field, mailbox, _domain(mailbox))

    def claimed(self, *names: str) -> list[Claim]:
        """The addresses of the fields called `names`, other than From."""
        return [claim for claim in self.others if claim.name in names]

    def is_author(self, domain: str) -> bool:
        """True where `domain` is of an author's organization."""
        return domain in self.author_domains or any(akin(domain, author) for author in self.author_domains)

    @cached_property
    def recipients(self) -> frozenset[str]:
        """The domains of the recipients: of the envelope, else of To and Cc (the first of each)."""
        stated = (recipient.rpartition("@") for recipient in self.arrival.recipients[:SPOOF_RECIPIENTS])
        domains = set(_names(domain for _, at, domain in stated if at))
        if not domains:
            for field in (*self.fields("To")[:1], *self.fields("Cc")[:1]):
                found = _RECIPIENT.findall(field.value[:SPOOF_FIELD])[:SPOOF_RECIPIENTS]
                domains.update(_names(dict.fromkeys(map(from_bytes, found))))
        return frozenset(domains)

    @cached_property
    def passed(self) -> frozenset[str]:
        """The domains that something vouches for: SPF of the return path, and DKIM."""
        if self.results is None:
            return frozenset()
        spf = self.results.mail_from
        found = {each.domain for each in self.results.dkim.signatures if each.status is Status.PASS}
        return frozenset(found | {spf.domain} if spf is not None and spf.status is Status.PASS else found)

    def vouched(self, domain: str) -> bool:
        """True where something that passed is this domain, or lies above or below it."""
        return any(is_within(domain, each) or is_within(each, domain) for each in self.passed)

    @cached_property
    def listed(self) -> bool:
        """True where the message says that it came through a mailing list (RFC 2369, RFC 2919)."""
        return any(name in self.index for name in (b"list-id", b"list-post", b"list-unsubscribe", b"mailing-list"))


def akin(one: str, other: str) -> bool:
    """Whether two domains belong to one organization: the same, one within the other, or siblings by the public suffix list."""
    if is_within(one, other) or is_within(other, one):
        return True
    shared = 0
    for mine, theirs in zip(one.split(".")[::-1], other.split(".")[::-1], strict=False):
        if mine != theirs:
            break
        shared += 1
    if shared < 2:
        return False
    return listed_organization(one) == listed_organization(other)


def _domain(mailbox: Mailbox) -> str:
    try:
        return mailbox.domain_name()
    except DomainError:
        return ""


def _names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield to_ascii(text)
        except DomainError:
            continue
