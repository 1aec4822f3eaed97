"""The public suffix list, for comparison: RFC 7489 found organizational domains by it, RFC 9989 does not."""

from __future__ import annotations

from functools import cache
from typing import Protocol, cast


class _List(Protocol):
    def privatesuffix(self, domain: str) -> str | None: ...

    def publicsuffix(self, domain: str) -> str | None: ...


@cache
def _list() -> _List:
    # Reading the list takes as long as everything else together, and hardly a run needs it.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return cast(_List, PublicSuffixList(accept_unknown=True))


def public_suffix(name: str) -> str:
    """The longest public suffix that `name` is or lies below; by the default rule `*` its last label (RFC 7489 section 3.2)."""
    return _list().publicsuffix(name) or name


def listed_organization(name: str) -> str:
    """The organizational domain of `name` by the list: the public suffix and one label; a public suffix is its own."""
    return _list().privatesuffix(name) or name
