"""Trust anchors: the two root keys, and the three forms that files have."""

from __future__ import annotations

import base64
from contextlib import suppress

import dns.dnssec
import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.errors import BadInput
from mailsec.core.limits.network import TRUST_ANCHOR_BYTES, TRUST_ANCHORS
from mailsec.trust.dnssec.anchors import IANA, Anchor, load

KEYS = {
    20326: "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8"
    "kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7"
    "pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2"
    "Nn6UwNR1AkUTV74bU=",
    38696: "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3ae"
    "HbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7"
    "CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z"
    "9GNUUeayffKC73PYc=",
}
"""The public keys themselves, which the anchors hold only the digests of."""
BEFORE, BETWEEN, TODAY = 1_480_000_000, 1_600_000_000, 1_795_000_000
DIGEST = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="1" source="http://data.iana.org/root-anchors/root-anchors.xml">
  <Zone>.</Zone>
  <KeyDigest id="a" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00">
    <KeyTag>19036</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Digest>
  </KeyDigest>
  <KeyDigest id="b" validFrom="2017-02-02T00:00:00+00:00">
    <KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>{DIGEST}</Digest>
    <PublicKey>{KEYS[20326]}</PublicKey><Flags>257</Flags>
  </KeyDigest>
</TrustAnchor>"""


@pytest.mark.parametrize("tag", KEYS)
def test_the_root_anchors_are_those_of_the_keys(tag: int) -> None:
    key = dns.rdata.from_text("IN", "DNSKEY", f"257 3 8 {KEYS[tag]}")
    (anchor,) = [anchor for anchor in IANA.anchors if anchor.key_tag == tag]
    ds = dns.dnssec.make_ds(".", key, "SHA256")
    assert dns.dnssec.key_id(key) == tag
    assert (anchor.zone, anchor.algorithm, anchor.digest_type, anchor.digest) == ("", 8, 2, ds.digest)


def test_validity() -> None:
    assert [anchor.key_tag for anchor in IANA.valid(TODAY)] == [20326, 38696]
    assert [anchor.key_tag for anchor in IANA.valid(BETWEEN)] == [20326]
    assert IANA.valid(BEFORE) == ()


def test_the_xml_of_rfc_9718() -> None:
    old, new = load(XML).anchors
    assert (old.key_tag, old.valid_from, old.valid_until) == (19036, 1279152000, 1547164800)
    assert new == IANA.anchors[0]
    assert [anchor.key_tag for anchor in load(XML).valid(TODAY)] == [20326]
    assert not old.valid(1547164800)
    assert old.valid(1547164799)


def test_xml_that_says_no_times() -> None:
    (anchor, _) = load(XML.replace('validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00"', "")).anchors
    assert (anchor.valid_from, anchor.valid_until) == (None, None)
    assert anchor.valid(0)


@pytest.mark.parametrize(
    "text",
    [
        f". IN DS 20326 8 2 {DIGEST}",
        f".\t172800 IN DS 20326 8 2 (\n {DIGEST[:40]}\n {DIGEST[40:]} ) ; with a comment",
        f". DS 20326 8 2 {DIGEST.lower()}",
        f"; root\n. IN DNSKEY 257 3 8 {KEYS[20326]}\n",
        f"\ufeff. 3600 IN DNSKEY 257 3 8 {KEYS[20326]} ;{{id = 20326 (ksk), size = 2048b}} ;;state=2 [  VALID  ]\n",
    ],
)
def test_records(text: str) -> None:
    (anchor,) = load(text).anchors
    assert anchor == Anchor("", 20326, 8, 2, bytes.fromhex(DIGEST))


def test_records_of_several_zones() -> None:
    anchors = load(f"Example.ORG. IN DS 1 13 2 {DIGEST}\n. IN DS 20326 8 2 {DIGEST}\n").anchors
    assert [anchor.zone for anchor in anchors] == ["example.org", ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0"),
        ("; nothing", "0"),
        (". IN A 192.0.2.1", "neither DS nor DNSKEY"),
        (". IN DS 1 2", "no trust anchors"),
        ("hello", "no trust anchors"),
        ("<html/>", "no TrustAnchor"),
        ("<TrustAnchor>", "no trust anchors"),
        ("<TrustAnchor><Zone>.</Zone></TrustAnchor>", "0"),
        ("<TrustAnchor/>", "Zone is missing"),
        (XML.replace("<Zone>.</Zone>", "<Zone>a..b</Zone>"), "no trust anchors"),
        (XML.replace("<KeyTag>20326</KeyTag>", "<KeyTag>70000</KeyTag>"), "KeyTag"),
        (XML.replace("<KeyTag>20326</KeyTag>", "<KeyTag>x</KeyTag>"), "no trust anchors"),
        (XML.replace("<Algorithm>8</Algorithm>", ""), "Algorithm is missing"),
        (XML.replace(DIGEST, "xyz"), "no trust anchors"),
        (XML.replace("2017-02-02T00:00:00+00:00", "2017-02-02"), "time zone"),
        (XML.replace("2017-02-02T00:00:00+00:00", "yesterday"), "no trust anchors"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + XML.partition("?>")[2], "document type"),
        ("\n".join(f"{at}.test. IN DS 1 13 2 {DIGEST}" for at in range(TRUST_ANCHORS + 1)), "101"),
        (";" * (TRUST_ANCHOR_BYTES + 1), "at most"),
    ],
)
def test_what_is_no_anchor_file(text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        load(text.lstrip() if text.startswith("<!") else text)
    assert said in error.value.message
    assert error.value.hint


@given(
    st.one_of(st.text(), st.text().map(lambda text: "<" + text), st.binary().map(lambda data: base64.b64encode(data).decode()))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadInput):
        load(text)


@given(st.integers(0, len(XML)), st.text(max_size=3))
def test_any_change_of_a_file_is_read_or_refused(at: int, text: str) -> None:
    with suppress(BadInput):
        load(XML[:at] + text + XML[at + 1 :])


@pytest.mark.parametrize("encoding", ["TF-8", "utf-16", "utf-7", "x" * 1000])
def test_what_the_declaration_says_of_the_encoding_does_not_count(encoding: str) -> None:
    assert load(XML.replace('encoding="UTF-8"', f'encoding="{encoding}"')) == load(XML)
