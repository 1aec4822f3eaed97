"""The judgement of one path and of OCSP responses (RFC 5280 section 6, RFC 6960), by the library pyhanko-certvalidator.

It is given everything that it needs and fetches nothing. It is large and slow to load: whoever needs no path does not load it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto.ocsp import OCSPResponse, SingleResponse
from asn1crypto.x509 import Certificate
from cryptography.x509 import ReasonFlags
from pyhanko_certvalidator.authority import CertTrustAnchor, derive_quals_from_cert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    OCSPNoMatchesError,
    OCSPValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response
from pyhanko_certvalidator.validate import async_validate_path

from mailsec.core.limits.keys import X509_POLICIES
from mailsec.trust.x509.revocation import RevocationAnswer, covers

_NO_CHECK = RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
# A list of today says what was revoked when the mail came, too.
_POLICY = CertRevTrustPolicy(_NO_CHECK, retroactive_revinfo=True)
_REASONS = {
    "unspecified": "unspecified",
    "key_compromise": "keyCompromise",
    "ca_compromise": "cACompromise",
    "affiliation_changed": "affiliationChanged",
    "superseded": "superseded",
    "cessation_of_operation": "cessationOfOperation",
    "certificate_hold": "certificateHold",
    "remove_from_crl": "removeFromCRL",
    "privilege_withdrawn": "privilegeWithdrawn",
    "aa_compromise": "aACompromise",
}
_BEFORE = "The path could not be validated because "


class Pkix:
    """One path, in DER, leaf first and root last, judged at `now` (seconds since 1970 UTC)."""

    def __init__(self, path: Sequence[bytes], now: int) -> None:
        """Raises ValueError or TypeError where the library cannot read a certificate."""
        self._certificates = [Certificate.load(der, strict=True) for der in path]
        *below, root = self._certificates
        self._anchor = CertTrustAnchor(root, _qualifiers(root))
        self._path = ValidationPath(self._anchor, below[:0:-1], below[0] if below else None)
        self._at = datetime.fromtimestamp(now, UTC)

    def refusal(self) -> str:
        """The rule that the path breaks, in the library's words; "" where it holds.

        Looked at elsewhere: dates (it may stop at one of them), revocation, and the strength of keys and signatures.
        """
        context = self._context(self._at, algorithm_usage_policy=AcceptAllAlgorithms())
        try:
            _run(async_validate_path(context, self._path, _parameters()))
        except (ExpiredError, NotYetValidError):
            return ""
        except ValidationError as error:
            return str(error).removeprefix(_BEFORE).rstrip(". ")
        return ""

    def online(self, place: int, responses: Sequence[bytes]) -> RevocationAnswer:
        """Whether the certificate at `place` of the path (0: the leaf; never the root) is revoked, by OCSP `responses`.

        Each is judged by itself: one that says "good" hides none that says "revoked".
        """
        answers = [self._safely(place, each) for each in _about(self._certificates[place].serial_number, responses)]
        for revoked in (True, False):
            if found := next((each for each in answers if each.revoked is revoked), None):
                return found
        return RevocationAnswer(None, "; ".join(list(dict.fromkeys(each.reason for each in answers if each.reason))[:3]))

    def _safely(self, place: int, response: OCSPResponse) -> RevocationAnswer:
        """What it says, where one that is damaged deep inside hides nothing that another says."""
        try:
            return self._said(place, response)
        except Exception:  # several classes of several libraries, for what strangers make up
            return RevocationAnswer(None, "an OCSP response is damaged")

    def _said(self, place: int, response: OCSPResponse) -> RevocationAnswer:
        certificate = self._certificates[place]
        below = self._certificates[place:-1]
        path = ValidationPath(self._anchor, below[:0:-1], certificate)
        single = _single(response)
        at = self._at
        if single["cert_status"].name == "revoked":
            # What is revoked stays so, and may count for the time before: such a response is looked at as of its own time.
            at = max(single["this_update"].native, single["cert_status"].chosen["revocation_time"].native)
        try:
            _run(verify_ocsp_response(certificate, path, self._context(at, (response,))))
        except RevokedError as error:
            return self._revoked(error, single)
        except OCSPNoMatchesError:
            return RevocationAnswer(None, "")
        except OCSPValidationError as error:
            failures = [str(each[0]) for each in getattr(error, "failures", ())]
            return RevocationAnswer(None, f"OCSP: {'; '.join(failures[:3]) or error.args[0]}")
        return RevocationAnswer(False, "not revoked, says OCSP")

    def _revoked(self, error: RevokedError, single: SingleResponse) -> RevocationAnswer:
        """Since when it counts (RFC 6960 section 4.4.5 has the extensions of entries in lists)."""
        reason = ReasonFlags(_REASONS[error.reason.native])
        date = single.invalidity_date_value
        invalid = int(date.native.timestamp()) if date is not None else None
        return covers(reason, int(error.revocation_dt.timestamp()), invalid, source="OCSP", now=int(self._at.timestamp()))

    def _context(self, at: datetime, responses: Sequence[OCSPResponse] = (), **options: Any) -> ValidationContext:
        return ValidationContext(
            trust_roots=[self._anchor],
            other_certs=self._certificates,
            moment=at,
            ocsps=responses,
            revinfo_policy=_POLICY,
            allow_fetching=False,
            **options,
        )


def _about(serial: int, ders: Sequence[bytes]) -> Iterator[OCSPResponse]:
    """What can be read of `ders` and is about one certificate, that with the number `serial`."""
    for der in ders:
        with suppress(ValueError, TypeError, KeyError, IndexError):
            read = OCSPResponse.load(der, strict=True)
            if _single(read)["cert_id"]["serial_number"].native == serial:
                yield read


def _single(response: OCSPResponse) -> SingleResponse:
    """The one answer of a response (RFC 5019 section 2.2.1). Raises ValueError where it has none, or several."""
    (single,) = response["response_bytes"]["response"].parsed["tbs_response_data"]["responses"]
    return single


def _run(job: Coroutine[Any, Any, object]) -> None:
    """Run what only looks like a coroutine: without fetching it waits for nothing."""
    try:
        job.send(None)
    except StopIteration:
        return
    finally:
        job.close()
    raise ValueError("the library waits for something")


def _parameters() -> PKIXValidationParams:
    return PKIXValidationParams(max_policy_graph_nodes=X509_POLICIES)


def _qualifiers(root: Certificate) -> Any:
    """What a root's own certificate limits: names and path length (RFC 5937). Its dates and policies are looked at elsewhere,
    or not: a root that names policies does not promise that others do."""
    found = derive_quals_from_cert(root)
    derived = found.standard_parameters
    names = derived and replace(derived, user_initial_policy_set=frozenset({"any_policy"}), initial_explicit_policy=False)
    return replace(found, standard_parameters=names, valid_from=None, valid_until=None)
