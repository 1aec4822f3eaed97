"""SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither shows it.

Without channel binding: the GS2 header says `n`. What the server claims is bounded and checked, its signature included.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode

from mailsec.core.limits.transport import SCRAM_MAX_ITERATIONS, SCRAM_MIN_ITERATIONS
from mailsec.core.text import clipped, from_bytes
from mailsec.transport.sasl.encoding import decode
from mailsec.transport.sasl.login import Login, SaslError
from mailsec.transport.sasl.saslprep import saslprep

_NONCE = re.compile(rb"[!-+\--~]+\Z")
_HASHES = {"SHA-1": "sha1", "SHA-256": "sha256"}
_NO_BINDING = b"n,"
_SHOWN = 100


class Scram:
    """The exchange: client-first, server-first, client-final, server-final. `nonce` is printable ASCII without a comma."""

    def __init__(self, login: Login, nonce: str, hash: str) -> None:
        self.name = f"SCRAM-{hash}"
        self._hash = _HASHES[hash]
        try:
            user, self._password = saslprep(login.user), saslprep(login.secret)
            authzid = saslprep(login.authzid) if login.authzid else ""
        except ValueError as error:
            raise SaslError(f"SCRAM cannot be used with this name or password: {error}") from None
        self._nonce = nonce.encode("ascii")
        if not _NONCE.match(self._nonce):
            raise ValueError("not a nonce")
        self._header = _NO_BINDING + (b"a=" + _escaped(authzid) if authzid else b"") + b","
        self._first = b"n=" + _escaped(user) + b",r=" + self._nonce
        self._expected = b""
        self._step = 0

    def begin(self) -> bytes | None:
        """client-first-message."""
        return self._header + self._first

    def respond(self, challenge: bytes) -> bytes:
        """client-final-message, then nothing more than that the server's signature was accepted."""
        self._step += 1
        if self._step == 1:
            return self._final(challenge)
        if self._step == 2:
            self._verify(challenge)
            return b""
        raise SaslError("a challenge after the end of the exchange")

    @property
    def complete(self) -> bool:
        """True once the server has proved that it knows the password too."""
        return self._step == 2

    def _final(self, server_first: bytes) -> bytes:
        nonce, salt, iterations = self._read(server_first)
        salted = hashlib.pbkdf2_hmac(self._hash, self._password.encode(), salt, iterations)
        without_proof = b"c=" + b64encode(self._header) + b",r=" + nonce
        message = b",".join((self._first, server_first, without_proof))
        client_key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.new(self._hash, client_key).digest(), message)
        self._expected = self._hmac(self._hmac(salted, b"Server Key"), message)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return without_proof + b",p=" + b64encode(proof)

    def _read(self, message: bytes) -> tuple[bytes, bytes, int]:
        """The nonce, the salt and the iteration count of server-first-message."""
        parts = message.split(b",")
        if message.startswith(b"m="):
            raise SaslError("the server demands an extension that nobody knows (m=)")
        if len(parts) < 3 or [part[:2] for part in parts[:3]] != [b"r=", b"s=", b"i="]:
            raise SaslError(f"not the first message of a SCRAM server: {clipped(from_bytes(message), _SHOWN)}")
        nonce, salt, count = (part[2:] for part in parts[:3])
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce) or not _NONCE.match(nonce):
            raise SaslError("the server's nonce does not go on from ours: somebody replays an old exchange")
        if not count.isdigit() or len(count) > 12:
            raise SaslError("the iteration count is no number")
        if not SCRAM_MIN_ITERATIONS <= int(count) <= SCRAM_MAX_ITERATIONS:
            raise SaslError(f"an iteration count of {int(count)}, outside of {SCRAM_MIN_ITERATIONS} to {SCRAM_MAX_ITERATIONS}")
        octets = decode(salt)
        if not octets:
            raise SaslError("an empty salt")
        return nonce, octets, int(count)

    def _verify(self, message: bytes) -> None:
        if message.startswith(b"e="):
            raise SaslError(f"the server refuses: {clipped(from_bytes(message[2:]), _SHOWN)}")
        if not message.startswith(b"v="):
            raise SaslError("the server's last message has no signature")
        if not hmac.compare_digest(decode(message[2:].partition(b",")[0]), self._expected):
            raise SaslError("the server's signature is wrong: it does not know the password")

    def _hmac(self, key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, self._hash)


def _escaped(name: str) -> bytes:
    return name.replace("=", "=3D").replace(",", "=2C").encode()
