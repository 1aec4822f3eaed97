"""The lint of DKIM keys: each rule fires where it should and stays quiet on a sound key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.flow import Answer, AnswerStatus, Ask, Query, Record, run
from mailsec.core.limits.sender import DKIM_KEY_AGE, DKIM_SELECTORS
from mailsec.core.rdata import encode_name, encode_txt
from mailsec.core.results import Check, Finding, Status
from mailsec.sender.dkim.key import parse_key
from mailsec.sender.dkim.lint import dated, lint
from mailsec.sender.dkim.publish import record_for
from tests.sender.dkim.support import NOW, private
from tests.support import Entry, TableSource, answer

NAME = "example.com"
RSA = record_for(private("rsa", 2048))
ED25519 = record_for(private("ed25519", 256))
SHORT = record_for(private("rsa", 1024))
P = RSA.partition("p=")[2]
# numbers of the right form; nobody has the other half
TINY = b64encode(bytes.fromhex("3048024100") + b"\xc1" * 64 + bytes.fromhex("0203010001")).decode()
HUGE = b64encode(bytes.fromhex("3082040b0282040200") + b"\xc1" * 1025 + bytes.fromhex("0203010001")).decode()


def judge(records: Mapping[str, Entry] | None = None, selectors: tuple[str, ...] = (), **extra: Entry) -> Check:
    table: dict[str, Mapping[str, Entry]] = {NAME: {}, f"_domainkey.{NAME}": {}}
    table |= {f"{selector}._domainkey.{NAME}": {"TXT": entry} for selector, entry in {**(records or {}), **extra}.items()}
    asked = selectors or ("s1", "s2", "nothing")
    return run(lint(NAME, asked, now=NOW), TableSource(table))


def found_rules(check: Check) -> set[str]:
    return {found.rule for found in check.all_findings()}


def by_rule(check: Check, rule: str) -> Finding:
    return next(found for found in check.all_findings() if found.rule == rule)


@pytest.mark.parametrize(("record", "bits"), [(RSA, 2048), (ED25519, 256)])
def test_a_sound_key_has_no_findings(record: str, bits: int) -> None:
    check = judge(s1=[record])
    assert (check.status, found_rules(check)) == (Status.PASS, set())
    assert check.fact("confirmed") is True
    assert check.fact("selectors-found") == "s1"
    assert check.fact("selectors-tried") == "s1 s2 nothing"
    (child,) = check.children
    assert (child.name, child.status, child.fact("bits")) == ("s1", Status.PASS, bits)
    assert child.evidence[0].where == "s1._domainkey.example.com"


BROKEN = f"v=DKIM1; k=rsa; p={P[:200]}"

FIRING = [
    (SHORT, Status.PASS, "dkim-key-short", "low", ""),
    (f"v=DKIM1; k=rsa; p={TINY}", Status.POLICY, "dkim-key-size-refused", "high", ""),
    (f"v=DKIM1; k=rsa; p={HUGE}", Status.POLICY, "dkim-key-size-refused", "medium", ""),
    (f"v=DKIM1; k=rsa; t=y; p={P}", Status.PASS, "dkim-test-mode", "low", RSA),
    (f"v=DKIM1; k=rsa; t=s:y; p={P}", Status.PASS, "dkim-test-mode", "low", f"v=DKIM1; k=rsa; t=s; p={P}"),
    ("v=DKIM1; k=rsa; p=", Status.NEUTRAL, "dkim-key-revoked", "info", ""),
    (f"v=DKIM1; k=rsa; h=sha1; p={P}", Status.PERMERROR, "dkim-key-sha1-only", "medium", RSA),
    (f"v=DKIM1; k=rsa; s=other; p={P}", Status.PERMERROR, "dkim-key-not-for-mail", "medium", RSA),
    (f"v=DKIM1; k=rsa; t=s; p={P}", Status.PASS, "dkim-key-strict-identity", "info", ""),
    (f"v=DKIM1; g=*; k=rsa; p={P}", Status.PASS, "dkim-key-granularity", "low", RSA),
    (f"v=DKIM1; g=; k=rsa; p={P}", Status.PASS, "dkim-key-granularity", "medium", RSA),
    (f"v=DKIM1; k=rsa; zz=1; p={P}", Status.PASS, "dkim-key-unknown-tag", "info", RSA),
    (f"k=rsa; p={P}", Status.PASS, "dkim-key-no-version", "info", RSA),
    (f"k=rsa; v=DKIM1; p={P}", Status.PERMERROR, "dkim-key-version", "medium", RSA),
    (f"v=DKIM2; k=rsa; p={P}", Status.PERMERROR, "dkim-key-version", "medium", RSA),
    (f"v=DKIM1; k=dsa; p={P}", Status.PERMERROR, "dkim-key-kind", "medium", ""),
    (f"v=DKIM1; k=ed25519; p={P}", Status.PERMERROR, "dkim-key-malformed", "medium", ""),
    (BROKEN, Status.PERMERROR, "dkim-key-malformed", "medium", ""),
    (f"v=DKIM1; k=rsa; p={P}; and more; x", Status.PERMERROR, "dkim-key-malformed", "medium", RSA),
    (f'"v=DKIM1; k=rsa; p={P}"', Status.PERMERROR, "dkim-key-malformed", "medium", RSA),
    (f"v=DKIM1\\; k=rsa\\; p={P}", Status.PERMERROR, "dkim-key-version", "medium", RSA),
    (f"v=DKIM1; k=rsa; p={P}; p={P}", Status.PERMERROR, "dkim-key-malformed", "medium", ""),
    ("v=DKIM1; k=rsa; p=!", Status.PERMERROR, "dkim-key-malformed", "medium", ""),
    (f"v=DKIM1; k=rsa; {P}", Status.PERMERROR, "dkim-key-malformed", "medium", ""),
]  # fmt: skip


@pytest.mark.parametrize(("record", "status", "rule", "severity", "fix"), FIRING)
def test_each_rule_fires(record: str, status: Status, rule: str, severity: str, fix: str) -> None:
    check = judge(s1=[record])
    found = by_rule(check, rule)
    assert (check.children[0].status, found.severity, found.fix) == (status, severity, fix)
    if fix:
        assert parse_key(fix.encode()).public_key()


def test_a_record_cut_after_its_first_string_is_recognized() -> None:
    check = judge(s1=[RSA[:255]])
    assert "second string" in by_rule(check, "dkim-key-malformed").message


def test_an_ed25519_key_in_quotes_is_salvaged() -> None:
    check = judge(s1=[f'"{ED25519}"'])
    assert by_rule(check, "dkim-key-malformed").fix == ED25519


def test_several_keys_at_one_selector() -> None:
    check = judge(s1=[BROKEN, RSA])
    assert found_rules(check) == {"dkim-several-keys", "dkim-key-malformed"}
    assert check.status is Status.PASS


def test_the_same_key_at_several_selectors() -> None:
    check = judge(s1=[RSA], s2=[RSA])
    assert by_rule(check, "dkim-key-shared").message == "the same key at s1, s2"
    assert found_rules(judge(s1=[RSA], s2=[ED25519])) == set()


# --- none found


def test_none_found_is_not_confirmed() -> None:
    check = judge()
    assert (check.status, check.children, found_rules(check)) == (Status.NONE, (), set())
    assert check.reason == "not confirmed: none of the 3 selectors tried has a key; there may be others"
    assert check.fact("confirmed") is False


def test_nothing_below_domainkey() -> None:
    check = run(lint(NAME, ["s1"], now=NOW), TableSource({NAME: {}}))
    assert check.status is Status.NONE
    assert check.reason.startswith("not confirmed: _domainkey.example.com does not exist")


def test_revoked_keys_only() -> None:
    assert judge(s1=["v=DKIM1; p="]).reason == "not confirmed: only revoked keys were found, at s1"


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.REFUSED, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_not_an_absent_key(status: AnswerStatus) -> None:
    check = judge(s1=status)
    assert check.status is Status.TEMPERROR
    assert found_rules(check) == {"dkim-lookup-failed"}
    assert check.children[0].status is Status.TEMPERROR
    assert judge(s1=status, s2=[RSA]).status is Status.PASS


def test_other_records_at_the_name_are_no_keys() -> None:
    assert judge(s1=["v=spf1 -all", "hello"]).status is Status.NONE
    check = judge(s1=["v=DKIM1; k=rsa;"])
    assert (check.status, found_rules(check)) == (Status.PERMERROR, {"dkim-key-malformed"})


# --- wildcards


class Wildcard(TableSource):
    """Every name below _domainkey has the same record."""

    def __init__(self, record: str, real: str = "") -> None:
        super().__init__({})
        self.record, self.real = record, real

    def start(self, ask: Ask) -> Answer:
        assert isinstance(ask, Query)
        self.asked.append(ask)
        return answer(ask.name, "TXT", [self.real if self.real and ask.name.startswith("real.") else self.record])


def test_a_wildcard_confirms_nothing() -> None:
    check = run(lint(NAME, ["s1", "s2"], now=NOW), Wildcard(RSA))
    assert check.status is Status.NONE
    assert check.reason == "not confirmed: a wildcard answers, and every selector has the same key"
    assert by_rule(check, "dkim-wildcard").severity == "medium"


def test_a_wildcard_that_revokes_everything_is_fine() -> None:
    check = run(lint(NAME, ["s1"], now=NOW), Wildcard("v=DKIM1; p="))
    assert by_rule(check, "dkim-wildcard").severity == "info"
    assert check.reason.endswith("every selector is revoked")


def test_a_wildcard_that_is_broken() -> None:
    check = run(lint(NAME, ["s1"], now=NOW), Wildcard("v=DKIM1; p=!"))
    assert by_rule(check, "dkim-wildcard").severity == "medium"


def test_a_key_beside_a_wildcard_is_found() -> None:
    check = run(lint(NAME, ["s1", "real"], now=NOW), Wildcard("v=DKIM1; p=", RSA))
    assert (check.status, check.fact("selectors-found")) == (Status.PASS, "real")


def test_the_probe_is_the_same_in_every_run_and_another_for_each_domain() -> None:
    probes = []
    for domain in (NAME, NAME, "example.org"):
        source = TableSource({})
        run(lint(domain, [], now=NOW), source)
        probes.append(source.asked[0])
    assert probes[0] == probes[1] != probes[2]


# --- selectors, aliases, ages


def test_selectors_are_asked_once_and_at_most_a_number_of_them() -> None:
    source = TableSource({})
    check = run(lint(NAME, ["S1", "s1", "a b", "", "x" * 64, ".".join(["y" * 60] * 4), *map(str, range(300))], now=NOW), source)
    assert len(source.asked) == DKIM_SELECTORS + 2
    assert by_rule(check, "dkim-selector-limit").message.startswith("301 selectors")


def test_an_alias_is_named() -> None:
    query = Query(f"s1._domainkey.{NAME}", "TXT")
    record = Record("k.example.net", "TXT", 1, encode_txt(RSA.encode()))

    class Aliased(TableSource):
        def start(self, ask: Ask) -> Answer:
            alias = Record(query.name, "CNAME", 1, encode_name("k.example.net") if self.table else b"\x09x")
            if ask != query:
                assert isinstance(ask, Query)
                return Answer(ask, AnswerStatus.NODATA)
            return Answer(query, AnswerStatus.OK, (record, Record("x", "TXT", 1, b"\x09x")), (alias,))

    assert run(lint(NAME, ["s1"], now=NOW), Aliased({"x": {}})).children[0].fact("alias") == "k.example.net"
    assert run(lint(NAME, ["s1"], now=NOW), Aliased({})).children[0].fact("alias") is None


def test_records_that_cannot_be_read_are_no_keys() -> None:
    source = TableSource({})
    source.start = lambda ask: Answer(ask, AnswerStatus.OK, (Record("x", "TXT", 1, b"\x09x"),))
    assert run(lint(NAME, ["s1"], now=NOW), source).status is Status.NONE


@pytest.mark.parametrize(
    ("selector", "date"),
    [
        ("20230601", 1685577600),
        ("mimecast20190104", 1546560000),
        ("202306", 1685577600),
        ("s1", None),
        ("20231301", None),
        ("20230230", None),
        ("120230601", None),
        ("19990101", None),
    ],
)
def test_selectors_that_are_dates(selector: str, date: int | None) -> None:
    assert dated(selector) == date


def test_an_old_key_is_old() -> None:
    table = {f"20230601._domainkey.{NAME}": {"TXT": [RSA]}}
    made = 1685577600
    old = run(lint(NAME, ["20230601"], now=made + DKIM_KEY_AGE + 1), TableSource(table))
    assert found_rules(old) == {"dkim-key-old"}
    young = run(lint(NAME, ["20230601"], now=made + DKIM_KEY_AGE), TableSource(table))
    assert found_rules(young) == set()
    assert young.children[0].fact("dated") == "2023-06-01"


# --- hostile


@pytest.mark.parametrize("octet", [b"\0", b" ", b"=", b";", b"p", b"p=", b"\\", b'"', b"\xff", b"A", b"p ", b"p=A"])
def test_64_kilobytes_of_anything(octet: bytes) -> None:
    for start in (b"v=DKIM1; p=", b"p=", b"v=DKIM1;"):
        check = judge(s1=[(start + octet * 65_000)[:65_000]])
        assert check.status in (Status.PERMERROR, Status.NONE)
        assert sum(len(each.text) for found in check.all_findings() for each in found.evidence) < 10_000


@given(st.binary(max_size=200))
def test_no_octets_upset_it(data: bytes) -> None:
    check = judge(s1=[b"v=DKIM1; k=rsa; " + data, b"p=" + data])
    for found in check.all_findings():
        found.message.encode()
        found.fix.encode()


def test_the_fix_holds_the_very_key() -> None:
    fixed = by_rule(judge(s1=[f"g=; p={P}"]), "dkim-key-granularity").fix
    public, _ = parse_key(fixed.encode()).public_key()
    mine = private("rsa", 2048).public_key()
    assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == mine.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
