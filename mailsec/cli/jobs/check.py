"""What `mailsec check` does."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from typing import cast

from mailsec.api.check_domain import CheckOptions, Subject, check_domain, subject_of
from mailsec.api.check_host import HostQuestion, check_host
from mailsec.api.selectors import selectors_of
from mailsec.api.session import VALIDATE, Session
from mailsec.api.sources import contents
from mailsec.api.trace import Trace, trace_check
from mailsec.cli.check import CheckChoices
from mailsec.cli.complaint import complain, say
from mailsec.cli.io import Printer, each, put, style
from mailsec.cli.jobs.session import session
from mailsec.cli.lookup import DnsOptions
from mailsec.cli.options import OutputOptions
from mailsec.cli.progress import Progress
from mailsec.core.errors import BadInput, MailsecError, NothingToJudge, UsageError
from mailsec.core.exits import most_severe
from mailsec.core.limits.run import MAX_MESSAGE_BYTES, MAX_NAME_LIST
from mailsec.core.limits.sender import BIMI_EVIDENCE_BYTES, BIMI_SVG_READ
from mailsec.core.results import Report, with_check
from mailsec.core.text import clipped, from_bytes, visible
from mailsec.output.summary import Summary
from mailsec.sender.bimi.material import File
from mailsec.sender.dmarc.lint import Standard
from mailsec.store.files import STDIN, read, same_file, shown

_SHOWN_NAME = 300
"""Characters of what is no name, so that the reason stays in sight."""


def run(chosen: CheckChoices, output: OutputOptions, dns: DnsOptions) -> int:
    """Audit what was named; the exit code."""
    if chosen.ip is not None:
        return _ask_about_host(chosen, output, dns)
    names = list(_names(chosen))
    if not names:
        raise NothingToJudge("no name to check", hint="the list holds nothing but empty lines and comments")
    for path in (*chosen.files, *chosen.selectors_from, *filter(None, (chosen.bimi_svg, chosen.bimi_cert))):
        if output.path and path != STDIN and same_file(path, output.path):
            raise UsageError(f"{shown(path)} is an input: the output would overwrite it", hint="give another name with -o")
    options = CheckOptions(
        chosen.only,
        (*chosen.selectors, *_selectors(chosen.selectors_from)),
        cast(Standard, chosen.dmarc),
        output.fail_on,
        _bimi_roots(dns.bimi_ca),
        _planned(chosen.bimi_svg, BIMI_SVG_READ),
        _planned(chosen.bimi_cert, BIMI_EVIDENCE_BYTES),
    )
    with session(dns, dnssec=VALIDATE) as live, Printer(output, names, levels=_levels(names, output)) as printer:
        if output.trace:
            code: int = each(names, lambda name: printer.show(_traced(name, options, live)))
        else:
            code = _many(names, options, live, printer, output)
    if live.left_out:
        say(f"mailsec: warning: {live.left_out} answers were too many to be saved; a replay will not know them")
    return code


def _many(names: Sequence[str], options: CheckOptions, live: Session, printer: Printer, output: OutputOptions) -> int:
    """All names side by side, each printed as it finishes; what is no name does not stop the rest."""
    codes: list[int] = []
    summary = Summary()
    with Progress(len(names), quiet=output.quiet) as progress:

        def subjects() -> Iterator[Subject]:
            seen: set[tuple[str, str]] = set()
            for name in names:
                try:
                    subject = subject_of(name)
                    if (subject.domain, subject.address) not in seen:
                        seen.add((subject.domain, subject.address))
                        yield subject
                        continue
                    progress.advance()  # the same in other words: Example.com, example.com.
                except MailsecError as error:
                    progress.clear()
                    complain(f"{clipped(visible(name), _SHOWN_NAME)}: {error.message}", hint=error.hint)
                    codes.append(error.exit)
                    progress.advance()

        validator = live.validator
        flows = (check_domain(subject, options, now=live.now, validator=validator) for subject in subjects())
        for _, report in live.run_many(flows):
            progress.clear()
            codes.append(printer.show(report))
            summary.add(report)
            progress.advance()
    if len(names) > 1 and output.format == "human" and not output.quiet and not output.path:
        put(summary.text(style(output)))
    return most_severe(codes)


def _traced(name: str, options: CheckOptions, live: Session) -> Report:
    """One name by itself, with everything that was asked for it."""
    trace = Trace()
    report = live.run(check_domain(subject_of(name), options, now=live.now, validator=live.validator), trace)
    return with_check(report, trace_check(trace))


def _levels(names: Sequence[str], output: OutputOptions) -> int:
    """A list of domains is read for what is wrong; the whole trees are for one domain, or for -v."""
    return 1 if len(names) > 1 and not output.verbose else 64


def _ask_about_host(chosen: CheckChoices, output: OutputOptions, dns: DnsOptions) -> int:
    assert chosen.ip is not None
    question = HostQuestion(chosen.names[0], chosen.ip, chosen.helo, chosen.mail_from)
    with session(dns) as live, Printer(output, chosen.names) as printer:
        return each(
            chosen.names, lambda _: printer.show(check_host(question, live, fail_on=output.fail_on, trace=output.trace))
        )


def _names(chosen: CheckChoices) -> Iterator[str]:
    """The names given as arguments, then those in the files, each once; empty lines and comments are passed over."""
    seen: set[str] = set()
    for name in (*chosen.names, *_listed(chosen)):
        if name not in seen:
            seen.add(name)
            yield name


def _listed(chosen: CheckChoices) -> Iterator[str]:
    separator = b"\0" if chosen.null else b"\n"
    for path in chosen.files:
        try:
            data = read(path, MAX_NAME_LIST)
        except BadInput as error:
            raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
        for line in data.removeprefix(BOM_UTF8).split(separator):
            name = from_bytes(line.strip())
            if name and not name.startswith("#"):
                yield name


def _bimi_roots(path: str) -> tuple[bytes, ...]:
    if not path:
        return ()
    from mailsec.net.roots import root_certificates  # TLS, and few need it

    return root_certificates(path)


def _planned(path: str, max_bytes: int) -> File | None:
    """A file that is to be published."""
    return File(os.fsdecode(shown(path)), contents(path, max_bytes)) if path else None


def _selectors(paths: Sequence[str]) -> list[str]:
    """The selectors of the DKIM signatures in some messages."""
    found = []
    for path in paths:
        try:
            found += selectors_of(read(path, MAX_MESSAGE_BYTES))
        except BadInput as error:
            raise BadInput(f"{os.fsdecode(shown(path))}: {error.message}", hint=error.hint) from None
    return found
