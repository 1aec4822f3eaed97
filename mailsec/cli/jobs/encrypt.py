"""What `mailsec encrypt` does."""

from __future__ import annotations

import os
import re

from mailsec.api.encrypt_message import EncryptOptions, encrypt_message, encrypt_split
from mailsec.api.session import Session
from mailsec.api.sign_openpgp import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_input, write_message
from mailsec.cli.jobs.keyfile import key_files
from mailsec.cli.passphrase import PassphraseOptions, asker
from mailsec.content.openpgp.encrypting import Objection
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.store.files import shown, write

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]|^\.")
_NAME = 120
"""Characters of a file name that is made from an address."""


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    with Session() as clock:
        now = clock.now
    options = _options(chosen, passphrase)
    inputs = (file, *chosen.keys, *chosen.to_keys)

    def one(name: str, data: bytes) -> int:
        if chosen.bcc == "split":
            return _split(name, data, options, chosen, inputs, now)
        produced = encrypt_message(data, name, options, now=now)
        write_message(produced.data, chosen.path, inputs)
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_input((file,), one)


def _options(chosen: EncryptChoices, passphrase: PassphraseOptions) -> EncryptOptions:
    own, theirs = key_files(chosen.keys), key_files(chosen.to_keys)
    if chosen.sign and not own.own():
        raise KeyUnavailable("no secret key to sign with", hint="name one: --key FILE")
    allowed = {
        Objection.REVOKED: chosen.allow_revoked,
        Objection.EXPIRED: chosen.allow_expired,
        Objection.WEAK: chosen.allow_weak,
        Objection.UNAUTHENTICATED: chosen.allow_unauthenticated,
    }
    return EncryptOptions(
        theirs | own,
        chosen.to,
        theirs.listed,
        SignKeys(own | theirs, tuple(own.own()), asker(passphrase)) if chosen.sign else None,
        own.listed if chosen.for_self else (),
        chosen.openpgp,
        chosen.compress,
        chosen.bcc == "hidden",
        frozenset(kind for kind, yes in allowed.items() if yes),
    )


def _split(name: str, data: bytes, options: EncryptOptions, chosen: EncryptChoices, inputs: tuple[str, ...], now: int) -> int:
    """One file for each recipient in the folder that -o names; all are made before the first is written."""
    if not os.path.isdir(chosen.path):
        raise UsageError(f"{shown(chosen.path)} is no folder", hint="make it first")
    made = list(encrypt_split(data, name, options, now=now))
    for number, (address, produced) in enumerate(made, 1):
        write(os.path.join(chosen.path, f"{number:03}-{_UNSAFE.sub('_', address)[:_NAME]}.eml"), produced.data, inputs)
        if not chosen.quiet:
            say_report(produced.report)
    return Exit.HOLDS
