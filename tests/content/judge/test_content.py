"""Every known spoof on top of a valid signature, and what is right for each; judged as whole mails through the use case."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailsec.api.session import Session, Settings
from mailsec.api.verdict import Question
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.core.limits.content import CONTENT_LAYERS
from mailsec.core.results import Report, Status
from mailsec.trust.keyring.files import FileKeys, read_keys
from tests.content.mails import (
    ALICE,
    HEADER,
    MALLORY,
    NOW,
    TEXT,
    armored,
    cleartext,
    mail,
    mixed,
    part,
    signature,
    signed,
)
from tests.content.openpgp.forge import packet
from tests.support import TableSource

KEYS = read_keys(ALICE.public(), "file alice.asc") | read_keys(MALLORY.public(), "file mallory.asc")
FOOTER = part(b"-- \r\nThe list\r\n")
HTML = part(b"<html><style>div{display:none}</style><b>Good signature from Alice</b>", b"text/html")
SENTENCE = b"Pay 100.\r\n"


def judged(file: bytes, keys: FileKeys | None = KEYS, table: dict[str, object] | None = None, **options: object) -> Report:
    source = TableSource(table or {})  # type: ignore[arg-type] # tables of tests
    with Session(Settings(at=NOW), source=source) as session:
        return verify_message(file, "m", session, VerifyOptions(keys=keys, at=NOW, **options)).report  # type: ignore[arg-type]


def outcome(report: Report) -> tuple[str, int, int]:
    """Content answer, deciding row, exit code."""
    assert report.verdict
    return report.verdict.content, report.verdict.decided_by, report.exit


def rules(report: Report) -> set[str]:
    return {found.rule for found in report.all_findings() if found.rule.startswith(("content-", "openpgp-"))}


SHOWN = mail(signed(sig=signature(TEXT) + b"<h1>Pay Mallory</h1>\r\n")).replace(
    b"application/pgp-signature\r\n", b"text/html\r\n"
)
REPLY = b"Reply-To: alice@evil.example\r\n"
CASES = {
    "all of it signed": (mail(signed()), ("good", 12, 0), {"content-header-unprotected"}),
    "nothing signed": (mail(TEXT), ("absent", 16, 3), set()),
    "changed": (mail(signed(sig=signature(TEXT)).replace(b"pay 100", b"pay 900")), ("bad", 3, 1), {"openpgp-signature-bad"}),
    "a signature over other content": (mail(signed(sig=signature(b"x"))), ("bad", 3, 1), {"openpgp-signature-bad"}),
    "another's signature": (mail(signed(TEXT, MALLORY)), ("bad", 3, 1), {"content-signer-not-author"}),
    "another's signature and hers": (mail(signed(TEXT, MALLORY, ALICE)), ("good", 12, 0), {"content-header-unprotected"}),
    "a footer beside": (mail(mixed(signed(), FOOTER)), ("partial", 9, 1), {"content-unsigned-parts"}),
    "a text in front": (mail(mixed(FOOTER, signed())), ("partial", 9, 1), {"content-unsigned-parts"}),
    "a third part": (mail(signed(more=FOOTER)), ("partial", 9, 1), {"content-unsigned-parts"}),
    "an empty part beside": (mail(mixed(signed(), part(b"\r\n"))), ("good", 12, 0), {"content-header-unprotected"}),
    "a text behind the signature, in a part that is shown": (
        SHOWN,
        ("partial", 4, 1),
        {"content-unsigned-parts", "content-signature-imitated"},
    ),
    "a structure without end around it": (
        mail(mixed(signed()).removesuffix(b"--mix--\r\n")),
        ("partial", 9, 1),
        {"content-ambiguous-structure"},
    ),
    "as an attachment": (
        mail(mixed(FOOTER, b"Content-Disposition: attachment\r\n" + signed())),
        ("partial", 9, 1),
        {"content-signed-attachment"},
    ),
    "alone, but as an attachment": (
        mail(mixed(b"Content-Disposition: attachment\r\n" + signed())),
        ("partial", 9, 1),
        {"content-signed-attachment"},
    ),
    "in an enclosed message": (
        mail(mixed(FOOTER, part(mail(signed()), b"message/rfc822"))),
        ("partial", 9, 1),
        {"content-signed-attachment"},
    ),
    "a broken one in an enclosed message": (
        mail(mixed(FOOTER, part(mail(signed(sig=signature(b"x"))), b"message/rfc822"))),
        ("partial", 9, 1),
        {"content-signed-attachment"},
    ),
    "HTML beside that hides it": (
        mail(mixed(HTML, signed())),
        ("partial", 4, 1),
        {"content-unsigned-parts", "content-html-around", "content-signature-imitated"},
    ),
    "HTML that looks signed, alone": (
        mail(part(b"<pre>-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHi", b"text/html")),
        ("absent", 4, 1),
        {"content-signature-imitated"},
    ),
    "two From fields": (
        mail(signed(), b"From: mallory@evil.example\r\n" + HEADER),
        ("bad", 2, 1),
        {"content-author-undecided"},
    ),
    "two authors": (
        mail(signed(), HEADER.replace(b"<alice@bank.example>", b"<alice@bank.example>, m@evil.example")),
        ("bad", 3, 1),
        {"content-author-undecided"},
    ),
    "an address in the display name": (
        mail(
            signed(TEXT, MALLORY), HEADER.replace(b"Alice <alice@bank.example>", b'"alice@bank.example" <mallory@evil.example>')
        ),
        ("bad", 3, 1),
        {"content-address-in-name"},
    ),
    "her own address as display name": (
        mail(signed(), HEADER.replace(b"Alice <", b'"alice@bank.example" <')),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "Reply-To of another": (
        mail(signed(), REPLY + HEADER),
        ("good", 9, 1),
        {"content-header-unprotected", "content-other-sender"},
    ),
    "Sender of another": (
        mail(signed(), b"Sender: m@evil.example\r\n" + HEADER),
        ("good", 9, 1),
        {"content-header-unprotected", "content-other-sender"},
    ),
    "Sender is she": (
        mail(signed(), b"Sender: Alice <alice@BANK.example>\r\n" + HEADER),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "two Content-Types": (
        mail(signed(), HEADER + b"Content-Type: text/plain\r\n"),
        ("absent", 4, 1),
        set(),
    ),
    "no signature part": (mail(signed(sig=b"")), ("bad", 3, 1), {"openpgp-signature-unreadable"}),
    "a key in place of the signature": (
        mail(signed(sig=armored(ALICE.public(), "PUBLIC KEY BLOCK"))),
        ("bad", 3, 1),
        {"openpgp-signature-unreadable"},
    ),
    "armor that is cut off": (mail(signed(sig=signature(TEXT)[:200])), ("bad", 3, 1), {"openpgp-signature-unreadable"}),
    "one part only": (
        mail(
            b"Content-Type: multipart/signed; protocol=application/pgp-signature; boundary=b\r\n\r\n--b\r\n"
            + TEXT
            + b"\r\n--b--\r\n"
        ),
        ("bad", 3, 1),
        set(),
    ),
    "cut off in the middle": (mail(signed())[: len(HEADER) + 200], ("bad", 3, 1), {"openpgp-signature-unreadable"}),
    "within what she signed, a bad one": (
        mail(signed(signed(sig=signature(b"x"), boundary=b"inner"))),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "a bad one around hers": (
        mail(signed(signed(boundary=b"inner"), sig=signature(b"x"))),
        ("bad", 3, 1),
        {"openpgp-signature-bad"},
    ),
    "cleartext, all of it": (mail(part(cleartext(SENTENCE))), ("good", 12, 0), {"content-header-unprotected"}),
    "cleartext with dashes and space": (
        mail(part(cleartext(b"- one \r\n-----\r\nFrom x\t\r\n"))),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "cleartext in base64": (
        mail(part(b64encode(cleartext(SENTENCE)), b"text/plain", b"Content-Transfer-Encoding: base64")),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "cleartext with text around": (
        mail(part(b"Read this:\r\n" + cleartext(SENTENCE))),
        ("partial", 9, 1),
        {"content-unsigned-parts"},
    ),
    "two cleartexts": (mail(part(cleartext(SENTENCE) + cleartext(SENTENCE))), ("partial", 9, 1), {"content-unsigned-parts"}),
    "cleartext, changed": (
        mail(part(cleartext(SENTENCE).replace(b"100", b"900"))),
        ("bad", 3, 1),
        {"openpgp-signature-bad"},
    ),
    "cleartext with a text in its header": (
        mail(part(cleartext(SENTENCE, headers=b"Hash: SHA512\r\nComment: Pay 900 instead.\r\n"))),
        ("bad", 3, 1),
        {"openpgp-cleartext-injected"},
    ),
    "cleartext without its signature": (
        mail(part(b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHi\r\n")),
        ("bad", 3, 1),
        {"openpgp-signature-unreadable"},
    ),
    "inline message": (
        mail(part(armored(packet(11, b"b\0\0\0\0\0" + SENTENCE) + ALICE.subkey.sign(0, SENTENCE, NOW), "MESSAGE"))),
        ("good", 12, 0),
        {"content-header-unprotected"},
    ),
    "inline message that is damaged": (
        mail(part(armored(b"\x00\x01", "MESSAGE"))),
        ("bad", 3, 1),
        {"openpgp-signature-unreadable"},
    ),
    "encrypted": (
        mail(
            mixed(part(b"Version: 1", b"application/pgp-encrypted"), part(b"x", b"application/octet-stream"), kind=b"encrypted")
        ),
        ("unjudged", 10, 7),
        set(),
    ),
    "encrypted, inline": (mail(part(armored(packet(18, b"\x01xxxx"), "MESSAGE"))), ("unjudged", 10, 7), set()),
    "ciphertext beside plaintext": (
        mail(mixed(FOOTER, part(armored(packet(18, b"\x01xxxx"), "MESSAGE")))),
        ("unjudged", 10, 7),
        {"content-ciphertext-beside-plaintext"},
    ),
    "ciphertext within HTML": (
        mail(mixed(part(b'<img src="http://evil.example/', b"text/html"), part(armored(packet(18, b"\x01x"), "MESSAGE")))),
        ("unjudged", 4, 1),
        {"content-ciphertext-beside-plaintext", "content-html-around"},
    ),
    "several ciphertexts": (
        mail(mixed(*[part(armored(packet(18, b"\x01x"), "MESSAGE"))] * 2)),
        ("unjudged", 4, 1),
        {"content-several-ciphertexts"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_arrangement(name: str) -> None:
    file, expected, found = CASES[name]
    report = judged(file)
    assert outcome(report) == expected, report.summary
    assert rules(report) == found


def test_none_of_the_spoofs_passes_whatever_the_threshold_is() -> None:
    for name, (file, expected, _) in CASES.items():
        report = judged(file, fail_on=None)
        assert (report.status is Status.PASS) is (expected[2] == 0), name


def test_a_key_that_is_not_known() -> None:
    report = judged(mail(signed()), None)
    assert outcome(report) == ("unjudged", 10, 7)
    assert rules(report) == {"openpgp-key-unknown"}


def test_a_changed_text_stays_bad_whatever_an_unknown_key_says_beside_it() -> None:
    file = mail(signed(TEXT, MALLORY, ALICE)).replace(b"pay 100", b"pay 900")
    assert outcome(judged(file, read_keys(ALICE.public(), "f")))[0] == "bad"


def test_a_footer_can_be_allowed() -> None:
    file = mail(mixed(signed(), FOOTER))
    assert outcome(judged(file, allow_partial=True)) == ("partial", 12, 0)
    html = mail(mixed(HTML, signed()))
    assert outcome(judged(html, allow_partial=True)) == ("partial", 4, 1)


@pytest.mark.parametrize("case", [name for name, (_, _, found) in CASES.items() if "content-signed-attachment" in found])
def test_what_is_attached_cannot_be_allowed(case: str) -> None:
    """Whoever wrote the mail can attach what somebody else signed, or what nobody did."""
    file = CASES[case][0]
    for keys in (KEYS, None):
        assert outcome(judged(file, keys, allow_partial=True)) == ("partial", 9, 1)
        assert outcome(judged(file, keys, allow_partial=True, require=Question.CONTENT))[2] == 1
    footer = mail(mixed(part(mail(signed()), b"message/rfc822"), signed()))
    assert outcome(judged(footer, allow_partial=True)) == ("partial", 12, 0)


def test_uncovered_parts_are_named() -> None:
    report = judged(mail(mixed(signed(), FOOTER)))
    assert "2 (text/plain, 15 octets)" in report.summary
    check = report.check("content")
    assert check
    assert check.children[0].fact("uncovered") == "2 (text/plain, 15 octets)"


def test_more_layers_than_are_judged() -> None:
    file = mail(mixed(*[signed(boundary=b"s%d" % at) for at in range(CONTENT_LAYERS + 1)]))
    assert "content-too-many-layers" in rules(judged(file))


POLICY = {"_dmarc.bank.example": {"TXT": ["v=DMARC1; p=reject"]}}
PROTECTED = HEADER.removesuffix(b"MIME-Version: 1.0\r\n") + TEXT.replace(b"charset=utf-8", b'charset=utf-8; hp="clear"')


def test_an_old_text_under_a_new_header_is_not_authentic() -> None:
    report = judged(mail(signed()), table=POLICY, fail_on=None)
    # DKIM could have vouched: the domain's answer is "open" without an envelope, as nothing that aligns was there
    assert outcome(report) == ("good", 12, 0)


def test_protected_header_fields() -> None:
    report = judged(mail(signed(PROTECTED)))
    assert outcome(report) == ("good", 12, 0)
    assert not rules(report)
    shown = judged(mail(signed(PROTECTED), HEADER.replace(b"Payment", b"Other")))
    assert (outcome(shown), rules(shown)) == (("good", 4, 1), {"content-header-differs"})
    more = judged(mail(signed(PROTECTED), b"Cc: m@evil.example\r\n" + HEADER))
    assert (outcome(more), rules(more)) == (("good", 12, 0), {"content-header-unprotected"})


def test_reply_to_that_is_signed_too() -> None:
    assert outcome(judged(mail(signed(REPLY + PROTECTED), REPLY + HEADER))) == ("good", 12, 0)
    assert outcome(judged(mail(signed(PROTECTED), REPLY + HEADER)))[1] == 9


@pytest.mark.parametrize(
    ("file", "question", "code"),
    [
        (mail(signed()), "content", 0),
        (mail(signed()), "domain", 3),
        (mail(signed()), "both", 3),
        (mail(signed()), "any", 0),
        (mail(TEXT), "content", 3),
        (mail(mixed(signed(), FOOTER)), "content", 1),
        (mail(signed(), REPLY + HEADER), "content", 1),
        (mail(signed(sig=signature(b"x"))), "any", 1),
        (mail(signed(), b"From: x@evil.example\r\n" + HEADER), "any", 1),
    ],
)
def test_one_question_can_be_required(file: bytes, question: str, code: int) -> None:
    assert judged(file, require=question).exit == code
