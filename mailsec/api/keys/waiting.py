"""Keys that wait for their certificates, as the reports have them."""

from __future__ import annotations

from mailsec.core.moment import utc
from mailsec.core.results import Check, Evidence, EvidenceKind, Fact
from mailsec.store.waiting import WaitingKey
from mailsec.trust.keyring.keys import Kind

_REQUEST = "CERTIFICATE REQUEST"


def waiting_check(key: WaitingKey) -> Check:
    """One key that waits, as `keys list` and `keys show` have it."""
    from mailsec.content.smime.keymaking import requested

    who = requested(key.request)
    facts = (
        Fact("kind", Kind.X509.value),
        Fact("created", utc(key.added)),
        Fact("secret", True),
        Fact("addresses", ", ".join(who.addresses)),
    )
    reason = f"WAITS for its certificate: {who.name}"
    return Check(key.name, None, reason, facts, evidence=(Evidence(EvidenceKind.KEY, key.name),))


def request_of(key: WaitingKey, *, secret: bool = False) -> bytes:
    """The request of a key that waits, in PEM, and behind it with `secret` the private key as it is kept."""
    from mailsec.trust.x509.bundle import block, key_block

    return block(_REQUEST, key.request) + (key_block(key.secret) if secret else b"")


def asked_for(key: WaitingKey) -> set[str]:
    """The addresses that its certificate may name."""
    from mailsec.content.smime.keymaking import requested

    return set(requested(key.request).addresses)
