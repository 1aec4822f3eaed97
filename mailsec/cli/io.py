"""What commands read and print: inputs one by one, reports as they are made, messages as they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import BinaryIO, Self

from mailsec.cli.complaint import complain
from mailsec.cli.options import OutputOptions, is_terminal, use_color
from mailsec.core.errors import MailsecError, TemporaryFailure, UsageError
from mailsec.core.exits import Exit, most_severe
from mailsec.core.limits.run import MAX_CHECK_DEPTH, MAX_MESSAGE_BYTES
from mailsec.core.results import Report
from mailsec.core.text import visible
from mailsec.output.render import Style, prepared, renderer
from mailsec.store.files import STDIN, read, shown, writing

WIDEST = 120
NARROWEST = 20
DEFAULT_WIDTH = 80


def each(subjects: Iterable[str], judge: Callable[[str], int]) -> Exit:
    """Call `judge` with each of `subjects`; the most severe of its exit codes.

    A MailsecError about one of them goes to stderr, counts with its exit code, and stops none of the others.
    """
    codes: list[int] = []
    for subject in subjects:
        try:
            codes.append(judge(subject))
        except MailsecError as error:
            complain(f"{visible(subject)}: {error.message}", hint=error.hint)
            codes.append(error.exit)
    return most_severe(codes)


def each_input(paths: Sequence[str], judge: Callable[[str, bytes], int], *, max_bytes: int = MAX_MESSAGE_BYTES) -> Exit:
    """Call `judge` with the name (as text) and the content of each file, one in memory at a time; the most severe exit code.

    "-" is stdin, which can be given once. What cannot be read is treated as an error of `judge` is, see `each`.
    """
    return each_unread(paths, lambda name, content: judge(name, content()), max_bytes=max_bytes)


def each_unread(
    paths: Sequence[str], judge: Callable[[str, Callable[[], bytes]], int], *, max_bytes: int = MAX_MESSAGE_BYTES
) -> Exit:
    """`each_input` for files that may be large: `judge` is given what reads the content, and decides how long it is kept."""
    if paths.count(STDIN) > 1:
        raise UsageError("stdin (-) can be read only once")
    names = [shown(path) for path in paths]
    by_turn: Iterator[str] = iter(paths)
    return each(names, lambda name: judge(name, partial(read, next(by_turn), max_bytes)))


class Printer:
    """Prints reports as the options say, each as soon as it is there: a context manager.

    `inputs` are the names given on the command line: their number decides the JSON document's form, and none of them may be the
    output file. `levels` of each check tree are shown to people, the first `lead` of the checks above the findings; other
    formats show all.
    """

    def __init__(self, options: OutputOptions, inputs: Sequence[str], *, levels: int = MAX_CHECK_DEPTH, lead: int = 0) -> None:
        self._options = options
        self._inputs = inputs
        self._renderer = renderer(options.format, style(options, levels, lead), several=len(inputs) > 1)
        self._stack = ExitStack()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._options.path and not self._options.quiet:
            self._file = self._stack.enter_context(writing(self._options.path, self._inputs))
        self._write(self._renderer.begin())
        return self

    def show(self, report: Report) -> int:
        """Print `report`; its exit code, or 0 under --exit-zero."""
        if not self._options.quiet:
            self._write(self._renderer.report(prepared(report)))
        return Exit.HOLDS if self._options.exit_zero else report.exit

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._write(self._renderer.end())
        self._stack.__exit__(kind, error, trace)

    def _write(self, text: str) -> None:
        if not self._options.quiet:
            put(text, self._options.format, self._file)


def style(options: OutputOptions, levels: int = MAX_CHECK_DEPTH, lead: int = 0) -> Style:
    """How the human format looks where the answer goes."""
    terminal = is_terminal() and not options.path
    return Style(
        width=min(max(_columns() if terminal else int_or(os.environ.get("COLUMNS")), NARROWEST), WIDEST),
        color=use_color(options.color, terminal),
        ascii=not options.path and not _is_utf8(),
        verbose=options.verbose > 0,
        levels=levels,
        lead=lead,
    )


def _columns() -> int:
    from shutil import get_terminal_size  # not before it is needed

    return get_terminal_size((DEFAULT_WIDTH, 24)).columns


def int_or(text: str | None, default: int = DEFAULT_WIDTH) -> int:
    """The number in `text`, or `default` where there is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else default


def put(text: str, format: str = "plain", file: BinaryIO | None = None) -> None:
    """Write `text`, already harmless, to `file` or stdout.

    JSON is UTF-8 whatever the locale says; what else a locale cannot say is written as an escape. Raises TemporaryFailure where
    stdout is closed or full.
    """
    if not text:
        return
    if file is not None:
        file.write(text.encode("utf-8"))
        return
    encoding = "utf-8" if format.startswith("json") or sys.stdout is None else sys.stdout.encoding
    put_bytes(text.encode(encoding, "backslashreplace"))


def put_bytes(data: bytes) -> None:
    """Write `data` to stdout at once, behind what was printed before. Raises TemporaryFailure where it is closed or full."""
    if sys.stdout is None:
        raise TemporaryFailure("stdout is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TemporaryFailure(f"cannot write to stdout: {(error.strerror or str(error)).lower()}") from None


def write_message(data: bytes, path: str = "", inputs: Sequence[str] = ()) -> None:
    """Write a message, key or record, byte for byte, to the file `path` as `store.files.writing` does, or to stdout ("").

    Raises UsageError where stdout is a terminal and the data could control it; "-" as `path` is stdout without that care.
    """
    if path and path != STDIN:
        with writing(path, inputs) as file:
            file.write(data)
        return
    if not path and is_terminal() and not is_harmless(data):
        raise UsageError(
            "what would be printed holds bytes that could control the terminal",
            hint="send it into a pipe or to a file with -o FILE; -o - prints it nevertheless",
        )
    put_bytes(data)


def is_harmless(data: bytes) -> bool:
    """True where `data` is UTF-8 text that no terminal takes for more than text, in lines that end with LF or CRLF."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    text = text.replace("\r\n", "").replace("\n", "").replace("\t", "")
    return visible(text) == text


def _is_utf8() -> bool:
    encoding = (sys.stdout.encoding if sys.stdout is not None else "") or ""
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "")
