"""Received fields (RFC 5321 section 4.4), and where a message crossed the border of a receiver that the user trusts.

Only the formats of known programs are read: what a field of another format says is unknown, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mailsec.core.limits import MAX_RECEIVED, MAX_RECEIVED_BYTES
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.dates import parse_date
from mailsec.message.fields import Field, Message
from mailsec.message.tokens import clauses

IPAddress = IPv4Address | IPv6Address


class Format(StrEnum):
    """The programs whose fields are understood."""

    POSTFIX = "postfix"
    EXIM = "exim"
    SENDMAIL = "sendmail"
    EXCHANGE = "exchange"
    GMAIL = "gmail"
    DOVECOT = "dovecot"
    AMAVIS = "amavis"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """One Received field. Everything is "" or None where the field does not say it or its format is unknown.

    `helo` is the name the client gave, `tcp_name` the one that the receiver found for its address in the DNS, `by` the
    receiver's own name in lower case (it is read in unknown formats too), `time` seconds since 1970 UTC.
    """

    field: Field
    format: Format
    by: str = ""
    helo: str = ""
    tcp_name: str = ""
    ip: IPAddress | None = None
    via: str = ""
    protocol: str = ""
    id: str = ""
    recipient: str = ""
    time: int | None = None

    @property
    def is_internal(self) -> bool:
        """True where the receiver took the message from its own machine: by no network, or from a loopback address."""
        if self.format is Format.UNKNOWN:
            return False
        return self.ip.is_loopback if self.ip is not None else not self.helo or self.helo == self.by


@dataclass(frozen=True, slots=True)
class Border:
    """Where the message came in from outside. With a `reason` nothing could be derived, and `ip` is None.

    `mail_from` is the return path: "" for `<>`, None where no Return-Path field stands above the border or it cannot be read.
    `field` is the Received field that says so, `return_path` the field with the return path.
    """

    ip: IPAddress | None = None
    helo: str = ""
    mail_from: str | None = None
    time: int | None = None
    field: Field | None = None
    return_path: Field | None = None
    reason: str = ""


def hops(message: Message) -> tuple[Hop, ...]:
    """The Received fields, topmost (the last hop) first, at most `MAX_RECEIVED` of them."""
    return tuple(map(parse_received, message.all("Received")[:MAX_RECEIVED]))


_SPACE = re.compile(r"[ \t\r\n]+")
_BY_SENDMAIL = re.compile(r"\d+\.\d+\.\d+[\w.+-]*/\d[\w.+-]*(?:/[\w.+-]+)*\Z")
_TCP_INFO = re.compile(
    r"(?:[^@\s\[\]]{1,64}@)?(?:(?P<name>[^\s\[\]]{1,255}) )?\[(?P<ip>[^\s\[\]]{1,64})\](?P<forged> \(may be forged\))?\Z"
)
_EXIM_INFO = re.compile(r"\[(?P<ip>[^\s\[\]]{1,64})\](?::\d{1,5})?(?P<rest>(?: [a-z]{1,10}=[^\s]{1,255}){0,4})\Z")
_EXIM_PAIRS = re.compile(r"(?:[a-z]{1,10}=[^\s]{1,255} ?){0,4}\Z")
_LITERAL = re.compile(r"\[(?P<ip>[^\s\[\]]{1,64})\](?::\d{1,5})?\Z")
_SMTP = re.compile(r"(?:UTF8)?E?(?:SMTP|LMTP)S?A?\Z", re.IGNORECASE)
_EXCHANGE_ID = re.compile(r"\d{1,3}\.\d{1,4}\.\d{1,6}(?:\.\d{1,6})?\Z")


@dataclass(frozen=True, slots=True)
class _Clauses:
    """A field taken apart: for each keyword its words (in one text) and its comments."""

    words: dict[str, str]
    comments: dict[str, tuple[str, ...]]
    date: str

    def word(self, keyword: str) -> str:
        return self.words.get(keyword, "")

    def notes(self, keyword: str) -> tuple[str, ...]:
        return self.comments.get(keyword, ())


def parse_received(field: Field) -> Hop:
    """What one Received field says. Never raises."""
    unknown = Hop(field, Format.UNKNOWN)
    if len(field.raw) > MAX_RECEIVED_BYTES:
        return unknown
    found = _clauses(from_bytes(field.value))
    if found is None:
        return unknown
    by = found.word("by").lower().removesuffix(".")
    unknown = Hop(field, Format.UNKNOWN, by)
    for read in (_exim, _postfix, _sendmail, _amavis, _exchange, _gmail, _dovecot):
        client = read(found, by)
        if client is not None:
            break
    else:
        return unknown
    return Hop(
        field,
        client.format,
        by,
        client.helo,
        client.tcp_name.lower().removesuffix("."),
        client.ip,
        found.word("via"),
        found.word("with") if client.format is Format.EXCHANGE else found.word("with").partition(" ")[0],
        found.word("id"),
        found.word("for").strip("<>"),
        parse_date(found.date),
    )


@dataclass(frozen=True, slots=True)
class _Client:
    """What a format says about the client; nothing, where the message was not taken from a network."""

    format: Format
    helo: str = ""
    tcp_name: str = ""
    ip: IPAddress | None = None


def _clauses(value: str) -> _Clauses | None:
    """The clauses of a Received field; None where they are not those of RFC 5321, each at most once."""
    split = clauses(value)
    if split is None:
        return None
    items, date = split
    words: dict[str, list[str]] = {}
    comments: dict[str, list[str]] = {}
    keyword = ""
    for text, is_comment in items:
        lower = text.lower()
        if is_comment:
            if not words.get(keyword):
                return None
            comments.setdefault(keyword, []).append(_SPACE.sub(" ", text).strip())
        # the value of from and by is whatever comes next: a client may call itself "by"
        elif lower in _KEYWORDS and (keyword not in ("from", "by") or words[keyword]):
            if lower in words or (lower == "from" and words) or (lower not in ("from", "by") and "by" not in words):
                return None
            keyword = lower
            words[keyword] = []
        elif not keyword or (keyword in ("from", "by") and words[keyword]):
            return None
        else:
            words[keyword].append(text)
    if not words.get("by") or not all(words.values()):
        return None
    return _Clauses(
        {key: " ".join(value) for key, value in words.items()}, {key: tuple(value) for key, value in comments.items()}, date
    )


_KEYWORDS = frozenset({"from", "by", "via", "with", "id", "for"})


def _ip(text: str) -> IPAddress | None:
    try:
        address = ip_address(text.removeprefix("IPv6:").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _info(found: _Clauses, format: Format) -> _Client | None:
    """`from HELO (NAME [ADDRESS])`, as Postfix, Sendmail and Gmail write it; no from clause is a local submission."""
    if not found.word("from"):
        return _Client(format)
    match = _TCP_INFO.match(found.notes("from")[0]) if found.notes("from") else None
    address = _ip(match["ip"]) if match else None
    if match is None or address is None:
        return None
    name = match["name"] or ""
    return _Client(format, found.word("from"), "" if name == "unknown" or match["forged"] else name, address)


def _postfix(found: _Clauses, by: str) -> _Client | None:
    notes = found.notes("by")
    if not notes or not (notes[0].startswith("Postfix") or notes[0].endswith("Postfix")):
        return None
    return _info(found, Format.POSTFIX)


def _sendmail(found: _Clauses, by: str) -> _Client | None:
    notes = found.notes("by")
    if not notes or not _BY_SENDMAIL.match(notes[0]):
        return None
    if notes[0].endswith("/Submit") or ("@" in found.word("from") and not found.notes("from")):
        return _Client(Format.SENDMAIL)
    return _info(found, Format.SENDMAIL)


def _exim(found: _Clauses, by: str) -> _Client | None:
    """`from NAME ([ADDRESS] helo=HELO)` or `from [ADDRESS] (helo=HELO)`; helo= is left out where it equals NAME."""
    if not any(note.startswith("Exim ") for keyword in ("by", "with") for note in found.notes(keyword)):
        return None
    name, notes = found.word("from"), found.notes("from")
    if match := _LITERAL.match(name):
        text, tcp_name, helo = notes[0] if notes else "", "", ""
        if not _EXIM_PAIRS.match(text):
            return None
    elif notes and (match := _EXIM_INFO.match(notes[0])):
        text, tcp_name, helo = match["rest"], name, name
    else:
        # a local process: the field has the user's name or nothing, and the protocol says so
        return _Client(Format.EXIM) if found.word("with").partition(" ")[0] in ("", "local") else None
    address = _ip(match["ip"])
    pairs = dict(pair.split("=", 1) for pair in text.split())
    return None if address is None else _Client(Format.EXIM, pairs.get("helo", helo), tcp_name, address)


def _exchange(found: _Clauses, by: str) -> _Client | None:
    """`from HELO (ADDRESS) by NAME (ADDRESS) with Microsoft SMTP Server … id 15.20.…`, or with mapi inside an organization."""
    protocol = found.word("with")
    if not protocol.startswith("Microsoft SMTP Server") and protocol not in ("mapi", "HTTP", "HTTPS"):
        return None
    notes = found.notes("from")
    if not _EXCHANGE_ID.match(found.word("id")) or not notes:
        return None
    address = _ip(notes[0].strip("[]"))
    return None if address is None else _Client(Format.EXCHANGE, found.word("from"), "", address)


def _gmail(found: _Clauses, by: str) -> _Client | None:
    """`from HELO (NAME. [ADDRESS]) by mx.google.com with ESMTPS id …`; inside of Google `by ADDRESS with SMTP id …`."""
    if found.notes("by") or not _SMTP.match(found.word("with")) or not found.word("id"):
        return None
    if by.endswith((".google.com", ".gmail.com")):
        return _info(found, Format.GMAIL)
    return _Client(Format.GMAIL) if not found.word("from") and _ip(by) is not None else None


def _amavis(found: _Clauses, by: str) -> _Client | None:
    """`from HELO ([ADDRESS]) by localhost (NAME [ADDRESS]) (amavisd-new, port 10024) with ESMTP id …`"""
    if not any(note.startswith("amavis") for note in found.notes("by")):
        return None
    return _info(found, Format.AMAVIS)


def _dovecot(found: _Clauses, by: str) -> _Client | None:
    """`from NAME ([ADDRESS]) by NAME with LMTP id … (envelope-from <…>) for <…>`, without an address over a local socket."""
    if found.word("with").upper() not in ("LMTP", "LMTPS") or found.notes("by") or not found.word("id"):
        return None
    if found.word("from") and not found.notes("from"):
        return _Client(Format.DOVECOT, found.word("from"))
    return _info(found, Format.DOVECOT)


# not `is_private`: that has the networks for documentation too, which examples use as if they were public
_OWN_NETWORKS = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
)
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "localhost6", "127.0.0.1")


def border(message: Message, host: str) -> Border:
    """Where the message reached `host`, by the topmost unbroken run of Received fields whose `by` is `host`.

    The last of the run is the border. A field with `by localhost` belongs to it where the one above says that the message came
    from the machine itself: that is a content filter. Fields above the run must show that `host` handed the message on, else
    the run may be forged. Nothing below the border is looked at.
    """
    name = host.lower().removesuffix(".")
    found = hops(message)
    first = next((index for index, hop in enumerate(found) if hop.by == name), None)
    if first is None:
        return Border(reason=f"no Received field is by {name}")
    for index in range(first):
        if not _handed_on(found, index, name):
            return Border(
                field=found[index].field,
                reason=f"a Received field above those by {name} does not show that {name} handed the message on",
            )
    last = _last_of_run(found, first, name)
    edge = found[last]
    if edge.format is Format.UNKNOWN:
        return Border(field=edge.field, reason=f"the Received field at the border of {name} has an unknown format")
    if edge.ip is None or edge.ip.is_loopback:
        return Border(field=edge.field, reason=f"the last Received field by {name} names no client outside of {name}")
    return_path = _return_path(message, edge.field)
    mail_from = None if return_path is None else _reverse_path(return_path.value)
    return Border(edge.ip, edge.helo, mail_from, edge.time, edge.field, return_path)


def _last_of_run(found: Sequence[Hop], first: int, name: str) -> int:
    last = first
    for index in range(first + 1, len(found)):
        filtered = found[index].by in _LOCAL_NAMES and found[last].is_internal
        if found[index].by != name and not filtered:
            break
        last = index
    return last


def _handed_on(found: Sequence[Hop], index: int, name: str) -> bool:
    """True where the hop at `index` took the message from its own network, or from a client whose address the DNS calls `name`
    or as the receiver below calls itself."""
    hop = found[index]
    if hop.ip is None:
        # without an address only what no user of the machine can cause: a program that was run may have been given any header
        return hop.is_internal and hop.format in (Format.GMAIL, Format.DOVECOT)
    return any(hop.ip in network for network in _OWN_NETWORKS) or hop.tcp_name in (name, found[index + 1].by)


def _return_path(message: Message, edge: Field) -> Field | None:
    """The topmost Return-Path above the border."""
    return next((field for field in message.all("Return-Path") if field.start < edge.start), None)


def _reverse_path(value: bytes) -> str | None:
    """The return path as text, "" for `<>`; None where it cannot be read."""
    found = parse_addresses(value)
    if len(found.mailboxes) == 1 and not found.ambiguous:
        return from_bytes(found.mailboxes[0].address)
    return "" if b"".join(value.split()) == b"<>" else None
