"""The headers of cleartext signed messages, told from what was put among them."""

from __future__ import annotations

import pytest

from mailsec.trust.keyring.armor import blocks

_TEXT = b"-----BEGIN PGP SIGNED MESSAGE-----\n%s\ntext\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"


@pytest.mark.parametrize(
    ("header", "injected"),
    [
        (b"", False),
        (b"Hash: SHA512\n", False),
        (b"Hash:SHA512,SHA256 \t\r\nHash: SHA1\r\n", False),
        (b"Hash:\n", False),
        (b"Hash: SHA512\nPay me\n", True),
        (b"Comment: x\n", True),
        (b"Hash: SHA512!\n", True),
        # a pattern in which two runs could share these spaces takes hours
        (b"Hash: " + b" " * 1_000_000 + b"!\n", True),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_anything_but_hash_lines_is_injected(header: bytes, injected: bool) -> None:
    (block,) = blocks(_TEXT % header)
    assert (block.text, block.injected) == (b"text", injected)
