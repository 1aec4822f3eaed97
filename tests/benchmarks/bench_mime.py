"""MIME side by side with the standard library: `python -m tests.benchmarks.bench_mime`.

Messages of about 12 kB, each one another, so that nothing is remembered from one to the next: DKIM-signed, with text, HTML and
an attachment, as most mail is. The memory line reads one message of 28 MB in a process of its own.
"""

from __future__ import annotations

import base64
import email
import email.parser
import email.policy
import subprocess
import sys
import tracemalloc
from hashlib import sha256
from itertools import cycle

from mailsec.message.fields import parse
from mailsec.message.leaves import contents, readings
from mailsec.message.mime import structure
from tests.benchmarks.clock import rate

HEADER = """\
{received}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;
\th=from:to:subject:date:message-id:mime-version:content-type;
\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb={signature}
From: Alice Example <alice@example.org>
To: Bob <user@example.com>
Subject: Message number {number}
Date: Mon, 24 Nov 2025 10:00:00 +0000
Message-ID: <{number}@example.org>
MIME-Version: 1.0
X-Mailer: Example 1.0
List-Unsubscribe: <https://example.org/u/{number}>
Content-Type: multipart/mixed; boundary="=_mixed_{number}"

This is a multi-part message in MIME format.
--=_mixed_{number}
Content-Type: multipart/alternative; boundary="=_alt_{number}"

--=_alt_{number}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

{text}
--=_alt_{number}
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

{html}
--=_alt_{number}--

--=_mixed_{number}
Content-Type: application/pdf; name="report-{number}.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="report-{number}.pdf"

{file}--=_mixed_{number}--
"""
RECEIVED = """\
Received: from mx{hop}.example.org (mx{hop}.example.org [192.0.2.{hop}])
\tby mail.example.com (Postfix) with ESMTPS id {number:08X}
\tfor <user@example.com>; Mon, 24 Nov 2025 10:0{hop}:00 +0000 (UTC)
"""


def message_of(number: int, octets: int = 4_000) -> bytes:
    """The message with this number, its attachment of so many octets."""
    seed = sha256(b"%d" % number).digest()
    text = HEADER.format(
        received="".join(RECEIVED.format(hop=hop, number=number) for hop in range(4)),
        signature="A" * 300,
        number=number,
        text=f"Hello Bob, this is the text of message {number}.\n" * 30,
        html='<html><body><p style=3D"color: red">Hello Bob, this is =E2=82=AC</p>\n</body></html>\n' * 30,
        file=base64.encodebytes(seed * (octets // 32)).decode(),
    )
    return text.replace("\n", "\r\n").encode()


def headers(data: bytes) -> None:
    """What a look at the header takes."""
    parse(data)


def tree(data: bytes) -> None:
    """Every leaf of every reading, decoded, and its hash."""
    message = parse(data)
    for _, content in contents(message, readings(message, structure(message)).leaves):
        sha256(content.data).digest()


def their_headers(data: bytes) -> None:
    """The same by the standard library."""
    email.parser.BytesHeaderParser().parsebytes(data)


def their_tree(data: bytes) -> None:
    """The same by the standard library, which has one reading."""
    for part in email.message_from_bytes(data, policy=email.policy.default).walk():
        if not part.is_multipart():
            sha256(part.get_payload(decode=True)).digest()


def run() -> list[tuple[str, float, float, str]]:
    """(label, ours a second, the peer's a second, the peer) for each job."""
    messages = cycle([message_of(number) for number in range(2_000)])
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 100_000 + b"--b--\r\n"
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000))
    return [
        ("mime headers only, 12 kB", *_both(headers, their_headers, messages), "email"),
        ("mime tree, decoded and hashed, 12 kB", *_both(tree, their_tree, messages), "email"),
        ("mime 100,000 empty parts", rate(lambda: structure(parse(many))), 0.0, "-"),
        ("mime 2,000 nested parts", rate(lambda: structure(parse(deep))), 0.0, "-"),
        _memory(),
    ]


def _both(ours: object, theirs: object, messages: cycle[bytes]) -> tuple[float, float]:
    assert callable(ours)
    assert callable(theirs)
    return rate(lambda: ours(next(messages))), rate(lambda: theirs(next(messages)))


def large(octets: int = 20_000_000) -> str:
    """Take one message of 28 MB apart here, leaf by leaf; the peak of allocated memory by the message's own size, both ways."""
    data = message_of(1, octets)
    ratios = []
    for job in (tree, their_tree):
        tracemalloc.start()
        job(data)
        ratios.append(1 + tracemalloc.get_traced_memory()[1] / len(data))  # the message itself was there before
        tracemalloc.stop()
    return f"{len(data)} {ratios[0]:.2f} {ratios[1]:.2f}"


def _memory() -> tuple[str, float, float, str]:
    job = [sys.executable, "-m", "tests.benchmarks.bench_mime"]
    size, ours, theirs = subprocess.run(job, check=True, capture_output=True, text=True).stdout.split()
    return f"mime memory by size, {int(size) // 1_000_000} MB (less is better)", float(ours), float(theirs), "email"


if __name__ == "__main__":
    print(large())
