"""`smtp send`: what is to be sent, and to whom, before anybody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mailsec.core.errors import BadInput, MailsecError, UsageError
from mailsec.core.text import from_bytes, visible
from mailsec.message.addresses import parse_addresses
from mailsec.message.fields import Message, parse
from mailsec.transport.smtp.envelope import Dsn, Envelope
from mailsec.transport.smtp.paths import Path, PathError, parse_path
from mailsec.transport.smtp.prepare import Content, Preparation, prepare

_RECIPIENT_FIELDS = ("To", "Cc", "Bcc")


@dataclass(frozen=True, slots=True)
class Addressing:
    """From whom and to whom. `sender` "" is the null one; with `from_header` what is not stated (None, no recipients) is taken
    from the header: Sender or From, and To, Cc and Bcc."""

    sender: str | None = None
    recipients: tuple[str, ...] = ()
    from_header: bool = False
    dsn: Dsn = field(default_factory=Dsn)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with its envelope, ready to be sent. `subject` is what its report is called."""

    subject: str
    envelope: Envelope
    content: Content


def outgoing(file: bytes, subject: str, addressing: Addressing, how: Preparation) -> Outgoing:
    """The message in `file`, ready to be sent.

    Raises UsageError where a stated address cannot be used or one is missing, BadInput where one of the header cannot, and
    what `prepare` raises.
    """
    content = prepare(file, how)
    return Outgoing(subject, envelope(file, addressing), content)


def envelope(file: bytes, addressing: Addressing) -> Envelope:
    """The envelope for the message in `file`, Bcc included."""
    if addressing.sender is not None:
        sender = _stated(addressing.sender, lambda text: parse_path(text, null=True))
    elif addressing.from_header:
        sender = _sender_of(parse(file))
    else:
        raise UsageError("say who sends it: --from ADDRESS", hint="--envelope-from-header takes it from the message")
    recipients: Iterable[Path]
    if addressing.recipients:
        recipients = [_stated(text, lambda text: parse_path(text, postmaster=True)) for text in addressing.recipients]
    elif addressing.from_header:
        recipients = _recipients_of(parse(file))
    else:
        raise UsageError("say to whom: --to ADDRESS", hint="--envelope-from-header takes it from the message")
    return Envelope(sender, tuple(dict.fromkeys(recipients)), addressing.dsn)


def _stated(text: str, read: Callable[[str], Path]) -> Path:
    try:
        return read(text)
    except PathError as error:
        raise UsageError(f"{visible(text)}: {error}") from None


def _sender_of(message: Message) -> Path:
    named = message.first("Sender") or message.first("From")
    if named is None:
        raise BadInput("the header names no sender: it has neither Sender nor From", hint="--from ADDRESS")
    name = from_bytes(named.name)
    found = _paths(message, (name,))
    if len(found) != 1:
        raise BadInput(f"{name} names {len(found)} addresses, so none is the sender", hint="--from ADDRESS")
    return found[0]


def _recipients_of(message: Message) -> list[Path]:
    found = _paths(message, _RECIPIENT_FIELDS)
    if not found:
        raise BadInput("the header names no recipient in To, Cc or Bcc", hint="--to ADDRESS")
    return found


def _paths(message: Message, names: Iterable[str]) -> list[Path]:
    """The addresses in the fields called `names`. What can be read in several ways is not sent to anybody."""
    paths = []
    for name in names:
        for each in message.all(name):
            addresses = parse_addresses(each.value)
            if addresses.ambiguous:
                raise _unusable(name, "its addresses can be read in more than one way")
            try:
                paths += [parse_path(from_bytes(mailbox.address)) for mailbox in addresses.mailboxes]
            except PathError as error:
                raise _unusable(name, str(error)) from None
    return paths


def _unusable(name: str, why: str) -> MailsecError:
    return BadInput(f"{name} cannot be used as an envelope: {why}", hint="state it: --from and --to")
