"""A ciphertext opened: the session key found, the integrity of the whole checked, and only then what is inside taken apart
within bounds, by `opening` (RFC 9580 section 5.13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha1
from hmac import compare_digest
from typing import TypeAlias

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailsec.content.openpgp.opening import Opened, OpeningError, unwrapped
from mailsec.content.openpgp.secretparts import secret_parts
from mailsec.content.openpgp.sessionkey import SessionKey, by_key, by_passphrase, sealed_key
from mailsec.content.openpgp.symmetric import (
    TAG,
    Aead,
    UnknownAlgorithmError,
    WrongError,
    block_size,
    cfb_decrypted,
    key_size,
    nonce_size,
)
from mailsec.core.limits.content import PGP_PASSPHRASES, PGP_RECIPIENTS, PGP_SESSION_KEYS, PGP_TRIALS
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.trust.keyring.packets import ENCRYPTED, ENCRYPTED_AEAD, SESSION_KEY, SESSION_KEY_BY_PASSWORD, Packet, packets

_MDC = b"\xd3\x14"
_Outcome: TypeAlias = SessionKey | WrongError | UnknownAlgorithmError


class NoKeyError(Exception):
    """Neither the keys nor the passphrase open it."""


def deciphered(data: bytes, secrets: Iterable[tuple[bytes, str | None]], passphrase: str | None = None) -> Opened:
    """What is inside of the encrypted message in the packets `data`, by the first of `secrets` that fits (a transferable secret
    key and its passphrase), else by `passphrase`.

    Raises NoKeyError, OpeningError where it is damaged, too large or nested too deep, and UnknownAlgorithmError where it takes
    what is not known here. The packets are those that `container` found to be in order.
    """
    found = list(packets(data, PGP_RECIPIENTS + 10))
    sealed = next(each for each in found if each.tag in (ENCRYPTED, ENCRYPTED_AEAD))
    before = found[: found.index(sealed)]
    opened, troubles = _first(sealed, _by_keys(before, secrets))
    if opened is None and passphrase is not None:
        found_by_words = list(_by_passphrase(before, passphrase))
        troubles += [each for each in found_by_words if isinstance(each, ValueError)]
        # What a wrong passphrase finds is noise: it cannot be told from damage, or from a cipher not known here.
        opened, _ = _first(sealed, found_by_words)
    if opened is not None:
        return opened
    for each in troubles:
        if isinstance(each, UnknownAlgorithmError):
            raise each
    if troubles:
        raise OpeningError("it was damaged or changed on its way")
    raise NoKeyError


def _first(sealed: Packet, keys: Iterable[_Outcome]) -> tuple[Opened | None, list[ValueError]]:
    """What the first key that fits opens, and what was wrong with the others."""
    troubles: list[ValueError] = []
    tried: list[SessionKey] = []
    for key in keys:
        if isinstance(key, ValueError):
            troubles.append(key)
        elif key not in tried and len(tried) < PGP_SESSION_KEYS:
            tried.append(key)
            try:
                plain = _plain(sealed, key)
            except (WrongError, UnknownAlgorithmError) as error:
                troubles.append(error)
            else:
                return _inside(plain), troubles
    return None, troubles


def _inside(plain: bytes) -> Opened:
    opened = unwrapped(plain, MAX_MESSAGE_BYTES)
    if opened is None:
        raise OpeningError("another encrypted message is in it")
    return opened


def _by_keys(before: Sequence[Packet], secrets: Iterable[tuple[bytes, str | None]]) -> Iterator[_Outcome]:
    """Those that name a key come first, as there may be many that do not."""
    there = [sealed for each in before if each.tag == SESSION_KEY and (sealed := sealed_key(each.body)) is not None]
    there.sort(key=lambda each: not each.named)
    left = PGP_TRIALS
    for secret, passphrase in secrets:
        for part in secret_parts(secret, passphrase, lambda *name: any(each.is_for(*name) for each in there)):
            if isinstance(part, UnknownAlgorithmError):
                yield part
                continue
            for sealed in (each for each in there if each.is_for(part.fingerprint, part.algorithm)):
                if not left:
                    return
                left -= 1
                yield from by_key(sealed, (part,))


def _by_passphrase(before: Sequence[Packet], passphrase: str) -> Iterator[_Outcome]:
    """Each takes work by design, so only a few are tried."""
    locked = [each for each in before if each.tag == SESSION_KEY_BY_PASSWORD]
    for packet in locked[:PGP_PASSPHRASES]:
        try:
            found = by_passphrase(packet.body, passphrase)
        except UnknownAlgorithmError as error:
            yield error
        else:
            if found is not None:
                yield found


def _plain(sealed: Packet, key: SessionKey) -> bytes:
    """The packets in the container. Raises WrongError where its integrity does not hold under this key."""
    body = sealed.body
    if sealed.tag == ENCRYPTED_AEAD:
        return _gnupg(body, key)
    if body[0] == 2:
        return _chunks(body, key)
    if key.cipher is None:
        raise WrongError("a session key for another kind of container")
    size = block_size(key.cipher)
    text = cfb_decrypted(key.cipher, key.key, body[1:])
    digest = sha1(memoryview(text)[:-20], usedforsecurity=False).digest()
    if text[-22:-20] != _MDC or len(text) < size + 24 or not compare_digest(digest, text[-20:]):
        raise WrongError("its integrity does not hold")
    return text[size + 2 : -22]


def _chunks(body: bytes, key: SessionKey) -> bytes:
    """Version 2 of the container: chunks, and a tag over how much there is."""
    if key.cipher is not None or len(body) < 36 + TAG:
        raise WrongError("a session key for another kind of container")
    head, salt = b"\xd2" + body[:4], body[4:36]
    _, cipher, mode, exponent = body[:4]
    if len(key.key) != key_size(cipher):
        raise WrongError("a key of the wrong length")
    prefix = nonce_size(mode) - 8
    made = HKDF(SHA256(), len(key.key) + prefix, salt, head).derive(key.key)
    aead, vector = Aead(cipher, mode, made[: len(key.key)]), made[len(key.key) :]
    pieces = list(_pieces(body[36:-TAG], exponent))
    text = [aead.opened(vector + _eight(index), piece, head) for index, piece in enumerate(pieces)]
    total = sum(map(len, text))
    aead.opened(vector + _eight(len(pieces)), body[-TAG:], head + _eight(total))
    return b"".join(text)


def _gnupg(body: bytes, key: SessionKey) -> bytes:
    """The container that GnuPG made before there was version 2: the index is part of nonce and associated data."""
    if len(body) < 4:
        raise WrongError("a container that is cut off")
    cipher, mode, exponent = body[1:4]
    size = nonce_size(mode)
    if key.cipher != cipher or len(body) < 4 + size + TAG:
        raise WrongError("a session key for another kind of container")
    head, vector = b"\xd4" + body[:4], body[4 : 4 + size]
    aead = Aead(cipher, mode, key.key)

    def nonce(index: int) -> bytes:
        return (int.from_bytes(vector, "big") ^ index).to_bytes(size, "big")

    pieces = list(_pieces(body[4 + size : -TAG], exponent))
    text = [aead.opened(nonce(index), piece, head + _eight(index)) for index, piece in enumerate(pieces)]
    last = head + _eight(len(pieces)) + _eight(sum(map(len, text)))
    aead.opened(nonce(len(pieces)), body[-TAG:], last)
    return b"".join(text)


def _pieces(data: bytes, exponent: int) -> Iterator[bytes]:
    """The chunks, each with its tag. Raises WrongError for a size that cannot be."""
    if exponent > 16:
        raise WrongError("chunks of a size that cannot be")
    size = (1 << exponent + 6) + TAG
    return (data[at : at + size] for at in range(0, len(data), size))


def _eight(number: int) -> bytes:
    return number.to_bytes(8, "big")
