"""Keys for S/MIME: made with a request for a certificate, and joined with the certificate when that comes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mailsec.api.keys.change import changed
from mailsec.api.keys.waiting import asked_for, request_of, waiting_check
from mailsec.api.tool import TOOL
from mailsec.core.errors import UsageError
from mailsec.core.exits import Exit
from mailsec.core.lookup import listed
from mailsec.core.results import Report, Status
from mailsec.store.ring import Ring
from mailsec.store.waiting import WaitingKey
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.legitimacy import OwnerTrust
from mailsec.trust.keyring.reading import Reading

if TYPE_CHECKING:
    from mailsec.api.keys.exchange import NewKey

_NEVER = 253_402_300_799
"""The last second of 9999: no date of expiry (RFC 5280 section 4.1.2.5), in seconds since 1970 UTC."""


def generate_request(ring: Ring, wanted: NewKey, *, now: int) -> tuple[Report, bytes]:
    """Make a key that waits for its certificate; the request for one (PKCS#10, PEM) that an authority is sent.

    Raises BadInput where the user IDs name nobody, UsageError for a kind of key that S/MIME does not have.
    """
    from mailsec.content.smime.keymaking import make_key, person, request  # the libraries are large
    from mailsec.trust.x509.privatekey import pkcs8, public_of

    who = person(wanted.user_ids)
    key = make_key(wanted.kind)
    made = request(key, who)
    waiting = WaitingKey(_name(public_of(key)), made, pkcs8(key, wanted.passphrase), bool(wanted.passphrase), now)
    with ring.change():
        ring.waiting.put(waiting)
    sentence = f"Key {waiting.name} for {', '.join(who.addresses)} waits for its certificate: mailsec keys import FILE."
    report = Report(waiting.name, Status.PASS, sentence, (waiting_check(waiting),), now, TOOL, Exit.HOLDS)
    return report, request_of(waiting)


def generate_self_signed(ring: Ring, wanted: NewKey, *, now: int) -> Report:
    """Make a key with a certificate that it signed itself, one's own: for tests. Raises what `generate_request` raises."""
    from mailsec.content.smime.keymaking import make_key, person, self_signed
    from mailsec.trust.keyring.certificates import reading
    from mailsec.trust.x509.bundle import Held
    from mailsec.trust.x509.privatekey import pkcs8

    expires = _NEVER if wanted.expires is None else wanted.expires
    if expires <= now:
        raise UsageError("the certificate would have expired already", hint="--expire 1y")
    who, key = person(wanted.user_ids), make_key(wanted.kind)
    read = reading(Held(self_signed(key, who, now=now, expires=expires)))
    with ring.change():
        ring.put(read, "generated here", trust=OwnerTrust.ULTIMATE)
        ring.put_secret(read.fingerprint, pkcs8(key, wanted.passphrase), protected=bool(wanted.passphrase))
    sentence = f"Key {read.fingerprint} for {', '.join(who.addresses)} is made, with a certificate that nobody vouches for."
    return changed(ring, read.fingerprint, sentence, now=now)


def join(ring: Ring, read: Reading) -> bool:
    """Give a certificate that is kept already the private key that waits for it, or that an older certificate of one's own has;
    False where there is none. It becomes one's own where it names no other addresses than those that were asked for.

    A certificate that names others is not joined: anybody can have one issued for a public key that he saw.
    """
    from mailsec.trust.x509.privatekey import public_in

    public = public_in(read.data)
    named = {each.address for each in read.user_ids if each.address}
    if public is None or not named or ring.secret_key(read.fingerprint) is not None:
        return False
    waiting = ring.waiting.get(_name(public))
    if waiting is not None and named <= asked_for(waiting):
        ring.put_secret(read.fingerprint, waiting.secret, protected=waiting.protected)
        ring.set_trust(read.fingerprint, OwnerTrust.ULTIMATE)
        ring.waiting.delete(waiting.name)
        return True
    return _renewed(ring, read.fingerprint, public, named)


def kept_apart(ring: Ring, read: Reading) -> str:
    """Why a certificate was not given the private key that waits with its public key; "" where none does."""
    from mailsec.trust.x509.privatekey import public_in

    public = public_in(read.data)
    waiting = ring.waiting.get(_name(public)) if public is not None else None
    if waiting is None:
        return ""
    others = sorted({each.address for each in read.user_ids if each.address} - asked_for(waiting))
    named = f"{listed(others)}, which was not asked for" if others else "no address"
    return f"not joined with the key that waits: it names {named}"


def _renewed(ring: Ring, fingerprint: str, public: bytes, named: set[str]) -> bool:
    from mailsec.trust.x509.privatekey import public_in

    for entry in ring.own_entries():
        if entry.certificate.kind is not Kind.X509 or public_in(entry.certificate.data) != public:
            continue
        found = ring.secret_key(entry.fingerprint)
        if found is not None and named <= {each.address for each in entry.user_ids}:
            ring.put_secret(fingerprint, found[0], protected=found[1])
            ring.set_trust(fingerprint, entry.owner_trust)
            return True
    return False


def _name(public: bytes) -> str:
    return sha256(public).hexdigest().upper()
