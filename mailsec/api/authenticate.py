"""The results of `verify` as an Authentication-Results field (RFC 8601), alone or on top of the message."""

from __future__ import annotations

import os

from mailsec.api.verify_message import Verified
from mailsec.message.edit import insert, remove
from mailsec.message.fields import parse
from mailsec.sender.authres.read import claims
from mailsec.sender.authres.write import write


def default_authserv_id() -> str:
    """This host's name."""
    return os.uname().nodename or "localhost"


def results_field(authserv_id: str, verified: Verified) -> bytes:
    """The field, folded, with CRLF line ends. Raises UsageError where `authserv_id` cannot stand in it."""
    return write(authserv_id, verified.results)


def with_results(file: bytes, authserv_id: str, verified: Verified) -> bytes:
    """`file` with the field on top, and without any that claims to be from `authserv_id` (RFC 8601 section 5)."""
    field = results_field(authserv_id, verified)
    ours = [each for each in verified.message.all("Authentication-Results") if claims(each.value, authserv_id)]
    cleaned = remove(file, verified.message, ours) if ours else file
    return insert(cleaned, parse(cleaned) if ours else verified.message, (field,))
