"""AUTH (RFC 4954): the profile of SASL for SMTP."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from mailsec.core.limits.transport import SASL_LINE
from mailsec.transport.sasl.encoding import decode
from mailsec.transport.sasl.login import Login, Mechanism, SaslError
from mailsec.transport.sasl.mechanisms import KINDS, NoMechanism, Place, choose
from mailsec.transport.smtp.capabilities import Capabilities
from mailsec.transport.smtp.conversation import MASK, Conversation
from mailsec.transport.smtp.outcome import Ending, Halt, Step, Stopped, said
from mailsec.transport.smtp.replies import Reply
from mailsec.transport.wire import Dialogue

_LINE = 512
"""Octets of a command line (RFC 5321 section 4.5.3.1.4); a longer initial response waits for its challenge (RFC 4954)."""
_TEMPORARY = {421, 432, 454}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in and how: `mechanism` "" is the strongest that both sides have; `allow_cleartext` lets the secret be shown on
    a connection without TLS."""

    login: Login
    mechanism: str = ""
    allow_cleartext: bool = False


def authenticate(talk: Conversation, extensions: Capabilities, credentials: Credentials, place: Place) -> Dialogue[str]:
    """Log in; the name of the mechanism. Raises Stopped where it does not come off."""
    login = credentials.login
    talk.conceal(login.secret.encode(), b64encode(login.secret.encode()))
    if "AUTH" not in extensions and not credentials.mechanism:
        raise Stopped(Ending(Halt.LOGIN, Step.AUTH, "the server does not offer AUTH"))
    try:
        name = choose(
            extensions.mechanisms,
            login,
            secure=talk.tls is not None,
            allow_cleartext=credentials.allow_cleartext,
            wanted=credentials.mechanism,
        )
        mechanism = KINDS[name].make(login, place)
    except (NoMechanism, SaslError) as error:
        raise Stopped(Ending(Halt.LOGIN, Step.AUTH, str(error))) from None
    reply = yield from _begin(talk, mechanism)
    while reply.code == 334:  # every mechanism has had enough after two
        reply = yield from _answer(talk, mechanism, reply)
    _judge(mechanism, reply)
    return name


def _begin(talk: Conversation, mechanism: Mechanism) -> Dialogue[Reply]:
    """AUTH with the initial response where there is one and it fits: `=` stands for an empty one."""
    command = f"AUTH {mechanism.name}"
    initial = mechanism.begin()
    if initial is None:
        return (yield from talk.ask(Step.AUTH, command))
    encoded = b64encode(initial).decode() or "="
    talk.conceal(encoded.encode())
    if len(command) + len(encoded) + 3 <= _LINE:
        return (yield from talk.ask(Step.AUTH, f"{command} {encoded}", shown=f"{command} {MASK.decode()}"))
    reply = yield from talk.ask(Step.AUTH, command)
    if reply.code != 334:
        return reply
    return (yield from _send(talk, initial))


def _answer(talk: Conversation, mechanism: Mechanism, reply: Reply) -> Dialogue[Reply]:
    """The answer to a challenge; an exchange that cannot go on is ended as RFC 4954 section 4 says."""
    try:
        response = mechanism.respond(decode(reply.text.strip()))
    except SaslError as error:
        yield from talk.ask(Step.AUTH, "*")
        raise Stopped(Ending(Halt.PROTOCOL, Step.AUTH, f"{mechanism.name}: {error}", reply)) from None
    return (yield from _send(talk, response))


def _send(talk: Conversation, response: bytes) -> Dialogue[Reply]:
    line = b64encode(response).decode()
    if len(line) + 2 > SASL_LINE:
        raise Stopped(Ending(Halt.LOGIN, Step.AUTH, f"the answer would be longer than {SASL_LINE} octets"))
    talk.conceal(line.encode())
    return (yield from talk.ask(Step.AUTH, line, shown=MASK.decode()))


def _judge(mechanism: Mechanism, reply: Reply) -> None:
    """What the last reply means."""
    match reply.code:
        case 235 if mechanism.complete:
            return
        case 235:
            reason = f"{mechanism.name}: success is claimed before the server has proved that it knows the password"
            halt = Halt.PROTOCOL
        case code if code in _TEMPORARY:
            halt, reason = Halt.TEMPORARY, f"login not possible now: {said(reply)}"
        case code if code // 100 in (4, 5):
            halt, reason = Halt.LOGIN, f"login as this user refused: {said(reply)}"
        case _:
            halt, reason = Halt.PROTOCOL, f"an answer to AUTH that it does not have: {said(reply)}"
    raise Stopped(Ending(halt, Step.AUTH, reason, reply))
