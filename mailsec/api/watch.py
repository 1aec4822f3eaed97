"""Whom a message is watched for, from what the user says."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.core.domains import DomainError, to_ascii
from mailsec.core.errors import UsageError
from mailsec.core.limits.spoofing import SPOOF_PROTECTED
from mailsec.sender.spoofing.subject import Watch


def watched(protect: Sequence[str], *receivers: str) -> Watch:
    """The domains that nobody else may look like, and the names of the receiver where they are given.

    Raises UsageError for what is no domain.
    """
    if len(protect) > SPOOF_PROTECTED:
        raise UsageError(f"more than {SPOOF_PROTECTED} domains to protect")
    return Watch(tuple(map(_protected, protect)), tuple(dict.fromkeys(filter(None, receivers))))


def _protected(text: str) -> str:
    try:
        name = to_ascii(text)
    except DomainError as error:
        raise UsageError(f"{text!r} cannot be protected: {error}", hint="give a domain, such as example.com") from None
    if "." not in name:
        raise UsageError(f"{text!r} cannot be protected: a single label", hint="give a domain, such as example.com")
    return name
