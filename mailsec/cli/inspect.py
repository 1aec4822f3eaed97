"""`mailsec inspect`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from mailsec.cli.options import OutputOptions, command, protect_option, shown_options
from mailsec.cli.times import At
from mailsec.cli.types import PATH, TEXT, TIME
from mailsec.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class InspectChoices:
    """The options that only `inspect` has."""

    received_from: str = ""
    protect: tuple[str, ...] = ()
    at: At | None = None
    headers_only: bool = False
    defang: bool = False
    iocs: bool = False
    part: str = ""
    raw: bool = False
    extract: str = ""


@command(
    "inspect",
    examples=(
        "mailsec inspect message.eml",
        "mailsec inspect --defang --json message.eml | jq '.checks[] | select(.name == \"links\")'",
        "mailsec inspect --extract all -o evidence message.eml",
        "mailsec inspect --part 1.2 message.eml | file -",
        "mailsec inspect --iocs *.eml | jq -r 'select(.type == \"url\") | .value' | sort -u",
    ),
)
@click.argument("files", type=PATH, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--received-from",
    type=TEXT,
    default="",
    metavar="HOST",
    help="Believe the Received fields that HOST, our own border, wrote.",
)
@protect_option
@click.option("--at", type=TIME, metavar="TIME", help="Look at it as of this time: now, a date, 2026-11-21T12:00:00Z.")
@click.option("--headers-only", is_flag=True, help="Look at the header alone, and show every field.")
@click.option("--defang", is_flag=True, help="Write hxxp, [.] and [@] in everything shown, so that nothing becomes a link.")
@click.option(
    "--iocs",
    is_flag=True,
    help="Print the addresses, domains, URLs, IPs, hashes, file names and message ids instead, as JSON lines.",
)
@click.option("--part", type=TEXT, default="", metavar="PATH", help="Print the content of this part (as 1.2) instead, decoded.")
@click.option("--raw", is_flag=True, help="With --part: as it stands, still encoded.")
@click.option(
    "--extract",
    type=TEXT,
    default="",
    metavar="PART",
    help="Write this part, or all, into the folder of -o instead; never run.",
)
@shown_options
def inspect(files: Sequence[str], output: OutputOptions, **choices: Any) -> int:
    """What a message is: who it says it is from, its parts and files with their hashes, its links, the way it took, every
    header field byte-exact, and what is odd about any of it.

    Each FILE is one message. Nothing is asked of the network, nothing is opened, and archives are listed in memory. Who really
    sent it is for verify to say.
    """
    chosen = InspectChoices(**choices)
    instead = [name for name in ("iocs", "part", "extract") if getattr(chosen, name)]
    if len(instead) > 1:
        raise UsageError(f"--{instead[0]} and --{instead[1]} exclude each other")
    if chosen.headers_only and instead:
        raise UsageError(f"--headers-only and --{instead[0]} contradict each other")
    if chosen.raw and not chosen.part:
        raise UsageError("--raw belongs to --part")
    if chosen.defang and (chosen.part or chosen.extract):
        raise UsageError("--defang is for what is shown, not for the octets of a part")
    if chosen.at == "received":
        raise UsageError("--at received is for verify: say a time, or now")
    if chosen.extract and not output.path:
        raise UsageError("--extract needs a folder to write to", hint="name it with -o")
    if chosen.part and len(files) > 1:
        raise UsageError("a part is printed of one message at a time")
    from mailsec.cli.jobs.inspect import run  # the whole of mailsec, not before it is needed

    return run(files, chosen, output)
