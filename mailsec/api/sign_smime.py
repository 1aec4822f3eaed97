"""`sign --smime`: a message whose content is signed by a person's certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailsec.api.readable import readable
from mailsec.api.recipients import author_address, own_key
from mailsec.api.signers import SignKeys, signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.smime.decrypting import Secret
from mailsec.content.smime.signing import DETACHED, SignForm, SigningError, signed_entity, signing_flaw
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Produced, Report, Status
from mailsec.message.compose import entity_pieces, with_entity
from mailsec.message.encoded import Octets
from mailsec.message.fields import Message
from mailsec.message.pieces import Pieces
from mailsec.trust.keyring.keys import Issuing, Keys, Kind, Signing


def sign_smime(
    file: bytes, subject: str, keys: SignKeys, chain: tuple[bytes, ...] = (), form: SignForm = DETACHED, *, now: int
) -> Produced:
    """`file` with its content signed: as the first part of a multipart/signed, or as `form` says. The certificates in `chain`
    (DER) go along, and the authorities above the signer's that the keys have.

    Raises NothingToJudge, BadInput, and KeyUnavailable where no key may sign or one stays locked.
    """
    message = readable(file)
    del file
    signings = smime_signings(message, keys, now=now)
    entity = signed_by(signings, entity_pieces(message), (*chain, *issuers(signings, keys.keys)), form, now=now)
    children = tuple(signing_check(message, each, keys.keys) for each in signings)
    sentence = "Signed by " + " and ".join(each.certificate.fingerprint for each in signings) + "."
    check = Check("smime", Status.PASS, sentence, children=children)
    report = Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)
    return Produced(with_entity(message, entity), report)


def smime_signings(message: Message, keys: SignKeys, *, now: int) -> list[Signing]:
    """The private keys to sign `message` with: where none is named, the author's own that can sign now. Raises KeyUnavailable
    where there is none."""
    signers = keys.signers or own_key(message, keys.keys, Kind.X509, lambda each: not signing_flaw(each.data, now=now))
    if not signers:
        address = author_address(message) or "the author"
        raise KeyUnavailable(
            f"no certificate with its private key to sign with: none of your own is for {address}",
            hint="name both: --key FILE, or one of the ring: --signer FINGERPRINT",
        )
    return signings_for(message, replace(keys, signers=signers))


def signed_by(
    signings: Sequence[Signing], entity: Pieces, chain: Sequence[bytes], form: SignForm, *, now: int
) -> Iterable[Octets]:
    """`entity` signed, in pieces that come once; the certificates in `chain` (DER) go along. Raises KeyUnavailable where a key
    may not sign."""
    secrets = [Secret(each.certificate.data, each.secret, each.passphrase) for each in signings]
    try:
        return signed_entity(entity, secrets, chain, form, now=now)
    except SigningError as error:
        raise KeyUnavailable(str(error)) from None


def issuers(signings: Sequence[Signing], keys: Keys) -> list[bytes]:
    """The authorities above those who sign that `keys` have, in DER."""
    return [der for each in signings for der in keys.issuers(each.certificate)] if isinstance(keys, Issuing) else []
