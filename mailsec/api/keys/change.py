"""Changes of what the ring knows of a key: trust, statements, revocation, expiry, deletion."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.keys.names import find, find_waiting
from mailsec.api.keys.show import key_check
from mailsec.api.tool import TOOL
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.core.moment import utc
from mailsec.core.results import Report, Status
from mailsec.message.person import parse_address
from mailsec.store.ring import Entry, Ring
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.legitimacy import COUNTING, OwnerTrust
from mailsec.trust.keyring.paths import may_issue
from mailsec.trust.keyring.reading import read_key

Passphrase = Callable[[str], str]
"""Asks for the passphrase of the key that it is told; "" where there is none."""


def changed(ring: Ring, fingerprint: str, sentence: str, *, now: int) -> Report:
    """The report of a change: what was done, and the key as it is now."""
    entry = ring.entry(fingerprint)
    checks = (key_check(ring, entry, now),) if entry else ()
    return Report(fingerprint, Status.PASS, sentence, checks, now, TOOL, Exit.HOLDS)


def trust_owner(ring: Ring, name: str, trust: OwnerTrust, *, now: int) -> Report:
    """How far the certifications of a key's owner count."""
    entry = _by_fingerprint(ring, name)
    if trust is OwnerTrust.ULTIMATE and not entry.secret:
        raise UsageError("ultimate trust is for your own keys, and the ring has no secret key of this one", hint="full")
    if entry.certificate.kind is Kind.X509 and trust in COUNTING and not entry.secret and not may_issue(entry.certificate.data):
        raise UsageError(
            f"{entry.fingerprint} is no authority: there is nothing that it could certify",
            hint=f"mailsec keys trust {entry.fingerprint} --address ADDRESS, once compared",
        )
    with ring.change():
        ring.set_trust(entry.fingerprint, trust)
    return changed(ring, entry.fingerprint, f"Owner trust of {entry.fingerprint} is {trust}.", now=now)


def state_address(ring: Ring, name: str, address: str, *, now: int, remove: bool = False) -> Report:
    """Keep (or take back) the user's word that an address belongs to a key."""
    entry, mailbox = _by_fingerprint(ring, name), str(parse_address(address))
    with ring.change():
        if not remove:
            ring.state(entry.fingerprint, mailbox)
        elif not ring.unstate(entry.fingerprint, mailbox):
            raise UsageError(f"it was not stated that {mailbox} belongs to {entry.fingerprint}")
    sentence = f"{mailbox} {'no longer counts' if remove else 'counts'} as the address of {entry.fingerprint}."
    return changed(ring, entry.fingerprint, sentence, now=now)


def _by_fingerprint(ring: Ring, name: str) -> Entry:
    """Trust is never given to whatever answers to an address."""
    if "@" in name:
        raise UsageError("trust is given to a fingerprint, not to an address", hint=f"mailsec keys list {name}")
    return find(ring, name)


def revoke_key(ring: Ring, name: str, passphrase: Passphrase, *, now: int) -> tuple[Report, bytes]:
    """Revoke a key of one's own; the revocation itself as well, for those who have the key."""
    from mailsec.content.openpgp.keymaking import revocation  # the libraries are large

    entry = _openpgp(find(ring, name), "revoked")
    if entry.revocation is not None:
        raise UsageError(f"{entry.fingerprint} is revoked already")
    secret, words = _secret(ring, entry, passphrase)
    made = revocation(secret, words)
    with ring.change():
        ring.put(read_key(entry.certificate.data + made), "revoked here")
    sentence = f"{entry.fingerprint} is revoked. Publish it: mailsec keys export {entry.fingerprint}."
    return changed(ring, entry.fingerprint, sentence, now=now), made


def expire_key(ring: Ring, name: str, expires: int, passphrase: Passphrase, *, now: int) -> Report:
    """Let a key of one's own expire at another time, in seconds since 1970 UTC."""
    from mailsec.content.openpgp.keymaking import with_expiry

    entry = _openpgp(find(ring, name), "given another time")
    if expires <= now:
        raise UsageError("that time is past", hint=f"to end a key now: mailsec keys revoke {entry.fingerprint}")
    secret, words = _secret(ring, entry, passphrase)
    reading = read_key(with_expiry(secret, expires, words))
    with ring.change():
        ring.put(reading, "changed here")
    sentence = f"{entry.fingerprint} expires at {utc(expires)}. Publish it: mailsec keys export {entry.fingerprint}."
    return changed(ring, entry.fingerprint, sentence, now=now)


def _openpgp(entry: Entry, done: str) -> Entry:
    """The entry, where its owner can change it."""
    if entry.certificate.kind is Kind.X509:
        raise UsageError(
            f"{entry.fingerprint} is an X.509 certificate, which can be {done} by its issuer alone",
            hint="ask the authority; a new certificate comes into the ring with: mailsec keys import FILE",
        )
    return entry


def _secret(ring: Ring, entry: Entry, passphrase: Passphrase) -> tuple[bytes, str]:
    """The secret key with the certificate's latest state, and its passphrase."""
    from mailsec.content.openpgp.keymaking import with_secrets

    found = ring.secret_key(entry.fingerprint)
    if found is None:
        raise KeyUnavailable(f"the ring has no secret key of {entry.fingerprint}", hint="only its owner can change a key")
    data, protected = found
    return with_secrets(entry.certificate.data, data), passphrase(entry.fingerprint) if protected else ""


def delete_key(ring: Ring, name: str, *, now: int, secret: bool = False, only_secret: bool = False) -> Report:
    """Forget a key. A secret one is lost for good, so that it takes `secret`; `only_secret` keeps the certificate."""
    waiting = find_waiting(ring, name)
    if waiting is not None:
        return _delete_waiting(ring, waiting.name, now=now, secret=secret or only_secret)
    entry = find(ring, name)
    if entry.secret and not (secret or only_secret):
        raise UsageError(
            f"{entry.fingerprint} is a secret key: without it, mail to it can never be read again",
            hint="--secret deletes it all the same; mailsec keys export --secret keeps a copy",
        )
    if only_secret and not entry.secret:
        raise UsageError(f"the ring has no secret key of {entry.fingerprint}")
    with ring.change():
        if only_secret:
            ring.delete_secret(entry.fingerprint)
        else:
            ring.delete(entry.fingerprint)
    what = "The secret key of" if only_secret else "Key"
    return changed(ring, entry.fingerprint, f"{what} {entry.fingerprint} is deleted.", now=now)


def _delete_waiting(ring: Ring, name: str, *, now: int, secret: bool) -> Report:
    if not secret:
        raise UsageError(f"{name} is a private key that waits for its certificate", hint="--secret deletes it all the same")
    with ring.change():
        ring.waiting.delete(name)
    return changed(ring, name, f"Key {name}, which waited for its certificate, is deleted.", now=now)
