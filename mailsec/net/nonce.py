"""Texts that are used once."""

from __future__ import annotations

import secrets


def nonce() -> str:
    """32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)
