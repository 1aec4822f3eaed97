"""What MAIL and RCPT say: paths and the parameters of the extensions that the server has (RFC 1870, 3461, 6152, 6531)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailsec.transport.smtp.capabilities import Capabilities
from mailsec.transport.smtp.paths import NULL, Path, original_recipient, xtext

NEVER = "NEVER"
_EVENTS = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_XTEXT_LONGEST = 100  # RFC 3461 section 4.4


@dataclass(frozen=True, slots=True)
class Dsn:
    """What notifications are asked for (RFC 3461). `notify` is ("NEVER",) or some of SUCCESS, FAILURE, DELAY; `ret` FULL or
    HDRS; `envid` a text that comes back with them. Raises ValueError where a part is none of these."""

    notify: tuple[str, ...] = ()
    ret: str = ""
    envid: str = ""

    def __post_init__(self) -> None:
        if self.notify != (NEVER,) and not _EVENTS.issuperset(self.notify):
            raise ValueError("notifications are asked for as never, or as some of success, failure and delay")
        if self.ret not in ("", "FULL", "HDRS"):
            raise ValueError("full or hdrs")
        if not (self.envid.isascii() and self.envid.isprintable()) or len(xtext(self.envid)) > _XTEXT_LONGEST:
            raise ValueError("an envelope id is printable ASCII of at most 100 characters")

    @property
    def wanted(self) -> bool:
        """True where anything is asked for."""
        return bool(self.notify or self.ret or self.envid)


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom and to whom, apart from what the header says."""

    sender: Path = NULL
    recipients: tuple[Path, ...] = ()
    dsn: Dsn = Dsn()

    @property
    def utf8(self) -> bool:
        """True where a path needs SMTPUTF8."""
        return self.sender.utf8 or any(path.utf8 for path in self.recipients)


def mail_command(envelope: Envelope, extensions: Capabilities, *, size: int, eight_bit: bool, utf8: bool) -> str:
    """MAIL with the parameters that the message needs and the server has; `size` in octets as RFC 1870 section 5 counts."""
    words = [f"MAIL FROM:<{envelope.sender}>"]
    if "SIZE" in extensions:
        words.append(f"SIZE={size}")
    if "8BITMIME" in extensions and (eight_bit or utf8):
        words.append("BODY=8BITMIME")
    if utf8:
        words.append("SMTPUTF8")
    if "DSN" in extensions:
        words += [f"RET={envelope.dsn.ret}"] if envelope.dsn.ret else []
        words += [f"ENVID={xtext(envelope.dsn.envid)}"] if envelope.dsn.envid else []
    return " ".join(words)


def rcpt_command(path: Path, dsn: Dsn, extensions: Capabilities) -> str:
    """RCPT, with NOTIFY and ORCPT where notifications are asked for and the server knows them."""
    words = [f"RCPT TO:<{path}>"]
    if "DSN" in extensions and dsn.wanted:
        words += [f"NOTIFY={','.join(dsn.notify)}"] if dsn.notify else []
        words.append(f"ORCPT={original_recipient(path)}")
    return " ".join(words)


_HELO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*\Z")
_HELO_LITERAL = re.compile(r"\[[0-9A-Za-z:.]+\]\Z")


def is_helo_name(text: str) -> bool:
    """True where EHLO may say it: a host name or an address literal, of at most 255 octets (RFC 5321 section 4.1.1.1)."""
    return 0 < len(text) <= 255 and bool(_HELO.match(text) or _HELO_LITERAL.match(text))
