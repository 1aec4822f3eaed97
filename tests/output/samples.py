"""Reports made by hand, as the rooms would make them, and one that is hostile all over."""

from __future__ import annotations

from mailsec.core.results import Check, Evidence, EvidenceKind, Fact, Finding, Report, Status, Verdict
from mailsec.core.rules import Severity

AT = 1_795_262_400  # 2026-11-21 12:00:00 UTC

SPF = Check(
    "spf",
    Status.PASS,
    "192.0.2.1 is allowed to send for example.com by ip4:192.0.2.0/24",
    facts=(Fact("identity", "mailfrom"), Fact("domain", "example.com"), Fact("lookups", 2), Fact("voids", 0)),
    evidence=(Evidence(EvidenceKind.DNS, "example.com TXT", "v=spf1 include:_spf.example.net ip4:192.0.2.0/24 -all"),),
    children=(
        Check(
            "include:_spf.example.net",
            Status.NEUTRAL,
            "did not match",
            facts=(Fact("cost", 2),),
            children=(
                Check("ip4:198.51.100.0/24", None, "192.0.2.1 is not within"),
                Check("a:mail.example.net", None, "resolved to 198.51.100.7", facts=(Fact("cost", 1),)),
            ),
        ),
        Check("ip4:192.0.2.0/24", Status.PASS, "192.0.2.1 is within"),
    ),
)

DKIM = Check(
    "dkim",
    Status.FAIL,
    "no signature holds",
    children=(
        Check(
            "signature 1",
            Status.FAIL,
            "the body was changed since it was signed",
            facts=(Fact("d", "example.com"), Fact("s", "sel2026"), Fact("bits", 2048), Fact("test_mode", False)),
            findings=(
                Finding(
                    "dkim-body-changed",
                    Severity.HIGH,
                    "the body's hash is not the one that was signed",
                    (
                        Evidence(
                            EvidenceKind.FIELD, "DKIM-Signature", "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 0, 412
                        ),
                    ),
                ),
                Finding("dkim-field-unsigned", Severity.LOW, "Subject is not signed", fix="sign Subject as well"),
            ),
        ),
        Check(
            "signature 2", Status.TEMPERROR, "the key's lookup timed out", facts=(Fact("d", "list.example"), Fact("key", None))
        ),
    ),
)

DMARC = Check("dmarc", Status.PASS, "spf authenticates example.com", facts=(Fact("policy", "reject"),))

PASSED = Report(
    "signed.eml",
    Status.PASS,
    "example.com vouches for this message, and asks receivers to reject what it does not vouch for",
    (SPF, DMARC),
    AT,
    "mailsec 0.1.0",
    0,
    Verdict("yes", "none", Status.PASS, 0, 11),
)

FAILED = Report(
    "changed.eml",
    Status.FAIL,
    "the message was changed since example.com signed it",
    (SPF, DKIM, Check("dmarc", Status.FAIL, "nothing that passes is aligned with example.com")),
    AT,
    "mailsec 0.1.0",
    1,
    Verdict("no", "none", Status.FAIL, 1, 8),
    explanation="This message claims to come from example.com, but it was changed on its way. Do not follow links in it.",
)

UNJUDGED = Report(
    "later.eml",
    Status.TEMPERROR,
    "the DNS did not answer in time: try again",
    (Check("spf", Status.SKIPPED, "no envelope was given"), Check("identities", None)),
    AT,
    "mailsec 0.1.0",
    5,
)

SHOWN = Report("list.eml", None, "a message with nothing to judge", (), AT, "mailsec 0.1.0", 3)


def hostile(text: str) -> Report:
    """A report with `text` in every string of it."""
    evidence = Evidence(EvidenceKind.FIELD, text, text, 0, 7)
    found = Finding(text, Severity.HIGH, text, (evidence,), text)
    leaf = Check(text, None, text, (Fact(text, text), Fact("n", 7), Fact("none", None)), (found,), (evidence,))
    check = Check(text, Status.FAIL, text, (Fact(text, text),), (found,), (evidence,), (leaf, leaf))
    verdict = Verdict(text, text, Status.FAIL, 1, 8)
    return Report(text, Status.FAIL, text, (check, leaf), AT, text, 1, verdict, text)


def deep(levels: int) -> Check:
    """A tree `levels` deep."""
    check = Check(f"level {levels}", Status.PASS)
    for level in range(levels - 1, 0, -1):
        check = Check(f"level {level}", Status.PASS, children=(check,))
    return check
