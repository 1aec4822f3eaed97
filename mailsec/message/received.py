"""Received fields (RFC 5321 section 4.4) in the formats of known programs.

Only the formats of known programs are read: what a field of another format says is unknown, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailsec.core.limits.message import MAX_RECEIVED, MAX_RECEIVED_BYTES
from mailsec.core.text import from_bytes
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
    # these `path.claimed` reads, for showing only: `parse_received` calls them unknown
    QMAIL = "qmail"
    FETCHMAIL = "fetchmail"
    STANDARD = "standard"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """One Received field. Everything is "" or None where the field does not say it or its format is unknown.

    `helo` is the name the client gave, `tcp_name` the one that the receiver found for its address in the DNS, `by` the
    receiver's own name in lower case (it is read in unknown formats too), `time` seconds since 1970 UTC. `notes` are the
    comments of all clauses and what stands behind the protocol, as written.
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
    notes: tuple[str, ...] = ()

    @property
    def is_internal(self) -> bool:
        """True where the receiver took the message from its own machine: by no network, or from a loopback address."""
        if self.format is Format.UNKNOWN:
            return False
        return self.ip.is_loopback if self.ip is not None else not self.helo or self.helo == self.by


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
    protocol, _, behind = found.word("with").partition(" ")
    return Hop(
        field,
        client.format,
        by,
        client.helo,
        client.tcp_name.lower().removesuffix("."),
        client.ip,
        found.word("via"),
        found.word("with") if client.format is Format.EXCHANGE else protocol,
        found.word("id"),
        found.word("for").strip("<>"),
        parse_date(found.date),
        (*(note for each in found.comments.values() for note in each), behind),
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
        elif lower in KEYWORDS and (keyword not in ("from", "by") or words[keyword]):
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


KEYWORDS = frozenset({"from", "by", "via", "with", "id", "for"})


def read_ip(text: str) -> IPAddress | None:
    """An address or the content of an address literal (RFC 5321 section 4.1.3); IPv4 mapped into IPv6 comes out as IPv4."""
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
    address = read_ip(match["ip"]) if match else None
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
    address = read_ip(match["ip"])
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
    address = read_ip(notes[0].strip("[]"))
    return None if address is None else _Client(Format.EXCHANGE, found.word("from"), "", address)


def _gmail(found: _Clauses, by: str) -> _Client | None:
    """`from HELO (NAME. [ADDRESS]) by mx.google.com with ESMTPS id …`; inside of Google `by ADDRESS with SMTP id …`."""
    if found.notes("by") or not _SMTP.match(found.word("with")) or not found.word("id"):
        return None
    if by.endswith((".google.com", ".gmail.com")):
        return _info(found, Format.GMAIL)
    return _Client(Format.GMAIL) if not found.word("from") and read_ip(by) is not None else None


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
