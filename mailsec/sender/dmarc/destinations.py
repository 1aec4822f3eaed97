"""Where reports go, and whether those who get them have agreed (RFC 9990 section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.flow import AnswerStatus, Flow, ask, gather, together
from mailsec.core.limits.network import MAX_NAME
from mailsec.core.limits.sender import DMARC_REPORT_HOSTS
from mailsec.core.rdata import RdataError, txt
from mailsec.core.text import from_bytes
from mailsec.sender.dmarc.discover import Discovery, related, same_organization
from mailsec.sender.dmarc.record import DmarcRecord, ReportUri, parse


@dataclass(frozen=True, slots=True)
class Destination:
    """A host that reports go to. `agreed` is None where that could not be learned; `asked` is "" where nothing had to be.

    `takes_mail` is False where no mail can be delivered to it, None where that was not learned.
    """

    host: str
    agreed: bool | None
    reason: str
    asked: str = ""
    takes_mail: bool | None = True


def host_of(uri: ReportUri) -> str:
    """The host of a report's address as a name, or "" where it has none that could be asked for."""
    try:
        if uri.scheme == "mailto":
            host = unquote(uri.uri.partition(":")[2].partition("?")[0]).rpartition("@")[2]
        else:
            host = urlsplit(uri.uri).hostname or ""
        name = to_ascii(host)
    except (DomainError, ValueError):
        return ""
    return name if "." in name else ""


def is_address(uri: ReportUri) -> bool:
    """True where a mailto: has one address that mail could be sent to."""
    address = unquote(uri.uri.partition(":")[2].partition("?")[0])
    local, _, _ = address.rpartition("@")
    return bool(host_of(uri)) and 0 < len(local) <= 64 and local.isprintable() and not set(local) & set(' ,;<>()"\\')


def destinations(at: str, record: DmarcRecord, discovery: Discovery) -> Flow[list[Destination]]:
    """The hosts that reports about the record at `at` go to, each asked for its agreement where it belongs to others."""
    uris = [(uri.scheme, host) for uri in (*record.rua, *record.ruf) if (host := host_of(uri))]
    hosts = list(dict.fromkeys(host for _, host in uris))[:DMARC_REPORT_HOSTS]
    by_mail = [host for host in hosts if ("mailto", host) in uris]
    yield from discovery.walk([at, *(host for host in hosts if related(at, host))])
    found, takers = yield from together(
        gather(_destination(at, host, discovery) for host in hosts), gather(_takes_mail(host) for host in by_mail)
    )
    takes_mail = dict(zip(by_mail, takers, strict=True))
    return [replace(each, takes_mail=takes_mail.get(each.host, True)) for each in found]


def _takes_mail(host: str) -> Flow[bool | None]:
    """Whether there is a server to deliver to: an MX record other than the null one, or an address (RFC 5321 section 5.1)."""
    answer = yield from ask(host, "MX")
    if answer.records:
        return any(record.rdata[2:] != b"\0" for record in answer.records)  # RFC 7505: the root as exchange takes no mail
    if answer.status.failed:
        return None
    answers = yield from gather(ask(host, type) for type in ("A", "AAAA"))
    if any(each.records for each in answers):
        return True
    return None if any(each.status.failed for each in answers) else False


def _destination(at: str, host: str, discovery: Discovery) -> Flow[Destination]:
    if related(at, host):
        same = same_organization(discovery.walked(at), discovery.walked(host))
        if same is None:
            return Destination(host, None, "its organizational domain could not be looked up")
        if same:
            return Destination(host, True, "the same organization")
    return (yield from _ask_agreement(at, host))


def _ask_agreement(at: str, host: str) -> Flow[Destination]:
    asked = f"{at}._report._dmarc.{host}"
    if len(asked) > MAX_NAME:
        return Destination(host, False, "the question for its agreement would be too long a name", asked)
    answer = yield from ask(asked, "TXT")
    if answer.status.failed:
        return Destination(host, None, answer.reason or answer.status.value, asked)
    agreements = list(_agreements([record.rdata for record in answer.records]))
    if not agreements:
        why = "does not exist" if answer.status is AnswerStatus.NXDOMAIN else "has no record that says v=DMARC1"
        return Destination(host, False, f"{asked} {why}", asked)
    if any(host_of(uri) != host for agreement in agreements for uri in agreement.rua):
        return Destination(host, False, f"{asked} sends the reports on to another host, which is not allowed", asked)
    return Destination(host, True, f"{asked} agrees", asked)


def _agreements(texts: Sequence[bytes]) -> Iterator[DmarcRecord]:
    for data in texts:
        try:
            record = parse(from_bytes(txt(data)))
        except RdataError:
            continue
        if record is not None:
            yield record
