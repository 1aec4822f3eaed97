"""The JSON Schema of everything that `--format json` prints: derived from the result model, and shipped as a file.

The file is what users build on; a test holds it to the model and lets it grow only by additions.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

FILE = "mailsec-1.schema.json"


def published() -> str:
    """The JSON Schema as it ships."""
    return files("mailsec.output").joinpath(FILE).read_text("utf-8")


def derived() -> dict[str, Any]:
    """The JSON Schema as the result model gives it."""
    import msgspec  # noqa: PLC0415 (printing the file needs none of this)

    from mailsec.core.results import SCHEMA, Report  # noqa: PLC0415
    from mailsec.output.json import Reports  # noqa: PLC0415
    from mailsec.output.rulebook import RuleBook  # noqa: PLC0415

    documents, definitions = msgspec.json.schema_components((Report, Reports, RuleBook), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": (
            "What mailsec prints as JSON: the report of one input, the reports of several, or entries of the rule book. "
            "Within one version of the schema properties are only ever added."
        ),
        "anyOf": list(documents),
        "$defs": {name: _folded(definition) for name, definition in definitions.items()},
    }


def _folded(definition: dict[str, Any]) -> dict[str, Any]:
    """`definition` with its description on one line: how much a docstring is indented depends on the version of Python."""
    return definition | {"description": " ".join(definition["description"].split())}
