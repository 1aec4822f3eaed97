"""Where the TLSA records of a mail host are, and which there are (RFC 6698 section 3, RFC 7672 section 2.2)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from mailsec.core.flow import Answer, Dnssec, Flow, ask
from mailsec.core.limits.transport import TLSA_RECORDS
from mailsec.transport.mx.hosts import MxHost, weakest
from mailsec.transport.tlsa.record import TlsaError, TlsaRecord, parse

SMTP_PORT = 25


def owner_name(host: str, port: int = SMTP_PORT) -> str:
    """The name at which the records of a server are published (RFC 6698 section 3)."""
    return f"_{port}._tcp.{host}"


@dataclass(frozen=True, slots=True)
class Published:
    """What the DNS says of one host. `base` is the TLSA base domain: the host's name, or the one that an alias leads to.

    `dnssec` is what DNSSEC says of the whole way: MX record, addresses and TLSA records.
    """

    host: MxHost
    base: str
    owner: str
    answer: Answer
    dnssec: Dnssec

    @property
    def records(self) -> tuple[TlsaRecord, ...]:
        """The records that can be read, at most `TLSA_RECORDS`."""
        found: list[TlsaRecord] = []
        for record in self.answer.records[:TLSA_RECORDS]:
            with suppress(TlsaError):
                found.append(parse(record.rdata))
        return tuple(found)


def look_up(host: MxHost, port: int = SMTP_PORT) -> Flow[Published]:
    """Ask at the name that an alias leads to, where DNSSEC vouches for it, else at the host's own (RFC 7672 section 2.2.3)."""
    base = host.alias if host.alias and host.secure else host.name
    answer = yield from ask(owner_name(base, port), "TLSA")
    if answer.status.absent and base != host.name:
        base = host.name
        answer = yield from ask(owner_name(base, port), "TLSA")
    return Published(host, base, owner_name(base, port), answer, weakest(host.dnssec, answer.dnssec))
