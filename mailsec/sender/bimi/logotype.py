"""The logo in a mark certificate: the extension logotype (RFC 3709, RFC 9399), with an image as a data: address (RFC 6170).

The extension is a stranger's: it is read strictly, a few images of it are looked at, and nothing of it is fetched.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import new
from typing import Any, ClassVar

from asn1crypto.algos import DigestAlgorithm
from asn1crypto.core import Any as AnyType
from asn1crypto.core import Choice, IA5String, OctetString, Sequence, SequenceOf

from mailsec.core.limits.sender import BIMI_IMAGES
from mailsec.sender.bimi.svg import SvgProblem, unpacked

OID = "1.3.6.1.5.5.7.1.12"
_DATA = re.compile(r"data:(image/svg\+xml[^,]{0,100});base64,([A-Za-z0-9+/=\s]*)\Z", re.IGNORECASE | re.ASCII)
_HASHES = frozenset({"sha256", "sha384", "sha512"})


class _Unread(SequenceOf):  # type: ignore[misc] # the library has no types
    """What is not looked into."""

    _child_spec = AnyType


class _HashAndValue(Sequence):  # type: ignore[misc] # the same
    _fields: ClassVar = [("hash_alg", DigestAlgorithm), ("hash_value", OctetString)]


class _Hashes(SequenceOf):  # type: ignore[misc] # the same
    _child_spec = _HashAndValue


class _Addresses(SequenceOf):  # type: ignore[misc] # the same
    _child_spec = IA5String


class _Details(Sequence):  # type: ignore[misc] # the same
    _fields: ClassVar = [("media_type", IA5String), ("hashes", _Hashes), ("addresses", _Addresses)]


class _Image(Sequence):  # type: ignore[misc] # the same
    _fields: ClassVar = [("details", _Details), ("info", AnyType, {"optional": True})]


class _Images(SequenceOf):  # type: ignore[misc] # the same
    _child_spec = _Image


class _LogotypeData(Sequence):  # type: ignore[misc] # the same
    _fields: ClassVar = [("image", _Images, {"optional": True}), ("audio", _Unread, {"implicit": 1, "optional": True})]


class _LogotypeInfo(Choice):  # type: ignore[misc] # the same
    _alternatives: ClassVar = [("direct", _LogotypeData, {"implicit": 0}), ("indirect", _Unread, {"implicit": 1})]


class _Logotype(Sequence):  # type: ignore[misc] # the same
    """Logotype of RFC 3709 section 4.1, as far as the logo of the subject."""

    _fields: ClassVar = [
        ("community", _Unread, {"explicit": 0, "optional": True}),
        ("issuer", _LogotypeInfo, {"explicit": 1, "optional": True}),
        ("subject", _LogotypeInfo, {"explicit": 2, "optional": True}),
        ("other", _Unread, {"explicit": 3, "optional": True}),
    ]


class LogotypeProblem(ValueError):
    """There is no logo that can be used."""


@dataclass(frozen=True, slots=True)
class Logotype:
    """The logo: `svg` without compression, and the hash that vouches for it, by name."""

    svg: bytes
    hash: str


def read(value: bytes) -> Logotype:
    """The subject's logo in the value of the extension. Raises LogotypeProblem."""
    try:
        images = list(_images(value))
    except Exception:  # ValueError, TypeError, KeyError and others, for what strangers make up
        raise LogotypeProblem("the extension is damaged") from None
    problem = "no image of the subject in the extension"
    for hashes, address in images:
        try:
            return _logo(hashes, address)
        except LogotypeProblem as found:
            problem = str(found)
    raise LogotypeProblem(problem)


def _images(value: bytes) -> Iterator[tuple[list[tuple[str, bytes]], str]]:
    """The hashes and the first address of each image."""
    subject = _Logotype.load(value, strict=True)["subject"]
    if not isinstance(subject, _LogotypeInfo) or subject.name != "direct":
        return
    for image in list(subject.chosen["image"])[:BIMI_IMAGES]:
        details = image["details"]
        hashes = [_hash(each) for each in list(details["hashes"])[:BIMI_IMAGES]]
        yield hashes, details["addresses"][0].native


def _hash(each: Any) -> tuple[str, bytes]:
    return str(each["hash_alg"]["algorithm"].native), bytes(each["hash_value"].native)


def _logo(hashes: list[tuple[str, bytes]], address: str) -> Logotype:
    match = _DATA.match(address)
    if match is None:
        raise LogotypeProblem("the image is not an SVG within the certificate (data:)")
    try:
        carried = a2b_base64(match[2])
        svg = unpacked(carried)
    except (Error, SvgProblem) as error:
        raise LogotypeProblem(f"the image cannot be unpacked: {error}") from None
    # The requirements speak of the image, RFC 9399 of what the address holds: authorities take the one or the other.
    for name, value in hashes:
        if name in _HASHES and value in (new(name, carried).digest(), new(name, svg).digest()):
            return Logotype(svg, name)
    raise LogotypeProblem("the image does not match any hash beside it")
