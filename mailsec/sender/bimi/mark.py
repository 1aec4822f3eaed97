"""What a mark certificate (VMC or CMC) says: domains, mark, logo (Mark Certificate Requirements section 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from mailsec.core.limits.transport import KEY_NAME_TEXT, KEY_NAMES
from mailsec.core.results import Fact
from mailsec.core.text import clipped
from mailsec.sender.bimi.logotype import OID, Logotype, LogotypeProblem
from mailsec.sender.bimi.logotype import read as read_logotype
from mailsec.trust.x509.usage import extension

_ARC = "1.3.6.1.4.1.53087."
_MARK_TYPE = _ARC + "1.13"
_NAMED: Mapping[str, str] = {
    "2.5.4.10": "organization",
    _MARK_TYPE: "mark-type",
    _ARC + "1.2": "trademark-office",
    _ARC + "1.3": "trademark-country",
    _ARC + "1.4": "trademark-registration",
    _ARC + "1.5": "legal-entity-identifier",
    _ARC + "1.6": "word-mark",
    _ARC + "3.2": "statute-country",
    _ARC + "3.3": "statute-state",
    _ARC + "3.4": "statute-locality",
    _ARC + "3.5": "statute-citation",
    _ARC + "3.6": "statute-address",
    _ARC + "5.1": "prior-use-source",
}
_LOGOTYPE = x509.ObjectIdentifier(OID)
_TIMESTAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_PILOT = x509.ObjectIdentifier(_ARC + "4.1")


class MarkKind(StrEnum):
    """The two kinds of mark certificates, and neither."""

    VERIFIED = "VMC"
    COMMON = "CMC"
    UNKNOWN = "unknown"


_KINDS = {
    "registered mark": MarkKind.VERIFIED,
    "government mark": MarkKind.VERIFIED,
    "prior use mark": MarkKind.COMMON,
    "modified registered mark": MarkKind.COMMON,
    "provisional mark": MarkKind.COMMON,
    "pending registration mark": MarkKind.COMMON,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark certificate as it describes itself. `logo` None has its reason in `logo_problem`.

    `timestamps` says that there are signed timestamps of certificate transparency; they are not verified here.
    """

    kind: MarkKind
    domains: tuple[str, ...]
    logo: Logotype | None
    logo_problem: str
    timestamps: bool
    pilot: bool
    named: tuple[tuple[str, str], ...]

    def is_for(self, names: frozenset[str]) -> bool:
        """Whether it names one of `names` exactly (A-labels): a mark certificate knows no wildcards."""
        return not names.isdisjoint(domain.lower().removesuffix(".") for domain in self.domains)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it says, for a report."""
        return (
            Fact("kind", self.kind.value),
            *(Fact(name, value) for name, value in self.named),
            Fact("domains", clipped(", ".join(self.domains), KEY_NAME_TEXT)),
            Fact("logo-hash", self.logo.hash if self.logo else None),
            Fact("timestamps", "present, not verified" if self.timestamps else "none"),
            Fact("pilot", self.pilot),
        )


def of(certificate: x509.Certificate) -> Mark:
    """What `certificate` says of itself; one that `trust.x509.path.load` has read."""
    named = _subject(certificate)
    logo, problem = _logo(certificate)
    return Mark(
        _KINDS.get(dict(named).get("mark-type", "").strip().lower(), MarkKind.UNKNOWN),
        _domains(certificate),
        logo,
        problem,
        _value(certificate, _TIMESTAMPS) is not None,
        _value(certificate, _PILOT) is not None,
        named,
    )


def _subject(certificate: x509.Certificate) -> tuple[tuple[str, str], ...]:
    found = []
    for each in certificate.subject:
        if name := _NAMED.get(each.oid.dotted_string):
            value = each.value if isinstance(each.value, str) else each.value.decode("latin-1")
            found.append((name, clipped(value, KEY_NAME_TEXT)))
    return tuple(found[:KEY_NAMES])


def _domains(certificate: x509.Certificate) -> tuple[str, ...]:
    names = extension(certificate, x509.SubjectAlternativeName)
    return tuple(names.get_values_for_type(x509.DNSName)[:KEY_NAMES]) if names else ()


def _logo(certificate: x509.Certificate) -> tuple[Logotype | None, str]:
    value = _value(certificate, _LOGOTYPE)
    if value is None:
        return None, "the certificate has no extension with a logo"
    try:
        return read_logotype(value), ""
    except LogotypeProblem as problem:
        return None, str(problem)


def _value(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bytes | None:
    """The octets of an extension, None where it is not there."""
    try:
        return certificate.extensions.get_extension_for_oid(oid).value.public_bytes()
    except x509.ExtensionNotFound:
        return None
