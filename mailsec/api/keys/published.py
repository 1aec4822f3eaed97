"""Keys that a domain publishes for an address, into the ring: seen, so that they are found, and trusted by nobody for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailsec.api.keys.exchange import kept, refused
from mailsec.api.published_keys import PublishedKeys, published_keys
from mailsec.api.session import Session
from mailsec.api.tool import TOOL
from mailsec.core.errors import BadInput
from mailsec.core.exits import Exit
from mailsec.core.flow import Flow, together
from mailsec.core.results import Check, Fact, Report, Status
from mailsec.message.person import parse_address
from mailsec.store.ring import Ring
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.reading import Reading, merged

_CHECKS = {Kind.X509: "smimea", Kind.OPENPGP: "openpgpkey"}


def import_published(ring: Ring, address: str, session: Session, *, accept_case_variant: bool = False) -> Report:
    """Take the S/MIME certificates (SMIMEA 3 0 0) and the OpenPGP keys (OPENPGPKEY) of `address` into the ring, in one change,
    where DNSSEC vouches for the records; with `accept_case_variant` those of the lower-cased address as well.

    They are taken as they are, expired or revoked ones too: what may be done with a key is judged when it is used. Raises
    BadInput where `address` is none.
    """
    mailbox, now = str(parse_address(address)), session.now
    found = session.run(_asked(mailbox, accept_case_variant=accept_case_variant))
    with ring.change():
        checks = tuple(check for each in found for check in _taken(ring, mailbox, each))
    good = [check for check in checks if check.fact("import") in ("added", "merged", "unchanged")]
    said = f"{len(good)} keys of {mailbox}" if len(good) > 1 else f"{len(good) or 'No'} key of {mailbox}"
    sentence = f"{said} in the ring." if good else f"No key of {mailbox} that may be taken is published."
    return Report(mailbox, Status.PASS if good else Status.FAIL, sentence, checks, now, TOOL, _exit(found, checks, good))


def _asked(mailbox: str, *, accept_case_variant: bool) -> Flow[tuple[PublishedKeys, PublishedKeys]]:
    return together(
        published_keys(mailbox, Kind.X509, accept_case_variant=accept_case_variant),
        published_keys(mailbox, Kind.OPENPGP, accept_case_variant=accept_case_variant),
    )


def _exit(found: Sequence[PublishedKeys], checks: Sequence[Check], good: Sequence[Check]) -> Exit:
    """A failed lookup may hide a key, so it is no success; that one kind is not published is none of anybody's business."""
    if any(each.status is Status.TEMPERROR for each in found):
        return Exit.TEMPORARY
    if not good:
        return Exit.KEY
    return Exit.DOES_NOT_HOLD if any(check.fact("import") == "refused" for check in checks) else Exit.HOLDS


def _taken(ring: Ring, mailbox: str, published: PublishedKeys) -> Iterator[Check]:
    name = _CHECKS[published.kind]
    if published.status is not Status.PASS:
        yield Check(name, published.status, published.reason, (Fact("name", published.name),))
    for read in published.keys:
        try:
            yield _one(ring, mailbox, published, read)
        except BadInput as error:
            yield refused(read.fingerprint, error)


def _one(ring: Ring, mailbox: str, published: PublishedKeys, read: Reading) -> Check:
    old = ring.entry(read.fingerprint)
    if old is not None and published.kind is Kind.OPENPGP:
        read = merged(old.certificate.data, read)
    word = "added" if old is None else "unchanged" if old.certificate.data == read.data else "merged"
    check = kept(ring, read, word, f"DANE: {published.name}", None)
    entry = ring.entry(read.fingerprint)
    if entry is not None and ring.bound(entry, mailbox).bound.authenticated:
        return check
    hint = f"; nobody vouched for it yet: compare it, then mailsec keys trust {read.fingerprint} --address {mailbox}"
    return replace(check, reason=f"{check.reason}{hint}")
