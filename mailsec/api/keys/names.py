"""What a key is called on the command line: a fingerprint, a long key ID, or an address that is authenticated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailsec.core.errors import BadInput, KeyUnavailable, UsageError
from mailsec.core.limits.keys import RING_CANDIDATES
from mailsec.message.person import parse_address
from mailsec.store.ring import Entry, Ring
from mailsec.store.waiting import WaitingKey
from mailsec.trust.keyring.keys import Kind

_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]+)\Z")
_FINGERPRINTS, _KEY_ID, _SHORT = (40, 64), 16, 8


_SAID = {
    Kind.OPENPGP: "an OpenPGP key, and S/MIME takes certificates alone",
    Kind.X509: "a certificate, and OpenPGP takes its keys alone",
}


def find(ring: Ring, name: str, kind: Kind | None = None) -> Entry:
    """The one entry that `name` means, of one `kind` or any.

    Raises KeyUnavailable where there is none or more than one, or where an address is not authenticated for any; UsageError
    for a short key ID, which anybody can make a key for, or for what is no name of a key.
    """
    name = name.strip()
    digits = _HEX.match(name.replace(" ", ""))
    if digits is not None:
        return _by_handle(ring, digits[1].upper(), kind)
    if "@" in name:
        return _by_address(ring, name, kind)
    raise UsageError(f"{name}: not the name of a key", hint="give a fingerprint, a key ID of 16 digits, or an address")


def find_waiting(ring: Ring, name: str) -> WaitingKey | None:
    """The key that waits for its certificate and has this name: 64 hexadecimal digits."""
    digits = _HEX.match(name.replace(" ", ""))
    return ring.waiting.get(digits[1].upper()) if digits is not None else None


def _by_handle(ring: Ring, handle: str, kind: Kind | None) -> Entry:
    if len(handle) == _SHORT:
        raise UsageError(f"{handle}: a short key ID names many keys", hint="give the fingerprint: mailsec keys list")
    if len(handle) not in (*_FINGERPRINTS, _KEY_ID):
        raise UsageError(f"{handle}: neither a fingerprint nor a key ID", hint="give the fingerprint: mailsec keys list")
    return _only(_of_kind(ring.holders(handle), handle, kind), handle)


def _by_address(ring: Ring, name: str, kind: Kind | None) -> Entry:
    try:
        address = str(parse_address(name))
    except BadInput as error:
        raise UsageError(f"{name}: {error.message}", hint=error.hint) from None
    claimants = _of_kind(ring.claimants(address), address, kind)
    good = [entry for entry in claimants if ring.bound(entry, address).bound.authenticated]
    if good or not claimants:
        return _only(good, address)
    raise KeyUnavailable(
        f"no key is authenticated for {address}; it is claimed by {_listed(claimants)}",
        hint=f"name the fingerprint; or, once compared, mailsec keys trust {claimants[0].fingerprint} --address {address}",
    )


def _of_kind(found: list[Entry], name: str, kind: Kind | None) -> list[Entry]:
    """Those of one kind. Raises KeyUnavailable where all are of the other."""
    fit = [each for each in found if kind in (None, each.certificate.kind)]
    if found and not fit:
        said = _SAID[found[0].certificate.kind]
        raise KeyUnavailable(f"{name} is {said}", hint="write one message with --pgp and one with --smime")
    return fit


def _only(found: Sequence[Entry], name: str) -> Entry:
    if not found:
        raise KeyUnavailable(f"the key ring has no key for {name}", hint="mailsec keys import FILE, or mailsec keys list")
    if len(found) > 1:
        raise KeyUnavailable(f"{name} names {len(found)} keys: {_listed(found)}", hint="name the fingerprint")
    return found[0]


def _listed(entries: Sequence[Entry]) -> str:
    names = ", ".join(entry.fingerprint for entry in entries[:RING_CANDIDATES])
    more = len(entries) - RING_CANDIDATES
    return f"{names} and {more} more" if more > 0 else names
