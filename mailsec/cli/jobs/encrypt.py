"""What `mailsec encrypt` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.at_hand import AtHand
from mailsec.api.encrypt_message import EncryptOptions, encrypt_message, encrypt_split
from mailsec.api.settings import clock
from mailsec.api.sign_openpgp import SignKeys
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_input
from mailsec.cli.jobs.encrypting import allowed, written, written_split
from mailsec.cli.jobs.keyfile import at_hand, key_files, only, passphrases
from mailsec.cli.keys import PassphraseOptions
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    now = clock()
    ask = passphrases(passphrase)
    own, theirs = (only(key_files(paths, ask), Kind.OPENPGP) for paths in (chosen.keys, chosen.to_keys))
    if chosen.sign and chosen.keys and not own.own():
        raise KeyUnavailable("no secret key to sign with: only public ones were named", hint="name the secret key with --key")
    inputs = (file, *chosen.keys, *chosen.to_keys)

    def one(name: str, data: bytes) -> int:
        with at_hand(theirs | own, chosen.ring, now=now) as keys:
            options = _options(chosen, keys, ask, own, theirs)
            if chosen.bcc == "split":
                return written_split(encrypt_split(data, name, options, now=now), chosen, inputs)
            return written(encrypt_message(data, name, options, now=now), chosen, inputs)

    return each_input((file,), one)


def _options(
    chosen: EncryptChoices, keys: AtHand, ask: Callable[[str], str], own: FileKeys, theirs: FileKeys
) -> EncryptOptions:
    signers = (*own.own(), *(keys.named(name, Kind.OPENPGP) for name in chosen.signers))
    return EncryptOptions(
        keys,
        to=tuple(name for name in chosen.to if "@" in name),
        certificates=theirs.listed,
        sign=SignKeys(keys, signers, ask) if chosen.sign else None,
        for_self=chosen.for_self,
        own=own.listed,
        hidden=chosen.bcc == "hidden",
        allow=allowed(chosen),
        named=tuple(keys.named(name, Kind.OPENPGP) for name in chosen.to if "@" not in name),
        openpgp=chosen.openpgp or "",
        compress=chosen.compress,
    )
