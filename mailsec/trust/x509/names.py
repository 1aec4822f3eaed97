"""Whether a certificate is for a name or address (RFC 9525): only subjectAltName counts, never a common name."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.x509 import Certificate

from mailsec.core.domains import DomainError, parent, to_ascii
from mailsec.core.limits.transport import TLS_NAMES


class Names(NamedTuple):
    """What a certificate's subjectAltName has of domain names and of addresses, as texts."""

    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def names(certificate: Certificate) -> Names:
    """The names of a certificate, at most `TLS_NAMES` of each kind."""
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return Names()
    domains = alternative.get_values_for_type(x509.DNSName)[:TLS_NAMES]
    addresses = alternative.get_values_for_type(x509.IPAddress)[:TLS_NAMES]
    return Names(tuple(domains), tuple(map(str, addresses)))


def is_for(certificate: Certificate, reference: str) -> bool:
    """True where one of the certificate's names means `reference`: a name in A- or U-labels, or an address."""
    presented = names(certificate)
    address = _address(reference)
    if address is not None:
        return str(address) in presented.addresses
    try:
        wanted = to_ascii(reference)
    except DomainError:
        return False
    return _matches(wanted, presented.domains)


def _matches(wanted: str, presented: Iterable[str]) -> bool:
    """A wildcard is the whole first label and stands for one (RFC 9525 section 6.3), but not for one right below the root."""
    forms = {wanted}
    if parent(parent(wanted)):
        forms.add(f"*.{parent(wanted)}")
    return any(name.lower().removesuffix(".") in forms for name in presented)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
