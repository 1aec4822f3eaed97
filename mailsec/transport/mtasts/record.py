"""The MTA-STS record at `_mta-sts`: text to a frozen `StsRecord` and back (RFC 8461 section 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailsec.transport import fields
from mailsec.transport.fields import Defect

VERSION = "v=STSv1"

_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")


@dataclass(frozen=True, slots=True)
class StsRecord:
    """A record. `id` changes whenever the policy does; "" where it is missing or not valid. `extensions` mean nothing yet."""

    id: str
    extensions: tuple[tuple[str, str], ...] = ()
    defects: tuple[Defect, ...] = field(default=(), compare=False)
    text: str = field(default="", compare=False)

    @property
    def valid(self) -> bool:
        """False where senders take it for no record at all."""
        return bool(self.id) and not any(defect.fatal for defect in self.defects)


def parse(text: str) -> StsRecord | None:
    """The record in `text`, or None where it is no MTA-STS record: `v=STSv1;` comes first and is case-sensitive."""
    if not fields.starts_with(text, VERSION):
        return None
    found, defects = fields.read(text, VERSION)
    extensions = fields.extensions(found, "id", defects)
    ident = found.get("id")
    if ident is None:
        defects.append(Defect("there is no id=", 0, len(text)))
    elif not _ID.match(ident.value):
        defects.append(Defect("id= is not 1 to 32 letters and digits", ident.start, ident.end))
        ident = None
    return StsRecord(ident.value if ident else "", extensions, tuple(defects), text)


def to_text(record: StsRecord) -> str:
    """`record` as it is published."""
    return "; ".join([VERSION, f"id={record.id}", *(f"{name}={value}" for name, value in record.extensions)]) + ";"
