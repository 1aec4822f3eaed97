"""Who logs in, and how an exchange is held: a mechanism answers challenges and knows when it has had enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mailsec.core.limits.transport import SASL_SECRET


class SaslError(ValueError):
    """The exchange cannot go on: the server's challenge is against the mechanism's rules, or it has not proved itself."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in. `secret` is the password, or with `token` an OAuth 2.0 access token; `authzid` whom to act as, "" the same.

    Raises ValueError where a part cannot be sent: empty, too long, or with a NUL; a token also with white space.
    """

    user: str
    secret: str = field(repr=False)
    token: bool = False
    authzid: str = ""

    def __post_init__(self) -> None:
        if not self.user:
            raise ValueError("no user name")
        if not self.secret:
            raise ValueError("the token is empty" if self.token else "the password is empty")
        for part in (self.user, self.secret, self.authzid):
            if len(part.encode()) > SASL_SECRET:
                raise ValueError(f"a name, password or token of more than {SASL_SECRET} octets")
            if "\0" in part or "\1" in part:
                raise ValueError("a name, password or token with a NUL or SOH")
        if self.token and not (self.secret.isascii() and self.secret.isprintable() and " " not in self.secret):
            raise ValueError("no access token: it holds white space or other than printable ASCII")


class Mechanism(Protocol):
    """One exchange. `begin` gives the initial response, None where the server speaks first (RFC 4422 section 3)."""

    name: str

    def begin(self) -> bytes | None:
        """What to send with the command; it may be empty."""

    def respond(self, challenge: bytes) -> bytes:
        """The answer to a challenge. Raises SaslError."""

    @property
    def complete(self) -> bool:
        """True where the server's success may be believed: it has said all that the mechanism wants to hear."""
