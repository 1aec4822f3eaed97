"""What `mailsec smtp send` does."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.api.outgoing import Addressing, Outgoing, outgoing
from mailsec.api.send_message import (
    LMTP_PORT,
    SMTP_PORT,
    SUBMISSION_PORT,
    SUBMISSIONS_PORT,
    Relay,
    SendOptions,
    check_options,
    send_messages,
)
from mailsec.api.session import VALIDATE
from mailsec.api.trace import Trace, trace_check
from mailsec.cli.io import Printer, each_input
from mailsec.cli.jobs.session import session
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.secrets import asked, secret_from_descriptor, secret_in_file
from mailsec.cli.smtp_send import SendChoices
from mailsec.core.errors import BadInput, UsageError
from mailsec.core.exits import Exit, most_severe
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.core.limits.transport import SMTP_LIMIT
from mailsec.core.results import with_check
from mailsec.transport.sasl.login import Login
from mailsec.transport.smtp.auth import Credentials
from mailsec.transport.smtp.envelope import Dsn
from mailsec.transport.smtp.outcome import Step
from mailsec.transport.smtp.policy import TlsMode


def run(files: Sequence[str], chosen: SendChoices, output: OutputOptions, dns: DnsOptions) -> int:
    """Send what can be read of `files`; the exit code."""
    if dns.at == "received":
        raise UsageError("--at received means nothing for a message that is sent now")
    if dns.offline and not chosen.dry_run:
        raise UsageError("--offline and sending contradict each other", hint="--dry-run shows the plan")
    options = _options(chosen, dns)
    check_options(options)
    with session(dns, dnssec=VALIDATE) as live:
        ready: list[Outgoing] = []
        octets = 0

        def read(name: str, data: bytes) -> int:
            nonlocal octets
            octets += len(data)
            if octets > MAX_MESSAGE_BYTES:
                raise BadInput(f"more than {MAX_MESSAGE_BYTES} octets in one run", hint="send them in several runs")
            ready.append(outgoing(data, name, options.addressing, options.preparation(live.now)))
            return Exit.HOLDS

        codes = [int(each_input(files, read))]
        trace = Trace() if output.trace else None
        with Printer(output, files) as printer:
            for report in send_messages(ready, options, live, trace) if ready else ():
                codes.append(printer.show(with_check(report, trace_check(trace)) if trace else report))
    return most_severe(codes)


def _options(chosen: SendChoices, dns: DnsOptions) -> SendOptions:
    return SendOptions(
        addressing=Addressing(chosen.sender, tuple(chosen.recipients), chosen.from_header, _dsn(chosen)),
        relay=_relay(chosen),
        port=chosen.port,
        lmtp=chosen.lmtp,
        implicit=chosen.implicit,
        tls=TlsMode(chosen.tls),
        helo=chosen.helo,
        credentials=_credentials(chosen),
        as_is=chosen.as_is,
        mend=chosen.line_ends == "fix",
        quit_after=Step(chosen.quit_after) if chosen.quit_after else None,
        dry_run=chosen.dry_run,
        timeout=dns.timeout or SMTP_LIMIT,
    )


def _dsn(chosen: SendChoices) -> Dsn:
    notify = tuple(filter(None, chosen.dsn_notify.upper().replace(" ", "").split(",")))
    try:
        return Dsn(notify, (chosen.dsn_ret or "").upper(), chosen.dsn_envid)
    except ValueError as error:
        raise UsageError(str(error), hint="--dsn-notify never, --dsn-notify success,failure") from None


def _relay(chosen: SendChoices) -> Relay | None:
    """The server that was named. An IPv6 address with a port stands in brackets."""
    text = chosen.server
    if not text:
        return None
    host, port = text, ""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        host, port = host if bracket and port[:1] in ("", ":") else "", port[1:]
    elif text.count(":") == 1 and not text.startswith("/"):
        host, _, port = text.partition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0 if port else _usual_port(chosen)
    if not host or not 0 < number < 65_536:
        raise UsageError(f"--server {text!r}: not a host with a port", hint="--server mail.example.com:587, [2001:db8::1]:25")
    return Relay(host, number)


def _usual_port(chosen: SendChoices) -> int:
    if chosen.lmtp:
        return LMTP_PORT
    if chosen.implicit:
        return SUBMISSIONS_PORT
    return SUBMISSION_PORT if chosen.user else SMTP_PORT


def _credentials(chosen: SendChoices) -> Credentials | None:
    if not chosen.user:
        if chosen.secrets or chosen.mechanism or chosen.allow_cleartext:
            raise UsageError("say who logs in: --user NAME")
        return None
    if chosen.secrets > 1:
        raise UsageError("one password or token, from one place")
    secret, token = _secret(chosen)
    try:
        login = Login(chosen.user, secret, token)
    except ValueError as error:
        raise UsageError(f"not a login: {error}") from None
    return Credentials(login, (chosen.mechanism or "").upper(), chosen.allow_cleartext)


def _secret(chosen: SendChoices) -> tuple[str, bool]:
    """The secret, and whether it is a token."""
    if chosen.token_file:
        return secret_in_file(chosen.token_file), True
    if chosen.token_fd is not None:
        return secret_from_descriptor(chosen.token_fd), True
    if chosen.password_file:
        return secret_in_file(chosen.password_file), False
    if chosen.password_fd is not None:
        return secret_from_descriptor(chosen.password_fd), False
    return asked("password"), False
