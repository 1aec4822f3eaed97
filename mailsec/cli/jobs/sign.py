"""What `mailsec sign` does."""

from __future__ import annotations

from mailsec.api.session import Session, Settings
from mailsec.api.sign_message import KeyChoice, sign_dkim
from mailsec.cli.complaint import say_report
from mailsec.cli.io import each_input, write_message
from mailsec.cli.jobs.keyfile import read_key
from mailsec.cli.sign import SignChoices
from mailsec.sender.dkim.sign import SignOptions


def run(file: str, chosen: SignChoices) -> int:
    """Sign the message in `file` and write it; the exit code."""
    options = SignOptions(chosen.canonicalization, chosen.oversign, chosen.expire, not chosen.no_timestamp, chosen.identity)
    keys = [
        KeyChoice(read_key(key), selector, chosen.domain) for key, selector in zip(chosen.keys, chosen.selectors, strict=True)
    ]
    with Session(Settings(at=chosen.at if isinstance(chosen.at, int) else None)) as clock:
        now = clock.now

    def one(name: str, data: bytes) -> int:
        produced = sign_dkim(data, name, keys, options, now=now)
        write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_input((file,), one)
