"""What `mailsec verify` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mailsec.api.bare import is_signed_file
from mailsec.api.envelope import Envelope
from mailsec.api.session import KEYS, Session
from mailsec.api.verdict import Question
from mailsec.api.verify_message import RECEIVED, VerifyOptions, paths, verify_message
from mailsec.cli.complaint import say
from mailsec.cli.io import Printer, each_unread, put, write_message
from mailsec.cli.jobs.keyfile import at_hand, key_files, passphrases, revocation_files
from mailsec.cli.jobs.session import session
from mailsec.cli.keys import PassphraseOptions
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.verify import VerifyChoices
from mailsec.core.errors import BadInput
from mailsec.core.exits import Exit
from mailsec.core.limits.content import PGP_KEY_FILE
from mailsec.core.results import Report
from mailsec.core.text import visible
from mailsec.store.files import read, shown
from mailsec.store.places import ring_path
from mailsec.trust.keyring.keys import Keys, Kind

if TYPE_CHECKING:
    from mailsec.api.keys.seen import Notebook
    from mailsec.trust.keyring.files import FileKeys

Job = Callable[[str, Callable[[], bytes]], int]
"""Judges what the second reads, called as the first says, and keeps it no longer than it must."""


def run(
    files: Sequence[str], chosen: VerifyChoices, passphrase: PassphraseOptions, output: OutputOptions, dns: DnsOptions
) -> int:
    """Judge each file and print what was asked for; the exit code."""
    named = key_files(chosen.keys, passphrases(passphrase))
    with session(dns, dnssec=KEYS) as live, at_hand(named, chosen.ring, now=live.now) as keys:
        notebook = _notebook() if chosen.remember else None
        options = replace(_options(chosen, output, dns, keys), remember=notebook.note if notebook else None)
        if chosen.header or chosen.add_header or (chosen.explain_for_user and output.format in ("human", "plain")):
            instead = _printing_instead(live, options, chosen, output, files)
            return each_unread(files, _remembering(instead, notebook, chosen.ring, now=live.now))
        with Printer(output, files) as printer:
            judge = partial(_of_file, live=live, options=options, named=named, signature=_signature(chosen))

            def job(name: str, content: Callable[[], bytes]) -> int:
                held = [content()]
                # taken out of the list, so that a large mail is not kept beside what is made of it
                return printer.show(judge(name, held[0]) or verify_message(held.pop(), name, live, options).report)

            return each_unread(files, _remembering(job, notebook, chosen.ring, now=live.now))


def _signature(chosen: VerifyChoices) -> bytes | None:
    """The detached signature that was named."""
    if not chosen.detached:
        return None
    try:
        return read(chosen.detached, PGP_KEY_FILE)
    except BadInput as error:
        raise BadInput(f"{shown(chosen.detached)}: {error.message}", hint=error.hint) from None


def _of_file(
    name: str, data: bytes, *, live: Session, options: VerifyOptions, named: FileKeys, signature: bytes | None
) -> Report | None:
    """The report on what is no mail, None where it is one and has no detached signature."""
    if signature is None and not is_signed_file(data):
        return None
    from mailsec.api.verify_file import FileOptions, verify_detached, verify_file  # most input is mail

    if options.at == RECEIVED:
        raise BadInput("the time of arrival is not known: this is no mail message")
    assert options.keys is not None
    how = FileOptions(
        options.keys,
        paths(live, options),
        tuple(each.data for each in named.listed if each.kind is Kind.X509),
        options.fail_on,
        options.allow_partial,
        options.require,
        options.second_opinion,
    )
    if signature is None:
        return verify_file(data, name, how, now=live.now)
    return verify_detached(data, signature, name, how, now=live.now)


def _notebook() -> Notebook:
    from mailsec.api.keys.seen import Notebook  # SQLite, and most runs keep nothing

    return Notebook()


def _remembering(job: Job, notebook: Notebook | None, ring: str, *, now: int) -> Job:
    """The same, and the certificates that were seen are kept after each input."""
    if notebook is None:
        return job

    def both(name: str, content: Callable[[], bytes]) -> int:
        code = job(name, content)
        notebook.keep(ring or ring_path(), now=now)
        return code

    return both


def _options(chosen: VerifyChoices, output: OutputOptions, dns: DnsOptions, keys: Keys) -> VerifyOptions:
    return VerifyOptions(
        envelope=_envelope(chosen) if chosen.states_envelope else None,
        received_from=chosen.received_from,
        at=dns.at,
        fail_on=output.fail_on,
        trace=output.trace,
        explain=chosen.explain_for_user,
        keys=keys,
        allow_partial=chosen.allow_partial,
        require=Question(chosen.require) if chosen.require else None,
        protect=chosen.protect,
        authserv_id=chosen.authserv_id,
        trust_authres=_valid_id(chosen.trust_authres) if chosen.trust_authres else "",
        second_opinion=chosen.second_opinion,
        accept_case_variant=chosen.accept_case_variant,
        revocation=revocation_files(chosen.crls, chosen.ocsps, required=chosen.require_revocation),
    )


def _valid_id(text: str) -> str:
    from mailsec.sender.authres.write import valid_id  # only here

    return valid_id(text)


def _printing_instead(
    live: Session, options: VerifyOptions, chosen: VerifyChoices, output: OutputOptions, files: Sequence[str]
) -> Job:
    """Judges one input and prints what was chosen in place of the report."""
    from mailsec.api.authenticate import default_authserv_id, results_field, with_results  # only here

    authserv_id = chosen.authserv_id or default_authserv_id()

    def judge(name: str, content: Callable[[], bytes]) -> int:
        data = content()
        if is_signed_file(data):
            raise BadInput("this is no mail message, and --header, --add-header and --explain-for-user are about mail")
        verified = verify_message(data, name, live, options)
        if chosen.explain_for_user:
            put(f"{visible(verified.report.explanation)}\n")
        elif chosen.header:
            write_message(results_field(authserv_id, verified).replace(b"\r\n", b"\n"), output.path, files)
        else:
            write_message(with_results(data, authserv_id, verified), output.path, files)
            _say_verdict(verified.report, output)
        return Exit.HOLDS if output.exit_zero else verified.report.exit

    return judge


def _say_verdict(report: Report, output: OutputOptions) -> None:
    """The verdict goes to stderr where stdout carries the message."""
    if not output.quiet:
        say(f"{visible(report.subject)}: {report.status}: {visible(report.summary)}")


def _envelope(chosen: VerifyChoices) -> Envelope:
    path = None if chosen.mail_from is None else chosen.mail_from.strip().removeprefix("<").removesuffix(">")
    return Envelope(chosen.ip, chosen.helo, path, chosen.rcpt_to, origin="as stated")
