"""The mechanisms that need no more than one answer, and the choice among all of them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from mailsec.transport.sasl.login import Login, Mechanism, SaslError
from mailsec.transport.sasl.scram import Scram


@dataclass(frozen=True, slots=True)
class Place:
    """Where the login is made: the server's host name and port (OAUTHBEARER says them), and a nonce that is used only once."""

    host: str
    port: int
    nonce: str


class _Steps:
    """A mechanism that answers a fixed number of challenges."""

    name: str = ""

    def __init__(self, login: Login, initial: bytes | None, *answers: bytes) -> None:
        self._login = login
        self._initial = initial
        self._answers = list(answers)

    def begin(self) -> bytes | None:
        """The initial response."""
        return self._initial

    def respond(self, challenge: bytes) -> bytes:
        """The next answer, whatever the challenge says."""
        if not self._answers:
            raise SaslError(f"a challenge that {self.name} does not have")
        return self._answers.pop(0)

    @property
    def complete(self) -> bool:
        """True where everything was said."""
        return not self._answers


class Plain(_Steps):
    """RFC 4616: name and password in one message, in clear text."""

    name = "PLAIN"

    def __init__(self, login: Login, place: Place) -> None:
        super().__init__(login, "\0".join((login.authzid, login.user, login.secret)).encode())


class LoginMechanism(_Steps):
    """LOGIN (draft-murchison-sasl-login): name, then password, in clear text. What the server asks with is not fixed."""

    name = "LOGIN"

    def __init__(self, login: Login, place: Place) -> None:
        super().__init__(login, None, login.user.encode(), login.secret.encode())


class CramMd5(_Steps):
    """RFC 2195: a keyed digest of the server's challenge."""

    name = "CRAM-MD5"

    def __init__(self, login: Login, place: Place) -> None:
        super().__init__(login, None, b"")

    def respond(self, challenge: bytes) -> bytes:
        """User name and digest."""
        super().respond(challenge)
        if not challenge:
            raise SaslError("an empty challenge, which would make an answer that can be used again")
        digest = hmac.new(self._login.secret.encode(), challenge, hashlib.md5).hexdigest()
        return f"{self._login.user} {digest}".encode()


class XOAuth2(_Steps):
    """XOAUTH2: a bearer token; where it is refused, the server says why in a challenge that wants an empty answer."""

    name = "XOAUTH2"

    def __init__(self, login: Login, place: Place) -> None:
        super().__init__(login, f"user={login.user}\1auth=Bearer {login.secret}\1\1".encode(), b"")

    @property
    def complete(self) -> bool:
        """Always: the challenge is for the failure."""
        return True


class OAuthBearer(_Steps):
    """RFC 7628: the same by the standard; the answer to the failure's challenge is a lone SOH (section 3.2.3)."""

    name = "OAUTHBEARER"

    def __init__(self, login: Login, place: Place) -> None:
        user = login.user.replace("=", "=3D").replace(",", "=2C")
        pairs = (f"n,a={user},", f"host={place.host}", f"port={place.port}", f"auth=Bearer {login.secret}", "", "")
        super().__init__(login, "\1".join(pairs).encode(), b"\1")

    @property
    def complete(self) -> bool:
        """Always: the challenge is for the failure."""
        return True


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be known of a mechanism beforehand: does it show the secret to whoever listens, does it take a token."""

    make: Callable[[Login, Place], Mechanism]
    plaintext: bool = False
    token: bool = False


KINDS: Final = {
    "SCRAM-SHA-256": Kind(lambda login, place: Scram(login, place.nonce, "SHA-256")),
    "SCRAM-SHA-1": Kind(lambda login, place: Scram(login, place.nonce, "SHA-1")),
    "CRAM-MD5": Kind(CramMd5),
    "PLAIN": Kind(Plain, plaintext=True),
    "LOGIN": Kind(LoginMechanism, plaintext=True),
    "OAUTHBEARER": Kind(OAuthBearer, plaintext=True, token=True),
    "XOAUTH2": Kind(XOAuth2, plaintext=True, token=True),
}
"""All mechanisms, the strongest first: those that keep the secret on this side before those that show it."""


class NoMechanism(ValueError):
    """None of the mechanisms that the server offers may be used; the text says why."""


def choose(offered: Collection[str], login: Login, *, secure: bool, allow_cleartext: bool = False, wanted: str = "") -> str:
    """The strongest mechanism that both sides have for this kind of secret; `wanted` names the only one that may be used, also
    where the server does not offer it.

    One that shows the secret is used over TLS only (`secure`), unless `allow_cleartext`. Raises NoMechanism.
    """
    fitting = [name for name, kind in KINDS.items() if kind.token is login.token]
    if wanted:
        if wanted not in fitting:
            raise NoMechanism(f"{wanted} is no mechanism for a {'token' if login.token else 'password'}")
        candidates = [wanted]
    else:
        there = {name.upper() for name in offered}
        candidates = [name for name in fitting if name in there]
        if not candidates:
            listed = ", ".join(sorted(there)) or "none"
            raise NoMechanism(f"no mechanism in common: the server offers {listed}, usable are {', '.join(fitting)}")
    usable = [name for name in candidates if secure or allow_cleartext or not KINDS[name].plaintext]
    if not usable:
        raise NoMechanism(f"{', '.join(candidates)} would show the secret to whoever listens: there is no TLS")
    return usable[0]
