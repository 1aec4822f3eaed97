"""SCRAM by the examples of RFC 5802 section 5 and RFC 7677 section 3, and against servers that lie."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.core.limits.transport import SCRAM_MAX_ITERATIONS
from mailsec.transport.sasl.login import Login, SaslError
from mailsec.transport.sasl.saslprep import saslprep
from mailsec.transport.sasl.scram import Scram

PENCIL = Login("user", "pencil")
RFC5802 = (
    "SHA-1",
    "fyko+d2lbbFgONRv9qkxdawL",
    b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
)
RFC7677 = (
    "SHA-256",
    "rOprNGfwEbeRWgbNEkqO",
    b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
)


@pytest.mark.parametrize("example", [RFC5802, RFC7677], ids=["rfc5802", "rfc7677"])
def test_the_examples_of_the_standards(example: tuple[str, str, bytes, bytes, bytes, bytes]) -> None:
    hash, nonce, first, server_first, final, server_final = example
    scram = Scram(PENCIL, nonce, hash)
    assert scram.name == f"SCRAM-{hash}"
    assert scram.begin() == first
    assert scram.respond(server_first) == final
    assert not scram.complete
    assert scram.respond(server_final) == b""
    assert scram.complete
    with pytest.raises(SaslError):
        scram.respond(b"")


LIES = [
    b"",
    b"m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096",
    b"r=somebody-elses-nonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"r=rOprNGfwEbeRWgbNEkqO\x80,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=%d" % (SCRAM_MAX_ITERATIONS + 1),
    b"r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
    b"r=rOprNGfwEbeRWgbNEkqOx,s=not base64,i=4096",
    b"s=W22ZaJ0SNY7soEsUEjb6gQ==,r=rOprNGfwEbeRWgbNEkqOx,i=4096",
    b"e=unknown-user",
]


@pytest.mark.parametrize("lie", LIES)
def test_a_first_message_that_cannot_be_believed(lie: bytes) -> None:
    scram = Scram(PENCIL, "rOprNGfwEbeRWgbNEkqO", "SHA-256")
    with pytest.raises(SaslError):
        scram.respond(lie)


@pytest.mark.parametrize(
    "lie", [b"", b"v=", b"v=AAAA", b"v=%%%%", b"e=invalid-proof", b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", b"x=1"]
)
def test_a_server_that_does_not_know_the_password(lie: bytes) -> None:
    scram = Scram(PENCIL, RFC7677[1], "SHA-256")
    scram.respond(RFC7677[3])
    with pytest.raises(SaslError):
        scram.respond(lie)


def test_names_and_passwords_are_prepared_and_escaped() -> None:
    scram = Scram(Login("a=b,c\u00aa", "I\u00adX", authzid="x,y"), "abc", "SHA-256")
    assert scram.begin() == b"n,a=x=2Cy,n=a=3Db=2Cca,r=abc"
    with pytest.raises(SaslError):
        Scram(Login("user", "a\u0627b"), "abc", "SHA-256")


@pytest.mark.parametrize("nonce", ["", "a,b", "a b", "a\n"])
def test_a_nonce_is_printable(nonce: str) -> None:
    with pytest.raises(ValueError):
        Scram(PENCIL, nonce, "SHA-256")


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_nothing_but_its_error(first: bytes, final: bytes) -> None:
    scram = Scram(PENCIL, "n", "SHA-256")
    try:
        scram.respond(first)
        scram.respond(final)
    except SaslError:
        pass
    assert not scram.complete or final.startswith(b"v=")


@given(st.text(min_size=1, max_size=20), st.binary(min_size=1, max_size=20))
def test_a_server_by_the_book_is_believed(password: str, salt: bytes) -> None:
    """The server's side, written from the formulas of RFC 5802 section 3."""
    try:
        scram = Scram(Login("user", password), "cnonce", "SHA-256")
    except ValueError:
        return
    bare = b"n=user,r=cnonce"
    server_first = b"r=cnonceSERVER,s=" + base64.b64encode(salt) + b",i=4096"
    final = scram.respond(server_first)
    without_proof, _, proof = final.rpartition(b",p=")
    message = b",".join((bare, server_first, without_proof))
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, 4096)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    signature = hmac.digest(stored, message, "sha256")
    assert bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True)) == client_key
    server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    scram.respond(b"v=" + base64.b64encode(server))
    assert scram.complete
