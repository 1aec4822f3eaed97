"""A finished TLS handshake in words, and against the terms of `!tls-expect`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from mailsec.core.results import Status
from mailsec.transport.wire import TlsState

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def state_words(tls: TlsState) -> str:
    """Version, suite, and what was judged of the certificate."""
    reasons = f" ({'; '.join(tls.pkix.reasons)})" if tls.pkix.reasons else ""
    judged = "" if tls.pkix.status is Status.SKIPPED else f", certificate {tls.pkix.status}{reasons}"
    return f"{tls.version} {tls.cipher}{judged}"


def judge_terms(terms: tuple[tuple[str, str, str], ...], tls: TlsState) -> tuple[str, ...]:
    """What of `terms` does not hold, in words."""
    return tuple(
        f"expected {name}{comparison}{value}, received {_value(name, tls)}"
        for name, comparison, value in terms
        if not _holds(name, comparison, value, tls)
    )


def _value(name: str, tls: TlsState) -> str:
    values = {"version": tls.version, "bits": str(tls.bits), "cipher": tls.cipher, "pkix": tls.pkix.status.value}
    return values[name]


def _holds(name: str, comparison: str, value: str, tls: TlsState) -> bool:
    match name:
        case "version":
            return _ORDER[comparison](_version(tls.version), _version(value))
        case "bits":
            return _ORDER[comparison](tls.bits, int(value))
        case "cipher":
            return re.fullmatch(".*".join(map(re.escape, value.split("*"))), tls.cipher) is not None
    return (tls.pkix.status is Status.PASS) is (value == "pass")


def _version(text: str) -> tuple[int, ...]:
    """TLSv1.3, 1.3 and TLSv1 as numbers; what is none of them is below all."""
    numbers = text.removeprefix("TLSv").split(".")
    return tuple(int(number) for number in (*numbers, "0")[:2]) if all(number.isdigit() for number in numbers) else (0, 0)
