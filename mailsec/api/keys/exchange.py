"""Keys into the ring and out of it: generation, import, export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from mailsec.api.keys.change import changed
from mailsec.api.keys.names import find, find_waiting
from mailsec.api.keys.seen import keep, shown_in, smime_mail
from mailsec.api.keys.smime import join, kept_apart
from mailsec.api.keys.waiting import request_of
from mailsec.api.tool import TOOL
from mailsec.core.errors import BadInput, KeyUnavailable, NothingToJudge, UsageError
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Fact, Report, Status
from mailsec.store.ring import Entry, Ring
from mailsec.trust.keyring.keys import Kind
from mailsec.trust.keyring.legitimacy import OwnerTrust
from mailsec.trust.keyring.reading import Reading, address_of, merged, read_key, read_keys, read_revocations

if TYPE_CHECKING:
    from mailsec.content.smime.seen import Seen
    from mailsec.trust.x509.bundle import Held

Opening = Callable[[str], str]
"""The passphrase of the file that it is told, which has to be opened first."""
NewPassphrase = Callable[[str], str | None]
"""The passphrase for an unprotected secret key whose fingerprint it is told: "" for none at all, None where nobody said."""


def _locked(source: str) -> str:
    raise KeyUnavailable(f"{source} is locked, and nobody gave its passphrase", hint="--passphrase-file FILE")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to generate; see `content.openpgp.keymaking.KeyWish`."""

    user_ids: tuple[str, ...]
    kind: str
    expires: int | None
    passphrase: str
    modern: bool


def generate_key(ring: Ring, wanted: NewKey, *, now: int) -> tuple[Report, bytes]:
    """Make a key of one's own, ultimately trusted; and a revocation of it, for the day when its passphrase is lost.

    Raises BadInput where a user ID names no mail address.
    """
    from mailsec.content.openpgp.keymaking import KINDS, KeyWish, generate, revocation  # the libraries are large

    for user_id in wanted.user_ids:
        if not address_of(user_id):
            raise BadInput(f"{user_id}: a user ID names one mail address", hint='"Alice <alice@example.org>"')
    kind = next((each for each in KINDS if each == wanted.kind), None)
    if kind is None or (wanted.modern and kind != "ed25519"):
        raise UsageError(f"no key of the kind {wanted.kind}{' in the form of RFC 9580' if wanted.modern else ''}")
    secret = generate(KeyWish(wanted.user_ids, kind, now, wanted.expires, wanted.passphrase, wanted.modern))
    reading = read_key(secret)
    with ring.change():
        ring.put(reading, "generated here", trust=OwnerTrust.ULTIMATE)
        ring.put_secret(reading.fingerprint, secret, protected=bool(wanted.passphrase))
    report = changed(ring, reading.fingerprint, f"Key {reading.fingerprint} for {', '.join(wanted.user_ids)} is made.", now=now)
    return report, revocation(secret, wanted.passphrase)


def import_keys(
    ring: Ring, data: bytes, source: str, passphrase: NewPassphrase, opening: Opening = _locked, *, now: int
) -> Report:
    """Take the keys (or revocations of known keys) in `data` into the ring, in one change; what is there already is merged.

    `opening` asks for the passphrase of a file that has to be opened first (PKCS#12).
    A secret key does not become one's own by being imported: anybody can send one. Raises NothingToJudge for empty data,
    BadInput where it holds no key.
    """
    if not data:
        raise NothingToJudge("the input is empty")
    with ring.change():
        mail = smime_mail(data)
        if mail is None:
            checks = tuple(_imported(ring, data, source, passphrase, opening))
        else:
            checks = tuple(_seen(ring, each, now=now) for each in shown_in(*mail, ring.roots(), now=now))
    if not checks:
        raise BadInput("holds no certificate")
    counts = Counter(str(check.fact("import")) for check in checks)
    words = ", ".join(f"{counts[word]} {word}" for word in ("added", "merged", "unchanged", "refused") if counts[word])
    bad = counts["refused"]
    good = len(checks) - bad
    exit_code = Exit.HOLDS if not bad else Exit.DOES_NOT_HOLD if good else Exit.BAD_INPUT
    return Report(source, Status.PASS if good else Status.FAIL, f"{words}.", checks, now, TOOL, exit_code)


def _imported(ring: Ring, data: bytes, source: str, passphrase: NewPassphrase, opening: Opening) -> Iterator[Check]:
    from mailsec.trust.x509.form import is_x509, openpgp_beside

    if is_x509(data):
        beside = openpgp_beside(data)
        for held in _held(ring, data, lambda: opening(source), empty=bool(beside)):
            yield _certificate(ring, held, source, passphrase)
        if not beside:
            return
        data = beside
    revocations = read_revocations(data)
    if revocations:
        for issuer, packet in revocations:
            yield _revoked(ring, issuer, packet, source)
        return
    for read in read_keys(data):
        if isinstance(read, BadInput):
            yield refused("key", read)
            continue
        try:
            yield _one(ring, read, source, passphrase)
        except (BadInput, KeyUnavailable) as error:
            yield refused(read.fingerprint, error)


def _held(ring: Ring, data: bytes, opening: Callable[[], str], *, empty: bool) -> Sequence[Held]:
    """The certificates in `data` with their private keys; of private keys alone, those of the ring. There may be none of both
    where it is `empty`: it has OpenPGP keys."""
    from mailsec.trust.x509.bundle import joined, read_contents

    contents = read_contents(data, opening)
    if empty and not contents.certificates and not contents.keys:
        return ()
    if contents.certificates or not contents.keys:
        return joined([contents])
    return joined([contents], [entry.certificate.data for entry in ring.entries() if entry.certificate.kind is Kind.X509])


def _certificate(ring: Ring, held: Held, source: str, passphrase: NewPassphrase) -> Check:
    """One X.509 certificate; there is nothing to be merged, as nothing of it can change."""
    from mailsec.trust.keyring.certificates import reading
    from mailsec.trust.x509.privatekey import is_locked

    read = reading(held)
    old = ring.entry(read.fingerprint)
    try:
        secret = _secret(ring, read, passphrase, protected=is_locked(held.secret)) if held.secret is not None else None
    except (BadInput, KeyUnavailable) as error:
        return refused(read.fingerprint, error)
    check = kept(ring, read, "added" if old is None else "unchanged" if secret is None else "merged", source, secret)
    if join(ring, read):
        facts = (Fact("import", "merged"), Fact("secret", True))
        return replace(check, reason=f"joined with its private key: {_called(read)}", facts=facts)
    apart = kept_apart(ring, read) if secret is None else ""
    return replace(check, reason=f"{check.reason}; {apart}") if apart else check


def _seen(ring: Ring, each: Seen, *, now: int) -> Check:
    """A certificate that a mail showed: it is known from now on, and nothing more."""
    before = ring.holders(sha256(each.certificate).hexdigest().upper())
    read = keep(ring, each, now=now)
    if read is None:
        return refused("certificate", BadInput("damaged or cut off"))
    word = "unchanged" if before else "added"
    facts = (Fact("import", word), Fact("secret", False), Fact("capabilities", each.capabilities is not None))
    return Check(read.fingerprint, Status.PASS, f"{word}: {_called(read)}, seen in signed mail", facts)


def refused(name: str, error: BadInput | KeyUnavailable) -> Check:
    """What is said of a key that is not taken."""
    hint = f"; {error.hint}" if error.hint else ""
    return Check(name, Status.FAIL, f"refused: {error.message}{hint}", (Fact("import", "refused"),))


def _revoked(ring: Ring, issuer: str, packet: bytes, source: str) -> Check:
    """A revocation that came by itself, added to the key that it is of, where it is."""
    holders = ring.holders(issuer)
    for entry in holders:
        reading = read_key(entry.certificate.data + packet)
        if reading.revocation is not None and entry.revocation is None:
            ring.put(reading, source)
            return Check(entry.fingerprint, Status.PASS, "revoked", (Fact("import", "merged"),))
    why = "it says nothing new, or is not the key's own" if holders else "the ring does not have the key"
    return refused("revocation", BadInput(f"of {issuer or 'nobody'}: {why}"))


def _one(ring: Ring, read: Reading, source: str, passphrase: NewPassphrase) -> Check:
    from mailsec.content.openpgp.keymaking import is_protected

    old = ring.entry(read.fingerprint)
    secret = _secret(ring, read, passphrase, protected=is_protected(read.secret)) if read.secret is not None else None
    reading = read if old is None else merged(old.certificate.data, read)
    same = old is not None and old.certificate.data == reading.data and secret is None
    return kept(ring, reading, "added" if old is None else "unchanged" if same else "merged", source, secret)


def kept(ring: Ring, read: Reading, word: str, source: str, secret: tuple[bytes, bool] | None) -> Check:
    """Put it into the ring; what became of it."""
    ring.put(read, source)
    if secret is not None:
        ring.put_secret(read.fingerprint, secret[0], protected=secret[1])
    facts = (Fact("import", word), Fact("secret", secret is not None))
    hint = f"; is it yours? mailsec keys trust {read.fingerprint} ultimate" if secret is not None else ""
    return Check(read.fingerprint, Status.PASS, f"{word}: {_called(read)}{hint}", facts)


def _called(read: Reading) -> str:
    return read.user_ids[0].text if read.user_ids else "no user ID"


def _secret(ring: Ring, read: Reading, passphrase: NewPassphrase, *, protected: bool) -> tuple[bytes, bool] | None:
    """The secret key to keep and whether it is protected; None where the ring has it. Raises KeyUnavailable for an unprotected
    one that nobody has said what to do with."""
    assert read.secret is not None
    if ring.secret_key(read.fingerprint) is not None:
        return None
    if protected:
        return read.secret, True
    words = passphrase(read.fingerprint)
    if words is None:
        raise KeyUnavailable(
            "the secret key has no passphrase", hint="--passphrase-file FILE protects it; --no-passphrase takes it as it is"
        )
    return (_with_passphrase(read, words), True) if words else (read.secret, False)


def _with_passphrase(read: Reading, words: str) -> bytes:
    from mailsec.content.openpgp import keymaking
    from mailsec.trust.x509.privatekey import pkcs8, private_key

    assert read.secret is not None
    if read.kind is Kind.X509:
        return pkcs8(private_key(read.secret), words)
    return keymaking.protected(read.secret, words)


def export_keys(ring: Ring, names: Sequence[str], *, secret: bool = False, armor: bool = True) -> bytes:
    """The named keys (all of them where none is named), or their secret keys as they are kept, for others to import. Of a key
    that waits for its certificate it is the request, and the private key behind it."""
    waiting = {name: found for name in names if (found := find_waiting(ring, name)) is not None}
    requests = b"".join(request_of(each, secret=secret) for each in waiting.values())
    entries = [find(ring, name) for name in names if name not in waiting] if names else list(ring.entries())
    if requests and not armor:
        raise UsageError("a request for a certificate is written in PEM", hint="leave out --binary")
    if requests and not entries:
        return requests
    if not entries:
        raise NothingToJudge("the key ring is empty")
    openpgp = [entry for entry in entries if entry.certificate.kind is Kind.OPENPGP]
    return requests + _openpgp(ring, openpgp, secret=secret, armor=armor) + _x509(ring, entries, secret=secret, pem=armor)


def _openpgp(ring: Ring, entries: Sequence[Entry], *, secret: bool, armor: bool) -> bytes:
    from mailsec.content.openpgp.keymaking import armored, exportable, with_secrets

    if not entries:
        return b""
    pieces = []
    for entry in entries:
        public = exportable(entry.certificate.data)
        found = _secret_of(ring, entry) if secret else None
        pieces.append(with_secrets(public, found) if found else public)
    data = b"".join(pieces)
    return armored(data, secret=secret) if armor else data


def _x509(ring: Ring, entries: Sequence[Entry], *, secret: bool, pem: bool) -> bytes:
    """The X.509 certificates among `entries`, each in PEM and behind it its private key; DER holds one and no key."""
    from mailsec.trust.x509.bundle import Held, as_pem

    chosen = [entry for entry in entries if entry.certificate.kind is Kind.X509]
    if not pem and chosen and (len(entries) > 1 or secret):
        raise UsageError("without armor, an X.509 certificate stands by itself", hint="name one, or leave out --binary")
    held = (Held(entry.certificate.data, _secret_of(ring, entry) if secret else None) for entry in chosen)
    return b"".join(as_pem(each) if pem else each.certificate for each in held)


def _secret_of(ring: Ring, entry: Entry) -> bytes:
    found = ring.secret_key(entry.fingerprint)
    if found is None:
        raise KeyUnavailable(f"the ring has no secret key of {entry.fingerprint}")
    return found[0]
