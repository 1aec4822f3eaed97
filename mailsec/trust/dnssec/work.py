"""What judging one question may cost, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.core.limits.network import DNSSEC_HASH_ROUNDS, DNSSEC_VERIFICATIONS

_SHA1 = frozenset({5, 7})
_MODERN = frozenset({8, 10, 13, 14, 15, 16})
_DIGESTS = frozenset({1, 2, 4})

ALGORITHMS = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    8: "RSASHA256",
    10: "RSASHA512",
    12: "ECC-GOST",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
}
"""The mnemonics of the IANA registry."""
DIGESTS = {1: "SHA-1", 2: "SHA-256", 3: "GOST R 34.11-94", 4: "SHA-384"}


class BeyondLimit(Exception):
    """Judging stopped at a bound: the answer is indeterminate, with this reason."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is accepted: the time in seconds since 1970 UTC, and whether SHA-1 signatures count (RFC 9905)."""

    now: int
    allow_sha1: bool = False

    def algorithm(self, number: int) -> bool:
        """True where signatures of this algorithm are verified."""
        return number in _MODERN or (self.allow_sha1 and number in _SHA1)

    def digest(self, number: int) -> bool:
        """True where DS records of this digest type are used."""
        return number in _DIGESTS

    def only_sha1(self, numbers: set[int]) -> bool:
        """True where SHA-1 is why none of these algorithms is accepted."""
        return not self.allow_sha1 and numbers <= _SHA1


@dataclass(slots=True)
class Work:
    """What one question has cost so far. Both methods raise BeyondLimit where it would be too much."""

    policy: Policy
    verifications: int = 0
    rounds: int = 0

    def verification(self) -> None:
        """Count one verification of a signature."""
        if self.verifications >= DNSSEC_VERIFICATIONS:
            raise BeyondLimit(f"more than {DNSSEC_VERIFICATIONS} signatures to verify for one question")
        self.verifications += 1

    def hashing(self, rounds: int) -> None:
        """Count the rounds of one NSEC3 hash."""
        self.rounds += rounds
        if self.rounds > DNSSEC_HASH_ROUNDS:
            raise BeyondLimit(f"more than {DNSSEC_HASH_ROUNDS} rounds of NSEC3 hashing for one question")


def algorithm_text(number: int) -> str:
    """An algorithm as reports show it."""
    return f"{number} ({ALGORITHMS[number]})" if number in ALGORITHMS else str(number)
