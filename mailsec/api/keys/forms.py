"""X.509 certificates out of the ring in other forms than PEM, each with those above it that the ring has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailsec.api.keys.names import find
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.store.ring import Entry, Ring
from mailsec.trust.keyring.keys import Kind

FORMS = ("p12", "p7c", "mail")
"""PKCS#12 with the private key, certs-only PKCS#7, and that as a MIME entity."""

Words = Callable[[str, bool], str]
"""The passphrase of the key that it is told; of a new file where the key itself has none (True)."""


def export_as(ring: Ring, names: Sequence[str], form: str, words: Words) -> bytes:
    """The named certificates with their paths, in one of FORMS; p12 has one, with its private key under its passphrase.

    Raises UsageError for OpenPGP keys, KeyUnavailable where a private key is missing or stays locked.
    """
    entries = [_x509(find(ring, name)) for name in names]
    if not entries:
        raise UsageError("name the certificates that are to be written", hint="mailsec keys list")
    if form == "p12":
        if len(entries) > 1:
            raise UsageError("a PKCS#12 file is written for one key")
        return _pkcs12(ring, entries[0], words)
    from mailsec.content.smime.certsonly import certificates_entity  # the libraries are large
    from mailsec.trust.x509.bundle import certs_only

    found = [der for entry in entries for der in _path(ring, entry)]
    return certificates_entity(found) if form == "mail" else certs_only(found)


def _pkcs12(ring: Ring, entry: Entry, words: Words) -> bytes:
    from mailsec.trust.x509.pkcs12 import write_pkcs12
    from mailsec.trust.x509.privatekey import pkcs8, private_key

    found = ring.secret_key(entry.fingerprint)
    if found is None:
        raise KeyUnavailable(f"the ring has no secret key of {entry.fingerprint}", hint="--as p7c writes certificates alone")
    secret, protected = found
    passphrase = words(entry.fingerprint, not protected)
    opened = pkcs8(private_key(secret, passphrase))
    name = entry.user_ids[0].address if entry.user_ids else ""
    return write_pkcs12(name, opened, _path(ring, entry), passphrase)


def _path(ring: Ring, entry: Entry) -> list[bytes]:
    """A certificate and those above it, as far as the ring has them."""
    return [step.der for step in ring.paths().judged(entry.certificate.data).steps] or [entry.certificate.data]


def _x509(entry: Entry) -> Entry:
    if entry.certificate.kind is not Kind.X509:
        raise UsageError(f"{entry.fingerprint} is an OpenPGP key", hint="--as is for X.509 certificates")
    return entry
