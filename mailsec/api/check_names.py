"""`check` for library users: names in, reports out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailsec.api.check_domain import CheckOptions, check_domain, subject_of
from mailsec.api.session import Session
from mailsec.core.results import Report

_USUAL = CheckOptions()


def check_names(names: Iterable[str], session: Session, options: CheckOptions = _USUAL) -> Iterator[Report]:
    """Audit domains and addresses side by side; each report as soon as it is done.

    Raises UsageError where a name is neither, BadInput where a file of the session cannot be read.
    """
    flows = (check_domain(subject_of(name), options, now=session.now, validator=session.validator) for name in names)
    return (report for _, report in session.run_many(flows))


def check_name(name: str, session: Session, options: CheckOptions = _USUAL) -> Report:
    """Audit one domain or address."""
    return next(check_names((name,), session, options))
