"""Domain names: A-labels and U-labels (RFC 5890), validity, parents.

The form that every room works with is *a name*: lower-case A-labels, no final dot.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailsec.core.limits.network import MAX_NAME

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


class DomainError(ValueError):
    """The text is not a domain name that could be asked for."""


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """The name of `text` in lower-case A-labels without a final dot (RFC 5891, with the mappings of UTS 46).

    Raises DomainError where it is empty, too long, has an empty label, or characters that no mail domain can have. Underscores
    pass: selectors and service names have them.
    """
    name = text.removesuffix(".")
    name = name.lower() if name.isascii() else _idna(name)
    if not name or len(name) > MAX_NAME:
        raise DomainError("empty name" if not name else f"longer than {MAX_NAME} octets")
    if not _HOST.match(name):
        raise DomainError("not a valid domain name")
    return name


def _idna(name: str) -> str:
    # The tables of IDNA2008 are large and rarely needed: not before a name asks for them. The standard library has only
    # IDNA2003, which turns straße into strasse: another domain.
    import idna  # noqa: PLC0415

    if len(name) > MAX_NAME * 4:
        raise DomainError("far too long")
    labels = []
    for label in name.translate(_DOTS).split("."):
        try:
            labels.append(label.lower() if label.isascii() else idna.encode(label, uts46=True).decode("ascii"))
        except (idna.IDNAError, UnicodeError) as error:
            raise DomainError(f"not a valid internationalized name: {error}") from None
    return ".".join(labels)


def to_unicode(name: str) -> str:
    """`name` with its A-labels as U-labels where they are valid, for showing beside the A-labels; never for comparing."""
    if "xn--" not in name:
        return name
    import idna  # noqa: PLC0415 - as above

    labels = []
    for label in name.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            labels.append(label)
    return ".".join(labels)


def is_name(text: str) -> bool:
    """True where `text` already is a name: lower-case A-labels without a final dot."""
    return 0 < len(text) <= MAX_NAME and _HOST.match(text) is not None


def parent(name: str) -> str:
    """`name` without its leftmost label; "" above a single label."""
    return name.partition(".")[2]


def is_within(name: str, ancestor: str) -> bool:
    """True where `name` is `ancestor` or lies below it."""
    return name == ancestor or name.endswith("." + ancestor)
