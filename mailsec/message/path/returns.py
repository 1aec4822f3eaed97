"""Return paths that carry more than an address: rewritten by forwarders, tagged against backscatter, naming the recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.domains import DomainError, to_ascii


class Scheme(StrEnum):
    """How a return path was made."""

    NULL = "null"
    SRS0 = "SRS0"
    SRS1 = "SRS1"
    SRS = "SRS"
    BATV = "BATV"
    VERP = "VERP"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """A return path: `address` as it stands ("" for the null one), and the address that is written inside it.

    `inner` is the original sender for SRS and BATV, the recipient for VERP, "" where there is none or it cannot be told.
    """

    address: str
    scheme: Scheme
    inner: str = ""

    @property
    def meaning(self) -> str:
        """In words, for the report."""
        inner = f"<{self.inner}>" if self.inner else "an address that only the forwarder knows"
        return {
            Scheme.NULL: "the null return path: a report or an automatic reply, which no bounce may answer",
            Scheme.SRS0: f"SRS0: forwarded; the sender was {inner}",
            Scheme.SRS1: f"SRS1: forwarded more than once; the sender was {inner}",
            Scheme.SRS: f"SRS: forwarded; the sender was {inner}",
            Scheme.BATV: f"BATV: <{self.inner}>, tagged so that forged bounces are known",
            Scheme.VERP: f"VERP: made for the recipient <{self.inner}>",
            Scheme.PLAIN: "",
        }[self.scheme]


_FLAGS = re.IGNORECASE | re.DOTALL
# hash, day, and the address the other way round, as each forwarder writes them
_TAIL = r"[^=]{1,64}=[^=]{1,16}=(?P<domain>[^=]{1,253})=(?P<local>.{1,512})\Z"
_SRS0 = re.compile(rf"SRS0[=+-]{_TAIL}", _FLAGS)
_SRS1 = re.compile(rf"SRS1[=+-][^=]{{1,64}}=[^=]{{1,253}}=[=+-]{_TAIL}", _FLAGS)
# as Microsoft writes it; what was too long for it is left out
_SRS = re.compile(rf"[^+]{{1,64}}\+SRS=(?:{_TAIL}|[^=]{{1,64}}=[^=]{{1,16}}\Z)", _FLAGS)
_BATV = re.compile(r"(?:prvs=\d{4}[0-9A-F]{6}=|btv1==[^=]{1,64}==)(?P<local>.{1,512})\Z", _FLAGS)
_VERP = re.compile(r"(?:[^+=]{1,256}\+|[^+=]{0,256}[-_])(?P<local>[^=+]{1,64})=(?P<domain>[^=@]{3,253})\Z", re.DOTALL)


def read_return_path(address: str) -> ReturnPath:
    """What kind of return path `address` is ("" for `<>`). Never raises."""
    if not address:
        return ReturnPath("", Scheme.NULL)
    local, _, domain = address.rpartition("@")
    for scheme, pattern in ((Scheme.SRS0, _SRS0), (Scheme.SRS1, _SRS1), (Scheme.SRS, _SRS)):
        if match := pattern.match(local):
            return ReturnPath(address, scheme, _joined(match["local"], match["domain"]))
    if match := _BATV.match(local):
        return ReturnPath(address, Scheme.BATV, f"{match['local']}@{domain}")
    if (match := _VERP.match(local)) and (inner := _joined(match["local"], match["domain"])):
        return ReturnPath(address, Scheme.VERP, inner)
    return ReturnPath(address, Scheme.PLAIN)


def _joined(local: str | None, domain: str | None) -> str:
    """An address, "" where `domain` is no name of at least two labels."""
    try:
        name = to_ascii(domain or "")
    except DomainError:
        return ""
    return f"{local}@{name}" if "." in name else ""
