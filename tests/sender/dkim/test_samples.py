"""The samples of the standards: RFC 6376 appendix A (with errata 3192 and 4926) and RFC 8463 appendix A."""

from __future__ import annotations

import pytest

from mailsec.core.results import Status
from mailsec.message.fields import parse
from mailsec.sender.dkim.keys import SigningKey, load_private
from mailsec.sender.dkim.publish import record_for
from tests.sender.dkim.support import judge, only, rules_of

TEXT = b"""\
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.%bAre you hungry yet?

Joe.
"""

# Appendix A.2: the fold of each line is six spaces, and one space stands before "Are" (errata 4926 and 3192).
RFC6376 = (
    b"""\
DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
"""
    + TEXT % b" "
)
RFC6376_KEY = (
    "v=DKIM1; p="
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq"
    "631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)

# Appendix A.3: an Ed25519 and an RSA signature over the same message.
RFC8463 = (
    b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
"""
    + TEXT % b"  "
)
RFC8463_ED25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RFC8463_RSA = (
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byY"
    "zCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
)
RFC8463_SECRET = b"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
ZONE = {
    "brisbane._domainkey.example.com": {"TXT": [RFC6376_KEY]},
    "brisbane._domainkey.football.example.com": {"TXT": [RFC8463_ED25519]},
    "test._domainkey.football.example.com": {"TXT": [RFC8463_RSA]},
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_rfc6376(end: bytes) -> None:
    result = judge(RFC6376.replace(b"\n", end), ZONE)
    found = only(result)
    assert (found.status, found.domain, found.identity) == (Status.PASS, "example.com", "joe@football.example.com")
    assert found.key_bits == 1024
    assert rules_of(result) == {"dkim-key-short", "dkim-not-oversigned"}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_rfc8463(end: bytes) -> None:
    result = judge(RFC8463.replace(b"\n", end), ZONE)
    assert [found.status for found in result.signatures] == [Status.PASS, Status.PASS]
    assert [found.key_bits for found in result.signatures] == [256, 1024]


def test_rfc8463_secret_and_record_belong_together() -> None:
    key = SigningKey("football.example.com", "brisbane", load_private(RFC8463_SECRET))
    assert record_for(key.private) == RFC8463_ED25519


def test_a_changed_sample_fails() -> None:
    assert only(judge(RFC6376.replace(b"hungry", b"Hungry"), ZONE)).status is Status.FAIL
    assert only(judge(RFC6376.replace(b"Is dinner", b"Is  dinner"), ZONE)).status is Status.FAIL
    assert parse(RFC6376).lf_only
