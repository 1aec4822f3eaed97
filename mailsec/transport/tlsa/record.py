"""TLSA records: wire data and text to a frozen `TlsaRecord` and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from mailsec.core import rdata as wire
from mailsec.core.limits.transport import KEY_RECORD_BYTES
from mailsec.core.rdata import RdataError


class Usage(IntEnum):
    """What the certificate is to the server (RFC 7218 section 2.1)."""

    PKIX_TA = 0
    PKIX_EE = 1
    DANE_TA = 2
    DANE_EE = 3


class Selector(IntEnum):
    """Which part of the certificate is meant (RFC 7218 section 2.2)."""

    CERT = 0
    SPKI = 1


class Matching(IntEnum):
    """How that part is written (RFC 7218 section 2.3)."""

    FULL = 0
    SHA2_256 = 1
    SHA2_512 = 2


DIGEST_OCTETS = {Matching.SHA2_256: 32, Matching.SHA2_512: 64}

_TEXT = re.compile(r"[ \t]*([0-9]{1,3})[ \t]+([0-9]{1,3})[ \t]+([0-9]{1,3})[ \t]+([0-9A-Fa-f \t]+)\Z")


class TlsaError(ValueError):
    """The data or text is no TLSA record."""


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """One record; the numbers may be unassigned, the data may be anything: `problem` says."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def parameters(self) -> str:
        """The three numbers, as in "3 1 1"."""
        return f"{self.usage} {self.selector} {self.matching}"

    @property
    def problem(self) -> str:
        """Why no client can use the record: an unassigned number or data of the wrong form; "" where it is well formed."""
        for name, value, known in (
            ("usage", self.usage, Usage),
            ("selector", self.selector, Selector),
            ("matching type", self.matching, Matching),
        ):
            if value not in list(known):
                return f"{name} {value} is not assigned"
        expected = DIGEST_OCTETS.get(Matching(self.matching))
        if expected and len(self.data) != expected:
            return f"a digest of {len(self.data)} octets, matching type {self.matching} has {expected}"
        return "" if expected or _is_der(self.data) else "the data is no certificate or key in DER: damaged or cut off"

    @property
    def bare(self) -> bool:
        """True where the data is a public key, whole."""
        return self.selector == Selector.SPKI and self.matching == Matching.FULL

    @property
    def usable(self) -> bool:
        """True where SMTP clients can use it: well formed, and DANE-TA or DANE-EE (RFC 7672 section 3.1.3)."""
        return self.usage in (Usage.DANE_TA, Usage.DANE_EE) and not self.problem


def _is_der(data: bytes) -> bool:
    """True for one DER SEQUENCE that fills `data`."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    octets = data[1] & 0x7F if data[1] & 0x80 else 0
    length = int.from_bytes(data[2 : 2 + octets], "big") if octets else data[1]
    return octets <= 4 and len(data) == 2 + octets + length


def parse(data: bytes) -> TlsaRecord:
    """The record in wire data. Raises TlsaError where it is too short to be one."""
    try:
        return TlsaRecord(*wire.association(data))
    except RdataError as error:
        raise TlsaError(str(error)) from None


def from_text(text: str) -> TlsaRecord:
    """The record in `text`, as zone files write it: three numbers and hexadecimal data. Raises TlsaError."""
    match = _TEXT.match(text) if len(text) <= 4 * KEY_RECORD_BYTES else None
    if match is None:
        raise TlsaError("not three numbers and hexadecimal data")
    usage, selector, matching = (int(number) for number in match.groups()[:3])
    digits = match[4].replace(" ", "").replace("\t", "")
    if max(usage, selector, matching) > 255:
        raise TlsaError("a number is above 255")
    if len(digits) % 2:
        raise TlsaError("an odd number of hexadecimal digits")
    return TlsaRecord(usage, selector, matching, bytes.fromhex(digits))


def to_text(record: TlsaRecord) -> str:
    """`record` as zone files write it."""
    return f"{record.parameters} {record.data.hex()}"
