"""The world that most tests use, and how they ask in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from mailsec.core.flow import Answer, Dnssec, Flow, Query, Record, ask, run, through
from mailsec.trust.dnssec.validator import Validator
from tests.trust.dnssec.authority import DAY, NOW, Hashing, Signer, World, Zone

CONTENT = """
    @ MX 10 mx
    mx A 192.0.2.1
    * TXT "wild"
    a.b.c A 192.0.2.2
    *.ent MX 10 mx.
    alias CNAME mx.nsec3.test.
    out CNAME mx.unsigned.test.
    gone CNAME nothing.nsec.test.
    old DNAME nsec3.test.
    two TXT "one"
    two TXT "two"
"""
SIGNERS = {zone: Signer() for zone in ("", "test", "nsec.test", "nsec3.test")}


def make_world() -> World:
    """Root, test, a child with NSEC, one with NSEC3, one unsigned, one behind opt-out, and broken ones."""
    return _world().again()


@cache
def _world() -> World:
    zones = [
        Zone("", signer=SIGNERS[""]),
        Zone("test", "ns A 192.0.2.53\nloose NS ns.", signer=SIGNERS["test"]),
        Zone("nsec.test", CONTENT, signer=SIGNERS["nsec.test"]),
        Zone("nsec3.test", CONTENT, signer=SIGNERS["nsec3.test"], hashing=Hashing(salt=b"\xab")),
        Zone("unsigned.test", "@ MX 10 mx\nmx A 192.0.2.3", signer=None),
        Zone("optout.test", "@ MX 10 mx\nloose NS ns.\nmx A 192.0.2.3", hashing=Hashing(opt_out=True)),
        Zone("sub.optout.test", "@ MX 10 mx", signer=None),
        Zone("deep.ent.test", "@ MX 10 mx"),
        Zone("expired.test", "@ MX 10 mx", inception=NOW - 9 * DAY, expiration=NOW - DAY),
        Zone("early.test", "@ MX 10 mx", inception=NOW + DAY, expiration=NOW + 9 * DAY),
    ]
    return World(*zones)


class Asker:
    """Asks in a world through one validator."""

    def __init__(self, world: World, *, now: int = NOW, allow_sha1: bool = False) -> None:
        self.world = world
        self.validator = Validator(world.anchors(), now=now, allow_sha1=allow_sha1)

    def ask(self, name: str, type: str) -> Answer:
        def flow() -> Flow[Answer]:
            return (yield from ask(name, type))

        return run(through(flow(), self.validator.handle), self.world)

    def state(self, name: str, type: str) -> Dnssec:
        return self.ask(name, type).dnssec


def forged(world: World, name: str, type: str, change: Callable[[Answer], Answer]) -> Asker:
    """A new asker, behind somebody who changes the answer to one question."""
    world.forge[Query(name, type)] = change
    return Asker(world)


def without(*types: str) -> Callable[[Answer], Answer]:
    """Strip the proof of records of these types."""

    def change(answer: Answer) -> Answer:
        return replace(answer, proof=tuple(record for record in answer.proof if record.type not in types))

    return change


def with_proof(*records: Record) -> Callable[[Answer], Answer]:
    """Put other proof in the place of what there is."""
    return lambda answer: replace(answer, proof=records)
