"""OpenPGP or S/MIME: which of them recipients have keys for, and what can be done where some have the other alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailsec.trust.keyring.keys import Certificate, Keys, Kind

_SHOWN = 10
NOUNS = {Kind.OPENPGP: "key", Kind.X509: "certificate"}
"""What is kept of a person, of each kind."""
_A = {Kind.OPENPGP: "an OpenPGP key", Kind.X509: "an S/MIME certificate"}
_OPTIONS = {Kind.OPENPGP: "--pgp", Kind.X509: "--smime"}
EITHER = "--pgp or --smime"


def of_kind(keys: Keys, address: str, kind: Kind) -> list[Certificate]:
    """The certificates of one kind that claim an address."""
    return [each for each in keys.of_address(address) if each.kind is kind]


def beside(address: str, keys: Keys, kind: Kind) -> str:
    """That an address has a key of the other kind, "" where it has none."""
    other = _other(kind)
    return f", only {_A[other]}" if of_kind(keys, address, other) else ""


def way_out(asked: Sequence[str], keys: Keys, kind: Kind, amiss: Sequence[str]) -> str:
    """What can be done where keys are missing or not to be used."""
    other = _other(kind)
    ours = [each for each in asked if of_kind(keys, each, kind)]
    theirs = [each for each in asked if each not in ours and of_kind(keys, each, other)]
    if theirs and len(theirs) == len(asked):
        return f"all of them have {_A[other]}: mailsec encrypt {_OPTIONS[other]}"
    if theirs:
        return _two_ways({kind: ours, other: theirs})
    if any("(--allow-" in each for each in amiss):
        return "the option in brackets overrules it"
    return f"name the {NOUNS[kind]}'s file (--to-key), or import it: mailsec keys import"


def _two_ways(whose: Mapping[Kind, Sequence[str]]) -> str:
    """The commands for those who have the one kind of key and for those who have the other: no message can have both."""
    commands = (
        " ".join((f"mailsec encrypt {_OPTIONS[kind]}", *(f"--to {address}" for address in asked)))
        for kind, asked in whose.items()
        if asked
    )
    return "S/MIME and OpenPGP cannot be mixed in one message: " + "; ".join(commands)


def method_for(asked: Sequence[str], keys: Keys) -> str:
    """The options of `encrypt` with which all of `asked` have a key that is theirs; with none, who has which."""
    held = {kind: [each for each in asked if _is_bound(keys, each, kind)] for kind in Kind}
    fit = [_OPTIONS[kind] for kind in Kind if asked and len(held[kind]) == len(asked)]
    if fit:
        return f"{' or '.join(fit)}: all recipients have a key for {'each' if len(fit) > 1 else 'it'}"
    known = [f"{_OPTIONS[kind]} for {', '.join(held[kind][:_SHOWN])}" for kind in Kind if held[kind]]
    return "; ".join(known) if known else EITHER


def _is_bound(keys: Keys, address: str, kind: Kind) -> bool:
    return any(keys.binding(each, address).bound.authenticated for each in of_kind(keys, address, kind))


def _other(kind: Kind) -> Kind:
    return Kind.X509 if kind is Kind.OPENPGP else Kind.OPENPGP
