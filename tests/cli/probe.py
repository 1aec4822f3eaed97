"""Commands that exist for tests only: one that prints reports, one that fails in every way."""

from __future__ import annotations

import sys

import click

from mailsec.cli.io import Printer, each, each_input, put, write_message
from mailsec.cli.lookup import DnsOptions, dns_options
from mailsec.cli.options import OutputOptions, command, output_options
from mailsec.cli.types import PATH, TEXT
from mailsec.core.errors import BadInput, KeyUnavailable, NothingToJudge, TemporaryFailure, UsageError
from tests.output.samples import FAILED, PASSED, SHOWN, UNJUDGED

REPORTS = {b"pass\n": PASSED, b"fail\n": FAILED, b"later\n": UNJUDGED, b"shown\n": SHOWN}


@command("reports", examples=["mailsec reports FILE"])
@click.argument("files", type=PATH, nargs=-1, required=True)
@output_options
def reports(files: tuple[str, ...], output: OutputOptions) -> int:
    """Print the report that each file names."""

    def judge(name: str, data: bytes) -> int:
        if data not in REPORTS:
            raise BadInput("names no report", hint="write pass")
        return printer.show(REPORTS[data])

    with Printer(output, files) as printer:
        return each_input(files, judge, max_bytes=1000)


@command("echo", examples=["mailsec echo X"])
@click.argument("texts", type=TEXT, nargs=-1)
@output_options
@dns_options
def echo(texts: tuple[str, ...], output: OutputOptions, dns: DnsOptions) -> None:
    """Print the options as they came."""
    put("".join(f"{value!r}\n" for value in (texts, output, dns)))


@command("leave", examples=["mailsec leave 0"])
@click.argument("code", type=int)
def leave(code: int) -> int:
    """Print something that stays in the buffer."""
    sys.stdout.write("x")
    return code


@command("copy", examples=["mailsec copy - < FILE"])
@click.argument("file", type=PATH)
@click.option("-o", "--output", type=PATH, default="")
def copy(file: str, output: str) -> int:
    """Write a file as a message would be written."""
    return each_input([file], lambda _, data: write_message(data, output, [file]) or 0)


ERRORS = {
    "usage": UsageError("no sense"),
    "nothing": NothingToJudge("empty"),
    "bad": BadInput("not a message", hint="look at it"),
    "temporary": TemporaryFailure("try again"),
    "key": KeyUnavailable("locked"),
    "click": click.ClickException("plain click"),
    "abort": click.Abort(),
    "interrupt": KeyboardInterrupt(),
    "pipe": BrokenPipeError(),
    "bug": ValueError("\x1b[31mred\nline"),
    "recursion": RecursionError("too deep"),
    "memory": MemoryError(),
    "disk": OSError(28, "No space left on device"),
}


@command("fail", examples=["mailsec fail HOW"])
@click.argument("ways", nargs=-1)
@click.option("--each", "apart", is_flag=True)
def fail(ways: tuple[str, ...], apart: bool) -> int:
    """Fail."""

    def one(way: str) -> int:
        if way.isdigit():
            return int(way)
        raise ERRORS[way]

    if apart:
        return each(ways, one)
    return one(*ways)
