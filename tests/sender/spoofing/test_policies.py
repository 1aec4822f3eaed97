"""How much an SPF evaluation's tree authorizes, and who is known to send for many."""

from __future__ import annotations

import pytest

from mailsec.core.domains import is_name
from mailsec.core.results import Check, Status
from mailsec.sender.spoofing.policies import authorized
from mailsec.sender.spoofing.providers import MAILBOXES, RELAYS, relay


def tree(*terms: str, status: Status | None = None) -> Check:
    return Check("spf", children=tuple(Check(term, status) for term in terms))


@pytest.mark.parametrize(
    ("terms", "size", "words"),
    [
        ((), 0, "0 addresses"),
        (("ip4:192.0.2.0/24", "+ip4:192.0.2.0/24", "IP4:198.51.100.1"), 257, "257 addresses"),
        (("-ip4:0.0.0.0/0", "~all", "mx", "a:b.example"), 0, "0 addresses"),
        (("ip6:2001:db8::/32", "ip6:2001:db8::1"), 1 << 14, "the hosts of 2001:db8::/32"),
        (("ip6:2001:db8::/32", "ip6:2000::/3"), 1 << 43, "the hosts of 2000::/3"),
        (("ip6:2001:db8::1", "ip4:192.0.2.0/30"), 4, "4 addresses"),
    ],
)
def test_how_much_is_authorized(terms: tuple[str, ...], size: int, words: str) -> None:
    assert authorized(tree(*terms)) == (size, words)


def test_all_counts_where_it_passes() -> None:
    assert authorized(tree("+all", status=Status.PASS)) == (1 << 32, "all hosts of the Internet")
    assert authorized(tree("all", status=Status.SKIPPED)) == (0, "0 addresses")


def test_services_are_told_by_the_end_of_a_name() -> None:
    assert relay("u123.wl.sendgrid.net") == "SendGrid"
    assert relay("_SPF.Google.com.") == "Google Workspace and Gmail"
    assert relay("notsendgrid.net") == ""


def test_the_lists_hold_names() -> None:
    assert all(is_name(name) and "." in name for name in (*MAILBOXES, *RELAYS))
