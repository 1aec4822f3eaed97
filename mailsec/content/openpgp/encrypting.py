"""Encrypting to people: which of their keys may be used, and the message made.

pysequoia chooses the subkeys of a certificate, by its policy and after it verified what binds them; it says so in a message of
no content. It does not refuse revoked and expired certificates, so that is looked at here. rPGP then makes the message, as it
can also compress and hide recipients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailsec.content.objection import Objection, Objections
from mailsec.content.openpgp.container import container
from mailsec.content.openpgp.engine import facts
from mailsec.content.openpgp.opening import OpeningError
from mailsec.content.openpgp.signature import utc
from mailsec.trust.keyring.algorithms import algorithm_of, weakness
from mailsec.trust.keyring.component import SIGNING, Component, components
from mailsec.trust.keyring.keys import Certificate, Signing
from mailsec.trust.keyring.packets import PacketError


class EncryptingError(Exception):
    """The message could not be made, and why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A certificate to encrypt to: the fingerprints of the subkeys that take part, whether it can read version 2 containers,
    and what speaks against it, with the reason."""

    certificate: Certificate
    subkeys: tuple[str, ...]
    modern: bool
    objections: Objections


def target(certificate: Certificate, *, now: int) -> Target:
    """How `certificate` can be encrypted to at `now`. Raises EncryptingError where it has no key for that."""
    from pysequoia import Cert, encrypt  # noqa: PLC0415

    try:
        own = components(certificate.data)
        probe = container(encrypt(b"", recipients=[Cert.from_bytes(certificate.data)], armor=False))
    except (RuntimeError, OpeningError, PacketError):  # the library's text is a backtrace
        raise EncryptingError(f"{certificate.fingerprint} has no key that can be encrypted to") from None
    chosen = [each for each in own if each.fingerprint in probe.recipients or each.key_id in probe.recipients]
    usable = [each for each in chosen if not (each.revocations and not each.primary) and not _over(each, now)] or chosen
    objections = tuple(_objections(certificate, [own[0], *usable], now))
    return Target(certificate, tuple(each.fingerprint for each in usable), probe.version == 2, objections)


def _over(key: Component, now: int) -> bool:
    end = key.expires()
    return end is not None and end <= now


def _objections(certificate: Certificate, used: Sequence[Component], now: int) -> Iterator[tuple[Objection, str]]:
    state = facts(certificate.data)
    if state.revoked:
        yield Objection.REVOKED, "its owner has revoked it"
    elif any(each.revocations for each in used if not each.primary):
        yield Objection.REVOKED, "its owner has revoked the subkey"
    if state.expires is not None and state.expires <= now:
        yield Objection.EXPIRED, f"it expired at {utc(state.expires)}"
    elif any(_over(each, now) for each in used):
        yield Objection.EXPIRED, "the subkey has expired"
    for each in used:
        if weak := weakness(*algorithm_of(each.body)):
            yield Objection.WEAK, f"it is {weak}"
            return


def signing_key(signing: Signing, *, now: int) -> Component:
    """The key of `signing` that signs: the newest that may. Raises EncryptingError where there is none."""
    state = facts(signing.certificate.data)
    fingerprint = signing.certificate.fingerprint
    if state.revoked:
        raise EncryptingError(f"{fingerprint} is revoked, so nobody would believe a signature by it")
    if state.expires is not None and state.expires <= now:
        raise EncryptingError(f"{fingerprint} expired at {utc(state.expires)}, so nobody would believe a signature by it")
    able = [
        each
        for each in components(signing.certificate.data)
        if each.may(SIGNING) and not each.revocations and not _over(each, now) and algorithm_of(each.body)[0] not in _NO_SIGNING
    ]
    if not able:
        raise EncryptingError(f"{fingerprint} has no key that may sign")
    return max(able, key=lambda each: (not each.primary, each.created))


_NO_SIGNING = ("elgamal", "x25519", "x448", "ecdh curve25519")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a message is made. `modern` is a version 2 container (AEAD, RFC 9580); `hidden` leaves out whom it is for."""

    modern: bool = False
    compress: bool = False
    hidden: bool = False


_USUAL = Manner()


def encrypted(
    data: bytes, targets: Sequence[Target], signings: Sequence[tuple[Signing, Component]] = (), manner: Manner = _USUAL
) -> bytes:
    """The armored message over `data` for all `targets`, signed within by `signings`. Raises EncryptingError."""
    from openpgp.composed import MessageBuilder, SignedPublicKey, SignedSecretKey  # noqa: PLC0415
    from openpgp.errors import Error  # noqa: PLC0415

    try:
        builder = MessageBuilder.from_bytes("", data)
        if manner.compress:
            builder = builder.compression("zlib")
        for signing, key in signings:
            whole = SignedSecretKey.from_bytes(signing.secret)
            subkeys = {each.key.fingerprint.upper(): each for each in whole.secret_subkeys}
            builder = builder.sign(subkeys.get(key.fingerprint, whole), signing.passphrase, "sha512")
        builder = builder.seipd_v2("aes256", "ocb") if manner.modern else builder.seipd_v1("aes256")
        for each in targets:
            whole_key = SignedPublicKey.from_bytes(each.certificate.data)
            subkeys_of = {found.key.fingerprint.upper(): found for found in whole_key.public_subkeys}
            for name in each.subkeys:
                reader = subkeys_of.get(name, whole_key)
                builder = builder.encrypt_to_key_anonymous(reader) if manner.hidden else builder.encrypt_to_key(reader)
        return builder.to_armored_string().encode()
    except Error:
        locked = any(signing.passphrase is not None for signing, _ in signings)
        raise EncryptingError("the message cannot be made" + ("; is the passphrase the right one?" if locked else "")) from None
