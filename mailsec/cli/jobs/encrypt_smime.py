"""What `mailsec encrypt --smime` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mailsec.api.at_hand import AtHand
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime, encrypt_smime_split
from mailsec.api.secret_keys import Ask
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_unread
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
    own, theirs = (only(key_files(paths, ask), Kind.X509) for paths in (chosen.keys, chosen.to_keys))
    if chosen.keys and (chosen.sign or chosen.for_self) and not own.own():
        raise KeyUnavailable("no certificate with its private key was named", hint="name both: --key FILE")
    inputs = (file, *chosen.keys, *chosen.to_keys)

    def one(name: str, content: Callable[[], bytes]) -> int:
        data = content()
        with at_hand(theirs | own, chosen.ring, now=now) as keys:
            options = _options(chosen, keys, ask, own, theirs)
            if live is not None:
                options = replace(options, keys=from_dns(data, options, live, chosen))
            if chosen.bcc == "split":
                return written_split(encrypt_smime_split(data, name, options, now=now), chosen, inputs)
            return written(encrypt_smime(data, name, options, now=now), chosen, inputs)

    with keys_session(dns, dane=chosen.dane) as (live, now):
        return each_unread((file,), one)


def _options(chosen: EncryptChoices, keys: AtHand, ask: Ask, own: FileKeys, theirs: FileKeys) -> SmimeOptions:
    # of a file with a person's certificate and those of authorities, the first is the person's
    first = {each.source: each for each in reversed(theirs.listed)}
    options = SmimeOptions(
        keys,
        certificates=tuple(reversed(first.values())),
        own=tuple(own.own()),
        cbc=chosen.cbc,
        chain=tuple(each.data for each in own.listed),
        oaep=chosen.oaep,
        pss=chosen.pss,
        compress=chosen.compress,
    )
    return wished(options, chosen, keys, ask, own)
