"""What `mailsec inspect` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from mailsec.api.inspect_case import Case, case_of
from mailsec.api.inspect_message import InspectOptions, inspect_message
from mailsec.api.readable import readable
from mailsec.api.session import Session, Settings
from mailsec.cli.inspect import InspectChoices
from mailsec.cli.io import Printer, each_input, put, write_message
from mailsec.cli.jobs.inspect_brief import brief
from mailsec.cli.options import OutputOptions
from mailsec.core.defang import defanged, defanged_text
from mailsec.core.exits import Exit
from mailsec.core.results import Report
from mailsec.store.files import make_folder, write_new, writing


def run(files: Sequence[str], chosen: InspectChoices, output: OutputOptions) -> int:
    """Look at each file and print what was asked for; the exit code."""
    if chosen.part:
        return each_input(files, lambda _, data: _print_part(_case(data, chosen), chosen, output, files))
    if chosen.extract:
        make_folder(output.path)
        prefixes = _prefixes(files)
        return each_input(files, lambda name, data: _extract(name, _case(data, chosen), chosen, output, next(prefixes)))
    if chosen.iocs:
        with _indicators(chosen, output, files) as show:
            return each_input(files, lambda name, data: show(name, _case(data, chosen)))
    return _reports(files, chosen, output)


def _case(data: bytes, chosen: InspectChoices) -> Case:
    return case_of(readable(data), received_from=chosen.received_from)


def _reports(files: Sequence[str], chosen: InspectChoices, output: OutputOptions) -> int:
    now = Session(Settings(at=chosen.at if isinstance(chosen.at, int) else None)).now
    options = InspectOptions(chosen.received_from, chosen.protect, output.fail_on, chosen.headers_only)
    short = output.format == "human" and not output.verbose

    def shown(report: Report) -> Report:
        report = brief(report, fields=chosen.headers_only) if short else report
        return defanged(report) if chosen.defang else report

    with Printer(output, files, lead=1) as printer:
        return each_input(
            files, lambda name, data: printer.show(shown(inspect_message(data, name, now=now, options=options).report))
        )


def _print_part(case: Case, chosen: InspectChoices, output: OutputOptions, files: Sequence[str]) -> int:
    from mailsec.api.extract import chosen as choose  # only here

    (piece,) = choose(case, chosen.part)
    write_message(piece.content(case, encoded=chosen.raw), output.path, files)
    return Exit.HOLDS


def _prefixes(files: Sequence[str]) -> Iterator[str]:
    """What stands in front of the names of a message's parts: of several messages its number among those that could be read."""
    digits = len(str(len(files)))
    return (f"{turn:0{digits}}_" if len(files) > 1 else "" for turn in count(1))


def _extract(name: str, case: Case, chosen: InspectChoices, output: OutputOptions, prefix: str) -> int:
    """Write the parts and print a line for each: message, part, octets, SHA-256, and the file's name."""
    from hashlib import sha256

    from mailsec.api.extract import chosen as choose
    from mailsec.output.plain import line

    for piece in choose(case, chosen.extract):
        data = piece.content(case)
        written = write_new(output.path, prefix + piece.name, data)
        if not output.quiet:
            put(line(name, "extracted", piece.path, str(len(data)), sha256(data).hexdigest(), written))
    return Exit.HOLDS


@contextmanager
def _indicators(chosen: InspectChoices, output: OutputOptions, files: Sequence[str]) -> Iterator[Callable[[str, Case], int]]:
    """Prints the indicators of a message, a line of JSON each, to stdout or the output file."""
    from contextlib import ExitStack

    from mailsec.api.iocs import indicators
    from mailsec.output.json import compact

    with ExitStack() as stack:
        file = stack.enter_context(writing(output.path, files)) if output.path else None

        def show(name: str, case: Case) -> int:
            for each in indicators(case, name):
                made = replace(each, value=defanged_text(each.value)) if chosen.defang else each
                put(compact(made) + "\n", "jsonl", file)
            return Exit.HOLDS

        yield show
