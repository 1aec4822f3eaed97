"""What `mailsec decrypt` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.certificate_paths import PathOptions, user_shelf
from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.settings import clock
from mailsec.cli.complaint import say_report
from mailsec.cli.decrypt import DecryptChoices
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, passphrases, revocation_files
from mailsec.cli.keys import PassphraseOptions
from mailsec.core.exits import Exit


def run(file: str, chosen: DecryptChoices, passphrase: PassphraseOptions) -> int:
    """Open the message in `file` and write what is inside; the exit code."""
    now = chosen.at if isinstance(chosen.at, int) else clock()
    ask = passphrases(passphrase)
    files = key_files(chosen.keys, ask)

    revocation = revocation_files(chosen.crls, chosen.ocsps, required=chosen.require_revocation)

    def one(name: str, content: Callable[[], bytes]) -> int:
        with at_hand(files, chosen.ring, now=now) as keys:
            options = DecryptOptions(
                keys,
                chosen.part,
                chosen.require_signature,
                ask=ask,
                paths=PathOptions(chosen.ca_file, revocation, shelf=user_shelf(clock())),
                allow_unauthenticated=chosen.allow_unauthenticated,
                allow_legacy=chosen.allow_legacy,
            )
            produced = decrypt_message(content(), name, options, now=now)
        if produced.data:
            write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet or produced.report.exit is not Exit.HOLDS:
            say_report(produced.report)
        return produced.report.exit

    return each_unread((file,), one)
