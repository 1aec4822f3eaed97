"""What must not be shown: the variables marked secret, and what was said to authenticate, wherever it comes up again."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

_AUTH = re.compile(rb"(AUTH +[^ ]+ +)([^ ].*)", re.IGNORECASE | re.DOTALL)
_REFERENCES = re.compile(rb"(?:\{[A-Za-z_][A-Za-z0-9_-]{0,31}(?::base64)?\})+")
_TELLING = 4
"""Octets from which on a secret is looked for in everything; a shorter one stands in other texts by chance."""
_PUBLIC = (b"", b"=", b"*")  # no initial response, an empty one, and the end of the exchange (RFC 4954 section 4)


class Masks:
    """Replaces each secret by its name in braces, which is how a script would write it."""

    def __init__(self, values: Mapping[str, bytes], secrets: frozenset[str]) -> None:
        self._names: dict[bytes, bytes] = {}
        self._count = 0
        for name in sorted(secrets):
            self._hide(values.get(name, b""), f"{{{name}}}".encode())
            self._hide(b64encode(values.get(name, b"")), f"{{{name}:base64}}".encode())

    def _hide(self, secret: bytes, name: bytes) -> None:
        if len(secret) >= _TELLING:
            self._names.setdefault(secret, name)

    def hidden(self, data: bytes) -> bytes:
        """`data` without any secret."""
        for secret in sorted(self._names, key=len, reverse=True):
            data = data.replace(secret, self._names[secret])
        return data

    def said(self, shown: bytes, real: bytes, *, answering: bool) -> bytes:
        """What a client's line is shown as. `shown` has its secret variables by name, `real` not.

        `answering`: it answers a challenge, so that the whole of it is secret.
        """
        if answering:
            shown = self._argument(shown, real)
        elif (auth := _AUTH.fullmatch(shown)) is not None and (whole := _AUTH.fullmatch(real)) is not None:
            shown = auth[1] + self._argument(auth[2], whole[2])
        return self.hidden(shown)

    def _argument(self, shown: bytes, real: bytes) -> bytes:
        if real in _PUBLIC or _REFERENCES.fullmatch(shown):
            return shown
        if (name := self._names.get(real)) is None:
            self._count += 1
            name = f"{{masked-{self._count}}}".encode()
            self._hide(real, name)
        return name
