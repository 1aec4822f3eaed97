"""DKIM side by side with dkimpy: `python -m tests.benchmarks.bench_dkim`.

The last line judges a message of 25 MB in a process of its own, for its time and its resident memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter

import dkim

from mailsec.core.flow import Answer, Ask
from mailsec.core.flow import run as drive
from mailsec.core.results import Status
from mailsec.message.fields import parse
from mailsec.sender.dkim.keys import SigningKey, load_private
from mailsec.sender.dkim.publish import generate
from mailsec.sender.dkim.sign import sign
from mailsec.sender.dkim.verify import verify
from tests.benchmarks.clock import rate
from tests.support import answer

NOW = 1_790_000_000
DOMAIN = b"football.example.com"
LINE = b"The quick brown fox jumps over the lazy dog, and then once more, and rests.\r\n"
HEADER = b"".join(
    name + b": " + value + b"\r\n"
    for name, value in (
        (
            b"Received",
            b"from mx.example.net (mx.example.net [192.0.2.7])\r\n\tby mail.example.org; Fri, 20 Nov 2026 08:00:00 +0000",
        ),
        (b"From", b"Joe SixPack <joe@football.example.com>"),
        (b"To", b"Suzie Q <suzie@shopping.example.net>"),
        (b"Subject", b"Is dinner ready?"),
        (b"Date", b"Fri, 20 Nov 2026 07:59:58 +0000"),
        (b"Message-ID", b"<20261120075958.46341.5F8J@football.example.com>"),
        (b"MIME-Version", b"1.0"),
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Transfer-Encoding", b"7bit"),
    )
)


def message_of(size: int, line: bytes = LINE) -> bytes:
    """A message whose body has about `size` octets."""
    return HEADER + b"\r\n" + line * max(1, size // len(line))


class Ready:
    """A source with one answer at hand."""

    def __init__(self, name: str, text: str) -> None:
        self.answer = answer(name, "TXT", [text])

    def start(self, ask: Ask) -> Answer:
        assert ask == self.answer.query
        return self.answer

    def wait(self) -> Sequence[tuple[Ask, Answer]]:
        raise AssertionError("nothing is in flight")

    def close(self) -> None:
        pass


class Case:
    """A key, its record, and the two verifiers over the same octets."""

    def __init__(self, kind: str = "rsa", bits: int = 2048) -> None:
        self.pem, record = generate(kind, bits)
        self.key = SigningKey("football.example.com", "bench", load_private(self.pem))
        self.record = record.encode()
        self.source = Ready(self.key.key_name, record)

    def signed(self, data: bytes) -> bytes:
        """`data` with a signature on top."""
        return sign(parse(data), [self.key], now=NOW - 60)[0] + data

    def ours(self, data: bytes) -> None:
        """Parse, ask, judge, make the check tree."""
        result = drive(verify(parse(data), now=NOW, author_domains=("football.example.com",)), self.source)
        assert result.status is Status.PASS

    def peers(self, data: bytes) -> None:
        """The same by dkimpy."""
        assert dkim.DKIM(data).verify(dnsfunc=lambda name, timeout=5: self.record)


def run() -> list[tuple[str, float, float, str]]:
    """(label, ours a second, the peer's a second, the peer) for each job."""
    rsa, ed25519 = Case(), Case("ed25519")
    small, big = message_of(1_200), message_of(1_000_000)
    ragged = message_of(1_000_000, b"\t" + LINE.replace(b"\r\n", b" \t \r\n"))
    return [
        _verify("dkim verify, 2 kB, rsa2048", rsa, small),
        _verify("dkim verify, 2 kB, ed25519", ed25519, small),
        _verify("dkim verify, 1 MB, rsa2048", rsa, big),
        _verify("dkim verify, 1 MB, white space at each line's ends", rsa, ragged),
        _sign("dkim sign, 2 kB, rsa2048", rsa, small),
        _large(),
    ]


def _verify(label: str, case: Case, message: bytes) -> tuple[str, float, float, str]:
    data = case.signed(message)
    return label, rate(lambda: case.ours(data)), rate(lambda: case.peers(data)), "dkimpy"


def _sign(label: str, case: Case, data: bytes) -> tuple[str, float, float, str]:
    names = [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]
    forms = (b"relaxed", b"relaxed")
    ours = rate(lambda: sign(parse(data), [case.key], now=NOW))
    return (
        label,
        ours,
        rate(lambda: dkim.sign(data, b"bench", DOMAIN, case.pem, canonicalize=forms, include_headers=names)),
        "dkimpy",
    )


def large(size: int = 25_000_000) -> str:
    """Verify one message of `size` octets here; seconds and peak resident memory in MB, as a line of two numbers."""
    case = Case()
    data = case.signed(message_of(size))
    start = perf_counter()
    case.ours(data)
    spent = perf_counter() - start
    return f"{spent:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"


def _large() -> tuple[str, float, float, str]:
    """In a process of its own, whose peak memory is then that of this one job."""
    child = subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_dkim"], check=True, capture_output=True, text=True)
    seconds, megabytes = child.stdout.split()
    return f"dkim verify, 25 MB ({seconds} s, {megabytes} MB resident)", 1 / float(seconds), 0.0, "-"


if __name__ == "__main__":
    print(large())
