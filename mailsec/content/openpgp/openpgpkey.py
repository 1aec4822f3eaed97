"""OPENPGPKEY records: a person's OpenPGP key in the DNS (RFC 7929)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailsec.content.keyrecords import KeyAnswer, look_up, record_owner
from mailsec.content.openpgp import rules
from mailsec.core.flow import Dnssec, Flow, Record
from mailsec.core.limits.transport import KEY_PACKETS, KEY_RECORDS, LISTED
from mailsec.core.lookup import failed, failure, listed
from mailsec.core.moment import utc
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Status, finding
from mailsec.message.person import Address, parse_address, same

if TYPE_CHECKING:
    from mailsec.content.openpgp.publickey import Key

LABEL = "_openpgpkey"


@dataclass(slots=True)
class _Judged:
    """What one record comes to."""

    check: Check
    keys: int = 0
    good: int = 0
    broken: bool = False


def owner_name(address: str) -> str:
    """The DNS name of the keys of `address`. Raises BadInput where it is no address."""
    return record_owner(parse_address(address), LABEL)


def lint(address: str, *, now: int) -> Flow[Check]:
    """Judge the keys published for `address` at the time `now` (seconds since 1970 UTC).

    pass: a sound key that DNSSEC vouches for; neutral: a sound key, but without DNSSEC or not validated; fail: every key is
    expired, revoked, weak or somebody else's, or a secret key is published; permerror: no record can be read; none: no record;
    temperror: the lookup failed. Raises BadInput where `address` is none.
    """
    found = yield from look_up(parse_address(address), LABEL, "OPENPGPKEY")
    answer = found.answer
    if failed(answer):
        return Check("openpgpkey", Status.TEMPERROR, failure(answer))
    if not answer.records:
        return Check("openpgpkey", Status.NONE, "no record", (Fact("name", found.name),))
    judged = [_judge(record, found.address, now) for record in answer.records[:KEY_RECORDS]]
    status, reason = _status(judged, answer.dnssec)
    facts = (
        Fact("name", found.name),
        Fact("exact", found.exact),
        Fact("records", len(answer.records)),
        Fact("keys", sum(each.keys for each in judged)),
        Fact("dnssec", answer.dnssec.value),
    )
    findings = tuple(_findings(found, judged))
    return Check("openpgpkey", status, reason, facts, findings, children=tuple(each.check for each in judged))


def _status(judged: Sequence[_Judged], dnssec: Dnssec) -> tuple[Status, str]:
    if all(each.broken for each in judged):
        return Status.PERMERROR, "no record can be read"
    good = sum(each.good for each in judged)
    if not good:
        return Status.FAIL, "no key can be relied on"
    if dnssec is not Dnssec.SECURE:
        return Status.NEUTRAL, f"not to be trusted: DNSSEC is {dnssec}"
    return Status.PASS, f"{good} keys" if good > 1 else "a key of the address"


def _findings(found: KeyAnswer, judged: Sequence[_Judged]) -> Iterator[Finding]:
    answer = found.answer
    if not found.exact:
        yield finding(rules.CASE_VARIANT, f"a key for {found.address}")
    if answer.dnssec is Dnssec.INSECURE:
        yield finding(rules.INSECURE, found.name)
    elif answer.dnssec is not Dnssec.SECURE:
        yield finding(rules.NOT_VALIDATED, f"{found.name}: {answer.dnssec}")
    if len(answer.records) > KEY_RECORDS:
        yield finding(rules.TOO_MANY, f"{len(answer.records)} records; the first {KEY_RECORDS} are judged")
    if (keys := sum(each.keys for each in judged)) > 1:
        yield finding(rules.SEVERAL_KEYS, f"{keys} keys")


def _judge(record: Record, address: Address, now: int) -> _Judged:
    # The library behind it is large, and few runs read a key.
    from mailsec.content.openpgp.publickey import KeyDataError, load  # noqa: PLC0415

    place = Evidence(EvidenceKind.RECORD, f"{record.owner} OPENPGPKEY", f"{len(record.rdata)} octets")
    try:
        ring = load(record.rdata)
    except KeyDataError as error:
        broken = [finding(rules.MALFORMED, error.message, place)]
        if error.secret:
            broken.append(finding(rules.SECRET_KEY, "secret key packets stand in the record", place))
        return _Judged(Check("record", Status.PERMERROR, error.message, findings=tuple(broken)), broken=True)
    findings = []
    if ring.secret:
        findings.append(finding(rules.SECRET_KEY, "secret key packets stand in the record", place))
    if ring.cut:
        findings.append(finding(rules.TOO_MANY, f"more than {KEY_PACKETS} packets: not read", place))
    children = tuple(_key_check(key, address, now) for key in ring.keys[:LISTED])
    good = 0 if findings else sum(child.status is Status.PASS for child in children)
    check = Check("record", Status.PASS if good else Status.FAIL, "", findings=tuple(findings), children=children)
    return _Judged(check, len(ring.keys), good)


def _key_check(key: Key, address: Address, now: int) -> Check:
    findings = tuple(_key_findings(key, address, now))
    facts = (
        Fact("fingerprint", key.fingerprint),
        Fact("algorithm", key.algorithm),
        Fact("bits", key.bits or None),
        Fact("expires", utc(key.expires) if key.expires is not None else None),
        Fact("revoked", key.revoked),
        Fact("user-ids", listed(key.user_ids)),
        Fact("names-address", _names(key, address)),
    )
    return Check("key", Status.FAIL if findings else Status.PASS, "", facts, findings)


def _names(key: Key, address: Address) -> bool:
    return any(same(address, other) for other in key.addresses)


def _key_findings(key: Key, address: Address, now: int) -> Iterator[Finding]:
    if key.revoked:
        yield finding(rules.REVOKED, key.fingerprint)
    if key.weakness:
        yield finding(rules.WEAK, key.weakness)
    if not key.bound:
        if not key.weakness:  # the library takes no signature of a weak key
            yield finding(rules.UNBOUND, key.fingerprint)
        return
    if key.expires is not None and now >= key.expires:
        yield finding(rules.EXPIRED, f"at {utc(key.expires)}")
    if not _names(key, address):
        named = f"it names {listed(key.user_ids)}" if key.user_ids else "it names nobody"
        yield finding(rules.OTHER_ADDRESS, f"{address}: {named}")
