"""Keys named on the command line, the ring beside them, and the passphrases that open them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.core.limits import MAX_KEY_BYTES, PGP_KEY_FILE, X509_REVOCATION_BYTES
from mailsec.store.files import read, shown

if TYPE_CHECKING:
    from mailsec.api.at_hand import AtHand
    from mailsec.cli.keys import PassphraseOptions
    from mailsec.trust.keyring.files import FileKeys
    from mailsec.trust.x509.revocation import RevocationFiles

_PEM = b"-----BEGIN CERTIFICATE-----"


def read_key(path: str) -> bytes:
    """What the key file holds; an error names the file."""
    try:
        return read(path, MAX_KEY_BYTES)
    except BadInput as error:
        raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None


def key_files(paths: Iterable[str], *, smime: bool = False) -> FileKeys:
    """The OpenPGP keys in these files, with `smime` X.509 certificates and keys too; naming them is the trust. An error names
    the file."""
    from mailsec.trust.keyring.files import FileKeys, read_keys  # few runs name a key

    keys = FileKeys()
    for path in paths:
        try:
            data = read(path, PGP_KEY_FILE)
            source = f"file {shown(path)}"
            keys |= _pem_keys(data, source) if smime and _PEM in data else read_keys(data, source)
        except BadInput as error:
            raise BadInput(f"{shown(path)}: {error.message}", hint=error.hint) from None
    return keys


def _pem_keys(data: bytes, source: str) -> FileKeys:
    from mailsec.content.smime.pem import read_pem

    return read_pem(data, source)


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
