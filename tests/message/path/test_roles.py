"""The role of a hop by its transmission type."""

from __future__ import annotations

import pytest

from mailsec.message.path.roles import Role, role
from tests.message.received_fields import DATE
from tests.message.received_fields import claimed as hop

FROM = "from a.example (a.example [192.0.2.1]) by mx.example.net (Postfix) with "


@pytest.mark.parametrize(
    ("value", "first", "expected"),
    [
        *[(f"{FROM}{kind} id 1", True, Role.TRANSFER) for kind in ("SMTP", "ESMTP", "ESMTPS", "UTF8SMTP", "UTF8SMTPS")],
        *[(f"{FROM}{kind} id 1", False, Role.SUBMISSION) for kind in ("ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA")],
        *[(f"{FROM}{kind} id 1", False, Role.DELIVERY) for kind in ("LMTP", "LMTPS", "LMTPA", "LMTPSA", "UTF8LMTPSA")],
        ("by mx.example.net (Postfix, from userid 1000) id 1", True, Role.SUBMISSION),
        ("by mx.example.net (Postfix, from userid 1000) id 1", False, Role.TRANSFER),
        ("from root by mx.example.net with local (Exim 4.96) id 1", True, Role.SUBMISSION),
        ("from joe@localhost by mx.example.net (8.17.1/8.17.1/Submit) id 3", True, Role.SUBMISSION),
        ("(qmail 1 invoked by uid 500)", True, Role.SUBMISSION),
        ("(qmail 1 invoked from network)", False, Role.TRANSFER),
        ("from mail pickup service by a.example with Microsoft SMTPSVC", True, Role.SUBMISSION),
        ("from [192.0.2.1] by web.example.com with HTTP id 7", True, Role.SUBMISSION),
        ("from A.example ([fe80::1]) by B.example ([fe80::2%5]) with mapi id 15.20.8114.016", False, Role.SUBMISSION),
        ("from a.example (1.2.3.4) by b.example (::1) with Microsoft SMTP Server id 15.20.1.1", True, Role.TRANSFER),
        ("from pop.example.net [192.0.2.5] by localhost with IMAP (fetchmail-6)", False, Role.USER_AGENT),
        ("from pop.example.net [192.0.2.5] by localhost with POP3 (fetchmail-6)", False, Role.USER_AGENT),
        ("from a ([127.0.0.1]) by localhost (a [127.0.0.1]) (amavisd-new, port 10024) with LMTP id 1", False, Role.TRANSFER),
        ("from a.example by a.example with LMTP id 1", False, Role.DELIVERY),
        ("(EGP: mail)", True, Role.TRANSFER),
        ("from a by b with carrier-pigeon id 7", True, Role.TRANSFER),
    ],
)
def test_roles(value: str, first: bool, expected: Role) -> None:
    assert role(hop(value + DATE), first=first) is expected
