"""`inspect` with all rules beside the standard library, which only parses and decodes: `python -m tests.benchmarks inspect`.

The last line inspects a message of 28 MB in a process of its own, for its time and its resident memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from base64 import encodebytes
from email import message_from_bytes, policy
from itertools import cycle
from time import perf_counter

from mailsec.api.inspect_message import inspect_message
from tests.benchmarks.clock import rate

NOW = 1_790_000_000
_VARIANTS = 200
_LARGE = 28_000_000


def message_of(number: int) -> bytes:
    """An ordinary message of about 12 kB: text and page with ten links, a PDF; each `number` has its own names."""
    shop = f"shop{number}.example"
    header = (
        f"Return-Path: <bounce-{number}@{shop}>\n"
        f"Received: from out.{shop} (out.{shop} [192.0.2.{number % 250}]) by mx.receiver.example (Postfix)\n"
        f"\twith ESMTPS id {number}ABC for <bob@receiver.example>; Mon, 21 Sep 2026 14:13:25 +0000\n"
        f"Received: from app.{shop} (app.{shop} [198.51.100.{number % 250}]) by out.{shop} (Postfix)\n"
        f"\twith ESMTPSA id {number}DEF; Mon, 21 Sep 2026 14:13:22 +0000\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={shop}; s=s1; t=1790000000;\n"
        f"\th=from:to:subject:date:message-id; bh=pRSUrnFFYHkAxPZGJvcC10etHZpbwoAB2j1YFwDIZDU=;\n\tb={'Xh6NxfT8' * 21}\n"
        f"From: Shop {number} <news@{shop}>\nTo: Bob <bob@receiver.example>\nSubject: News of week {number}\n"
        f"Date: Mon, 21 Sep 2026 14:13:20 +0000\nMessage-ID: <{number}@{shop}>\nMIME-Version: 1.0\n"
        f"List-Unsubscribe: <https://{shop}/u/{number}>\nX-Mailer: Shop 1.0\n"
        'Content-Type: multipart/mixed; boundary="outer"\n'
    )
    prose = "The quick brown fox jumps over the lazy dog, and then once more, and rests.\n" * 4
    links = [f"https://{shop}/item/{number}/{each}" for each in range(10)]
    text = "".join(f"{prose}See {link} for more.\n" for link in links)
    page = "".join(f'<p class="x">{prose}<b>New</b> <a href="{link}">read on</a></p>\n' for link in links)
    pdf = encodebytes(b"%PDF-1.7\n" + bytes(range(256)) * 12).decode()
    body = (
        '\n--outer\nContent-Type: multipart/alternative; boundary="inner"\n\n'
        f"--inner\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--inner\nContent-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>\n--inner--\n\n"
        '--outer\nContent-Type: application/pdf; name="report.pdf"\n'
        'Content-Disposition: attachment; filename="report.pdf"\nContent-Transfer-Encoding: base64\n\n'
        f"{pdf}\n--outer--\n"
    )
    return (header + body).replace("\n", "\r\n").encode()


def run() -> list[tuple[str, float, float, str]]:
    """(label, ours a second, the peer's a second, the peer) for each job."""
    messages = [message_of(number) for number in range(_VARIANTS)]
    turn, other = cycle(messages), cycle(messages)
    ours = rate(lambda: inspect_message(next(turn), "m.eml", now=NOW))
    peer = rate(lambda: _standard_library(next(other)))
    return [(f"inspect, all rules, {len(messages[0]) / 1000:.0f} kB", ours, peer, "email: parse and decode"), _large()]


def _standard_library(data: bytes) -> None:
    for part in message_from_bytes(data, policy=policy.default).walk():
        if not part.is_multipart():
            part.get_payload(decode=True)


def large(size: int = _LARGE) -> str:
    """Inspect one message of `size` octets here; seconds, peak resident memory in MB, and the message's size in MB."""
    line = encodebytes(bytes(range(57))).replace(b"\n", b"\r\n")
    header = b"From: a@b.example\r\nContent-Type: application/x-x; name=x.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    data = b"".join((header, *[line] * (size // len(line))))  # made once, in one piece
    inspect_message(message_of(0), "warm.eml", now=NOW)
    start = perf_counter()
    inspect_message(data, "large.eml", now=NOW)
    spent = perf_counter() - start
    return f"{spent:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} {len(data) / 1e6:.0f}"


def _large() -> tuple[str, float, float, str]:
    """In a process of its own, whose peak memory is then that of this one job."""
    child = subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_inspect"], check=True, capture_output=True, text=True)
    seconds, megabytes, size = child.stdout.split()
    return f"inspect, {size} MB ({seconds} s, {megabytes} MB resident)", 1 / float(seconds), 0.0, "-"


if __name__ == "__main__":
    print(large())
