"""What a new JSON Schema takes away from those who read documents by the old one. Additions are free."""

from __future__ import annotations

from typing import Any


def losses(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What breaks: a definition, property, type or enum value that is gone or changed, or a property newly required."""
    found = [f"{name} is gone" for name in old["$defs"] if name not in new["$defs"]]
    found += [f"document {_type(each)} is gone" for each in old["anyOf"] if each not in new["anyOf"]]
    for name in old["$defs"].keys() & new["$defs"].keys():
        found += [f"{name}: {loss}" for loss in _definition(old["$defs"][name], new["$defs"][name])]
    return sorted(found)


def _definition(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = [f"value {value} is gone" for value in old.get("enum", ()) if value not in new.get("enum", ())]
    if old.get("type") != new.get("type"):
        found.append("type changed")
    before, now = old.get("properties", {}), new.get("properties", {})
    for name, value in before.items():
        if name not in now:
            found.append(f"{name} is gone")
        elif _type(value) != _type(now[name]):
            found.append(f"{name} changed its type")
    # documents of the old version have to stay valid, and what was promised to be there has to stay
    found += [f"{name} is newly required" for name in set(new.get("required", ())) - set(old.get("required", ()))]
    found += [f"{name} is no longer required" for name in set(old.get("required", ())) - set(new.get("required", ()))]
    return found


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return str(value["$ref"])
    if "anyOf" in value:
        return " | ".join(sorted(_type(each) for each in value["anyOf"]))
    if value.get("type") == "array":
        return f"array of {_type(value['items'])}"
    return str(value.get("type"))
