"""`record smimea` and `record openpgpkey`: the record that publishes a person's certificate or key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.api.tool import TOOL
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.lookup import listed, zone_line
from mailsec.core.results import Check, Report, Status
from mailsec.core.rules import Severity
from mailsec.message.person import normal
from mailsec.trust.keyring.keys import Certificate, Keys, Kind

if TYPE_CHECKING:
    from mailsec.content.smime.publish import Form
    from mailsec.core.flow import Record


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A record ready to publish, as a line of a zone file, and what is to be said of it."""

    zone_line: str
    report: Report


def smimea_record(
    address: str, certificates: Sequence[Certificate], form: Form, *, now: int, fail_on: Severity | None = Severity.HIGH
) -> KeyRecord:
    """The SMIMEA record for `address` of one of `certificates`: for usage 1 and 3 the one that names the address, for 0 and 2
    the first authority. Raises BadInput, and KeyUnavailable where there is none."""
    from mailsec.content.smime.publish import record_for
    from mailsec.trust.keyring.paths import may_issue

    known = _of_kind(certificates, Kind.X509)
    if form.of_authority:
        chosen = next((each for each in known if may_issue(each.data)), known[0])
    else:
        chosen = next((each for each in known if _names(each, address)), known[0])
    record, check = record_for(address, chosen.data, form, now=now)
    return _made(address, record, check, now, fail_on)


def openpgpkey_record(
    address: str, keys: Sequence[Certificate], *, now: int, fail_on: Severity | None = Severity.HIGH
) -> KeyRecord:
    """The OPENPGPKEY record for `address` of the only one of `keys`, or the only one that names the address. Raises BadInput,
    and KeyUnavailable where there is none, or more than one."""
    from mailsec.content.openpgp.publish import record_for

    known = _of_kind(keys, Kind.OPENPGP)
    fitting = [each for each in known if _names(each, address)] or known
    if len(fitting) > 1:
        raise KeyUnavailable(f"several keys: {listed([each.fingerprint for each in fitting])}", hint="name a file with one")
    record, check = record_for(address, fitting[0].data, now=now)
    return _made(address, record, check, now, fail_on)


def published_by(keys: Keys, address: str, kind: Kind) -> Sequence[Certificate]:
    """The certificates of one kind in the ring that are the one of `address`. Raises KeyUnavailable where it is not one."""
    wanted = normal(address)
    found = [each for each in keys.of_address(wanted) if each.kind is kind and keys.binding(each, wanted).bound.authenticated]
    if len(found) == 1:
        return found
    what = listed([each.fingerprint for each in found]) or "none that is authenticated"
    raise KeyUnavailable(f"the ring has not one certificate or key for {wanted}: {what}", hint="name a file: --cert FILE")


def _of_kind(certificates: Sequence[Certificate], kind: Kind) -> list[Certificate]:
    known = [each for each in certificates if each.kind is kind]
    if not known:
        wanted = "an X.509 certificate" if kind is Kind.X509 else "an OpenPGP key"
        raise KeyUnavailable(
            f"the file does not hold {wanted}", hint="record smimea is for X.509, record openpgpkey for OpenPGP"
        )
    return known


def _names(certificate: Certificate, address: str) -> bool:
    from mailsec.trust.keyring.certificates import reading
    from mailsec.trust.keyring.reading import read_key
    from mailsec.trust.x509.bundle import Held

    x509 = certificate.kind is Kind.X509
    read = reading(Held(certificate.data)) if x509 else read_key(certificate.data)
    return normal(address) in (each.address for each in read.user_ids)


def _made(address: str, record: Record, check: Check, now: int, fail_on: Severity | None) -> KeyRecord:
    serious = fail_on is not None and any(found.severity.rank >= fail_on.rank for found in check.all_findings())
    code = Exit.DOES_NOT_HOLD if serious else Exit.HOLDS
    status = Status.POLICY if serious else Status.PASS
    report = Report(address, status, f"{record.owner}: {check.reason}", (check,), now, TOOL, code)
    return KeyRecord(zone_line(record.owner, record.type, record.rdata), report)
