"""`mailsec schema`: the JSON Schema of what is printed."""

from __future__ import annotations

from mailsec.cli.io import put
from mailsec.cli.options import command
from mailsec.output.schema import published


@command("schema", examples=["mailsec schema > mailsec-1.schema.json"])
def schema() -> None:
    """Print the JSON Schema of everything that --format json prints.

    Documents carry "schema": "mailsec/1". Within one version properties are only ever added.
    """
    put(published(), "json")
