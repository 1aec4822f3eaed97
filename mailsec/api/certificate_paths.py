"""Paths of persons' certificates with all that a run has: roots that are trusted, revocation lists, and what may be fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mailsec.core.flow import Flow
from mailsec.core.limits.keys import X509_FETCHES, X509_JUDGED
from mailsec.core.results import Status
from mailsec.store.cache import Cache
from mailsec.store.files import shown
from mailsec.store.places import cache_path
from mailsec.trust.keyring.keys import Keys, Rooted
from mailsec.trust.x509.revocation import NO_FILES, RevocationFiles

if TYPE_CHECKING:
    from mailsec.trust.x509.fetching import Gathered, Shelf
    from mailsec.trust.x509.tree import SignerPath

    Drive: TypeAlias = Callable[[Flow[Gathered]], Gathered]


@dataclass(frozen=True, slots=True)
class PathOptions:
    """What paths are judged with. `ca_file` has the roots ("": the system's), beside those that the ring's user trusts.

    `drive` runs what fetches the CRLs, OCSP responses and issuers that certificates name, None where nothing is to be fetched.
    `shelf` has what was fetched before, which is looked at in either case: it tells nobody anything.
    """

    ca_file: str = ""
    revocation: RevocationFiles = NO_FILES
    drive: Drive | None = None
    shelf: Shelf | None = None


SYSTEM = PathOptions()
"""The roots of the system, and nothing else."""


def user_shelf(moment: int) -> Shelf:
    """What earlier runs of the user fetched; `moment` is the clock's, in seconds since 1970 UTC."""
    return Cache(os.path.join(cache_path(), "x509"), moment)


class PathJudgement:
    """Judges the paths of one message (`content.smime.judging.PathJudge`), each once, and no more than can be borne."""

    def __init__(self, options: PathOptions, keys: Keys | None) -> None:
        """Raises BadInput where the file of roots cannot be read."""
        from mailsec.net.roots import root_certificates

        self._options = options
        self._ring = tuple(keys.roots()) if isinstance(keys, Rooted) else ()
        self._roots = (*self._ring, *root_certificates(options.ca_file))
        self._left = X509_FETCHES
        self._judged: dict[tuple[tuple[bytes, ...], int], SignerPath] = {}

    def __call__(self, chain: Sequence[bytes], *, now: int) -> SignerPath:
        """The judgement of `chain` at `now`, after what it names was fetched."""
        key = tuple(chain), now
        if key not in self._judged:
            if len(self._judged) >= X509_JUDGED:
                return _too_many()
            self._judged[key] = self._path(chain, now)
        return self._judged[key]

    def _path(self, chain: Sequence[bytes], now: int) -> SignerPath:
        from mailsec.trust.x509.signer import judge_signer

        options = self._options
        found = self._gathered(chain, now)
        path = judge_signer((*chain, *found.issuers), self._roots, now=now, revocation=found.files)
        if options.shelf is not None:
            found.shelve(options.shelf, path)
        return replace(path, origin=self._origin(path), notes=found.notes)

    def _gathered(self, chain: Sequence[bytes], now: int) -> Gathered:
        """What is at hand, what the shelf has of what the chain names, and what is fetched."""
        from mailsec.trust.x509.fetching import Gathered, gathered

        if self._options.drive is None and self._options.shelf is None:
            return Gathered(self._options.revocation)
        options, most = self._options, self._left if self._options.drive is not None else None
        flow = gathered(chain, self._roots, options.revocation, now=now, most=most, shelf=options.shelf)
        found = (options.drive or _finished)(flow)
        self._left -= found.requests
        return found

    def _origin(self, path: SignerPath) -> str:
        """Where the root of the path comes from; "" where no root ends it."""
        top = path.steps[-1].der if path.steps else b""
        if top not in self._roots:
            return ""
        if top in self._ring:
            return "the key ring"
        return shown(self._options.ca_file) if self._options.ca_file else "the system"


def _finished(flow: Flow[Gathered]) -> Gathered:
    """What becomes of a flow that asks nothing."""
    try:
        next(flow)
    except StopIteration as ended:
        found: Gathered = ended.value
        return found
    raise AssertionError("nothing was to be asked")


def _too_many() -> SignerPath:
    from mailsec.core.results import finding
    from mailsec.trust.x509 import rules
    from mailsec.trust.x509.tree import SignerPath

    said = finding(rules.TOO_MANY_PATHS, f"the message has more than {X509_JUDGED} different paths: this one was not judged")
    return SignerPath(Status.NEUTRAL, (said.message,), unchecked=True, findings=(said,))
