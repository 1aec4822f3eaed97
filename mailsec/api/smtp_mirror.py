"""`smtp serve`: the server's side of a script, for as many clients as are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from itertools import count

from mailsec.api.settings import clock
from mailsec.api.smtp_script import Played, ScriptOptions, load, played
from mailsec.core.errors import TemporaryFailure
from mailsec.net.security import Security
from mailsec.net.serve import Listener, Serving, serve
from mailsec.transport.smtp.course import Course
from mailsec.transport.smtp.mirror import Place, mirror
from mailsec.transport.smtp.script import Say, Script, Tls
from mailsec.transport.smtp.turn import connections
from mailsec.transport.wire import Dialogue


@dataclass(frozen=True, slots=True)
class Stage:
    """Where and for how long a script is served. `runs` 0 is without end; else clients are waited for as long as one may take.

    `certificate` and `key` are PEM files (one may hold both); with none, one is made on the fly where the script needs it.
    """

    address: str = "127.0.0.1"
    port: int = 0
    runs: int = 0
    certificate: str = ""
    key: str = ""


def serve_script(
    data: bytes, name: str, options: ScriptOptions, stage: Stage, ready: Callable[[str, int], None]
) -> Iterator[Played]:
    """Serve the script in `data`; how each connection went, as it ends. `ready` is told the address and port.

    Raises NothingToJudge, ScriptError, BadInput for a certificate that is none, and TemporaryFailure where the port is taken or
    not all clients came in time.
    """
    script, setting = load(data, name, options, mirrored=True)
    side = connections(script)
    numbers = count()

    def make(peer: str) -> Dialogue[Course]:
        return mirror(script, Place(next(numbers) % side + 1, peer), setting)

    wanted = stage.runs * side
    serving = Serving(count=wanted, seconds=options.timeout if wanted else 0.0)
    with _certificate(script, stage) as path, Listener(stage.address, stage.port) as listener:
        ready(listener.address, listener.port)
        served = 0
        with closing(serve(listener, make, Security(certificate=path), serving)) as courses:
            for peer, course in courses:
                served += 1
                yield played(course, peer, clock(), options)
    if served < wanted:
        raise TemporaryFailure(f"{served} of {wanted} connections came within {options.timeout:g} seconds", hint="--timeout")


def _certificate(script: Script, stage: Stage) -> AbstractContextManager[str]:
    """The path of a PEM file with a certificate and its key, or "" where none is needed."""
    from mailsec.api.server_certificate import joined, made_now

    if stage.certificate:
        return joined(stage.certificate, stage.key)
    if any(isinstance(step, Tls) or (isinstance(step, Say) and _is_starttls(step)) for step in script.steps):
        return made_now("localhost", stage.address)
    return nullcontext("")


def _is_starttls(step: Say) -> bool:
    return b"STARTTLS" in step.text.fill({}).upper()
