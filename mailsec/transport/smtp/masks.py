"""What must not be shown: the variables marked secret, and what was said to authenticate, wherever it comes up again."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from mailsec.transport.smtp.template import Reference, named

_AUTH = re.compile(rb"^(AUTH +[^ \r\n]+ +)([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
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
        return b"".join(part if isinstance(part, bytes) else part.source for part in self.parts(data))

    def parts(self, data: bytes) -> list[bytes | Reference]:
        """`data` cut up at its secrets, with their names in their place."""
        if not self._names:
            return [data]
        secrets = b"|".join(re.escape(secret) for secret in sorted(self._names, key=len, reverse=True))
        pieces = re.split(b"(" + secrets + b")", data)
        return [named(self._names[piece]) if at % 2 else piece for at, piece in enumerate(pieces)]

    def said(self, shown: bytes, *, answering: bool) -> bytes:
        """What a client says as it is shown: its secret variables stand in `shown` by name already.

        `answering`: it answers a challenge, so that the whole of it is secret.
        """
        if answering:
            shown = self._argument(shown)
        return self.hidden(_AUTH.sub(lambda found: found[1] + self._argument(found[2]), shown))

    def _argument(self, shown: bytes) -> bytes:
        if shown in _PUBLIC or _REFERENCES.fullmatch(shown):
            return shown
        if (name := self._names.get(shown)) is None:
            self._count += 1
            name = f"{{masked-{self._count}}}".encode()
            self._hide(shown, name)
        return name
