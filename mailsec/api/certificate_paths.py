"""Paths of persons' certificates with all that a run has: roots that are trusted, revocation lists, and what may be fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mailsec.core.flow import Flow
from mailsec.core.limits import X509_FETCHES
from mailsec.store.files import shown
from mailsec.trust.keyring.keys import Keys, Rooted
from mailsec.trust.x509.revocation import NO_FILES, RevocationFiles

if TYPE_CHECKING:
    from mailsec.trust.x509.fetching import Gathered
    from mailsec.trust.x509.tree import SignerPath

    Drive: TypeAlias = Callable[[Flow[Gathered]], Gathered]


@dataclass(frozen=True, slots=True)
class PathOptions:
    """What paths are judged with. `ca_file` has the roots ("": the system's), beside those that the ring's user trusts.

    `drive` runs what fetches the CRLs, OCSP responses and issuers that certificates name, None where nothing is to be fetched.
    """

    ca_file: str = ""
    revocation: RevocationFiles = NO_FILES
    drive: Drive | None = None


SYSTEM = PathOptions()
"""The roots of the system, and nothing else."""


class PathJudgement:
    """Judges the paths of one message (`content.smime.judging.PathJudge`)."""

    def __init__(self, options: PathOptions, keys: Keys | None) -> None:
        """Raises BadInput where the file of roots cannot be read."""
        from mailsec.net.roots import root_certificates

        self._options = options
        self._ring = tuple(keys.roots()) if isinstance(keys, Rooted) else ()
        self._roots = (*self._ring, *root_certificates(options.ca_file))
        self._left = X509_FETCHES

    def __call__(self, chain: Sequence[bytes], *, now: int) -> SignerPath:
        """The judgement of `chain` at `now`, after what it names was fetched."""
        from mailsec.trust.x509.signer import judge_signer

        files = self._options.revocation
        notes: tuple[str, ...] = ()
        if self._options.drive is not None:
            from mailsec.trust.x509.fetching import gathered

            found = self._options.drive(gathered(chain, self._roots, files, now=now, most=self._left))
            self._left -= found.requests
            chain, files, notes = (*chain, *found.issuers), found.files, found.notes
        path = judge_signer(chain, self._roots, now=now, revocation=files)
        return replace(path, origin=self._origin(path), notes=notes)

    def _origin(self, path: SignerPath) -> str:
        """Where the root of the path comes from; "" where no root ends it."""
        top = path.steps[-1].der if path.steps else b""
        if top not in self._roots:
            return ""
        if top in self._ring:
            return "the key ring"
        return shown(self._options.ca_file) if self._options.ca_file else "the system"
