"""The validator: it turns an answer as the DNS gave it into one that says how far it can be trusted (RFC 4033 section 5,
RFC 4035 section 5).

    run(through(flow, Validator(IANA, now=now).handle), source)

The source must ask for RRSIG, NSEC and NSEC3 (the DO flag) and take unvalidated data (the CD flag), or be authoritative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dns.exception
import dns.name
import dns.rdatatype

from mailsec.core import rdata
from mailsec.core.flow import Answer, AnswerStatus, Ask, Dnssec, Fetch, Flow, Reply, ask, pass_on
from mailsec.core.results import Check
from mailsec.trust.dnssec.anchors import Anchors
from mailsec.trust.dnssec.case import SECURE, Case, Verdict, worse
from mailsec.trust.dnssec.proved import Missing
from mailsec.trust.dnssec.sets import SignedSet, parse, shown, text
from mailsec.trust.dnssec.tree import tree
from mailsec.trust.dnssec.walk import Walker
from mailsec.trust.dnssec.work import BeyondLimit, Policy, Work
from mailsec.trust.dnssec.zones import Zone


class Validator:
    """Judges answers at `now` (seconds since 1970 UTC) from `anchors` down, and remembers the zones that it came by.

    `allow_sha1` lets algorithms 5 and 7 count, which are as good as unsigned otherwise (RFC 9905). Not for more than one
    thread.
    """

    def __init__(self, anchors: Anchors, *, now: int, allow_sha1: bool = False) -> None:
        self.anchors = anchors
        self.policy = Policy(now, allow_sha1)
        self._walker = Walker(anchors, self.policy)

    def handle(self, asked: Ask) -> Flow[Reply]:
        """Ask what is asked, and answer with `dnssec` set: secure, insecure, bogus or indeterminate, and why in `reason`.

        Records stay as they came: what is bogus must not be used by whoever asked. Fetches pass through.
        """
        if isinstance(asked, Fetch):
            return (yield from pass_on(asked))
        answer = yield from ask(asked.name, asked.type)
        if answer.status.failed:
            return replace(answer, dnssec=Dnssec.INDETERMINATE)
        verdict = yield from self._judge(answer)
        return replace(answer, dnssec=verdict.state, reason=verdict.reason or answer.reason)

    def chain(self, name: str) -> Check:
        """The chain of trust down to the zone of `name` as a tree, as far as it was walked."""
        zone = self.zone(name)
        return tree(zone) if zone is not None else Check("dnssec-chain", None, "nothing was looked up")

    def zone(self, name: str) -> Zone | None:
        """What was learned of the zone of `name`, or of the nearest zone above it."""
        return self._walker.known(parse(name))

    def _judge(self, answer: Answer) -> Flow[Verdict]:
        try:
            return (yield from self._judge_links(answer, Case.of(answer, Work(self.policy))))
        except BeyondLimit as limit:
            return Verdict(Dnssec.INDETERMINATE, str(limit))
        except (dns.exception.DNSException, rdata.RdataError) as error:
            # No server sends names or types that cannot be; saved answers and table sources may hold them.
            return Verdict(Dnssec.BOGUS, f"the answer cannot be read ({type(error).__name__})")

    def _judge_links(self, answer: Answer, case: Case) -> Flow[Verdict]:
        """Every alias, and what the last one leads to; the state is the worst (RFC 4035 section 5, RFC 2308)."""
        owner = parse(answer.query.name)
        verdict = SECURE
        for alias in answer.aliases:
            signed = case.alias(owner)
            if signed is None or alias.owner != text(owner):
                return Verdict(Dnssec.BOGUS, f"the aliases do not begin at {shown(owner)}")
            verdict = worse(verdict, (yield from self._present(signed, case)))
            if verdict.state is Dnssec.BOGUS:
                return verdict
            owner = parse(rdata.name(alias.rdata))
        return worse(verdict, (yield from self._last(answer, owner, case)))

    def _last(self, answer: Answer, owner: dns.name.Name, case: Case) -> Flow[Verdict]:
        type = answer.query.type
        if answer.status is not AnswerStatus.OK:
            whole = answer.status is AnswerStatus.NXDOMAIN
            return (yield from self._absent(Missing(owner, int(dns.rdatatype.from_text(type)), whole), case))
        name = text(owner)
        signed = case.sets.get((name, type))
        if signed is None or any((record.owner, record.type) != (name, type) for record in answer.records):
            return Verdict(Dnssec.BOGUS, f"there are other records than {type} of {shown(owner)}")
        return (yield from self._present(signed, case))

    def _present(self, signed: SignedSet, case: Case) -> Flow[Verdict]:
        top = signed.owner.parent() if signed.type == "DS" and signed.owner != dns.name.root else signed.owner
        return (yield from self._under(signed.signers(), top, case, lambda zone: case.present(signed, zone)))

    def _absent(self, missing: Missing, case: Case) -> Flow[Verdict]:
        above = missing.type == dns.rdatatype.DS and missing.name != dns.name.root
        signers = case.deniers(missing.name, above=above)
        top = missing.name.parent() if above else missing.name
        return (yield from self._under(signers, top, case, lambda zone: case.absent(missing, zone)))

    def _under(
        self, signers: set[dns.name.Name], name: dns.name.Name, case: Case, judge: Callable[[Zone], Verdict]
    ) -> Flow[Verdict]:
        """Let the keys of the zone that signed it judge; without such a zone, those of the zone that `name` is in.

        A signer is only believed after the way down to it: whoever signs as a zone that is none, or strips the signatures of
        one that is, meets the keys of the real zone.
        """
        zone = None
        if signers:
            zone = yield from self._walker.walk(max(signers, key=len), case.work, at_once=True)
        if zone is None or (zone.state is Dnssec.SECURE and zone.name not in signers):
            zone = yield from self._walker.walk(name, case.work)
        return judge(zone) if zone.state is Dnssec.SECURE else Verdict(zone.state, zone.reason)
