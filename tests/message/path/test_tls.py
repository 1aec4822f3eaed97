"""What Received fields say of TLS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.path.tls import Tls, read_tls
from tests.message.received_fields import DATE
from tests.message.received_fields import claimed as hop

FROM = "from a.example (a.example [192.0.2.1])"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            f"{FROM} (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature"
            " RSA-PSS (2048 bits)) (No client certificate requested) by mx.example.net (Postfix) with ESMTPS id 1",
            Tls(True, "TLS 1.3", "TLS_AES_256_GCM_SHA384"),
        ),
        (
            f"{FROM} by mx.example.net (8.17.1/8.17.1) with ESMTPS id 3A (version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384"
            " bits=256 verify=NO)",
            Tls(True, "TLS 1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
        ),
        (
            "from mail.example.com (mail.example.com. [192.0.2.10]) by mx.google.com with ESMTPS id 5b1f for <u@gmail.com>"
            " (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128)",
            Tls(True, "TLS 1.3", "TLS_AES_128_GCM_SHA256"),
        ),
        (
            "from a.example (192.0.2.10) by MX1.example.net (10.0.0.16) with Microsoft SMTP Server (version=TLS1_2,"
            " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8114.16 via Frontend Transport",
            Tls(True, "TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ),
        (
            "from a.example (192.0.2.10) by MX1.example.net (10.0.0.16) with Microsoft SMTP Server (TLS) id 14.3.1.1",
            Tls(),
        ),
        (
            "from a.example ([192.0.2.10]) by mx.example.net with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96)"
            " (envelope-from <a@a.example>) id 1r",
            Tls(True, "TLS 1.3", "TLS_AES_256_GCM_SHA384"),
        ),
        (
            "from a.example ([192.0.2.10]) by mx.example.net with esmtps (TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:128)"
            " (Exim 4.89) id 1r",
            Tls(True, "TLS 1.2", "ECDHE-RSA-AES128-GCM-SHA256"),
        ),
        (
            "from a.example ([192.0.2.10]) by mx.example.net with esmtp (Exim 4.05) (TLSv1:RC4-SHA:128) id 1r",
            Tls(True, "TLS 1.0", "RC4-SHA", "TLS 1.0"),
        ),
        (
            "from unknown (HELO a.example) (192.0.2.1) by mx.example.net with (DHE-RSA-AES256-SHA encrypted) SMTP",
            Tls(True, "", "DHE-RSA-AES256-SHA"),
        ),
        (
            f"{FROM} (using SSLv3 with cipher EDH-RSA-DES-CBC3-SHA (168/168 bits)) by mx.example.net (Postfix) with SMTP id 1",
            Tls(True, "SSL 3.0", "EDH-RSA-DES-CBC3-SHA", "SSL 3.0"),
        ),
        (
            f"{FROM} (using TLSv1.2 with cipher RC4-MD5 (128/128 bits)) by mx.example.net (Postfix) with ESMTPS id 1",
            Tls(True, "TLS 1.2", "RC4-MD5", "RC4-MD5"),
        ),
        (f"{FROM} by mx.example.net (Postfix) with ESMTPS id 1", Tls(True)),
        (f"{FROM} by mx.example.net (Postfix) with LMTPSA id 1", Tls(True)),
        (f"{FROM} by mx.example.net (Postfix) with ESMTP id 1", Tls(False)),
        (f"{FROM} by mx.example.net (Postfix) with UTF8SMTPA id 1", Tls(False)),
        # programs of unknown habits: without an S nothing is said
        ("from a.example by mx.example.net (Thing 1.0) with ESMTP id 1", Tls()),
        ("from a.example by mx.example.net (Thing 1.0) with ESMTPS id 1", Tls(True)),
        ("by mx.example.net (Postfix, from userid 5) id 1", Tls()),
        ("from tls1.example (tls1.example [192.0.2.1]) by mx.example.net (Postfix) with ESMTP id 1", Tls(False)),
    ],
)
def test_what_a_field_says(value: str, expected: Tls) -> None:
    assert read_tls(hop(value + DATE)) == expected


@given(st.text(alphabet="TLSv1._:3 CIPHER=cipher-withtls", max_size=200))
def test_any_comment(text: str) -> None:
    read_tls(hop(f"{FROM} ({text}) by mx.example.net (Postfix) with ESMTP id 1" + DATE))
