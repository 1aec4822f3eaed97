"""What the synthetic domains d0.example, d1.example, … publish, as replies of a name server.

Each has two mail hosts with addresses and TLSA records, SPF with the three includes of one provider, three DKIM keys, DMARC,
MTA-STS and TLS reporting. The addresses are those of documentation, so that nobody connects to any of them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache, lru_cache

SELECTORS = ("selector1", "selector2", "k1")
_A, _NS, _SOA, _MX, _TXT, _AAAA, _TLSA = 1, 2, 6, 15, 16, 28, 52
_DOMAIN = re.compile(r"(?:(.+)\.)?(d([0-9]+)\.example)\Z")
_INCLUDES = "include:_spf1.provider.example include:_spf2.provider.example include:_spf3.provider.example"
_OK, _NXDOMAIN = b"\x81\x80", b"\x81\x83"

Table = dict[tuple[str, int], list[bytes]]
"""The data of the records, by what stands before the domain's name, and type."""


def reply(query: bytes) -> bytes:
    """What the zone says to `query`, without EDNS. An absence has its SOA record."""
    end = query.index(b"\0", 12) + 5
    prefix, domain, published = _place(_text(query[12 : end - 4]))
    found = published.get((prefix, int.from_bytes(query[end - 4 : end - 2], "big")), [])
    exists = any(name == prefix or name.endswith(f".{prefix}") for name, _ in published)
    code = _OK if exists else _NXDOMAIN
    answers = b"".join(b"\xc0\x0c" + query[end - 4 : end] + _sized(data) for data in found)
    authority = b"" if found else _wire(domain) + b"\0\6\0\1" + _sized(_soa())
    counts = bytes((0, 1, 0, len(found), 0, 0 if found else 1, 0, 0))
    return query[:2] + code + counts + query[12:end] + answers + authority


def _place(name: str) -> tuple[str, str, Table]:
    """What stands before the domain's name in `name`, the domain, and what it publishes."""
    match = _DOMAIN.match(name)
    if match is not None:
        return match[1] or "", match[2], _published(int(match[3]))
    prefix, found, domain = name.rpartition("provider.example")
    return (prefix.rstrip("."), found + domain, _provider()) if found else ("", name.rpartition(".")[2], {})


def _sized(data: bytes) -> bytes:
    return (3600).to_bytes(4, "big") + len(data).to_bytes(2, "big") + data


def _text(wire: bytes) -> str:
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    return b".".join(labels).decode("ascii").lower()


def _wire(name: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode("ascii") for label in name.split(".")) + b"\0"


def _txt(text: str) -> bytes:
    parts = [text[at : at + 255].encode("ascii") for at in range(0, len(text), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts)


@cache
def _soa() -> bytes:
    times = b"".join(seconds.to_bytes(4, "big") for seconds in (1, 7200, 900, 86_400, 900))
    return _wire("ns1.provider.example") + _wire("hostmaster.provider.example") + times


@cache
def _keys() -> Table:
    """Three RSA keys of 2048 bits (numbers of that size: nobody signs with them), the same for all domains."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only the server needs it
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415 - as above

    kind = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    keys = [RSAPublicNumbers(65_537, (1 << 2047) + 2 * n + 1).public_key().public_bytes(*kind) for n in range(len(SELECTORS))]
    records = [[_txt(f"v=DKIM1; k=rsa; p={b64encode(key).decode()}")] for key in keys]
    return {(f"{selector}._domainkey", _TXT): record for selector, record in zip(SELECTORS, records, strict=True)}


@cache
def _provider() -> Table:
    includes: Table = {(f"_spf{n}", _TXT): [_txt(f"v=spf1 ip4:198.51.100.{n * 32}/27 ~all")] for n in (1, 2, 3)}
    return includes | {(name, _A): [bytes((198, 51, 100, 1))] for name in ("ns1", "ns2")}


@lru_cache(1024)
def _published(number: int) -> Table:
    name = f"d{number}.example"
    hosts: Table = {}
    for host in ("mx1", "mx2"):
        hosts[host, _A] = [bytes((192, 0, 2, number % 256))]
        hosts[host, _AAAA] = [bytes.fromhex("20010db8") + number.to_bytes(12, "big")]
        hosts[f"_25._tcp.{host}", _TLSA] = [b"\3\1\1" + number.to_bytes(32, "big")]
    own: Table = {
        ("", _NS): [_wire("ns1.provider.example"), _wire("ns2.provider.example")],
        ("", _SOA): [_soa()],
        ("", _MX): [b"\0\x0a" + _wire(f"mx1.{name}"), b"\0\x14" + _wire(f"mx2.{name}")],
        ("", _TXT): [_txt(f"v=spf1 {_INCLUDES} ip4:192.0.2.{number % 256} -all")],
        ("_dmarc", _TXT): [_txt(f"v=DMARC1; p=reject; rua=mailto:dmarc@{name}")],
        ("_mta-sts", _TXT): [_txt("v=STSv1; id=20260101;")],
        ("mta-sts", _A): [bytes((192, 0, 2, 1))],
        ("_smtp._tls", _TXT): [_txt(f"v=TLSRPTv1; rua=mailto:tls@{name}")],
    }
    return own | hosts | _keys()
