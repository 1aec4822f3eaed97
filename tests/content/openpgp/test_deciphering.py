"""Ciphertexts of pysequoia and rPGP, two libraries that wrote none of what opens them here, and some made by hand."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha1

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESOCB3
from hypothesis import given
from hypothesis import strategies as st
from openpgp.composed import (
    EncryptionCaps,
    KeyType,
    MessageBuilder,
    SecretKeyParamsBuilder,
    SignedPublicKey,
    SignedSecretKey,
    SubkeyParamsBuilder,
)
from openpgp.types import S2kParams, StringToKey
from pysequoia import Tsk, encrypt

from mailsec.content.openpgp import deciphering, symmetric
from mailsec.content.openpgp.deciphering import NoKeyError, deciphered
from mailsec.content.openpgp.keymaking import KeyWish, generate, protected
from mailsec.content.openpgp.opening import OpeningError
from mailsec.content.openpgp.secretparts import SecretPart, secret_parts
from mailsec.content.openpgp.sessionkey import Sealed, SessionKey, by_key, by_passphrase, sealed_key, unpadded
from mailsec.content.openpgp.symmetric import (
    Aead,
    UnknownAlgorithmError,
    WrongError,
    cfb_decrypted,
    from_passphrase,
    hashed,
    specifier_size,
    summed,
)
from mailsec.core.limits.content import PGP_NESTING
from mailsec.trust.keyring.packets import packets
from tests.cli.openpgp import SUITES, person
from tests.content.openpgp.forge import contained, packet, sealed

LITERAL = packet(11, b"b\x04name\0\0\0\0text")
BOB = person("bob")
SECRET = [(bytes(BOB), None)]
LONG = bytes(range(256)) * 700


def nested(depth: int, inner: bytes = LITERAL) -> bytes:
    for _ in range(depth):
        made = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        inner = packet(8, b"\x01" + made.compress(inner) + made.flush())
    return inner


def generated(kind: str, passphrase: str = "", *, modern: bool = False) -> tuple[bytes, SignedPublicKey]:
    made = generate(KeyWish(("A <a@a.example>",), kind, 1_700_000_000, None, passphrase, modern))
    return made, SignedSecretKey.from_bytes(made).to_public_key()


@pytest.mark.parametrize("suite", SUITES)
def test_what_pysequoia_encrypts(suite: str) -> None:
    whose = person("bob", suite)
    made = encrypt(LONG, [person("carol", suite).extract_certificate(), whose.extract_certificate()], armor=False)
    assert deciphered(made, [(bytes(person("alice")), None), (bytes(whose), None)]).data == LONG
    with pytest.raises(NoKeyError):
        deciphered(made, [(bytes(person("alice", suite)), None)])


@pytest.mark.parametrize(
    "cipher", ["aes128", "aes192", "aes256", "camellia128", "camellia256", "cast5", "blowfish", "tripledes"]
)
def test_every_cipher_of_rpgp(cipher: str) -> None:
    made = MessageBuilder.from_bytes("", LONG).seipd_v1(cipher).encrypt_to_key(_public()).to_vec()
    assert deciphered(made, SECRET).data == LONG


@pytest.mark.parametrize("mode", ["ocb", "gcm"])
@pytest.mark.parametrize("size", [0, 1, 65_500, len(LONG)])
def test_aead_of_rpgp(mode: str, size: int) -> None:
    made = MessageBuilder.from_bytes("", LONG[:size]).seipd_v2("aes256", mode, 0).encrypt_to_key(_public()).to_vec()
    assert deciphered(made, SECRET).data == LONG[:size]
    for at in (-1, -20, -len(made) // 3):
        damaged = bytearray(made)
        damaged[at] ^= 1
        with pytest.raises((OpeningError, NoKeyError)):
            deciphered(bytes(damaged), SECRET)


def _public():
    return SignedPublicKey.from_bytes(bytes(BOB.extract_certificate())).public_subkeys[1]


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(("kind", "modern"), [("ed25519", False), ("ed25519", True), ("p521", False)])
def test_locked_keys_of_rpgp(kind: str, modern: bool, hidden: bool) -> None:
    secret, public = generated(kind, "pässword", modern=modern)
    builder = MessageBuilder.from_bytes("", b"text")
    builder = builder.seipd_v2("aes256", "ocb") if modern else builder.seipd_v1("aes256")
    seal = builder.encrypt_to_key_anonymous if hidden else builder.encrypt_to_key
    made = seal(public.public_subkeys[0]).to_vec()
    assert deciphered(made, [(secret, "pässword")]).data == b"text"
    for wrong in ("password", None):
        with pytest.raises(NoKeyError):
            deciphered(made, [(secret, wrong)])


@pytest.mark.parametrize("kind", [KeyType.x25519(), KeyType.x448()])
@pytest.mark.parametrize("modern", [False, True])
def test_modern_exchanges_and_keys_locked_with_aead(kind: KeyType, modern: bool) -> None:
    version = 6 if modern else 4
    lock = (
        S2kParams.aead("aes256", "ocb", StringToKey.argon2(1, 4, 16))
        if modern
        else S2kParams.cfb("aes128", StringToKey.iterated("sha256", 96))
    )
    subkey = (
        SubkeyParamsBuilder().version(version).key_type(kind).can_encrypt(EncryptionCaps.all()).passphrase("words").s2k(lock)
    )
    builder = SecretKeyParamsBuilder().version(version).key_type(KeyType.ed25519()).can_certify(True).can_sign(True)
    key = builder.primary_user_id("A").subkey(subkey.build()).build().generate()
    made = MessageBuilder.from_bytes("", b"text")
    made = made.seipd_v2("aes256", "ocb") if modern else made.seipd_v1("aes256")
    data = made.encrypt_to_key(key.to_public_key().public_subkeys[0]).to_vec()
    assert deciphered(data, [(key.to_bytes(), "words")]).data == b"text"
    with pytest.raises(NoKeyError):
        deciphered(data, [(key.to_bytes(), "wrong")])


def parts_of(secret: bytes, passphrase: str | None = None) -> list[SecretPart]:
    return [each for each in secret_parts(secret, passphrase) if isinstance(each, SecretPart)]


def sealed_for(whose: Tsk) -> Sealed:
    found = sealed_key(next(packets(sealed(LITERAL, whose))).body)
    assert found is not None
    return found


def kinds(sealed: Sealed, *parts: SecretPart) -> list[type]:
    return [type(each) for each in by_key(sealed, parts)]


def test_session_keys_that_do_not_fit() -> None:
    """What keys find that are not those they say they are: noise that has neither the padding nor the sum it ought to have."""
    (part,), (other,) = parts_of(bytes(BOB)), parts_of(bytes(person("alice")))
    found = sealed_for(BOB)
    assert kinds(found, part, other) == [SessionKey]
    assert kinds(found, replace(other, fingerprint=part.fingerprint)) == [WrongError]
    assert kinds(replace(found, named=""), part, other) == [SessionKey]
    assert kinds(found, replace(part, public=b"\x03abc" + part.public[1 + part.public[0] :])) == [UnknownAlgorithmError]
    rsa = person("bob", "rsa")
    found = sealed_for(rsa)
    (mine,) = [each for each in parts_of(bytes(rsa)) if kinds(found, each)]
    changed = bytearray(mine.secret)
    changed[300] ^= 1
    assert kinds(found, replace(mine, secret=bytes(changed))) == [WrongError]
    assert kinds(replace(found, data=found.data[:-5] + bytes(5)), mine) == [WrongError]
    for noise in (b"", b"\0", b"\x05ab"):
        with pytest.raises(WrongError):
            unpadded(noise)
    with pytest.raises(WrongError):
        summed(b"abc")


def test_a_key_that_pgpy_locked() -> None:
    made = sealed(LITERAL, BOB)
    assert deciphered(made, [(protected(bytes(BOB), "secret"), "secret")]).data == b"text"


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize(
    "specifier", [StringToKey.iterated("sha256", 96), StringToKey.iterated("sha512", 0), StringToKey.argon2(1, 4, 16)]
)
def test_passphrases_of_rpgp(specifier: StringToKey, modern: bool) -> None:
    words = "ß" * 40
    builder = MessageBuilder.from_bytes("", b"text")
    builder = builder.seipd_v2("aes256", "ocb") if modern else builder.seipd_v1("aes256")
    made = builder.encrypt_with_password(specifier, words).to_vec()
    assert deciphered(made, (), words).data == b"text"
    with pytest.raises(NoKeyError):
        deciphered(made, (), "wrong")
    with pytest.raises(NoKeyError):
        deciphered(made[:-3] + b"\0\0\0", (), words)


def test_passphrases_of_pysequoia_beside_a_recipient() -> None:
    made = encrypt(b"text", [person("carol").extract_certificate()], passwords=["one", "two"], armor=False)
    assert [deciphered(made, SECRET, words).data for words in ("one", "two")] == [b"text", b"text"]
    with pytest.raises(NoKeyError):
        deciphered(made, SECRET)


def test_a_passphrase_that_is_the_session_key() -> None:
    simple = b"\x00\x08"
    made = packet(3, b"\x04\x09" + simple) + contained(LITERAL, from_passphrase(simple, "words", 32))
    assert deciphered(made, (), "words").data == b"text"


def test_nesting_is_bounded_inside_of_a_ciphertext() -> None:
    assert deciphered(sealed(nested(PGP_NESTING - 1), BOB), SECRET).data == b"text"
    for depth in (PGP_NESTING, 100, 3000):
        with pytest.raises(OpeningError, match="levels deep"):
            deciphered(sealed(nested(depth), BOB), SECRET)
    for depth in (0, 1):
        with pytest.raises(OpeningError, match="another encrypted"):
            deciphered(sealed(nested(depth, sealed(LITERAL, BOB)), BOB), SECRET)
    with pytest.raises(OpeningError, match="several texts"):
        deciphered(sealed(LITERAL + LITERAL, BOB), SECRET)


def test_a_bomb_inside_of_a_ciphertext(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciphering, "MAX_MESSAGE_BYTES", 1 << 20)
    with pytest.raises(OpeningError, match="octets come out"):
        deciphered(sealed(nested(3, packet(11, b"b\0\0\0\0\0" + bytes(32 << 20))), BOB), SECRET)


def test_nothing_comes_out_where_the_integrity_does_not_hold() -> None:
    made = sealed(LITERAL, BOB)
    container = len(made) - len(contained(LITERAL, bytes(32)))
    for at in range(container + 7, len(made), 3):
        damaged = bytearray(made)
        damaged[at] ^= 1
        with pytest.raises(OpeningError, match="damaged"):
            deciphered(bytes(damaged), SECRET)
    for cut in (1, 20, 22, 30, 60):
        with pytest.raises(OpeningError, match="damaged"):
            deciphered(sealed(LITERAL, BOB, damage=cut), SECRET)


def test_a_session_key_opens_no_container_of_another_kind() -> None:
    """Whoever turns version 2 into version 1 could change the text unseen."""
    old = packet(18, b"\x01" + bytes(60))
    modern = MessageBuilder.from_bytes("", b"text").seipd_v2("aes256", "ocb").encrypt_to_key(_public()).to_vec()
    with pytest.raises(OpeningError, match="damaged"):
        deciphered(next(packets(modern)).framed + old, SECRET)
    new = list(packets(modern))[1].framed
    for tail in (
        new,
        packet(20, b"\x01\x09\x02\x0a" + bytes(80)),
        packet(20, b"\x01\x08\x02\x0a" + bytes(80)),
        packet(18, b"\x02"),
    ):
        with pytest.raises(OpeningError, match="damaged"):
            deciphered(next(packets(sealed(LITERAL, BOB))).framed + tail, SECRET)
    for strange in (b"\x02\x09\x02\x11", b"\x02\x07\x02\x01"):
        with pytest.raises(OpeningError, match="damaged"):
            deciphered(next(packets(modern)).framed + packet(18, strange + bytes(90)), SECRET)


def test_the_container_of_gnupg() -> None:
    """GnuPG 2.3 makes it; put together here from the same AEAD, over several chunks and an empty last one."""
    vector, head = b"v" * 15, b"\xd4\x01\x09\x02\x00"
    simple = b"\x04\x09\x00\x08"
    session = from_passphrase(simple[2:], "words", 32)
    text = packet(11, b"b\0\0\0\0\0" + bytes(200))
    cipher, made = AESOCB3(session), b""
    pieces = [text[at : at + 64] for at in range(0, len(text), 64)]

    def nonce(index: int) -> bytes:
        return (int.from_bytes(vector, "big") ^ index).to_bytes(15, "big")

    for index, piece in enumerate(pieces):
        made += cipher.encrypt(nonce(index), piece, head + index.to_bytes(8, "big"))
    last = len(pieces)
    made += cipher.encrypt(nonce(last), b"", head + last.to_bytes(8, "big") + len(text).to_bytes(8, "big"))
    whole = packet(3, simple) + packet(20, head[1:] + vector + made)
    assert deciphered(whole, (), "words").data == bytes(200)
    with pytest.raises(NoKeyError):
        deciphered(packet(3, simple) + packet(20, head[1:] + vector + made[:-96]), (), "words")


def test_gnupgs_session_key_by_passphrase() -> None:
    specifier, session = b"\x00\x08", b"s" * 32
    wrapped = AESOCB3(from_passphrase(specifier, "words", 32)).encrypt(b"n" * 15, session, b"\xc3\x05\x09\x02")
    assert by_passphrase(b"\x05\x09\x02" + specifier + b"n" * 15 + wrapped, "words") == SessionKey(9, session)


def test_what_is_not_known() -> None:
    for specifier in (b"", b"\x65\0"):
        with pytest.raises(UnknownAlgorithmError):
            specifier_size(specifier)
    for call in (
        lambda: hashed(99, b""),
        lambda: cfb_decrypted(10, b"", b""),
        lambda: Aead(9, 1, bytes(32)).opened(b"", b"", b""),
        lambda: Aead(3, 2, bytes(16)).opened(b"", b"", b""),
        lambda: by_passphrase(b"\x09\x09\x02", "x"),
        lambda: from_passphrase(b"\x04" + bytes(16) + b"\x01\x01\x1e", "x", 32),
        lambda: from_passphrase(b"\x04" + bytes(16) + b"\xff\x01\x14", "x", 32),
    ):
        with pytest.raises(UnknownAlgorithmError):
            call()
    for specifier in (b"\x03\x08", b"\x04" + bytes(16) + b"\x00\x01\x10", b"\x04" + bytes(16) + b"\x01\x09\x03"):
        with pytest.raises(WrongError):
            from_passphrase(specifier, "x", 32)
    with pytest.raises(WrongError):
        cfb_decrypted(9, bytes(16), b"x")
    assert len(from_passphrase(b"\x01\x02saltsalt", "words", 32)) == 32
    assert from_passphrase(b"\x00\x02", "words", 32) == sha1(b"words").digest() + sha1(b"\0words").digest()[:12]


def test_a_cipher_that_the_system_was_built_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UnsupportedAlgorithm("no")

    monkeypatch.setattr(symmetric, "CFB", refuse)
    monkeypatch.setattr(symmetric, "Argon2id", refuse)
    monkeypatch.setitem(symmetric._MODES, 2, (refuse, 15))
    for call in (
        lambda: cfb_decrypted(9, bytes(32), b"x"),
        lambda: from_passphrase(b"\x04" + bytes(16) + b"\x01\x01\x10", "x", 32),
        lambda: Aead(9, 2, bytes(32)).opened(bytes(15), bytes(32), b""),
    ):
        with pytest.raises(UnknownAlgorithmError):
            call()


def test_secret_keys_that_are_damaged_or_protected_in_another_way() -> None:
    whole, session = bytes(BOB), sealed_for(BOB)
    assert list(secret_parts(b"\xff", None)) == []
    assert [each.algorithm for each in parts_of(whole)] == [18]
    for packet_ in packets(whole):
        if packet_.tag == 7 and packet_.body[5] == 18:
            for at in range(len(packet_.body)):
                for body in (packet_.body[:at], packet_.body[:at] + b"\xff" + packet_.body[at + 1 :]):
                    list(by_key(session, parts_of(packet(7, body), "x")))
    assert list(secret_parts(packet(7, b"\x03" + bytes(9)), None)) == []


@given(st.binary(max_size=120), st.sampled_from(list(SUITES)))
def test_noise_is_no_session_key(noise: bytes, suite: str) -> None:
    parts = parts_of(bytes(person("bob", suite)))
    part = parts[0]
    for head in (b"", b"\x03" + bytes(8) + bytes((part.algorithm,)), b"\x06\x00" + bytes((part.algorithm,))):
        found = sealed_key(head + noise)
        outcomes = [] if found is None else list(by_key(found, parts))
        assert all(len(each.key) < 200 for each in outcomes if isinstance(each, SessionKey))
    try:
        by_passphrase(b"\x04\x09\x00\x08" + noise, "x")
    except UnknownAlgorithmError:
        return
