"""X.509 certificates as keys are kept: what the ring knows of one, and those in files that were named on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

from mailsec.core.errors import BadInput, KeyUnavailable
from mailsec.message.person import normal
from mailsec.trust.keyring.files import FileKeys
from mailsec.trust.keyring.keys import Certificate, Kind
from mailsec.trust.keyring.reading import Reading, UserId
from mailsec.trust.x509.bundle import Held, joined, read_contents
from mailsec.trust.x509.person import CertificateError, load

P = ParamSpec("P")
T = TypeVar("T")


def reading(held: Held) -> Reading:
    """What a certificate says, in the form of the ring: its "user IDs" are its subject with each address. Raises BadInput."""
    try:
        person = load(held.certificate)
    except CertificateError as error:
        raise BadInput(str(error)) from None
    fingerprint = person.fingerprint.upper()
    named = tuple(UserId(f"{person.subject} <{each}>".lstrip(), _address(each)) for each in person.addresses)
    return Reading(
        fingerprint,
        (fingerprint,),
        person.not_before,
        person.not_after,
        None,
        person.algorithm,
        person.bits if person.algorithm in ("rsa", "dsa") else 0,
        named or ((UserId(person.subject, ""),) if person.subject else ()),
        held.certificate,
        held.secret,
        Kind.X509,
    )


def read_certificates(files: Sequence[tuple[str, bytes]], passphrase: Callable[[str], str]) -> FileKeys:
    """The X.509 certificates in files (PEM, DER, PKCS#12, .p7c), each a name and what it holds, and their private keys, which
    may stand in another of the files. `passphrase` is asked for that of a file, by its name, where one is needed.

    Raises BadInput where there is no certificate or something is damaged, KeyUnavailable for a passphrase that does not fit.
    """
    opened = [_named(name, read_contents, data, partial(passphrase, name)) for name, data in files]
    sources = {
        der: name for (name, _), each in zip(reversed(files), reversed(opened), strict=True) for der in each.certificates
    }
    held = _named(", ".join(name for name, _ in files), joined, opened)
    readings = [reading(each) for each in held]
    return FileKeys(
        tuple(Certificate(Kind.X509, each.fingerprint, each.data, sources[each.data]) for each in readings),
        {read.fingerprint: each.opened or each.secret for read, each in zip(readings, held, strict=True) if each.secret},
        {each.fingerprint: tuple(user_id.address for user_id in each.user_ids if user_id.address) for each in readings},
        {each.fingerprint: (each.fingerprint,) for each in readings},
    )


def _named(name: str, read: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
    """What `read` finds; an error names the file."""
    try:
        return read(*args, **values)
    except BadInput as error:
        raise BadInput(f"{name}: {error.message}", hint=error.hint) from None
    except KeyUnavailable as error:
        raise KeyUnavailable(f"{name}: {error.message}", hint=error.hint) from None


def _address(text: str) -> str:
    """The address as the ring compares it; "" where it is none."""
    found = normal(text)
    return found if "@" in found else ""
