"""What `keys show` says of an X.509 certificate: what it states, who vouches for it, and what its holder can read."""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.core.lookup import listed
from mailsec.core.moment import utc
from mailsec.core.results import Check, Fact
from mailsec.store.ring import Entry, Ring


def stated(entry: Entry) -> Iterator[Fact]:
    """What the certificate says beside its addresses."""
    from mailsec.trust.x509.person import load  # the cryptography is large, and a ring of OpenPGP keys needs none of it

    person = load(entry.certificate.data)
    yield Fact("subject", person.subject)
    yield Fact("issuer", person.issuer)
    yield Fact("signature-hash", person.signature_hash)
    yield Fact("for-mail", person.for_mail)


def vouched(ring: Ring, entry: Entry) -> Iterator[Check]:
    """The path to a root that is trusted, or as far as the ring has it; then the capabilities, where they are known."""
    path = ring.paths().judged(entry.certificate.data)
    yield (path.needless if ring.is_stated(entry.certificate) else path).check
    found = ring.capabilities_at(entry.fingerprint)
    if found is not None:
        yield _capabilities(*found)


def _capabilities(der: bytes, signed: int) -> Check:
    from mailsec.content.smime.capabilities import read_capabilities
    from mailsec.content.smime.cms import CmsError

    said = Fact("signed", utc(signed) if signed else None)
    try:
        read = read_capabilities(der)
    except CmsError as error:
        return Check("capabilities", None, f"cannot be read: {error}", (said,))
    names = listed([each.name for each in read.ciphers])
    facts = (Fact("oaep", read.oaep), Fact("compression", read.compression), said)
    return Check("capabilities", None, f"its holder's program reads {names or 'nothing that is known here'}", facts)
