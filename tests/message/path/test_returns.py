"""Return paths that carry more than an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.message.path.returns import ReturnPath, Scheme, read_return_path


@pytest.mark.parametrize(
    ("address", "scheme", "inner"),
    [
        ("", Scheme.NULL, ""),
        ("alice@bank.example", Scheme.PLAIN, ""),
        ("SRS0=9Tms=2W=bank.example=alice@forwarder.example", Scheme.SRS0, "alice@bank.example"),
        ("srs0+9Tms=2W=Bank.Example=al=ice@forwarder.example", Scheme.SRS0, "al=ice@bank.example"),
        ("SRS0-9Tms-2W-bank.example-alice@forwarder.example", Scheme.PLAIN, ""),
        ("SRS0=9Tms=2W=bank.example@forwarder.example", Scheme.PLAIN, ""),
        ("SRS0=9Tms=2W=localhost=alice@forwarder.example", Scheme.SRS0, ""),
        ("SRS1=xY1z=forwarder.example==9Tms=2W=bank.example=alice@second.example", Scheme.SRS1, "alice@bank.example"),
        ("SRS1=xY1z=forwarder.example=+9Tms=2W=bank.example=alice@second.example", Scheme.SRS1, "alice@bank.example"),
        ("bob+SRS=9Tms2=2W=bank.example=alice@company.example", Scheme.SRS, "alice@bank.example"),
        ("bounces+SRS=9Tms2=2W@company.example", Scheme.SRS, ""),
        ("prvs=1234ABCDEF=alice@bank.example", Scheme.BATV, "alice@bank.example"),
        ("prvs=1234abcdef=alice=x@bank.example", Scheme.BATV, "alice=x@bank.example"),
        ("btv1==012345abc==alice@bank.example", Scheme.BATV, "alice@bank.example"),
        ("prvs=alice/1234ABCDEF@bank.example", Scheme.PLAIN, ""),
        ("list-bounces+bob-smith=receiver.example@lists.example", Scheme.VERP, "bob-smith@receiver.example"),
        ("talk-return-45-bob=receiver.example@lists.example", Scheme.VERP, "bob@receiver.example"),
        ("bounce_bob=receiver.example@mailer.example", Scheme.VERP, "bob@receiver.example"),
        ("a=b@example.com", Scheme.PLAIN, ""),
        ("x-a=b@example.com", Scheme.PLAIN, ""),
        ("list+bob=receiver..example@lists.example", Scheme.PLAIN, ""),
        ("no-domain", Scheme.PLAIN, ""),
    ],
)
def test_schemes(address: str, scheme: Scheme, inner: str) -> None:
    found = read_return_path(address)
    assert found == ReturnPath(address, scheme, inner)
    assert bool(found.meaning) is (scheme is not Scheme.PLAIN)
    assert inner in found.meaning


def test_an_address_inside_that_cannot_be_read_is_said() -> None:
    assert "only the forwarder knows" in read_return_path("bounces+SRS=9Tms2=2W@company.example").meaning


@given(st.text(alphabet="SRS01prvsbtv=+-_@.a1\n\0", max_size=300))
def test_it_never_raises(address: str) -> None:
    assert read_return_path(address).address == address


@pytest.mark.parametrize("text", ["=", "+=", "-", "SRS0=", "SRS1=a=b=", "a-b=", "prvs="])
def test_long_ones_are_linear(text: str) -> None:
    read_return_path(text * 100_000 + "@x.example")
