"""What `mailsec sign --smime` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.settings import clock
from mailsec.api.sign_smime import sign_smime
from mailsec.api.signers import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, only, passphrases
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.sign import SignChoices
from mailsec.content.smime.signing import SignForm
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: SignChoices, passphrase: PassphraseOptions) -> int:
    """Sign the content of the message in `file` with S/MIME and write it; the exit code."""
    ask = passphrases(passphrase)
    files = only(key_files(chosen.keys, ask), Kind.X509)
    if chosen.keys and not files.own():
        raise KeyUnavailable("no certificate with its private key to sign with", hint="name both: --key FILE")
    form = SignForm(chosen.opaque, chosen.pss, chosen.compress)
    chain = tuple(each.data for each in files.listed)
    now = chosen.at if isinstance(chosen.at, int) else clock()

    def one(name: str, content: Callable[[], bytes]) -> int:
        with at_hand(files, chosen.ring, now=now) as keys:
            signing = SignKeys(keys, (*files.own(), *(keys.named(each, Kind.X509) for each in chosen.signers)), ask)
            produced = sign_smime(content(), name, signing, chain, form, now=now)
        write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_unread((file,), one)
