"""What `mailsec decrypt` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailsec.api.certificate_paths import PathOptions, user_shelf
from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.settings import clock
from mailsec.cli.complaint import say_report
from mailsec.cli.decrypt import DecryptChoices
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, passphrases, revocation_files
from mailsec.cli.jobs.session import keys_session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.lookup import DnsOptions
from mailsec.core.exits import Exit

if TYPE_CHECKING:
    from mailsec.api.decrypt_message import AskPublished
    from mailsec.api.session import Session


def run(file: str, chosen: DecryptChoices, passphrase: PassphraseOptions, dns: DnsOptions) -> int:
    """Open the message in `file` and write what is inside; the exit code."""
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
                paths=PathOptions(dns.ca_file, revocation, shelf=user_shelf(clock())),
                allow_unauthenticated=chosen.allow_unauthenticated,
                allow_legacy=chosen.allow_legacy,
                published=_published(live, accept_case_variant=chosen.accept_case_variant) if live is not None else None,
            )
            produced = decrypt_message(content(), name, options, now=now)
        if not produced.held:
            write_message(produced.data, chosen.path, (file, *chosen.keys))
        if not chosen.quiet or produced.report.exit is not Exit.HOLDS:
            say_report(produced.report)
        return produced.report.exit

    with keys_session(dns, dane=chosen.dane) as (live, now):
        return each_unread((file,), one)


def _published(live: Session, *, accept_case_variant: bool) -> AskPublished:
    """Asks what the DNS says of the author's certificates; nothing where no answer could be secure."""
    from mailsec.api.verify_content import author_certificates

    return lambda found, author: (
        live.run(author_certificates(found, author, accept_case_variant=accept_case_variant)) if live.vouches else None
    )
