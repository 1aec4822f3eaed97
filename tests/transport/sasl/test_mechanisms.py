"""The simple mechanisms by the examples of their standards, and the choice among all."""

from __future__ import annotations

import pytest

from mailsec.core.limits.transport import SASL_SECRET
from mailsec.transport.sasl.encoding import decode
from mailsec.transport.sasl.login import Login, SaslError
from mailsec.transport.sasl.mechanisms import KINDS, NoMechanism, Place, choose

HERE = Place("server.example.com", 143, "nonce")
TIM = Login("tim", "tanstaaftanstaaf")
TOKEN = Login("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", token=True)


def make(name: str, login: Login = TIM):
    return KINDS[name].make(login, HERE)


def test_plain() -> None:
    """RFC 4616 section 4."""
    assert make("PLAIN").begin() == b"\0tim\0tanstaaftanstaaf"
    assert make("PLAIN", Login("Kurt", "xipj3plmq", authzid="Ursel")).begin() == b"Ursel\0Kurt\0xipj3plmq"
    assert make("PLAIN").complete
    with pytest.raises(SaslError):
        make("PLAIN").respond(b"")


def test_login() -> None:
    login = make("LOGIN")
    assert login.begin() is None
    assert (login.respond(b"Username:"), login.complete, login.respond(b"whatever")) == (b"tim", False, b"tanstaaftanstaaf")
    assert login.complete
    with pytest.raises(SaslError):
        login.respond(b"again")


def test_cram_md5() -> None:
    """RFC 2195 section 2."""
    cram = make("CRAM-MD5")
    assert cram.begin() is None
    assert not cram.complete
    assert cram.respond(b"<1896.697170952@postoffice.reston.mci.net>") == b"tim b913a602c7eda7a495b4e6e7334d3890"
    assert cram.complete
    with pytest.raises(SaslError):
        cram.respond(b"<1@x>")
    with pytest.raises(SaslError):
        make("CRAM-MD5").respond(b"")


def test_xoauth2_answers_the_error_with_nothing() -> None:
    bearer = make("XOAUTH2", TOKEN)
    assert bearer.begin() == b"user=user@example.com\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"
    assert bearer.complete
    assert bearer.respond(b'{"status":"401"}') == b""
    with pytest.raises(SaslError):
        bearer.respond(b"")


def test_oauthbearer() -> None:
    """RFC 7628 section 4.1, with the error of section 4.3."""
    bearer = make("OAUTHBEARER", TOKEN)
    assert bearer.begin() == (
        b"n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"
    )
    assert bearer.complete
    assert bearer.respond(b'{"status":"invalid_token"}') == b"\1"


@pytest.mark.parametrize(
    ("offered", "secure", "options", "chosen"),
    [
        ("PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2", True, {}, "SCRAM-SHA-256"),
        ("plain login cram-md5 scram-sha-1", True, {}, "SCRAM-SHA-1"),
        ("LOGIN PLAIN CRAM-MD5", False, {}, "CRAM-MD5"),
        ("LOGIN PLAIN", True, {}, "PLAIN"),
        ("LOGIN", True, {}, "LOGIN"),
        ("LOGIN PLAIN", False, {}, None),
        ("LOGIN PLAIN", False, {"allow_cleartext": True}, "PLAIN"),
        ("XOAUTH2 OAUTHBEARER DIGEST-MD5", True, {}, None),
        ("", True, {}, None),
        ("SCRAM-SHA-256 LOGIN", True, {"wanted": "LOGIN"}, "LOGIN"),
        ("SCRAM-SHA-256 LOGIN", False, {"wanted": "LOGIN"}, None),
        ("", True, {"wanted": "PLAIN"}, "PLAIN"),
        ("", True, {"wanted": "XOAUTH2"}, None),
    ],
)
def test_the_choice(offered: str, secure: bool, options: dict[str, object], chosen: str | None) -> None:
    if chosen is None:
        with pytest.raises(NoMechanism):
            choose(offered.split(), TIM, secure=secure, **options)
    else:
        assert choose(offered.split(), TIM, secure=secure, **options) == chosen


def test_a_token_is_used_with_mechanisms_for_tokens_only() -> None:
    everything = tuple(KINDS)
    assert choose(everything, TOKEN, secure=True) == "OAUTHBEARER"
    assert choose(("PLAIN", "XOAUTH2"), TOKEN, secure=True) == "XOAUTH2"
    with pytest.raises(NoMechanism):
        choose(everything, TOKEN, secure=False)
    with pytest.raises(NoMechanism):
        choose(("PLAIN", "SCRAM-SHA-256"), TOKEN, secure=True)


@pytest.mark.parametrize(
    ("user", "secret", "token"),
    [
        ("", "x", False),
        ("x", "", False),
        ("x", "", True),
        ("a\0b", "x", False),
        ("a", "x\0y", False),
        ("a", "x\1y", False),
        ("a", "x y", True),
        ("a", "x\ny", True),
        ("a", "ü", True),
        ("a", "x" * (SASL_SECRET + 1), False),
    ],
)
def test_what_is_no_login(user: str, secret: str, token: bool) -> None:
    with pytest.raises(ValueError):
        Login(user, secret, token)


def test_a_secret_is_not_shown() -> None:
    assert "tanstaaf" not in repr(TIM)


def test_base64_to_the_letter() -> None:
    assert decode(b"") == b""
    assert decode(b"PGE+") == b"<a>"
    for text in (b"PGE", b"PG E+", b"PGE+\n", b"\xff", b"P==="):
        with pytest.raises(SaslError):
            decode(text)
