"""Reports that come as messages: delivery status (RFC 3464), disposition (RFC 8098) and feedback (RFC 5965), and digests.

Who refused whom and why; who has read what; who complained about whom. What a report says is a claim: anybody can write one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mailsec.core.limits.message import MAX_REPORT_GROUPS, MAX_REPORTS
from mailsec.message.backscatter import Origin, origin
from mailsec.message.fields import Message, parse
from mailsec.message.leaf import Leaf, decoded, paths, standard_leaves
from mailsec.message.mime import Structure
from mailsec.message.reportfields import Group, Typed, groups, returned_part


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of one recipient (RFC 3464 section 2.3): `action` is failed, delayed, delivered, relayed or expanded,
    `status` a code of RFC 3463 ("5.1.1"), `diagnostic` the words of the host that refused."""

    final: Typed
    original: Typed
    action: str
    status: str
    remote_mta: Typed
    diagnostic: Typed
    last_attempt: str
    will_retry_until: str


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """A delivery status notification. `origin` says whether the message that comes back was ours, and how that was decided."""

    path: str
    reporting_mta: Typed
    received_from: Typed
    arrival: str
    envelope_id: str
    recipients: tuple[Recipient, ...]
    origin: Origin

    def refused_by(self, recipient: Recipient) -> str:
        """The host that said no: the one that the reporting host talked to, else the reporting host itself."""
        return recipient.remote_mta.value or self.reporting_mta.value


@dataclass(frozen=True, slots=True)
class Disposition:
    """A message disposition notification: `mode` is how it came about ("manual-action/mdn-sent-manually"), `type` displayed,
    deleted, dispatched or processed, `modifiers` such as error."""

    path: str
    reporting_ua: str
    final: Typed
    original: Typed
    original_message_id: str
    mode: str
    type: str
    modifiers: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """An abuse report (ARF): what a mailbox provider's user complained about, or an authentication failure (RFC 6591)."""

    path: str
    type: str
    user_agent: str
    mail_from: str
    recipients: tuple[str, ...]
    arrival: str
    source_ip: str
    reported_domains: tuple[str, ...]
    reported_uris: tuple[str, ...]
    authentication_results: tuple[str, ...]
    incidents: str
    auth_failure: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A multipart/digest (RFC 2046 section 5.1.5) and the numbers of the messages in it."""

    path: str
    messages: tuple[str, ...]


Report: TypeAlias = DeliveryStatus | Disposition | Feedback | Digest


def reports(message: Message, found: Structure, own: tuple[str, ...] = ()) -> tuple[Report, ...]:
    """The reports in `message`, at most `MAX_REPORTS`, wherever they stand.

    `own` are the domains whose messages count as ours; without it those of the addresses that the report was sent to.
    """
    made: list[Report] = []
    for leaf in standard_leaves(found):
        if len(made) >= MAX_REPORTS:
            break
        read = _READERS.get(leaf.type)
        if read is not None:
            made.append(read(message, found, leaf, own))
    return (*made, *_digests(found))


def _delivery_status(message: Message, found: Structure, leaf: Leaf, own: tuple[str, ...]) -> DeliveryStatus:
    first, *others = groups(decoded(message, leaf).data) or [Group(())]
    if first.text("Final-Recipient") or first.text("Action"):
        first, others = Group(()), [first, *others]  # the fields of the whole message were left out
    part = returned_part(found, leaf)
    returned = parse(_content(message, found, part)) if part is not None else None
    return DeliveryStatus(
        leaf.path,
        first.typed("Reporting-MTA"),
        first.typed("Received-From-MTA"),
        first.text("Arrival-Date"),
        first.text("Original-Envelope-Id"),
        tuple(_recipient(group) for group in others[:MAX_REPORT_GROUPS]),
        origin(message, returned, own),
    )


def _content(message: Message, found: Structure, index: int) -> bytes:
    part = found.parts[index]
    leaf = next((leaf for leaf in standard_leaves(found) if leaf.part == index), None)
    return message.data[part.body : part.end] if leaf is None else decoded(message, leaf).data


def _recipient(group: Group) -> Recipient:
    return Recipient(
        group.typed("Final-Recipient"),
        group.typed("Original-Recipient"),
        group.text("Action").lower(),
        group.text("Status").partition(" ")[0],
        group.typed("Remote-MTA"),
        group.typed("Diagnostic-Code"),
        group.text("Last-Attempt-Date"),
        group.text("Will-Retry-Until"),
    )


def _disposition(message: Message, found: Structure, leaf: Leaf, own: tuple[str, ...]) -> Disposition:
    group = _first(message, leaf)
    mode, _, rest = group.text("Disposition").partition(";")
    kind, _, modifiers = rest.strip().partition("/")
    return Disposition(
        leaf.path,
        group.text("Reporting-UA"),
        group.typed("Final-Recipient"),
        group.typed("Original-Recipient"),
        group.text("Original-Message-ID"),
        mode.strip().lower(),
        kind.strip().lower(),
        tuple(each.strip().lower() for each in modifiers.split(",") if each.strip()),
        group.text("Error"),
    )


def _feedback(message: Message, found: Structure, leaf: Leaf, own: tuple[str, ...]) -> Feedback:
    group = _first(message, leaf)
    return Feedback(
        leaf.path,
        group.text("Feedback-Type").lower(),
        group.text("User-Agent"),
        group.text("Original-Mail-From"),
        group.every("Original-Rcpt-To"),
        group.text("Arrival-Date") or group.text("Received-Date"),
        group.text("Source-IP"),
        group.every("Reported-Domain"),
        group.every("Reported-URI"),
        group.every("Authentication-Results"),
        group.text("Incidents"),
        group.text("Auth-Failure").lower(),
    )


def _first(message: Message, leaf: Leaf) -> Group:
    return next(iter(groups(decoded(message, leaf).data)), Group(()))


_READERS: dict[str, Callable[[Message, Structure, Leaf, tuple[str, ...]], Report]] = {
    "message/delivery-status": _delivery_status,
    "message/global-delivery-status": _delivery_status,
    "message/disposition-notification": _disposition,
    "message/global-disposition-notification": _disposition,
    "message/feedback-report": _feedback,
}


def _digests(found: Structure) -> Iterator[Digest]:
    from_part = paths(found.parts)
    for index, part in enumerate(found.parts):
        if part.type == "multipart/digest":
            yield Digest(from_part[index], tuple(from_part[child] for child in found.children(index)))
