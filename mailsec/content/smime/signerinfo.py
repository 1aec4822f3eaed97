"""One signature of signed-data (SignerInfo, RFC 5652 section 5.3), read with care and judged by nobody yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailsec.content.smime.cms import CmsError, guarded
from mailsec.content.smime.identifier import Identifier, read_identifier
from mailsec.core.limits import CMS_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Attributes:
    """The signed attributes. `der` is what the signature is over; the others hold every value that stands there, so that an
    honest signature has one of each. `claimed` is the signing time in seconds since 1970 UTC, as the signer says it."""

    der: bytes
    content_types: tuple[str | None, ...]
    digests: tuple[bytes | None, ...]
    claimed: int | None = None


@dataclass(frozen=True, slots=True)
class Pss:
    """The parameters of RSASSA-PSS: names of hashes ("sha256"), octets of salt. `usual` is False for another mask function."""

    hash: str
    mask_hash: str
    salt: int
    usual: bool


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """`certificate` names the signer's certificate.

    `digest` is the name of the hash of the content ("sha256", or the object identifier where it has no name), `algorithm` that
    of the signature ("rsassa_pkcs1v15", "ecdsa", …), `hash` the one that its identifier names, "" where it names none.
    """

    certificate: Identifier
    digest: str
    algorithm: str
    hash: str
    pss: Pss | None
    attributes: Attributes | None
    signature: bytes


def read(der: bytes) -> SignerInfo:
    """The SignerInfo in `der`. Raises CmsError."""
    return guarded(lambda: _read(der), "a signature")


def _read(der: bytes) -> SignerInfo:
    from asn1crypto import cms  # noqa: PLC0415 (large, and few messages are signed)

    info = cms.SignerInfo.load(der, strict=True)
    algorithm = info["signature_algorithm"]
    name, hashed = _algorithm(algorithm)
    pss = _pss(algorithm["parameters"]) if name == "rsassa_pss" else None
    attributes = _attributes(info["signed_attrs"]) if info["signed_attrs"].native is not None else None
    return SignerInfo(
        read_identifier(info["sid"]),
        info["digest_algorithm"]["algorithm"].native,
        name,
        hashed,
        pss,
        attributes,
        info["signature"].native,
    )


def _algorithm(algorithm: Any) -> tuple[str, str]:
    """Names of the signature algorithm and of the hash that it states, "" for none; an unknown one by its identifier."""
    name: str = algorithm["algorithm"].native
    try:
        kind: str = algorithm.signature_algo
    except ValueError:
        return name, ""
    head, _, tail = name.partition("_")
    return kind, head if tail in ("rsa", "ecdsa", "dsa") else ""


def _pss(parameters: Any) -> Pss:
    mask = parameters["mask_gen_algorithm"]
    usual = mask["algorithm"].native == "mgf1" and parameters["trailer_field"].native == "trailer_field_bc"
    return Pss(
        parameters["hash_algorithm"]["algorithm"].native,
        mask["parameters"]["algorithm"].native,
        parameters["salt_length"].native,
        usual,
    )


def _attributes(found: Any) -> Attributes:
    if len(found) > CMS_ATTRIBUTES:
        raise CmsError(f"a signature has more than {CMS_ATTRIBUTES} attributes")
    types: list[str | None] = []
    digests: list[bytes | None] = []
    times: list[datetime | None] = []
    for attribute in found:
        name = attribute["type"].native
        if name == "content_type":
            types += _values(attribute, lambda value: value.contents.hex())
        elif name == "message_digest":
            digests += _values(attribute, lambda value: value.native)
        elif name == "signing_time":
            times += _values(attribute, lambda value: value.native)
    claimed = int(times[0].timestamp()) if times and times[0] else None
    # the set itself, not the tag it stands under, is what is signed (RFC 5652 section 5.4)
    return Attributes(b"\x31" + found.dump()[1:], tuple(types), tuple(digests), claimed)


def _values(attribute: Any, read: Any) -> Sequence[Any]:
    """The values of an attribute, of which an honest one has one; None for each attribute that has none."""
    return [read(value) for value in attribute["values"]] or [None]
