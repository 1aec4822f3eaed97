"""What `mailsec encrypt` does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mailsec.api.at_hand import AtHand
from mailsec.api.encrypt_message import EncryptOptions, encrypt_message, encrypt_split, with_published
from mailsec.api.settings import KEYS, clock
from mailsec.api.sign_openpgp import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_input, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, only, passphrases
from mailsec.cli.jobs.session import session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.options import DnsOptions
from mailsec.content.openpgp.encrypting import Objection
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.store.files import shown, write
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Kind

if TYPE_CHECKING:
    from mailsec.api.session import Session

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]|^\.")
_NAME = 120
"""Characters of a file name that is made from an address."""


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions, dns: DnsOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    if not chosen.dane:
        return _run(file, chosen, passphrase, None, now=clock())
    with session(dns, dnssec=KEYS) as live:
        return _run(file, chosen, passphrase, live, now=live.now)


def _run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions, live: Session | None, *, now: int) -> int:
    """The same; `live` is what asks the DNS for keys, where it is asked."""
    ask = passphrases(passphrase)
    own, theirs = (only(key_files(paths, ask), Kind.OPENPGP) for paths in (chosen.keys, chosen.to_keys))
    if chosen.sign and chosen.keys and not own.own():
        raise KeyUnavailable("no secret key to sign with: only public ones were named", hint="name the secret key with --key")
    inputs = (file, *chosen.keys, *chosen.to_keys)

    def one(name: str, data: bytes) -> int:
        with at_hand(theirs | own, chosen.ring, now=now) as keys:
            options = _options(chosen, keys, ask, own, theirs)
            if live is not None:
                options = with_published(
                    data, options, live, bcc=bool(chosen.bcc), accept_case_variant=chosen.accept_case_variant
                )
            if chosen.bcc == "split":
                return _split(name, data, options, chosen, inputs, now)
            produced = encrypt_message(data, name, options, now=now)
        write_message(produced.data, chosen.path, inputs)
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_input((file,), one)


def _options(
    chosen: EncryptChoices, keys: AtHand, ask: Callable[[str], str], own: FileKeys, theirs: FileKeys
) -> EncryptOptions:
    allowed = {
        Objection.REVOKED: chosen.allow_revoked,
        Objection.EXPIRED: chosen.allow_expired,
        Objection.WEAK: chosen.allow_weak,
        Objection.UNAUTHENTICATED: chosen.allow_unauthenticated,
    }
    return EncryptOptions(
        keys,
        tuple(name for name in chosen.to if "@" in name),
        theirs.listed,
        SignKeys(keys, (*own.own(), *map(keys.named, chosen.signers)), ask) if chosen.sign else None,
        chosen.for_self,
        own.listed,
        chosen.openpgp or "",
        chosen.compress,
        chosen.bcc == "hidden",
        frozenset(kind for kind, yes in allowed.items() if yes),
        tuple(keys.named(name) for name in chosen.to if "@" not in name),
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
