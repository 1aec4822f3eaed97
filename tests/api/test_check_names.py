"""`check` as a library user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailsec import CheckOptions, MailsecError, Session, Settings, check_name, check_names

ZONE = str(Path(__file__).parents[2] / "examples" / "example.zone")


def test_one_name() -> None:
    with Session(Settings(zones=(ZONE,))) as session:
        report = check_name("bank.example", session, CheckOptions(only=frozenset({"spf"})))
    assert [(check.name, check.status) for check in report.checks] == [("spf", "pass")]


def test_many_names() -> None:
    with Session(Settings(zones=(ZONE,))) as session:
        subjects = {report.subject for report in check_names(["bank.example", "shop.example"], session)}
    assert subjects == {"bank.example", "shop.example"}


def test_what_is_no_name() -> None:
    with Session(Settings(zones=(ZONE,))) as session, pytest.raises(MailsecError, match="not a domain name"):
        check_name("no name at all", session)
