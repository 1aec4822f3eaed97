"""The people of the lab, and tokens for them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, urlsafe_b64encode
from pathlib import Path

PASSWORDS = {"alice@example.test": "secret-alice", "bob@example.test": "secret-bob"}


def token(run: Path, user: str, seconds: int = 600) -> str:
    """A token that Dovecot takes for `user` (XOAUTH2, OAUTHBEARER) for so many seconds; one that has expired where negative."""
    key = b64decode((run / "dovecot/oauth2/default/HS256/default").read_text())
    now = int(time.time())
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": user, "iat": now - 5, "exp": now + seconds})
    signed = b".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + _encoded(hmac.new(key, signed, hashlib.sha256).digest())).decode("ascii")


def _encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
