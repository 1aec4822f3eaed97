"""`smtp send`: messages to a server that was named, or to the mail hosts of their recipients' domains.

Each domain's hosts are tried in order until every recipient has an answer for good: after a refused connection, a timeout, a
4yz and TLS that is not as it must be the next one is tried, after a 5yz none. All messages for a host go over one connection.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailsec.api.outgoing import Addressing, Outgoing, outgoing
from mailsec.api.send_report import Attempt, Delivery, by_message, report
from mailsec.api.session import Session
from mailsec.api.trace import Trace
from mailsec.core.errors import UsageError
from mailsec.core.flow import Flow, gather
from mailsec.core.limits.transport import SMTP_LIMIT, SMTP_RECIPIENTS
from mailsec.core.results import Report, Status
from mailsec.net.nonce import nonce
from mailsec.transport.mx.hosts import MxHost
from mailsec.transport.smtp.auth import Credentials
from mailsec.transport.smtp.conversation import Conversation
from mailsec.transport.smtp.envelope import is_helo_name
from mailsec.transport.smtp.outcome import Answer, Fate, Step
from mailsec.transport.smtp.policy import Need, TlsMode, TlsPolicy
from mailsec.transport.smtp.prepare import Preparation
from mailsec.transport.smtp.route import Hop, Route, host_route, route
from mailsec.transport.smtp.session import Manner, Server, deliver
from mailsec.transport.smtp.transaction import Job

SMTP_PORT, LMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT = 25, 24, 587, 465


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that was named: a host name, an address or the path of a unix socket, and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How messages are sent.

    `relay` None goes to the mail hosts of the recipients, on `port`. `tls` auto means what the host's domain asks for; with
    `credentials` a valid certificate (RFC 8314 section 5). `implicit` is TLS from the first octet. `as_is` and `mend` are those
    of `Preparation`. `timeout` bounds all dialogues of one run together, in seconds.
    """

    addressing: Addressing = field(default_factory=Addressing)
    relay: Relay | None = None
    port: int = SMTP_PORT
    lmtp: bool = False
    implicit: bool = False
    tls: TlsMode = TlsMode.AUTO
    helo: str = ""
    credentials: Credentials | None = None
    as_is: bool = False
    mend: bool = False
    quit_after: Step | None = None
    dry_run: bool = False
    timeout: float = SMTP_LIMIT

    def preparation(self, now: int) -> Preparation:
        """How a file is made ready at `now` (seconds since 1970 UTC)."""
        return Preparation(now, nonce(), self.helo or own_name(), self.as_is, self.mend)


def own_name() -> str:
    """This host's name as EHLO may say it."""
    name = os.uname().nodename
    return name if is_helo_name(name) else "localhost"


def check_options(options: SendOptions) -> None:
    """Raises UsageError where options contradict each other."""
    relay = options.relay
    if options.helo and not is_helo_name(options.helo):
        raise UsageError("--helo is no host name or address literal", hint="--helo mail.example.com, --helo '[192.0.2.1]'")
    if relay is None and (options.lmtp or options.implicit or options.credentials is not None):
        raise UsageError("--lmtp, --implicit-tls and a login are for a server that is named", hint="--server HOST:PORT")
    if options.lmtp and relay is not None and relay.port == SMTP_PORT and not relay.host.startswith("/"):
        raise UsageError("LMTP must not be spoken on port 25 (RFC 2033 section 5)", hint="--server HOST:24")
    if options.tls is TlsMode.MTA_STS and relay is not None:
        raise UsageError("MTA-STS is for the mail hosts of a domain, not for a server that is named", hint="--tls verify")
    if options.implicit and options.tls is TlsMode.NONE:
        raise UsageError("--implicit-tls and --tls none contradict each other")


def send_message(file: bytes, subject: str, session: Session, options: SendOptions) -> Report:
    """Send the message in `file`; what became of it. `subject` is what the report calls it. Raises what `outgoing` raises."""
    return send_messages([outgoing(file, subject, options.addressing, options.preparation(session.now))], options, session)[0]


def send_messages(
    messages: Sequence[Outgoing], options: SendOptions, session: Session, trace: Trace | None = None
) -> list[Report]:
    """Send `messages`; a report on each, in their order. What is asked of the DNS is noted in `trace`.

    Raises UsageError where options or recipients make no sense.
    """
    check_options(options)
    deliveries = _deliveries(messages, options)
    routes = session.run(_routes(deliveries, options), trace)
    for delivery, found in zip(deliveries, routes, strict=True):
        delivery.route = found
    _Sender(messages, options, session).send(deliveries)
    return [report(at, message, deliveries, dry_run=options.dry_run, at=session.now) for at, message in enumerate(messages)]


def _deliveries(messages: Sequence[Outgoing], options: SendOptions) -> list[Delivery]:
    """The recipients of all messages by where they go."""
    by_name: dict[str, Delivery] = {}
    for at, message in enumerate(messages):
        for index, path in enumerate(message.envelope.recipients):
            if options.relay is None and not path.domain:
                raise UsageError(f"{path} has no domain to send it to", hint="name one, or a server: --server HOST:PORT")
            name = options.relay.host if options.relay is not None else path.domain
            by_name.setdefault(name, Delivery(name)).add(at, index)
    return list(by_name.values())


def _routes(deliveries: Sequence[Delivery], options: SendOptions) -> Flow[list[Route]]:
    relay = options.relay
    if relay is None:
        return gather(route(delivery.name, options.tls, port=options.port) for delivery in deliveries)
    if relay.host.startswith("/"):
        hop = Hop(MxHost(relay.host, 0, (relay.host,)), TlsPolicy(Need.NONE, why="a socket of this machine"))
        return gather(_known(Route(relay.host, Status.PASS, "a socket of this machine", (hop,))) for _ in deliveries)
    return gather(host_route(relay.host, _relay_mode(options), port=relay.port) for _ in deliveries)


def _known(value: Route) -> Flow[Route]:
    return value
    yield  # makes this a generator


def _relay_mode(options: SendOptions) -> TlsMode:
    """A password goes to nobody who cannot prove who he is, unless less was asked for."""
    return TlsMode.VERIFY if options.tls is TlsMode.AUTO and options.credentials is not None else options.tls


class _Sender:
    """Goes from host to host. Time that was spent is spent for all."""

    def __init__(self, messages: Sequence[Outgoing], options: SendOptions, session: Session) -> None:
        self._messages = messages
        self._options = options
        self._session = session
        self._left = options.timeout

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Bring every delivery as far as it goes."""
        for delivery in deliveries:
            planned = delivery.route
            if planned.status is not Status.PASS:
                # Hosts that TLS keeps closed are there, and may be as they should be later (RFC 8461 section 5).
                later = planned.status is Status.TEMPERROR or any(hop.host.addresses for hop in planned.hops)
                self._settle(delivery, Fate.DEFERRED if later else Fate.REFUSED, planned.reason)
            elif self._options.dry_run:
                self._settle(delivery, Fate.UNTRIED, "planned, not sent")
            else:
                self._settle(delivery, Fate.DEFERRED, "no time was left")
                for hop in planned.open:
                    if self._left > 0 and (open := delivery.open):
                        self._attempt(delivery, hop, open)

    def _settle(self, delivery: Delivery, fate: Fate, reason: str) -> None:
        for at, index in delivery.members:
            path = self._messages[at].envelope.recipients[index]
            delivery.answers[at, index] = Answer(path, fate, Step.CONNECT, reason)

    def _attempt(self, delivery: Delivery, hop: Hop, open: Sequence[tuple[int, int]]) -> None:
        """One session with one host, with all that it may still take."""
        from mailsec.net.security import Security
        from mailsec.net.tcp import converse

        parts = _parts(open)
        jobs = [self._job(at, indexes) for at, indexes in parts]
        port = self._options.relay.port if self._options.relay is not None else self._options.port
        server = Server(hop.host.name, hop.host.addresses, port, self._options.lmtp)
        talk = Conversation(self._left)
        security = Security(self._session.settings.ca_file, now=self._session.now)
        result = converse(deliver(server, self._manner(hop.policy, port), jobs, talk), security)
        self._left -= talk.now
        for (at, indexes), answers in zip(parts, result.answers, strict=True):
            delivery.answers.update(zip(((at, index) for index in indexes), answers, strict=True))
        delivery.attempts.append(Attempt(hop, port, result, by_message(talk.record, [at for at, _ in parts])))

    def _job(self, at: int, indexes: Sequence[int]) -> Job:
        message = self._messages[at]
        recipients = tuple(message.envelope.recipients[index] for index in indexes)
        return Job(replace(message.envelope, recipients=recipients), message.content)

    def _manner(self, policy: TlsPolicy, port: int) -> Manner:
        implicit = self._options.implicit or (self._options.relay is not None and port == SUBMISSIONS_PORT)
        if implicit and policy.need is Need.OPPORTUNISTIC:
            policy = replace(policy, need=Need.ENCRYPTED, why="TLS from the first octet")
        return Manner(
            self._options.helo or own_name(),
            policy,
            self._session.now,
            implicit,
            self._options.credentials,
            nonce(),
            self._options.quit_after,
        )


def _parts(open: Sequence[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    """By message, at most as many recipients together as every server takes (RFC 5321 section 4.5.3.1.8)."""
    parts: list[tuple[int, list[int]]] = []
    for at, index in open:
        if parts and parts[-1][0] == at and len(parts[-1][1]) < SMTP_RECIPIENTS:
            parts[-1][1].append(index)
        else:
            parts.append((at, [index]))
    return parts
