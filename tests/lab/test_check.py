"""`mailsec check` over every domain of the lab: real DNS, real DNSSEC, real HTTPS. `tests/lab/README.md` says how to start it.

What is expected follows from what each domain was made for and from the RFCs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.lab

SELECTORS = ("rsa2048", "ed25519", "rsa1024", "revoked", "cname")
"""Those of example.test; none of them is a common one."""

PARTS = ("mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "tlsa", "dnssec")

DOMAINS = """
                  exit mx        spf       dkim      dmarc     mta-sts   tls-rpt   tlsa      dnssec
badds.test         1   temperror temperror temperror temperror temperror temperror temperror fail
    dnssec-bogus
bogus.test         1   temperror temperror none      temperror none      none      fail      fail
    dnssec-bogus tlsa-bogus
danebad.test       0   pass      pass      none      pass      none      none      pass      pass
danemxunsigned.test 1  pass      none      none      none      none      none      fail      pass
    tlsa-insecure spf-no-record dmarc-missing
daneunusable.test  0   pass      pass      none      pass      none      none      policy    pass
    tlsa-pkix-usage tlsa-none-usable
dmarcbad.test      1   none      pass      none      permerror none      none      skipped   pass
    dmarc-invalid-policy dmarc-invalid-tag dmarc-no-reports spf-softfail-all
example.test       0   pass      pass      pass      pass      pass      pass      pass      pass
    dmarc-sp-weaker dkim-key-short dkim-test-mode dkim-key-revoked dkim-key-shared
expired.test       1   temperror temperror temperror temperror temperror temperror temperror fail
    dnssec-bogus
expiredcert.test   0   pass      pass      none      pass      none      none      none      none
    dnssec-insecure
failover.test      1   pass      none      none      none      none      none      none      pass
    spf-no-record dmarc-missing
implicitmx.test    1   neutral   none      none      none      none      none      none      pass
    mx-implicit spf-no-record dmarc-missing
inject.test        0   pass      pass      none      pass      none      none      none      pass
iterations.test    0   pass      pass      none      pass      none      none      none      pass
    dnssec-nsec3-iterations
nomail.test        3   none      none      none      none      none      none      skipped   pass
    spf-no-record dmarc-missing
nsec3.test         0   pass      pass      none      pass      none      none      pass      pass
nullmx.test        0   pass      pass      none      pass      none      none      skipped   pass
    dkim-wildcard
oldtls.test        0   pass      pass      none      pass      none      none      none      none
    dnssec-insecure
optout.test        0   pass      pass      none      pass      none      none      none      pass
plain.test         1   pass      pass      none      pass      none      none      none      none
    spf-plus-all dmarc-policy-none dnssec-insecure
report.test        3   none      none      none      none      none      none      skipped   pass
    spf-no-record dmarc-missing
selfsigned.test    0   pass      pass      none      pass      none      none      pass      pass
sha1.test          0   pass      pass      none      pass      none      none      none      none
    dnssec-sha1
smuggle.test       0   pass      pass      none      pass      none      none      none      pass
spfloop.test       1   none      permerror none      none      none      none      skipped   pass
    spf-loop dmarc-missing
spfmany.test       1   none      permerror none      none      none      none      skipped   pass
    spf-too-many-lookups dmarc-missing
spftwo.test        1   none      permerror none      none      none      none      skipped   pass
    spf-several-records dmarc-missing
spfvoid.test       1   none      permerror none      none      none      none      skipped   pass
    spf-too-many-voids spf-term-finds-nothing dmarc-missing
stsbadcert.test    1   pass      pass      none      pass      fail      none      none      none
    mta-sts-policy-unreachable dnssec-insecure
stsmismatch.test   1   pass      pass      none      pass      fail      none      none      none
    mta-sts-uncovered-host mta-sts-unused-pattern dnssec-insecure
stsonly.test       0   pass      pass      none      pass      pass      none      policy    none
    tlsa-unsigned-way dnssec-insecure
ststesting.test    0   pass      pass      none      pass      pass      none      none      none
    mta-sts-testing dnssec-insecure
sub.optout.test    0   pass      pass      none      pass      none      none      none      none
    dnssec-insecure
unsigned.test      1   pass      pass      none      pass      none      none      fail      none
    tlsa-insecure dnssec-insecure
wild.test          0   pass      pass      none      pass      none      none      none      pass
wild3.test         0   pass      pass      none      pass      none      none      none      pass
wrongname.test     0   pass      pass      none      pass      none      none      none      none
    dnssec-insecure
"""
"""Exit code and statuses; below them the findings that must be there. No other may be of severity medium or high."""

ADDRESSES = {
    "alice@example.test": (0, {"smimea": "pass", "openpgpkey": "pass", "dnssec": "pass"}, frozenset[str]()),
    "bob@example.test": (
        0,
        {"smimea": "pass", "openpgpkey": "pass", "dnssec": "pass"},
        frozenset({"smimea-no-certificate"}),
    ),
}

EVERYWHERE = frozenset({"mx-not-public"})
"""All mail hosts of the lab have loopback addresses."""

FALSE = frozenset({"badds.test", "bogus.test", "expired.test"})
"""Where DNSSEC fails. A name server that validates says only that it failed, which is no proof that the records are false."""

Expected = tuple[int, dict[str, str], frozenset[str]]


def expected() -> dict[str, Expected]:
    _, *rows = DOMAINS.strip("\n").splitlines()
    made: dict[str, Expected] = dict(ADDRESSES)
    name = ""
    for words in map(str.split, rows):
        if len(words) == len(PARTS) + 2 and words[1].isdigit():
            name = words[0]
            made[name] = (int(words[1]), dict(zip(PARTS, words[2:], strict=True)), frozenset())
        else:
            made[name] = (*made[name][:2], frozenset(words))
    return made


def lab() -> Path:
    folder = os.environ.get("MAILSEC_LAB")
    assert folder, "MAILSEC_LAB names the lab's run folder; without it these tests cannot run"
    assert (Path(folder) / "ns.pid").exists(), "policies are fetched from port 443: start the lab with up.sh --netns"
    return Path(folder)


def check(*options: str) -> tuple[int, dict[str, str]]:
    """Run `mailsec check` over all names in the lab: the exit code, and the line on each name."""
    run = lab()
    names = [*json.loads((run / "lab.json").read_text())["domains"], *ADDRESSES]
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec"]
    trusted = ["--ca", str(run / "pki/ca.crt"), "--allow-private"]
    selectors = [f"--selector={selector}" for selector in SELECTORS]
    command = [*inside, "check", "--format=jsonl", "--timeout=60", *trusted, *selectors, *options, *names]
    environment = {**os.environ, "LAB_RUN": str(run)}
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=300)
    assert not done.stderr, done.stderr
    lines = {json.loads(line)["subject"]: line for line in done.stdout.splitlines()}
    assert sorted(lines) == sorted(names)
    return done.returncode, lines


@cache
def validated() -> tuple[int, dict[str, str], bytes]:
    """The validated run and what it saved; made once for all tests."""
    saved = lab() / "check.answers"
    try:
        code, lines = check("--dnssec=validate", f"--trust-anchor={lab() / 'root.key'}", f"--save-answers={saved}")
        return code, lines, saved.read_bytes()
    finally:
        saved.unlink(missing_ok=True)


def findings(check: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from check["findings"]
    for child in check["children"]:
        yield from findings(child)


def differences(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    exit, statuses, rules = expected()[name]
    if report["exit"] != exit:
        yield f"{name}: exit {report['exit']}, expected {exit} ({report['summary']})"
    found = {part["name"]: part for part in report["checks"]}
    for part, status in statuses.items():
        if found[part]["status"] != status:
            yield f"{name}: {part} {found[part]['status']}, expected {status} ({found[part]['reason']})"
    fired = [each for part in report["checks"] for each in findings(part)]
    if missing := rules - {each["rule"] for each in fired}:
        yield f"{name}: no finding {', '.join(sorted(missing))}"
    grave = {each["rule"] for each in fired if each["severity"] in ("medium", "high")}
    if too_many := grave - rules - EVERYWHERE:
        yield f"{name}: finding {', '.join(sorted(too_many))}"
    if found.get("mx", {}).get("status") == "pass" and name != "nullmx.test" and "mx-not-public" not in grave:
        yield f"{name}: no finding mx-not-public"


def test_every_domain_is_judged_as_it_was_made() -> None:
    code, lines, _ = validated()
    assert sorted(lines) == sorted(expected())
    wrong = [each for name, line in lines.items() for each in differences(name, json.loads(line))]
    assert not wrong, "\n".join(wrong)
    assert code == 1


def test_a_replay_says_the_same(tmp_path: Path) -> None:
    code, lines, saved = validated()
    answers = tmp_path / "answers"
    answers.write_bytes(saved)
    again = check("--dnssec=validate", f"--trust-anchor={lab() / 'root.key'}", f"--answers={answers}")
    assert again == (code, lines)


def test_it_agrees_with_a_name_server_that_validates() -> None:
    _, validate, _ = validated()
    _, trust = check("--dnssec=trust-ad")
    wrong = []
    for name, line in validate.items():
        ours, theirs = json.loads(line), json.loads(trust[name])
        states = {part["name"]: part["status"] for part in theirs["checks"]}
        # What is false cannot be used, whoever finds that out; but only who validates knows that it is false.
        if name in FALSE:
            known = {"spf", "dmarc", "mx"}
            wrong += [f"{name}: {part} {states[part]}" for part in known if states[part] != "temperror"]
            wrong += [f"{name}: exit {theirs['exit']}"] if theirs["exit"] != 5 else []
            continue
        wrong += [f"{name}: exit {ours['exit']} and {theirs['exit']}"] if ours["exit"] != theirs["exit"] else []
        wrong += [
            f"{name}: {part['name']} {part['status']} and {states[part['name']]}"
            for part in ours["checks"]
            if part["name"] != "dnssec" and part["status"] != states[part["name"]]
        ]
        assert states["dnssec"] == "skipped"
    assert not wrong, "\n".join(wrong)
