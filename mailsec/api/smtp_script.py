"""`smtp run`: a script, its variables and files, played to a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsec.api.settings import Settings, clock
from mailsec.api.tool import TOOL
from mailsec.core.errors import BadInput, NothingToJudge, TemporaryFailure
from mailsec.core.limits.transport import SMTP_REPLY_TIMEOUT, SMTP_TIMEOUT
from mailsec.core.results import Report, Status
from mailsec.core.rules import Severity
from mailsec.store.files import STDIN, read, shown
from mailsec.transport.smtp.bind import as_content, check_size, check_sleeps, check_variables, files_named
from mailsec.transport.smtp.course import Course, Setting
from mailsec.transport.smtp.link import DaneJudge, Target
from mailsec.transport.smtp.parse import parse
from mailsec.transport.smtp.play import play
from mailsec.transport.smtp.report import checks, exit_code, place, status
from mailsec.transport.smtp.script import Say, Script, ScriptError

if TYPE_CHECKING:
    from mailsec.api.session import Session
    from mailsec.transport.smtp.route import Hop
    from mailsec.transport.wire import TlsState


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """How a script is played. `values` are its variables, of which `secrets` are never shown, unless `show_secrets`.

    `folder` is where the files are that it names; `timeout` (seconds) is for the whole, `name` what the certificate must be for
    where that is not the server's own name.
    """

    values: Mapping[str, bytes] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    folder: str = ""
    timeout: float = SMTP_TIMEOUT
    strict: bool = False
    show_secrets: bool = False
    name: str = ""
    fail_on: Severity | None = Severity.HIGH


@dataclass(frozen=True, slots=True)
class Played:
    """A dialogue that is over: its report, and the transcript, which is a script."""

    report: Report
    transcript: str


def load(data: bytes, name: str, options: ScriptOptions, *, mirrored: bool = False) -> tuple[Script, Setting]:
    """The script in `data`, called `name`, with everything that it needs. Raises NothingToJudge and ScriptError."""
    if not data:
        raise NothingToJudge("the script is empty")
    script = parse(data, name)
    check_variables(script, options.values, mirrored=mirrored)
    check_sleeps(script, options.timeout)
    files: dict[int, bytes] = {}
    for index, path in files_named(script, options.values):
        files[index] = _file(script, index, path, options.folder)
        check_size(script, sum(map(len, files.values())))
    wait = min(SMTP_REPLY_TIMEOUT, options.timeout)
    return script, Setting(options.values, options.secrets, files, options.strict, options.timeout, wait)


def _file(script: Script, index: int, path: str, folder: str) -> bytes:
    step = script.steps[index]
    assert isinstance(step, Say)
    try:
        data = read(path if path == STDIN else os.path.join(folder, path))
    except BadInput as error:
        raise ScriptError(script.name, step.line, 1, f"{shown(path)}: {error.message}", hint=error.hint) from None
    return as_content(data, step, script)


def run_script(data: bytes, name: str, server: tuple[str, int], options: ScriptOptions, settings: Settings) -> Played:
    """Play the script in `data` to `server` (a name, an address or the path of a unix socket, and a port).

    `settings` say who is asked about the server's name and its TLSA records, and whom its certificate is judged by.

    Raises NothingToJudge, ScriptError, and TemporaryFailure where the server's name leads nowhere.
    """
    from mailsec.net.security import Security
    from mailsec.net.tcp import converse

    script, setting = load(data, name, options)
    now = clock() if settings.at is None else settings.at
    target = _target(script, server, options, settings)
    security = Security(settings.ca_file, now=settings.at)
    course = converse(play(script, target, setting), security)
    return played(course, _subject(server), now, options)


def played(course: Course, subject: str, now: int, options: ScriptOptions) -> Played:
    """What became of it, ready to be shown."""
    code = exit_code(course, options.fail_on)
    summary = f"{subject}, {course.script.name}: {place(course)}."
    report = Report(subject, status(course), summary, checks(course, secrets=options.show_secrets), now, TOOL, code)
    lines = course.telling if options.show_secrets else course.transcript
    head = f"# {subject}, {course.script.name}\n".replace("\r", " ")
    return Played(report, head + "".join(f"{line}\n" for line in lines))


def _subject(server: tuple[str, int]) -> str:
    host, port = server
    if host.startswith("/"):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _target(script: Script, server: tuple[str, int], options: ScriptOptions, settings: Settings) -> Target:
    """Where the server is. The system knows its addresses, unless the DNS is asked anyway."""
    host, port = server
    if host.startswith("/"):
        return Target((host,), port, options.name)
    if not script.wants_dane and not _answered(settings):
        from mailsec.net.hosts import addresses

        return Target(addresses(host), port, options.name or host)
    from mailsec.api.session import Session

    with Session(settings) as session:
        hop = _hop(host, port, session, dane=script.wants_dane)
        judge = _dane_judge(hop, session.now) if script.wants_dane else None
    return Target(hop.host.addresses, port, options.name or host, judge)


def _answered(settings: Settings) -> bool:
    """True where the settings say who answers in place of the system."""
    return bool(settings.zones or settings.nameservers or settings.overlays or settings.answers or settings.offline)


def _hop(host: str, port: int, session: Session, *, dane: bool) -> Hop:
    from mailsec.transport.smtp.policy import TlsMode
    from mailsec.transport.smtp.route import host_route

    found = session.run(host_route(host, TlsMode.DANE if dane else TlsMode.NONE, port=port))
    hop = found.hops[0] if found.hops else None
    if hop is None or not hop.host.addresses:
        raise TemporaryFailure(f"{host}: {hop.barrier.reason if hop is not None and hop.barrier else found.reason}")
    return hop


def _dane_judge(hop: Hop, now: int) -> DaneJudge:
    from mailsec.transport.smtp.policy import judge_tls

    def judge(tls: TlsState) -> tuple[Status, str]:
        if hop.barrier is not None:
            return hop.barrier.status, hop.barrier.reason
        verdict = judge_tls(hop.policy, tls, now=now)
        return verdict.status, verdict.reason

    return judge
