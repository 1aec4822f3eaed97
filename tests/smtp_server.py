"""aiosmtpd as a server in this process: somebody else's code that judges clients."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Handler:
    """Takes every message but for recipients that `refusals` has a reply for."""

    refusals: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    users: list[Any] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.users.append(session.auth_data)
        return "250 taken"


class SmtpServer:
    """A server on a free port of 127.0.0.1, in a thread of its own; a context manager. `settings` are those of aiosmtpd.

    `certificate` is a PEM file for STARTTLS, or with `implicit` for TLS from the first octet.
    """

    def __init__(
        self, handler: Handler | None = None, *, certificate: object = None, implicit: bool = False, **settings: Any
    ) -> None:
        self.taken = handler or Handler()
        self.port = 0
        self._context = _context(str(certificate)) if certificate is not None else None
        self._implicit = implicit
        self._settings = {"hostname": "mx.recv.test", "ident": "test", **settings}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._ready, self._over = threading.Event(), asyncio.Event()

    def __enter__(self) -> SmtpServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        implicit = self._context if self._implicit else None
        server = await self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        await server.wait_closed()

    def _protocol(self) -> SMTP:
        starttls = None if self._implicit else self._context
        return SMTP(self.taken, tls_context=starttls, loop=self._loop, **self._settings)


def accepting(user: bytes, password: bytes) -> Callable[..., AuthResult]:
    """An authenticator for one user, for PLAIN and LOGIN."""

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data == LoginPassword(user, password), handled=False, auth_data=user)

    return authenticate


def _context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
