"""Reports made by hand, as the rooms would make them, and one that is hostile all over."""

from __future__ import annotations

from dataclasses import replace

from mailsec.core.ladder import ladder, rung
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


_REFUSED = replace(
    rung(0.352, "server", b"550 5.1.1 no such user\r\n", tls="TLSv1.3"),
    status=Status.FAIL,
    reason="expected 250, received 550",
    evidence=(Evidence(EvidenceKind.SCRIPT, "submit.smtp:17", "S: 250"),),
)
DIALOGUE = ladder(
    "dialogue",
    (
        rung(0.0, "", b"connected to 192.0.2.1 port 25"),
        replace(rung(0.004, "server", b"220 mx.example.com ESMTP\r\n"), status=Status.PASS),
        rung(0.004, "client", b"EHLO a-rather-long-name-of-a-client.at-a-customer.somewhere-in-the-world.example\r\n"),
        rung(0.009, "server", b"250 STARTTLS\r\n"),
        rung(0.01, "client", b"STARTTLS\r\n"),
        rung(0.012, "server", b"220 go\r\n"),
        rung(0.3, "", b"TLS on: TLSv1.3 TLS_AES_256_GCM_SHA384, certificate pass"),
        rung(0.31, "client", b"RCPT TO:<nobody@example.com>\r\n", tls="TLSv1.3"),
        _REFUSED,
        rung(0.36, "client", b"QUIT\r\n", tls="TLSv1.3"),
        rung(0.361, "server", b"221 2.0.0 a farewell that is longer than there is room for on the right\r\n", tls="TLSv1.3"),
    ),
    parties=("client", "server"),
    status=Status.FAIL,
    reason="line 17: expected 250, received 550",
)
