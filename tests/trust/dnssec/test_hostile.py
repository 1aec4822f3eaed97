"""Answers changed at random: nothing crashes, and nothing changed passes as secure."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, Dnssec, Query, Record
from tests.trust.dnssec.authority import TTL
from tests.trust.dnssec.support import Asker, forged, make_world

CHANGED = [
    ("nsec.test", "MX"),
    ("no.b.c.nsec.test", "A"),
    ("any.nsec3.test", "TXT"),
    ("mx.nsec3.test", "TXT"),
    ("mx.old.nsec.test", "A"),
]


@given(st.data())
def test_any_change_of_any_octet(data: st.DataObject) -> None:
    """No change of an answer makes it crash, or lets changed records pass as secure."""
    owner, type = data.draw(st.sampled_from(CHANGED))
    part = data.draw(st.sampled_from(["records", "aliases", "proof"]))

    def change(answer: Answer) -> Answer:
        records = list(getattr(answer, part))
        if records:
            at = data.draw(st.integers(0, len(records) - 1))
            octets = bytearray(records[at].rdata)
            octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
            records[at] = replace(records[at], rdata=bytes(octets))
        return replace(answer, **{part: tuple(records)})

    world = make_world()
    query = Query(owner, type)
    world.forge[query] = change
    answer = Asker(world).ask(owner, type)
    if answer.dnssec is Dnssec.SECURE:
        true = world.answer(query)
        assert _folded(answer.records) == _folded(true.records)
        assert _folded(answer.aliases) == _folded(true.aliases)


def _folded(records: tuple[Record, ...]) -> list[bytes]:
    """Letters in names have no case, so a signature does not hold it."""
    return [each.rdata.lower() for each in records]


@given(
    st.lists(st.sampled_from(["MX", "A", "RRSIG", "NSEC", "NSEC3", "SOA", "CNAME", "DNAME", "DS", "DNSKEY", "TYPE9"])),
    st.data(),
)
def test_any_rubbish(types: list[str], data: st.DataObject) -> None:
    owners = st.sampled_from(["nsec.test", "mx.nsec.test", "", "x.y", "a..b"])
    rubbish = tuple(Record(data.draw(owners), type, TTL, data.draw(st.binary(max_size=40))) for type in types)
    for part in ("records", "aliases", "proof"):
        asker = forged(make_world(), "nsec.test", "MX", lambda answer, part=part: replace(answer, **{part: rubbish}))
        answer = asker.ask("nsec.test", "MX")
        assert (
            part == "proof"
            or not rubbish
            or answer.dnssec is not Dnssec.SECURE
            or answer.records == make_world().answer(Query("nsec.test", "MX")).records
        )
