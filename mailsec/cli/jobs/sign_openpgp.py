"""What `mailsec sign --pgp` does: apart from DKIM, of which it needs nothing."""

from __future__ import annotations

from mailsec.api.settings import clock
from mailsec.api.sign_openpgp import sign_openpgp
from mailsec.api.signers import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.io import each_input, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, only, passphrases
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.sign import SignChoices
from mailsec.core.errors import KeyUnavailable
from mailsec.trust.keyring.keys import Kind


def run(file: str, chosen: SignChoices, passphrase: PassphraseOptions) -> int:
    """Sign the content of the message in `file` with OpenPGP and write it; the exit code."""
    ask = passphrases(passphrase)
    files = only(key_files(chosen.keys, ask), Kind.OPENPGP)
    if chosen.keys and not files.own():
        raise KeyUnavailable("no secret key to sign with: only public ones were named", hint="name the secret key with --key")
    now = clock()

    def one(name: str, data: bytes) -> int:
        with at_hand(files, chosen.ring, now=now) as keys:
            signing = SignKeys(keys, (*files.own(), *(keys.named(each, Kind.OPENPGP) for each in chosen.signers)), ask)
            produced = sign_openpgp(data, name, signing, now=now)
        write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    return each_input((file,), one)
