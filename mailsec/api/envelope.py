"""The envelope of a message: stated by options, or derived from the trace fields of a receiver that is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from mailsec.core.results import AuthResult, Check, Evidence, EvidenceKind, Fact, Status
from mailsec.core.text import from_bytes
from mailsec.message.fields import Message


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said. None means unknown; a `mail_from` of "" is the null return path (RFC 5321 section 4.5.5).

    `time` is when the message arrived, in seconds since 1970 UTC; `origin` says where this is known from. What stands in
    `Message.data` from the octet `border` on came in with the message; None where that is not known.
    """

    ip: IPv4Address | IPv6Address | None = None
    helo: str | None = None
    mail_from: str | None = None
    recipients: tuple[str, ...] = ()
    time: int | None = None
    origin: str = ""
    evidence: tuple[Evidence, ...] = ()
    border: int | None = None

    @property
    def known(self) -> bool:
        """True where SPF can be asked about MAIL FROM."""
        return self.ip is not None and self.mail_from is not None and (bool(self.mail_from) or bool(self.helo))

    @property
    def unasked(self) -> AuthResult:
        """What stands for SPF where it was not asked about MAIL FROM, and why."""
        reason = "the return path is not known" if self.ip else "the envelope is not known"
        return AuthResult("spf", Status.SKIPPED, reason)

    def check(self) -> Check:
        """The envelope as a node of the report."""
        facts = (
            Fact("ip", str(self.ip) if self.ip else None),
            Fact("helo", self.helo),
            Fact("mail-from", None if self.mail_from is None else f"<{self.mail_from}>"),
            *(Fact("rcpt-to", recipient) for recipient in self.recipients),
            Fact("time", self.time),
        )
        shown = tuple(fact for fact in facts if fact.value is not None)
        return Check("envelope", None, self.origin or "not known", shown, evidence=self.evidence)


def derived(message: Message, host: str) -> Envelope:
    """The envelope as `host`, the receiver that is trusted, wrote it down; empty with the reason where that cannot be told."""
    from mailsec.message.border import border  # five formats to read, and only here

    found = border(message, host)
    if found.field is None or found.ip is None:
        return Envelope(origin=f"not known: {found.reason}")
    evidence = Evidence(
        EvidenceKind.FIELD,
        "Received",
        from_bytes(found.field.value.strip()),
        message.file_offset(found.field.start),
        message.file_offset(found.field.end),
    )
    return Envelope(
        found.ip,
        found.helo,
        found.mail_from,
        time=found.time,
        origin=f"as {host} received it",
        evidence=(evidence,),
        border=found.field.start,
    )
