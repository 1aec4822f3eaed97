"""What `mailsec encrypt` does."""

from __future__ import annotations

from dataclasses import replace

from mailsec.api.at_hand import AtHand
from mailsec.api.encrypt_message import EncryptOptions, encrypt_message, encrypt_split
from mailsec.api.secret_keys import Ask
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_input
from mailsec.cli.jobs.encrypting import from_dns, wished, written, written_split
from mailsec.cli.jobs.keyfile import at_hand, key_files, only, passphrases
from mailsec.cli.jobs.session import keys_session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.lookup import DnsOptions
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions, dns: DnsOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    ask = passphrases(passphrase)
    own, theirs = (only(key_files(paths, ask), Kind.OPENPGP) for paths in (chosen.keys, chosen.to_keys))
    if chosen.sign and chosen.keys and not own.own():
        raise KeyUnavailable("no secret key to sign with: only public ones were named", hint="name the secret key with --key")
    inputs = (file, *chosen.keys, *chosen.to_keys)

    def one(name: str, data: bytes) -> int:
        with at_hand(theirs | own, chosen.ring, now=now) as keys:
            options = _options(chosen, keys, ask, own, theirs)
            if live is not None:
                options = replace(options, keys=from_dns(data, options, live, chosen))
            if chosen.bcc == "split":
                return written_split(encrypt_split(data, name, options, now=now), chosen, inputs)
            return written(encrypt_message(data, name, options, now=now), chosen, inputs)

    with keys_session(dns, dane=chosen.dane) as (live, now):
        return each_input((file,), one)


def _options(chosen: EncryptChoices, keys: AtHand, ask: Ask, own: FileKeys, theirs: FileKeys) -> EncryptOptions:
    options = EncryptOptions(
        keys, certificates=theirs.listed, own=own.listed, openpgp=chosen.openpgp or "", compress=chosen.compress
    )
    return wished(options, chosen, keys, ask, own)
