"""Encrypted messages with one thing changed: what comes out is the original text, or nothing (EFAIL and its kin)."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpgp.composed import MessageBuilder, SignedPublicKey
from openpgp.types import StringToKey

from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.content.openpgp.keymaking import protected
from mailsec.content.openpgp.secretparts import SecretPart, secret_parts
from mailsec.core.errors import BadInput, KeyUnavailable, MailsecError
from mailsec.trust.keyring.files import FileKeys, read_keys
from mailsec.trust.keyring.packets import packets
from tests.cli.openpgp import person
from tests.content.openpgp.forge import packet

TEXT = b"A short text, but secret.\n" * 9
WORDS = "words"
ADDED = (packet(11, b"b\0\0\0\0\0another text"), packet(9, bytes(40)), packet(2, b"\4"), b"\xcb", b"garbage")
HARMLESS = (packet(10, b"PGP"), packet(21, b"padding"), packet(60, b"of another program"), packet(40, b""))


@cache
def keys(suite: str) -> FileKeys:
    return read_keys(bytes(person("bob", suite)), "bob.key")


@cache
def message(suite: str, container: str, compression: str) -> bytes:
    """Encrypted to Bob's key, and to a passphrase."""
    public = SignedPublicKey.from_bytes(bytes(person("bob", suite).extract_certificate()))
    builder = MessageBuilder.from_bytes("", TEXT)
    if compression:
        builder = builder.compression(compression)
    builder = builder.seipd_v1("aes128") if container == "mdc" else builder.seipd_v2("aes128", container, 0)
    able = {each.fingerprint for each in secret_parts(bytes(person("bob", suite)), None) if isinstance(each, SecretPart)}
    reader = next(each for each in public.public_subkeys[::-1] if each.key.fingerprint.upper() in able)
    builder = builder.encrypt_to_key(reader)
    return builder.encrypt_with_password(StringToKey.iterated("sha256", 0), WORDS).to_vec()


def opened(data: bytes, suite: str) -> bytes:
    return decrypt_message(data, "x", DecryptOptions(keys(suite), ask=lambda _: WORDS), now=1_795_000_000).data


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """One octet changed, an end cut off, octets doubled or left out, packets repeated, swapped or added."""
    at = draw(st.integers(0, len(whole) - 1))
    parts = [whole[each.start : each.end] for each in packets(whole)]
    one, two = draw(st.sampled_from(range(len(parts)))), draw(st.sampled_from(range(len(parts) + 1)))
    way = draw(st.sampled_from(range(6)))
    if way == 0:
        return whole[:at] + bytes((draw(st.integers(0, 255)),)) + whole[at + 1 :]
    if way == 1:
        return whole[:at]
    if way == 2:
        return whole[:at] + whole[max(at - draw(st.integers(1, 40)), 0) :]
    if way == 3:
        return whole[:at] + whole[at + draw(st.integers(1, 40)) :]
    if way == 4:
        return b"".join((*parts[:two], parts[one], *parts[two:]))
    return b"".join((*parts[:two], draw(st.sampled_from((*ADDED, *HARMLESS))), *parts[two:]))


@pytest.mark.parametrize("compression", ["", "zlib"])
@pytest.mark.parametrize("container", ["mdc", "ocb", "gcm"])
@pytest.mark.parametrize("suite", ["ed25519", "rsa", "p256", "v6"])
def test_the_original_text_or_nothing(suite: str, container: str, compression: str) -> None:
    whole = message(suite, container, compression)
    assert opened(whole, suite) == TEXT

    @given(mutated(whole))
    @example(whole[:-1])
    @example(whole[:-22])
    @example(whole + whole)
    def check(data: bytes) -> None:
        try:
            made = opened(data, suite)
        except MailsecError:
            return
        assert made == TEXT

    check()


@pytest.mark.parametrize("container", ["mdc", "ocb"])
@pytest.mark.parametrize("added", ADDED)
def test_nothing_stands_behind_a_ciphertext(container: str, added: bytes) -> None:
    with pytest.raises(BadInput):
        opened(message("ed25519", container, "") + added, "ed25519")


@pytest.mark.parametrize("added", HARMLESS)
def test_what_says_nothing_is_passed_over(added: bytes) -> None:
    whole = message("ed25519", "mdc", "")
    assert opened(added + whole, "ed25519") == opened(whole + added, "ed25519") == TEXT


@pytest.mark.parametrize("body", [b"", b"\1", b"\1\x09\2", b"\1\x09\2\0" + bytes(20)])
def test_gnupgs_container_cut_off(body: bytes) -> None:
    first = next(each for each in packets(message("ed25519", "mdc", "")) if each.tag == 1)
    with pytest.raises(BadInput):
        opened(first.framed + packet(20, body), "ed25519")


def test_nobody_is_asked_for_a_passphrase_that_is_not_needed() -> None:
    """Whoever it is for is hidden, so that every key of one's own may be meant: those that are not locked come first."""
    public = SignedPublicKey.from_bytes(bytes(person("bob").extract_certificate())).public_subkeys[1]
    whole = MessageBuilder.from_bytes("", TEXT).seipd_v1("aes128").encrypt_to_key_anonymous(public).to_vec()
    locked = read_keys(protected(bytes(person("alice")), WORDS), "alice.key")
    free = keys("ed25519")
    made = decrypt_message(whole, "x", DecryptOptions(locked | free), now=1_795_000_000)
    assert made.data == TEXT
    with pytest.raises(KeyUnavailable, match="is locked"):
        decrypt_message(whole, "x", DecryptOptions(locked), now=1_795_000_000)
    with pytest.raises(KeyUnavailable, match="no key at hand") as caught:
        decrypt_message(whole, "x", DecryptOptions(locked, ask=lambda _: WORDS), now=1_795_000_000)
    assert caught.value.hint == "is the passphrase the right one?"
