"""The rules about forged senders over ordinary messages: `python -m tests.benchmarks spoofing`.

No program does the same; the peers are what a filter does first anyway: the standard library's parser on the same octets, and
for skeletons a library that asks whether a word is dangerous.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy

from confusable_homoglyphs.confusables import is_dangerous

from mailsec.message.authors import author
from mailsec.message.checks import message_check
from mailsec.message.fields import parse
from mailsec.message.mime import structure
from mailsec.sender.spoofing.confusables import skeleton
from mailsec.sender.spoofing.judge import Watch, inspect_spoofing
from tests.benchmarks.clock import rate

NOW = 1_790_000_000
LINE = b"The quick brown fox jumps over the lazy dog, and then once more, and rests.\r\n"
HEADER = b"".join(
    line + b"\r\n"
    for line in (
        b"Return-Path: <talk-bounces@lists.example.org>",
        b"Received: from lists.example.org (lists.example.org [192.0.2.7])\r\n\tby mx.example.net (Postfix) with ESMTPS\r\n"
        b"\tfor <ann@example.net>; Mon, 21 Sep 2026 14:13:22 +0000 (UTC)",
        b"Received: from mail.example.com (mail.example.com [192.0.2.9])\r\n\tby lists.example.org (Postfix) with ESMTPS;\r\n"
        b"\tMon, 21 Sep 2026 14:13:21 +0000 (UTC)",
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\r\n h=from:to:subject:date:message-id;\r\n"
        b" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=" + b"A" * 340,
        b"From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@example.com>",
        b"Sender: Talk <talk-bounces@lists.example.org>",
        b"Reply-To: jm@example.com",
        b"To: Talk <talk@lists.example.org>, Ann <ann@example.net>",
        b"Subject: [Talk] Is dinner ready?",
        b"Date: Mon, 21 Sep 2026 14:13:20 +0000",
        b"Message-ID: <20260921141320.46341@example.com>",
        b"List-Id: Talk <talk.lists.example.org>",
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=utf-8",
    )
)
MESSAGE = HEADER + b"\r\n" + LINE * 140
# distinct, so that nothing is only remembered
MESSAGES = [MESSAGE.replace(b"example.", b"example%d." % each) for each in range(200)]
WATCH = Watch(("example.net", "bank.example"))


def run() -> Iterator[tuple[str, float, float, str]]:
    read = [(parsed := parse(each), author(parsed), structure(parsed)) for each in MESSAGES]

    def form() -> None:
        for message, who, parts in read:
            message_check(message, parts, who)

    def forged() -> None:
        for message, who, parts in read:
            inspect_spoofing(message, who, parts, now=NOW, watch=WATCH)

    def whole() -> None:
        for each in MESSAGES:
            message = parse(each)
            who, parts = author(message), structure(message)
            message_check(message, parts, who)
            inspect_spoofing(message, who, parts, now=NOW, watch=WATCH)

    def peer() -> None:
        for each in MESSAGES:
            message_from_bytes(each, policy=policy.default)

    count = len(MESSAGES)
    rules, parsed = count * rate(forged), count * rate(peer)
    yield "forged senders: all rules, messages of 12 kB (1/s)", rules, parsed, "email.message_from_bytes"
    yield "forged senders: the same", rules, count * rate(form), "mailsec's own rules on form"
    yield "forged senders: with parsing and the rules on form", count * rate(whole), parsed, "email.message_from_bytes"
    word = "аррӏе-pаypal-example"
    yield "skeletons of a domain (1/s)", rate(lambda: skeleton(word)), rate(lambda: is_dangerous(word)), "confusable_homoglyphs"


if __name__ == "__main__":
    for label, ours, theirs, peer in run():
        print(f"{label:52} {ours:12,.1f} {theirs:12,.1f} {ours / theirs:7.2f}  {peer}")
