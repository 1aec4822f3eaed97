"""A message file made ready to be sent: line ends, what a submitter adds and takes away (RFC 6409 section 8), dot-stuffing.

What leaves here has CRLF at the end of each line and no other CR or LF, so that no server can take a part of it for the end of
the message (SMTP smuggling).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mailsec.core.errors import BadInput, NothingToJudge
from mailsec.core.limits.message import MAX_LINE
from mailsec.core.limits.transport import SMTP_BLOCK
from mailsec.core.results import Evidence, EvidenceKind, Finding, finding
from mailsec.core.taglist import TagListError, unfold
from mailsec.core.taglist import parse as parse_tags
from mailsec.core.text import from_bytes
from mailsec.message.authors import author
from mailsec.message.edit import insert, remove
from mailsec.message.fields import DefectKind, Message, parse
from mailsec.transport.smtp import rules


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a file becomes what is sent.

    `as_is` adds and removes no field and lets long lines pass. `mend` turns a bare CR or LF into a line end instead of refusing
    the message. `now` (seconds since 1970 UTC), `unique` (used once, printable ASCII) and `host` make Date and Message-ID.
    """

    now: int
    unique: str
    host: str
    as_is: bool = False
    mend: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A message ready to be sent. `data` has CRLF line ends and ends with one; it is not dot-stuffed yet.

    `eight_bit`: it needs 8BITMIME. `utf8`: its header needs SMTPUTF8. `added` and `removed` are field names.
    """

    data: bytes
    eight_bit: bool = False
    utf8: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def size(self) -> int:
        """Octets as SIZE counts them (RFC 1870 section 5): line ends included, dot-stuffing not."""
        return len(self.data)


_BARE = re.compile(rb"\r\n|\r|\n")
_LONG = re.compile(rb"[^\r\n]{%d}" % (MAX_LINE + 1))
_HIDDEN = (b"bcc", b"resent-bcc")


def prepare(file: bytes, how: Preparation) -> Content:
    """What to send of the message in `file`. A leading mbox line or byte order mark is no part of it.

    Raises NothingToJudge for an empty file and BadInput, with the offset, for a bare CR or LF among CRLF, a NUL, a line over
    998 octets, a header in no known encoding, and a file without a header.
    """
    if not file:
        raise NothingToJudge("the input is empty")
    message, findings = _lines(file, how)
    if not how.as_is and not message.fields:
        raise BadInput("this is no mail message: it has no header field", hint="--as-is sends it nevertheless")
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    if not how.as_is:
        _check_header(message)
        message, removed = _without_hidden(message, findings)
        message, added = _completed(message, how, findings)
    data = message.data if message.data.endswith(b"\r\n") else message.data + b"\r\n"
    header = data[: message.body]
    return Content(data, not data.isascii(), not header.isascii(), added, removed, tuple(findings))


def _check_header(message: Message) -> None:
    """A header too large to be read whole could hide a Bcc."""
    for kind in (DefectKind.TOO_MANY_FIELDS, DefectKind.HEADER_TOO_LARGE):
        if (defect := message.defect(kind)) is not None:
            raise BadInput(
                f"the header goes on at octet {defect.start}, unread ({kind})", hint="--as-is sends it without looking for Bcc"
            )


def _lines(file: bytes, how: Preparation) -> tuple[Message, list[Finding]]:
    """The message with CRLF at the end of each line, as the file itself: nothing in front of it, no conversion pending."""
    findings: list[Finding] = []
    message = parse(file)
    bare = message.defect(DefectKind.BARE_LF), message.defect(DefectKind.BARE_CR)
    worst = min((defect for defect in bare if defect is not None), key=lambda defect: defect.start, default=None)
    if worst is not None:
        what = "LF without CR" if worst.kind is DefectKind.BARE_LF else "CR without LF"
        at = message.file_offset(worst.start)
        if not how.mend:
            raise BadInput(
                f"a {what} at octet {at}: servers disagree on what that ends, so a message can be hidden in it",
                hint="--line-ends fix makes each of them a line end",
            )
        count = sum(defect.count for defect in bare if defect is not None)
        findings.append(finding(rules.LINE_ENDS_MENDED, f"{count}, the first a {what} at octet {at}"))
        message = parse(_BARE.sub(b"\r\n", message.data))
    if (nul := message.defect(DefectKind.NUL)) is not None:
        raise BadInput(
            f"a NUL at octet {message.file_offset(nul.start)}: only BINARYMIME could carry it, which is not spoken here",
            hint="encode the part that holds it as base64",
        )
    _check_lines(message, how, findings)
    return replace(message, prefix=0, lf_only=False), findings


def _check_lines(message: Message, how: Preparation, findings: list[Finding]) -> None:
    if (long := _LONG.search(message.data)) is not None:
        at = message.file_offset(long.start())
        if not how.as_is:
            raise BadInput(
                f"a line of more than {MAX_LINE} octets at octet {at}: servers cut or break it (RFC 5321 section 4.5.3.1.6)",
                hint="encode it as quoted-printable or base64, or send it --as-is",
            )
        findings.append(finding(rules.LONG_LINE, f"the first at octet {at}", _place(at)))
    try:
        message.data[: message.body].decode()
    except UnicodeDecodeError as error:
        at = message.file_offset(error.start)
        if not how.as_is:
            raise BadInput(
                f"the header holds an octet that is not UTF-8, at octet {at}",
                hint="write the field with encoded words (RFC 2047)",
            ) from None
        findings.append(finding(rules.HEADER_NOT_UTF8, f"the first octet of it is octet {at}", _place(at)))


def _place(at: int) -> Evidence:
    return Evidence(EvidenceKind.BYTES, "message", "", at, at + 1)


def _without_hidden(message: Message, findings: list[Finding]) -> tuple[Message, tuple[str, ...]]:
    """The message without the fields that name hidden recipients (RFC 5322 section 3.6.3)."""
    hidden = [field for field in message.fields if field.key in _HIDDEN]
    if not hidden:
        return message, ()
    names = tuple(dict.fromkeys(from_bytes(field.name) for field in hidden))
    signed = _signed(message)
    if any(field.key in signed for field in hidden):
        findings.append(finding(rules.BCC_SIGNED, f"{', '.join(names)} was removed, and a DKIM signature covered it"))
    return parse(remove(message.data, message, hidden)), names


def _completed(message: Message, how: Preparation, findings: list[Finding]) -> tuple[Message, tuple[str, ...]]:
    """The message with a Date and a Message-ID."""
    made = {"Message-ID": f"<{how.now}.{how.unique}@{_right_side(message, how.host)}>", "Date": _date(how.now)}
    missing = [name for name in made if message.first(name) is None]
    if missing and (signed := _signed(message)):
        kept = [name for name in missing if name.lower().encode() in signed]
        if kept:
            said = f"{' and '.join(kept)}: adding it would break the DKIM signature, which says that there is none"
            findings.append(finding(rules.FIELD_NOT_ADDED, said))
        missing = [name for name in missing if name not in kept]
    if not missing:
        return message, ()
    return parse(insert(message.data, message, [f"{name}: {made[name]}".encode() for name in missing])), tuple(missing)


def _signed(message: Message) -> frozenset[bytes]:
    """The field names, in lower case, that DKIM signatures cover, whether or not the fields are there."""
    names: set[str] = set()
    for field in message.all("DKIM-Signature"):
        try:
            tags = {tag.name: tag.value for tag in parse_tags(from_bytes(field.value))}
        except TagListError:
            continue
        names.update(unfold(tags.get("h", "")).lower().split(":"))
    return frozenset(name.encode() for name in names)


def _right_side(message: Message, host: str) -> str:
    """What stands behind the @ of a new Message-ID: the author domain, else the name of this host."""
    domains = author(message).domains
    return domains[0] if len(domains) == 1 else host


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _date(now: int) -> str:
    """The date of RFC 5322 section 3.3, whatever the locale."""
    moment = datetime.fromtimestamp(now, UTC)
    return f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} +0000"


def content_blocks(data: bytes) -> Iterator[bytes]:
    """`data`, which has only CRLF and ends with one, as it goes over the wire behind a 354: in blocks, a dot put in front of
    each line that begins with one, and the line `.` at the end (RFC 5321 section 4.5.2)."""
    at, at_line_start = 0, True
    while at < len(data) or at == 0:
        end = min(at + SMTP_BLOCK, len(data))
        if end < len(data) and data[end - 1 : end] == b"\r":
            end += 1
        block = data[at:end].replace(b"\r\n.", b"\r\n..")
        if at_line_start and block.startswith(b"."):
            block = b"." + block
        at_line_start = data.endswith(b"\r\n", at, end)
        yield block + b".\r\n" if end == len(data) else block
        at = end or 1
