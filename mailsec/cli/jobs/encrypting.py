"""What `mailsec encrypt` does with OpenPGP and S/MIME alike."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mailsec.api.methods import EITHER, method_for
from mailsec.api.recipients import Wishes, wanted
from mailsec.api.settings import clock
from mailsec.api.signers import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files
from mailsec.content.objection import Objection
from mailsec.core.errors import MailsecError, UsageError
from mailsec.core.exits import Exit
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.core.results import Produced
from mailsec.message.fields import parse
from mailsec.store.files import STDIN, read, shown, write

if TYPE_CHECKING:
    from mailsec.api.at_hand import AtHand
    from mailsec.api.dane_keys import DaneKeys
    from mailsec.api.secret_keys import Ask
    from mailsec.api.session import Session
    from mailsec.trust.keyring.files import FileKeys

W = TypeVar("W", bound=Wishes)
_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]|^\.")
_NAME = 120
"""Characters of a file name that is made from an address."""


def _allowed(chosen: EncryptChoices) -> frozenset[Objection]:
    """What is to be overruled."""
    options = {
        Objection.REVOKED: chosen.allow_revoked,
        Objection.EXPIRED: chosen.allow_expired,
        Objection.WEAK: chosen.allow_weak,
        Objection.UNAUTHENTICATED: chosen.allow_unauthenticated,
    }
    return frozenset(kind for kind, yes in options.items() if yes)


def wished(options: W, chosen: EncryptChoices, keys: AtHand, ask: Ask, own: FileKeys) -> W:
    """`options` with what is wished of either method; `own` are the keys that --key names."""
    kind = options.kind
    signers = (*own.own(), *(keys.named(name, kind) for name in chosen.signers))
    return replace(
        options,
        to=tuple(name for name in chosen.to if "@" in name),
        sign=SignKeys(keys, signers, ask) if chosen.sign else None,
        for_self=chosen.for_self,
        hidden=chosen.bcc == "hidden",
        allow=_allowed(chosen),
        named=tuple(keys.named(name, kind) for name in chosen.to if "@" not in name),
        everybody=chosen.dane,
    )


def method_hint(file: str, chosen: EncryptChoices) -> str:
    """Which of --pgp and --smime all recipients of the message in `file` have a key for, where that can be found out."""
    try:
        if file == STDIN and (sys.stdin is None or sys.stdin.isatty()):
            return EITHER
        message = parse(read(file, MAX_MESSAGE_BYTES))
        with at_hand(key_files(chosen.to_keys, lambda _: ""), chosen.ring, now=clock()) as keys:
            return method_for(wanted(message, Wishes(keys, to=tuple(name for name in chosen.to if "@" in name))), keys)
    except MailsecError:  # what was wanted cannot be made in any case
        return EITHER


def written(produced: Produced, chosen: EncryptChoices, inputs: tuple[str, ...]) -> int:
    """Write one message, and say what was made; the exit code."""
    write_message(produced.data, chosen.path, inputs)
    if not chosen.quiet:
        say_report(produced.report)
    return produced.report.exit


def written_split(letters: Iterable[tuple[str, Produced]], chosen: EncryptChoices, inputs: tuple[str, ...]) -> int:
    """One file for each recipient in the folder that -o names; all are made before the first is written."""
    if not os.path.isdir(chosen.path):
        raise UsageError(f"{shown(chosen.path)} is no folder", hint="make it first")
    for number, (address, produced) in enumerate(list(letters), 1):
        write(os.path.join(chosen.path, f"{number:03}-{_UNSAFE.sub('_', address)[:_NAME]}.eml"), produced.data, inputs)
        if not chosen.quiet:
            say_report(produced.report)
    return Exit.HOLDS


def from_dns(data: bytes, wishes: Wishes, live: Session, chosen: EncryptChoices) -> DaneKeys:
    """The keys at hand with those of the DNS behind them, which is asked for whom the message in `data` is for and has none."""
    from mailsec.api.dane_keys import dane_keys, found_for  # DNSSEC, and few ask for it

    asked = wanted(parse(data), wishes, with_bcc=chosen.bcc == "split")
    variant = chosen.accept_case_variant
    keys = dane_keys(wishes.keys, asked, live, now=live.now, kind=wishes.kind, accept_case_variant=variant)
    # what is at hand and nobody vouched for is refused, or taken, where keys are chosen
    found_for(keys, [each for each in asked if all(found.kind is not wishes.kind for found in keys.of_address(each))])
    return keys
