"""What the path shows of each certificate, and which rule each refusal names."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from mailsec.core.results import Status
from mailsec.trust.x509 import rules
from mailsec.trust.x509.chains import link
from mailsec.trust.x509.refusals import refused
from mailsec.trust.x509.revocation import RevocationFiles
from mailsec.trust.x509.signer import judge_signer
from tests.certificates import NOW
from tests.trust.x509.people import MAIL, SERVER, cases, person, purpose, usage, world


def test_what_is_shown_of_a_certificate() -> None:
    made = person(
        world()["root"],
        key=rsa.generate_private_key(65537, 2048),
        extensions=[usage("digital_signature", "content_commitment"), purpose(MAIL, SERVER)],
    )
    found = judge_signer([made.der], [world()["root"].der], now=NOW)
    shown = {fact.name: fact.value for fact in found.steps[0].check.facts}
    assert (shown["key"], shown["bits"]) == ("rsa", 2048)
    assert shown["usage"] == "digitalSignature, nonRepudiation, emailProtection, serverAuth"
    assert shown["not-before"] == "2027-01-14T08:00:00Z"
    above = {fact.name: fact.value for fact in found.steps[1].check.facts}
    assert (above["key"], above["bits"], above["usage"]) == ("secp256r1", 256, "keyCertSign, cRLSign")


def test_what_is_missing_is_no_refusal() -> None:
    case = cases()["an unknown root"]
    found = judge_signer([each.der for each in case.chain], [], now=NOW)
    assert [step.check.status for step in found.steps] == [None, None, Status.NEUTRAL]
    assert [each.rule for each in found.check.all_findings()] == [rules.UNKNOWN_ROOT.id]


def test_a_root_is_not_missed_where_the_user_said_whose_it_is() -> None:
    found = judge_signer([each.der for each in cases()["an unknown root"].chain], [], now=NOW)
    assert (found.needless.status, found.needless.reasons) == (found.status, found.reasons)
    assert list(found.needless.check.all_findings()) == []
    expired = judge_signer([cases()["self-signed and expired"].chain[0].der], [], now=NOW).needless
    assert [each.rule for each in expired.check.all_findings()] == [rules.EXPIRED.id]


def test_what_was_to_be_found_out_of_revocation_is_missed_all_the_same() -> None:
    chain, root = [each.der for each in cases()["good"].chain], world()["root"].der
    found = judge_signer(chain, [root], now=NOW, revocation=RevocationFiles(required=True))
    assert found.needless == found


def test_what_is_not_known_of_revocation_and_was_required() -> None:
    case = cases()["good"]
    chain = [each.der for each in case.chain]
    found = judge_signer(chain, [world()["root"].der], now=NOW, revocation=RevocationFiles(required=True))
    assert [each.rule for each in found.check.all_findings()] == [rules.REVOCATION_UNKNOWN.id] * 2
    assert [step.check.status for step in found.steps] == [Status.NEUTRAL, Status.NEUTRAL, None]


def test_nothing_to_judge_has_a_rule_too() -> None:
    assert judge_signer([b"x"], [], now=NOW).check.findings[0].rule == rules.UNREADABLE.id


def test_words_that_the_library_may_find_one_day() -> None:
    leaf = link(person().der)
    assert leaf is not None
    place, found = refused("it exceeds the maximum path length", (leaf,))
    assert (place, found.rule) == (0, rules.PATH_LENGTH.id)
    assert refused("something new", (leaf,))[1].rule == rules.PATH.id
    assert refused("the trust anchor is strange", (leaf, leaf))[0] == 1
