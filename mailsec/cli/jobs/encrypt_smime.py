"""What `mailsec encrypt --smime` does."""

from __future__ import annotations

from collections.abc import Callable

from mailsec.api.dane_keys import DaneKeys, dane_keys, found_for
from mailsec.api.encrypt_smime import SmimeOptions, encrypt_smime
from mailsec.api.recipients import addresses
from mailsec.api.session import KEYS, Session
from mailsec.api.sign_openpgp import SignKeys
from mailsec.cli.complaint import say_report
from mailsec.cli.encrypt import EncryptChoices
from mailsec.cli.io import each_unread, write_message
from mailsec.cli.jobs.keyfile import key_files, only, passphrases
from mailsec.cli.jobs.session import session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.options import DnsOptions
from mailsec.core.errors import KeyUnavailable
from mailsec.message.fields import parse
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind


def run(file: str, chosen: EncryptChoices, passphrase: PassphraseOptions, dns: DnsOptions) -> int:
    """Encrypt the message in `file` and write it; the exit code."""
    ask = passphrases(passphrase)
    own, theirs = (only(key_files(paths, ask), Kind.X509) for paths in (chosen.keys, chosen.to_keys))
    # of a file with a person's certificate and those of authorities, the first is the person's
    recipients = {each.source: each for each in reversed(theirs.listed)}
    ours = tuple(own.own())
    if (chosen.sign or chosen.for_self) and not ours:
        raise KeyUnavailable("no certificate with its private key was named", hint="name both: --key FILE")
    certificates = (*reversed(recipients.values()), *(ours if chosen.for_self else ()))
    chain = tuple(each.data for each in own.listed)

    def one(name: str, content: Callable[[], bytes]) -> int:
        signing = SignKeys(own, ours, ask) if chosen.sign else None
        data = content()
        keys, more = _from_dns(data, theirs, live, chosen) if chosen.dane else (theirs, ())
        options = SmimeOptions(
            keys,
            (*certificates, *more),
            chosen.cbc,
            signing,
            chain,
            oaep=chosen.oaep,
            pss=chosen.pss,
            compress=chosen.compress,
        )
        produced = encrypt_smime(data, name, options, now=live.now)
        write_message(produced.data, chosen.path, (file, *chosen.keys, *chosen.to_keys))
        if not chosen.quiet:
            say_report(produced.report)
        return produced.report.exit

    with session(dns, dnssec=KEYS) as live:
        return each_unread((file,), one)


def _from_dns(data: bytes, theirs: FileKeys, live: Session, chosen: EncryptChoices) -> tuple[DaneKeys, tuple[Certificate, ...]]:
    """The keys with those of the DNS behind them, and the certificates that the DNS has for who gets the message."""
    to = addresses(parse(data), ("To", "Cc"))
    keys = dane_keys(theirs, to, live, now=live.now, kind=Kind.X509, accept_case_variant=chosen.accept_case_variant)
    return keys, found_for(keys, to)
