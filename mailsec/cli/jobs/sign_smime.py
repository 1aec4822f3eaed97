"""What `mailsec sign --smime` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.session import Session, Settings
from mailsec.api.sign_openpgp import SignKeys
from mailsec.api.sign_smime import sign_smime
from mailsec.cli.complaint import say_report
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import key_files, passphrases
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.sign import SignChoices
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: SignChoices, passphrase: PassphraseOptions) -> int:
    """Sign the content of the message in `file` with S/MIME and write it; the exit code."""
    files = key_files(chosen.keys, smime=True)
    own = tuple(each for each in files.own() if each.kind is Kind.X509)
    if not own:
        raise KeyUnavailable(
            "no certificate with its private key to sign with", hint="name a PEM file that has both: --key FILE"
        )
    chain = tuple(each.data for each in files.listed if each.kind is Kind.X509)
    with Session(Settings(at=chosen.at if isinstance(chosen.at, int) else None)) as clock:
        now = clock.now

    def one(name: str, content: Callable[[], bytes]) -> int:
        signing = SignKeys(files, own, passphrases(passphrase))
        produced = sign_smime(content(), name, signing, chain, opaque=chosen.opaque, now=now)
        write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_unread((file,), one)
