"""`mailsec smtp`: the group."""

from __future__ import annotations

from mailsec.cli.group import group
from mailsec.cli.table import SMTP


@group("smtp", SMTP)
def smtp() -> None:
    """Send mail, or speak SMTP by script, to a server or as one.

    A script looks like the transcript in any textbook: S: is what the server says, C: what the client says.
    """
