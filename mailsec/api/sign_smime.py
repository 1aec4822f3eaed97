"""`sign --smime`: a message whose content is signed by a person's certificate."""

from __future__ import annotations

from mailsec.api.sign_openpgp import SignKeys, readable, signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.smime.decrypting import Secret
from mailsec.content.smime.signing import DETACHED, SignForm, SigningError, signed_entity
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Produced, Report, Status
from mailsec.message.compose import entity_pieces, with_entity


def sign_smime(
    file: bytes, subject: str, keys: SignKeys, chain: tuple[bytes, ...] = (), form: SignForm = DETACHED, *, now: int
) -> Produced:
    """`file` with its content signed: as the first part of a multipart/signed, or as `form` says. The certificates in `chain`
    (DER) go along.

    Raises NothingToJudge, BadInput, and KeyUnavailable where no key may sign or one stays locked.
    """
    message = readable(file)
    del file
    signings = signings_for(message, keys)
    secrets = [Secret(each.certificate.data, each.secret, each.passphrase) for each in signings]
    try:
        entity = signed_entity(entity_pieces(message), secrets, chain, form, now=now)
    except SigningError as error:
        raise KeyUnavailable(str(error)) from None
    children = tuple(signing_check(message, each, keys.keys) for each in signings)
    sentence = "Signed by " + " and ".join(each.certificate.fingerprint for each in signings) + "."
    check = Check("smime", Status.PASS, sentence, children=children)
    report = Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS)
    return Produced(with_entity(message, entity), report)
