"""What `mailsec encrypt --smime` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.api.session import Session
from mailsec.api.sign_openpgp import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import key_files, passphrases
from mailsec.cli.keys import PassphraseOptions
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    own, theirs = key_files(chosen.keys, smime=True), key_files(chosen.to_keys, smime=True)
    # of a file with a person's certificate and those of authorities, the first is the person's
    recipients = {each.source: each for each in reversed(theirs.listed)}
    ours = tuple(each for each in own.own() if each.kind is Kind.X509)
    if any(each.kind is not Kind.X509 for each in recipients.values()):
        raise KeyUnavailable(
            "an OpenPGP key cannot take part in S/MIME", hint="write one message with --pgp and one with --smime"
        )
    if (chosen.sign or chosen.for_self) and not ours:
        raise KeyUnavailable("no certificate with its private key was named", hint="name a PEM file that has both: --key FILE")
    certificates = (*reversed(recipients.values()), *(ours if chosen.for_self else ()))
    chain = tuple(each.data for each in own.listed if each.kind is Kind.X509)
    with Session() as clock:
        now = clock.now

    def one(name: str, content: Callable[[], bytes]) -> int:
        signing = SignKeys(own, ours, passphrases(passphrase)) if chosen.sign else None
        produced = encrypt_smime(content(), name, SmimeOptions(theirs, certificates, chosen.cbc, signing, chain), now=now)
        write_message(produced.data, chosen.path, (file, *chosen.keys, *chosen.to_keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_unread((file,), one)
