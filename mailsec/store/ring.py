"""The key ring: certificates and secret keys with everything that is known of them, in the tables of `store.database`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from mailsec.store.database import Database
from mailsec.store.waiting import Waiting
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Kind
from mailsec.trust.keyring.legitimacy import COUNTING, Introducer, OwnerTrust, certifier
from mailsec.trust.keyring.packets import key_id
from mailsec.trust.keyring.paths import Paths
from mailsec.trust.keyring.reading import Reading, Revocation, UserId


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate in the ring with everything that the ring knows of it. Times in seconds since 1970 UTC."""

    certificate: Certificate
    key_id: str
    created: int
    expires: int | None
    revocation: Revocation | None
    algorithm: str
    bits: int
    user_ids: tuple[UserId, ...]
    owner_trust: OwnerTrust
    changed: int
    secret: bool
    sources: tuple[tuple[str, int], ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The fingerprint, in upper case."""
        return self.certificate.fingerprint

    def introducer(self) -> Introducer:
        """The certificate as one whose certifications may count."""
        return Introducer(self.fingerprint, self.certificate.data, self.expires, self.revocation)


class Ring:
    """An open ring: a context manager, and a `Keys`. `now` is the time that bindings are judged for, and of what is kept."""

    def __init__(self, path: str, *, now: int) -> None:
        """Open the ring at `path`, made where it is missing. Raises what `Database` raises."""
        self._db = Database(path)
        self.waiting = Waiting(self._db)
        self._now = now
        self._introducers: tuple[Introducer, ...] | None = None
        self._paths: Paths | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change of the ring: all of it or nothing. Raises KeyUnavailable where it stays locked or the disk is full."""
        try:
            with self._db.change():
                yield
        finally:
            self._introducers = self._paths = None

    # --- writing; inside of `change` only

    def put(self, reading: Reading, source: str, *, trust: OwnerTrust | None = None) -> None:
        """Keep a certificate in the place of what the ring had of it; statements stay, and owner trust unless it is given."""
        revoked = reading.revocation
        row = (
            *(reading.fingerprint, reading.kind.value, _key_id(reading), reading.created, reading.expires),
            *((revoked.at, revoked.hard, revoked.reason) if revoked else (None, None, None)),
            *(reading.algorithm, reading.bits, reading.data, self._now, self._now),
        )
        self._db.do(
            "INSERT INTO certificates (fingerprint, kind, key_id, created, expires, revoked_at, revoked_hard, revoked_reason,"
            " algorithm, bits, data, added, changed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (fingerprint) DO UPDATE SET"
            " expires = excluded.expires, revoked_at = excluded.revoked_at, revoked_hard = excluded.revoked_hard,"
            " revoked_reason = excluded.revoked_reason, data = excluded.data, changed = excluded.changed",
            row,
        )
        fingerprint = reading.fingerprint
        for table in ("handles", "user_ids", "signatures"):
            self._db.do(f"DELETE FROM {table} WHERE fingerprint = ?", (fingerprint,))
        self._db.do_each("INSERT INTO handles VALUES (?, ?)", [(handle, fingerprint) for handle in reading.handles])
        user_ids = tuple(enumerate(reading.user_ids))
        self._db.do_each(
            "INSERT INTO user_ids VALUES (?, ?, ?, ?)", [(fingerprint, n, each.text, each.address) for n, each in user_ids]
        )
        self._db.do_each(
            "INSERT INTO signatures VALUES (?, ?, ?)",
            [(fingerprint, n, issuer) for n, each in user_ids for issuer in each.certified_by],
        )
        self._db.do("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (fingerprint, source, self._now))
        if trust is not None:
            self.set_trust(fingerprint, trust)

    def put_secret(self, fingerprint: str, data: bytes, *, protected: bool) -> None:
        """Keep a secret key beside its certificate."""
        self._db.do("INSERT OR REPLACE INTO secret_keys VALUES (?, ?, ?, ?)", (fingerprint, int(protected), data, self._now))

    def put_capabilities(self, fingerprint: str, data: bytes, signed: int) -> bool:
        """Keep the SMIMECapabilities (DER) that a certificate's holder signed at `signed`, in seconds since 1970 UTC; False
        where what is known is newer."""
        return (
            self._db.do(
                "INSERT INTO capabilities VALUES (?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET data = excluded.data,"
                " signed = excluded.signed WHERE excluded.signed >= signed",
                (fingerprint, data, signed),
            )
            > 0
        )

    def set_trust(self, fingerprint: str, trust: OwnerTrust) -> None:
        """How far the owner's certifications count from now on."""
        self._db.do(
            "UPDATE certificates SET owner_trust = ?, changed = ? WHERE fingerprint = ?", (trust.value, self._now, fingerprint)
        )

    def state(self, fingerprint: str, address: str) -> None:
        """Keep the user's word that an address belongs to a certificate."""
        self._db.do("INSERT OR REPLACE INTO statements VALUES (?, ?, ?)", (fingerprint, address, self._now))

    def unstate(self, fingerprint: str, address: str) -> bool:
        """Take that word back; False where it was not given."""
        query = "DELETE FROM statements WHERE fingerprint = ? AND address = ?"
        return self._db.do(query, (fingerprint, address)) > 0

    def delete(self, fingerprint: str) -> None:
        """Forget a certificate, its secret key and everything about it."""
        self._db.do("DELETE FROM certificates WHERE fingerprint = ?", (fingerprint,))

    def delete_secret(self, fingerprint: str) -> None:
        """Forget a secret key; its certificate stays."""
        self._db.do("DELETE FROM secret_keys WHERE fingerprint = ?", (fingerprint,))

    # --- reading

    def entry(self, fingerprint: str) -> Entry | None:
        """Everything about the certificate with this fingerprint, None where the ring has none."""
        return next(self._entries("WHERE c.fingerprint = ?", (fingerprint,)), None)

    def entries(self, text: str = "") -> Iterator[Entry]:
        """All entries whose fingerprint begins with, or a user ID or key ID contains, `text` (any case), oldest first."""
        if not text:
            yield from self._entries("", ())
            return
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where = (
            "WHERE c.fingerprint IN (SELECT fingerprint FROM handles WHERE handle LIKE ? ESCAPE '\\' UNION"
            " SELECT fingerprint FROM user_ids WHERE user_id LIKE ? ESCAPE '\\' UNION"
            " SELECT fingerprint FROM statements WHERE address LIKE ? ESCAPE '\\')"
        )
        yield from self._entries(where, (pattern, pattern, pattern))

    def holders(self, handle: str) -> list[Entry]:
        """The entries that hold a key with this fingerprint or key ID."""
        return list(self._entries("WHERE c.fingerprint IN (SELECT fingerprint FROM handles WHERE handle = ?)", (handle,)))

    def claimants(self, address: str) -> list[Entry]:
        """The entries that claim an address in a user ID, or of which the user stated it."""
        where = (
            "WHERE c.fingerprint IN (SELECT fingerprint FROM user_ids WHERE address = ?"
            " UNION SELECT fingerprint FROM statements WHERE address = ?)"
        )
        return list(self._entries(where, (address, address)))

    def _entries(self, where: str, values: Sequence[str]) -> Iterator[Entry]:
        rows = self._db.rows(
            "SELECT c.fingerprint, c.kind, c.data, c.added, c.key_id, c.created, c.expires, c.revoked_at, c.revoked_hard,"
            " c.revoked_reason, c.algorithm, c.bits, c.owner_trust, c.changed, s.fingerprint IS NOT NULL"
            f" FROM certificates c LEFT JOIN secret_keys s USING (fingerprint) {where} ORDER BY c.added, c.fingerprint",
            values,
        )
        beside = _Beside(self._db, None if not where else [row[0] for row in rows])
        for row in rows:
            yield beside.entry(row)

    def own_entries(self) -> Iterator[Entry]:
        """The entries whose secret keys the ring has."""
        return self._entries("WHERE s.fingerprint IS NOT NULL", ())

    def secret_key(self, fingerprint: str) -> tuple[bytes, bool] | None:
        """The secret key of a certificate, and whether a passphrase protects it."""
        rows = self._db.rows("SELECT data, protected FROM secret_keys WHERE fingerprint = ?", (fingerprint,))
        return (rows[0][0], bool(rows[0][1])) if rows else None

    # --- what rooms ask: `trust.keyring.keys.Keys`

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """The certificates that hold a key with one of these fingerprints or key IDs."""
        found = (entry.certificate for handle in handles for entry in self.holders(handle.upper()))
        return tuple({certificate.fingerprint: certificate for certificate in found}.values())

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that claim an address."""
        return tuple(entry.certificate for entry in self.claimants(address))

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """Whether an address belongs to a certificate of the ring."""
        entry = self.entry(certificate.fingerprint)
        return self.bound(entry, address) if entry else Binding(address, Bound.NOT, "the key ring does not have this key")

    def secret(self, fingerprint: str) -> bytes | None:
        """The secret key of a certificate."""
        found = self.secret_key(fingerprint)
        return found[0] if found else None

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys are at hand."""
        return tuple(entry.certificate for entry in self.own_entries())

    def capabilities(self, fingerprint: str) -> bytes | None:
        """The newest SMIMECapabilities (DER) that the holder of a certificate signed."""
        found = self.capabilities_at(fingerprint)
        return found[0] if found else None

    def capabilities_at(self, fingerprint: str) -> tuple[bytes, int] | None:
        """The same with the time at which they were signed, in seconds since 1970 UTC."""
        rows = self._db.rows("SELECT data, signed FROM capabilities WHERE fingerprint = ?", (fingerprint.upper(),))
        return (rows[0][0], rows[0][1]) if rows else None

    def bound(self, entry: Entry, address: str) -> Binding:
        """Whether an address belongs to an entry, and why."""
        if address in entry.statements:
            return Binding(address, Bound.STATED, f"stated with `keys trust {entry.fingerprint} --address {address}`")
        named = [each for each in entry.user_ids if each.address == address]
        if not named:
            return Binding(address, Bound.NOT, "no user ID of the key has this address")
        if _is_own(entry):
            return Binding(address, Bound.OWN, "your own key")
        if entry.certificate.kind is Kind.X509:
            return self.paths().binding(entry.certificate, address)
        introducers = self.introducers()
        for user_id in named:
            by = [each for each in introducers if not each.names.isdisjoint(user_id.certified_by)]
            who = certifier(entry.certificate.data, user_id.text, by, now=self._now) if by else None
            if who is not None:
                return Binding(address, Bound.CERTIFIED, f"certified by {who.fingerprint}, whose certifications you trust")
        return Binding(address, Bound.NOT, "nobody you trust has certified that the key is this address's")

    def is_stated(self, certificate: Certificate) -> bool:
        """True for one's own, and where an address was stated with `keys trust`."""
        entry = self.entry(certificate.fingerprint)
        return entry is not None and (_is_own(entry) or bool(entry.statements))

    def issuers(self, certificate: Certificate) -> Sequence[bytes]:
        """The authorities between an X.509 certificate and its root, as far as the ring has them, in DER."""
        return self.paths().between(certificate.data)

    def introducers(self) -> tuple[Introducer, ...]:
        """The keys whose certifications count, read once."""
        if self._introducers is None:
            trusted = self._trusted(Kind.OPENPGP)
            self._introducers = tuple(entry.introducer() for entry in trusted)
        return self._introducers

    def roots(self) -> tuple[bytes, ...]:
        """The X.509 certificates of authorities that the user trusts, in DER: roots for persons' certificates."""
        return self.paths().roots

    def paths(self) -> Paths:
        """What X.509 certificates are judged with, read once."""
        if self._paths is None:
            known = self._db.rows("SELECT data FROM certificates WHERE kind = ?", (Kind.X509.value,))
            trusted = [entry.certificate.data for entry in self._trusted(Kind.X509)]
            self._paths = Paths.of(trusted, [data for (data,) in known], now=self._now)
        return self._paths

    def _trusted(self, kind: Kind) -> Iterator[Entry]:
        """The entries of one kind whose owners' certifications count."""
        values = (kind.value, *(trust.value for trust in COUNTING))
        return self._entries("WHERE c.kind = ? AND c.owner_trust IN (?, ?)", values)


def _is_own(entry: Entry) -> bool:
    return entry.secret and entry.owner_trust is OwnerTrust.ULTIMATE


def _key_id(reading: Reading) -> str:
    """X.509 certificates have none."""
    return key_id(reading.fingerprint) if reading.kind is Kind.OPENPGP else ""


def _first_source(sources: Sequence[tuple[str, int]]) -> str:
    return min(sources, key=lambda each: each[1])[0] if sources else ""


class _Beside:
    """What stands in the tables beside `certificates`, by fingerprint: of all of them (None), or of a few."""

    def __init__(self, db: Database, fingerprints: Sequence[str] | None) -> None:
        self._db, self._only = db, fingerprints
        self._user_ids = self._grouped("SELECT fingerprint, place, user_id, address FROM user_ids")
        self._issuers = self._grouped("SELECT fingerprint, place, issuer FROM signatures")
        self._sources = self._grouped("SELECT fingerprint, seen, source FROM sources")
        self._statements = self._grouped("SELECT fingerprint, address FROM statements")

    def _grouped(self, query: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        if self._only is None:
            rows = self._db.rows(f"{query} ORDER BY 1, 2")
        else:
            one = f"{query} WHERE fingerprint = ? ORDER BY 1, 2"
            rows = [row for fingerprint in self._only for row in self._db.rows(one, (fingerprint,))]
        for fingerprint, *rest in rows:
            found.setdefault(fingerprint, []).append(tuple(rest))
        return found

    def entry(self, row: Any) -> Entry:
        """The entry of a row of `certificates`."""
        fingerprint, kind, data, added, key_id, created, expires, *revoked, algorithm, bits, trust, changed, secret = row
        by_place: dict[int, list[str]] = {}
        for place, issuer in self._issuers.get(fingerprint, ()):
            by_place.setdefault(place, []).append(issuer)
        sources = tuple((source, seen) for seen, source in self._sources.get(fingerprint, ()))
        return Entry(
            Certificate(Kind(kind), fingerprint, data, sources[0][0] if sources else "", added),
            key_id,
            created,
            expires,
            Revocation(revoked[0], bool(revoked[1]), revoked[2]) if revoked[2] is not None else None,
            algorithm,
            bits,
            tuple(UserId(text, at, tuple(by_place.get(n, ()))) for n, text, at in self._user_ids.get(fingerprint, ())),
            OwnerTrust(trust),
            changed,
            bool(secret),
            sources,
            tuple(address for (address,) in self._statements.get(fingerprint, ())),
        )
