"""Keys named on the command line, the ring beside them, and the passphrases that open them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.core.limits.content import PGP_KEY_FILE
from mailsec.core.limits.keys import X509_REVOCATION_BYTES
from mailsec.core.limits.run import MAX_KEY_BYTES
from mailsec.store.files import read, shown
from mailsec.trust.keyring.keys import Kind

if TYPE_CHECKING:
    from mailsec.api.at_hand import AtHand
    from mailsec.cli.keys import PassphraseOptions
    from mailsec.trust.keyring.files import FileKeys
    from mailsec.trust.x509.revocation import RevocationFiles

_KINDS = {Kind.OPENPGP: "an OpenPGP key", Kind.X509: "an X.509 certificate"}
_METHODS = {Kind.OPENPGP: "OpenPGP", Kind.X509: "S/MIME"}


def read_key(path: str) -> bytes:
    """What the key file holds; an error names the file."""
    try:
        return read(path, MAX_KEY_BYTES)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def key_files(paths: Iterable[str], passphrase: Callable[[str], str]) -> FileKeys:
    """The keys in these files, OpenPGP and X.509 alike; naming them is the trust. A private key and its certificate may
    stand in two of them. `passphrase` is asked for that of a file which has to be opened first. An error names the file."""
    from mailsec.trust.keyring.files import FileKeys, read_keys  # few runs name a key
    from mailsec.trust.x509.form import is_x509, openpgp_beside

    keys, x509 = FileKeys(), []
    for path in paths:
        try:
            data = read(path, PGP_KEY_FILE)
            source = f"file {shown(path)}"
            if is_x509(data):
                x509.append((source, data))
                data = openpgp_beside(data)
                if not data:
                    continue
            keys |= read_keys(data, source)
        except BadInput as error:
            raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
    return keys | _certificates(x509, passphrase) if x509 else keys


def only(keys: FileKeys, kind: Kind) -> FileKeys:
    """The same keys. Raises KeyUnavailable where one is of another kind: S/MIME and OpenPGP cannot be mixed in one message."""
    for each in keys.listed:
        if each.kind is not kind:
            raise KeyUnavailable(
                f"{each.source}: {_KINDS[each.kind]} cannot take part in {_METHODS[kind]}",
                hint="write one message with --pgp and one with --smime",
            )
    return keys


def _certificates(files: Sequence[tuple[str, bytes]], passphrase: Callable[[str], str]) -> FileKeys:
    from mailsec.trust.keyring.certificates import read_certificates

    return read_certificates(files, passphrase)


def revocation_files(crls: Iterable[str], ocsps: Iterable[str], *, required: bool) -> RevocationFiles:
    """The CRLs and OCSP responses in these files. An error names the file."""
    from mailsec.trust.x509.revocation import RevocationFiles

    lists = [each for path in crls for each in _handed(path, "read_crls")]
    return RevocationFiles(tuple(lists), tuple(each for path in ocsps for each in _handed(path, "read_responses")), required)


def _handed(path: str, reader: str) -> tuple[bytes, ...]:
    from mailsec.trust.x509 import handed  # cryptography, and few runs are given any

    read_them = handed.read_crls if reader == "read_crls" else handed.read_responses
    try:
        return read_them(read(path, 2 * X509_REVOCATION_BYTES))  # PEM is longer by a third
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def at_hand(files: FileKeys, ring: str, *, now: int) -> AtHand:
    """Those keys, and behind them those of the ring at `ring`, "" for the user's own."""
    from mailsec.api.at_hand import AtHand
    from mailsec.store.places import ring_path

    return AtHand(files, ring or ring_path(), now=now)


def passphrases(chosen: PassphraseOptions) -> Callable[[str], str]:
    """What gives the passphrase of a key: the file or descriptor that was named, read once, else the terminal."""
    from mailsec.cli.secrets import asked, secret_from_descriptor, secret_in_file

    stated: list[str] = []

    def give(whose: str) -> str:
        if not chosen.file and chosen.descriptor is None:
            return asked("passphrase", whose)
        if not stated:
            stated.append(secret_in_file(chosen.file) if chosen.file else secret_from_descriptor(chosen.descriptor or 0))
        return stated[0]

    return give
