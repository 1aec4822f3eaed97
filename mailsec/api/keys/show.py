"""`keys list` and `keys show`: what the ring knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailsec.api.keys.names import find, find_waiting
from mailsec.api.keys.waiting import waiting_check
from mailsec.api.keys.x509 import stated, vouched
from mailsec.api.tool import TOOL
from mailsec.core.exits import Exit
from mailsec.core.moment import utc
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Report, Status
from mailsec.store.ring import Entry, Ring
from mailsec.trust.keyring.algorithms import weakness
from mailsec.trust.keyring.keys import Bound, Kind


def list_keys(ring: Ring, text: str, *, now: int, only_secret: bool = False) -> Report:
    """The entries whose fingerprint, key ID, user ID or stated address contains `text`, one check each."""
    entries = [entry for entry in ring.entries(text) if entry.secret or not only_secret]
    waiting = [check for check in map(waiting_check, ring.waiting.all()) if _has(check, text)]
    which = f" that match {text!r}" if text else ""
    number = len(entries) + len(waiting)
    count = f"{number} {'secret ' if only_secret else ''}key{'s' if number != 1 else ''}{which}"
    checks = (*(key_check(ring, entry, now, brief=True) for entry in entries), *waiting)
    return Report("key ring", None, f"{count}.", checks, now, TOOL, Exit.HOLDS if checks else Exit.NOTHING)


def show_keys(ring: Ring, names: Sequence[str], *, now: int) -> Report:
    """Everything about the named keys. Raises what `names.find` raises."""
    shown = [_shown(ring, name, now) for name in names]
    said = ", ".join(called for called, _ in shown)
    return Report("key ring", None, f"{said}.", tuple(check for _, check in shown), now, TOOL, Exit.HOLDS)


def _shown(ring: Ring, name: str, now: int) -> tuple[str, Check]:
    """What a key is called, and everything about it."""
    waiting = find_waiting(ring, name)
    if waiting is not None:
        return waiting.name, waiting_check(waiting)
    entry = find(ring, name)
    return _called(entry), key_check(ring, entry, now)


def _has(check: Check, text: str) -> bool:
    """Whether a key that waits has `text` in its name or addresses, in any case."""
    words = f"{check.name} {check.reason} {check.fact('addresses')}"
    return text.casefold() in words.casefold()


def key_check(ring: Ring, entry: Entry, now: int, *, brief: bool = False) -> Check:
    """One key: its state first, then its addresses and why each is believed to be its owner's or not."""
    facts = [
        Fact("key-id", entry.key_id or None),
        Fact("kind", entry.certificate.kind.value),
        Fact("algorithm", entry.algorithm + (str(entry.bits) if entry.bits else "")),
        Fact("created", utc(entry.created)),
        Fact("expires", None if entry.expires is None else utc(entry.expires)),
        Fact("owner-trust", entry.owner_trust.value),
        Fact("secret", entry.secret),
    ]
    x509 = entry.certificate.kind is Kind.X509 and not brief
    if not brief:
        facts.extend(stated(entry) if x509 else ())
        facts.append(Fact("added", utc(entry.certificate.added)))
        facts.append(Fact("changed", utc(entry.changed)))
    children = [*_addresses(ring, entry), *(vouched(ring, entry) if x509 else ()), *(() if brief else _sources(entry))]
    evidence = (Evidence(EvidenceKind.KEY, entry.fingerprint),)
    return Check(entry.fingerprint, None, _state(entry, now), tuple(facts), evidence=evidence, children=tuple(children))


def _called(entry: Entry) -> str:
    return entry.user_ids[0].text if entry.user_ids else entry.fingerprint


def _state(entry: Entry, now: int) -> str:
    """What keeps the key from use, in front of its first user ID."""
    states = list(_troubles(entry, now))
    name = _called(entry) if entry.user_ids else "no user ID"
    return f"{', '.join(states)}: {name}" if states else name


def _troubles(entry: Entry, now: int) -> Iterator[str]:
    revoked = entry.revocation
    if revoked is not None:
        when = f" at {utc(revoked.at)}" if revoked.at is not None else ""
        yield f"REVOKED{when} ({'hard' if revoked.hard else 'soft'}: {revoked.reason})"
    if entry.created > now and entry.certificate.kind is Kind.X509:
        yield f"NOT VALID before {utc(entry.created)}"
    if entry.expires is not None and entry.expires <= now:
        yield f"EXPIRED at {utc(entry.expires)}"
    if weak := weakness(entry.algorithm, entry.bits):
        yield f"WEAK ({weak})"


def _addresses(ring: Ring, entry: Entry) -> Iterator[Check]:
    named = [(user_id.text, user_id.address) for user_id in entry.user_ids]
    stated = [(address, address) for address in entry.statements if address not in {each for _, each in named}]
    for text, address in (*named, *stated):
        if not address:
            yield Check(text, Status.NONE, "names no mail address", (Fact("address", None),))
            continue
        binding = ring.bound(entry, address)
        status = Status.NONE if binding.bound is Bound.NOT else Status.PASS
        yield Check(text, status, binding.reason, (Fact("address", address), Fact("authenticated", binding.bound.value)))


def _sources(entry: Entry) -> Iterator[Check]:
    for source, seen in entry.sources:
        yield Check("source", None, source, (Fact("seen", utc(seen)),))
