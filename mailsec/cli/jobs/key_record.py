"""What `mailsec record smimea` and `mailsec record openpgpkey` do."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.api.key_record import KeyRecord, openpgpkey_record, published_by, smimea_record
from mailsec.cli.complaint import say_report
from mailsec.cli.io import write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, passphrases
from mailsec.cli.jobs.session import session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.record import KeyRecordChoices
from mailsec.content.smime.publish import Form
from mailsec.core.exits import Exit
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind


def run(chosen: KeyRecordChoices, passphrase: PassphraseOptions, output: OutputOptions, dns: DnsOptions) -> int:
    """Print the record, and what is to be said of it on stderr; the exit code."""
    with session(dns) as clock:
        now = clock.now
    made = _made(chosen, _certificates(chosen, passphrase, now), output, now)
    write_message(f"{made.zone_line}\n".encode(), output.path, (chosen.cert,))
    if not output.quiet:
        say_report(made.report)
    return Exit.HOLDS if output.exit_zero else made.report.exit


def _certificates(chosen: KeyRecordChoices, passphrase: PassphraseOptions, now: int) -> Sequence[Certificate]:
    if chosen.cert:
        return key_files((chosen.cert,), passphrases(passphrase)).listed
    kind = Kind.X509 if chosen.kind == "smimea" else Kind.OPENPGP
    with at_hand(FileKeys(), chosen.ring, now=now) as keys:
        return published_by(keys, chosen.address, kind)


def _made(chosen: KeyRecordChoices, certificates: Sequence[Certificate], output: OutputOptions, now: int) -> KeyRecord:
    if chosen.kind == "openpgpkey":
        return openpgpkey_record(chosen.address, certificates, now=now, fail_on=output.fail_on)
    form = Form(chosen.usage, chosen.selector, chosen.matching)
    return smimea_record(chosen.address, certificates, form, now=now, fail_on=output.fail_on)
