"""How a dialogue (SMTP, and the mail-store protocols) reaches a peer: a generator of acts, each answered by what came of it.

A protocol room writes `outcome = yield Receive(0, until)` and knows no socket; `net/tcp.py` performs the acts. A test is
`next(dialogue)` and `dialogue.send(Got(b"220 hi\\r\\n", 0.1))`: no server, no mock.

They are named tuples, which load in a fraction of a dataclass's time; a dialogue tells them apart by their class.

Times are seconds since the dialogue began: every outcome says when it was (`at`), and a deadline (`until`) is on the same
clock, so the wings need none. Connections have numbers, because a script may hold several at once.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from typing import NamedTuple, TypeAlias, TypeVar

from mailsec.core.results import Status

T = TypeVar("T")


class TlsWish(NamedTuple):
    """How a TLS handshake is to be made. Certificates never make it fail: they are judged beside it (`TlsState`).

    `name` is the reference identity that the certificate is judged for and, unless it is an address, the SNI; `versions` are
    the lowest and the highest version to offer, "" for the library's own ("TLSv1" to "TLSv1.3"); `ciphers` an OpenSSL list, ""
    for the library's own. `server` makes this side the server.
    """

    name: str = ""
    versions: tuple[str, str] = ("", "")
    ciphers: str = ""
    server: bool = False


class PkixVerdict(NamedTuple):
    """What path validation says of the peer's certificate: *pass*, or *fail* with every reason there is (path, date, name)."""

    status: Status
    reasons: tuple[str, ...] = ()


class TlsState(NamedTuple):
    """A finished handshake. `chain` holds the peer's certificates in DER, leaf first, as it sent them."""

    version: str
    cipher: str
    bits: int
    name: str = ""
    chain: tuple[bytes, ...] = ()
    pkix: PkixVerdict = PkixVerdict(Status.SKIPPED)


# --- what a dialogue asks for


class Connect(NamedTuple):
    """Connect to the first of `addresses` (texts, in order) that takes it, before `until`; with `tls`, TLS from the start."""

    on: int
    addresses: tuple[str, ...]
    port: int
    until: float
    tls: TlsWish | None = None


class Send(NamedTuple):
    """Send all of `data` before `until`. What the peer says meanwhile is kept for the next `Receive`."""

    on: int
    data: bytes
    until: float


class Receive(NamedTuple):
    """At least one octet, or the end of the connection, before `until`."""

    on: int
    until: float


class StartTls(NamedTuple):
    """A TLS handshake on the connection, before `until`."""

    on: int
    wish: TlsWish
    until: float


class Close(NamedTuple):
    """Close the connection. It is no error where there is none."""

    on: int


class Pause(NamedTuple):
    """Let `seconds` pass."""

    seconds: float


Act: TypeAlias = Connect | Send | Receive | StartTls | Close | Pause


# --- what comes of it


class End(StrEnum):
    """How an act can end without what was asked for."""

    CLOSED = "closed"  # an orderly end of the connection
    CUT = "cut"  # reset, or ended within TLS without its closing alert
    TIMEOUT = "timeout"
    REFUSED = "refused"  # no address took the connection
    UNREACHABLE = "unreachable"
    TLS = "tls"  # the handshake failed, or the TLS session broke
    FLOOD = "flood"  # the peer sent more than is ever kept while it was being sent to


class Done(NamedTuple):
    """The act was performed; of a `Connect` without TLS: `address` is the one that took it."""

    at: float
    address: str = ""


class Got(NamedTuple):
    """Octets from the peer."""

    data: bytes
    at: float


class Secured(NamedTuple):
    """TLS is on. `injected` are octets that came unencrypted before the handshake and that nobody had asked for: they are not
    part of the encrypted session (CVE-2011-0411 and its mirror)."""

    tls: TlsState
    at: float
    injected: bytes = b""
    address: str = ""


class Failed(NamedTuple):
    """The act failed; `reason` in words. `injected` as in `Secured`, for a handshake that did not come off."""

    end: End
    reason: str
    at: float
    injected: bytes = b""


Outcome: TypeAlias = Done | Got | Secured | Failed
Dialogue: TypeAlias = Generator[Act, Outcome, T]
