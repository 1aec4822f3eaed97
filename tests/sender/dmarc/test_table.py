"""Every case of the published table of DMARC judgements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailsec.core.flow import AnswerStatus, Query, run
from mailsec.core.results import AuthResult, Status
from mailsec.sender.dmarc.discover import Discovery, places
from mailsec.sender.dmarc.evaluate import DmarcResult, evaluate
from tests.support import TableSource

TABLE = json.loads((Path(__file__).parents[2] / "data" / "dmarc-rfc9989.json").read_text(encoding="utf-8"))


def source(zone: dict[str, Any]) -> TableSource:
    return TableSource({name: AnswerStatus(types.lower()) if isinstance(types, str) else types for name, types in zone.items()})


def identifier(case: dict[str, str]) -> AuthResult:
    status = Status(case["result"])
    if case["method"] == "dkim":
        return AuthResult("dkim", status, "", case["domain"], (("header.d", case["domain"]),))
    named = ((f"smtp.{case['identity']}", case["domain"]),) if case["domain"] else ()
    return AuthResult("spf", status, "", case["domain"], named)


def judge(case: dict[str, Any]) -> tuple[DmarcResult, TableSource]:
    answers = source(case["zone"])
    domains = case["author_domains"] if "author_domains" in case else [case["author_domain"]]
    return run(evaluate(domains, [identifier(each) for each in case["identifiers"]]), answers), answers


def names(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", names(TABLE["walks"]))
def test_walk(case: dict[str, Any]) -> None:
    answers = source(case["zone"])
    discovery = Discovery()
    run(discovery.walk([case["start"]]), answers)
    assert answers.asked == [Query(name, "TXT") for name in case["queries"]]
    (place,) = places(discovery.walked(case["start"]))
    assert place.organizational_domain == case["organizational_domain"]


@pytest.mark.parametrize("case", names([case for case in TABLE["cases"] if "author_domain" in case]))
def test_case(case: dict[str, Any]) -> None:
    result, answers = judge(case)
    (judgement,) = result.judgements
    found = {
        "result": judgement.status.value,
        "policy": judgement.policy.value if judgement.policy else None,
        "record_domain": judgement.record_at or None,
        "organizational_domain": judgement.organizational_domain or None,
        "aligned": list(judgement.aligned),
        "alignable": list(judgement.alignable),
        "unknown": list(judgement.unknown),
    }
    expected = dict(case["expected"])
    queries = expected.pop("queries", None)
    assert found == expected
    assert result.status is judgement.status
    assert queries is None or queries == [ask.name for ask in answers.asked]
    assert len(set(answers.asked)) == len(answers.asked), "a name was asked twice"


@pytest.mark.parametrize("case", names([case for case in TABLE["cases"] if "author_domains" in case]))
def test_author_domains(case: dict[str, Any]) -> None:
    result, answers = judge(case)
    assert result.status.value == case["expected"]["result"]
    found = [
        {
            "domain": each.domain,
            "result": each.status.value,
            "policy": each.policy.value if each.policy else None,
            "aligned": list(each.aligned),
        }
        for each in result.judgements
    ]
    assert found == case["expected"]["judgements"]
    assert len(set(answers.asked)) == len(answers.asked), "a name was asked twice"


def test_the_table_is_large_enough_and_each_case_names_its_section() -> None:
    cases = TABLE["walks"] + TABLE["cases"]
    assert len(cases) >= 80
    assert len({case["id"] for case in cases}) == len(cases)
    assert all(case["section"] and case["description"] for case in cases)
