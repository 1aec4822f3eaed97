"""The TLS-RPT record at `_smtp._tls`: text to a frozen `TlsRptRecord` and back (RFC 8460 section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailsec.core.limits.network import MAX_TAGS
from mailsec.transport import fields
from mailsec.transport.fields import Defect, Field

VERSION = "v=TLSRPTv1"

_WSP = " \t"
# RFC 3986 without comma, exclamation mark and semicolon, which RFC 8460 wants encoded.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@$&'()*+=\[\]-]|%[0-9A-Fa-f]{2})+\Z")
_MAILTO = re.compile(r"mailto:[^@?]+@[^@?]+(?:\?|\Z)", re.IGNORECASE)
_HTTPS = re.compile(r"https://[^/?#]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TlsRptRecord:
    """A record. `rua` are the report addresses that are valid URIs, whatever their scheme."""

    rua: tuple[str, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    defects: tuple[Defect, ...] = field(default=(), compare=False)
    text: str = field(default="", compare=False)

    @property
    def valid(self) -> bool:
        """False where senders take it for no record at all."""
        return not any(defect.fatal for defect in self.defects)

    @property
    def unknown_schemes(self) -> tuple[str, ...]:
        """The addresses that nobody reports to."""
        return tuple(uri for uri in self.rua if uri.partition(":")[0].lower() not in ("mailto", "https"))


def parse(text: str) -> TlsRptRecord | None:
    """The record in `text`, or None where it is no TLS-RPT record: `v=TLSRPTv1;` comes first and is case-sensitive."""
    if not fields.starts_with(text, VERSION):
        return None
    found, defects = fields.read(text, VERSION)
    extensions = fields.extensions(found, "rua", defects)
    rua = found.get("rua")
    if rua is None:
        defects.append(Defect("there is no rua=", 0, len(text)))
    uris = _uris(rua, defects) if rua else ()
    return TlsRptRecord(uris, extensions, tuple(defects), text)


def _uris(rua: Field, defects: list[Defect]) -> tuple[str, ...]:
    uris = []
    at = rua.start
    for count, piece in enumerate(rua.value.split(",")):
        uri = piece.strip(_WSP)
        if count >= MAX_TAGS:
            defects.append(Defect(f"more than {MAX_TAGS} addresses", at, rua.end))
            break
        if is_address(uri):
            uris.append(uri)
        else:
            defects.append(Defect("rua= has an address that is not a valid URI", at, at + len(piece)))
        at += len(piece) + 1
    return tuple(uris)


def is_address(uri: str) -> bool:
    """True for a URI that can stand in rua=: with a mailbox behind mailto:, with a host behind https:."""
    if not _URI.match(uri):
        return False
    scheme = uri.partition(":")[0].lower()
    shape = {"mailto": _MAILTO, "https": _HTTPS}.get(scheme)
    return shape is None or shape.match(uri) is not None


def to_text(record: TlsRptRecord) -> str:
    """`record` as it is published."""
    return "; ".join([VERSION, f"rua={','.join(record.rua)}", *(f"{name}={value}" for name, value in record.extensions)])
