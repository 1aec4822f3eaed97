"""`sign --pgp`: a message whose content is signed by a person's key (PGP/MIME)."""

from __future__ import annotations

from mailsec.api.readable import readable
from mailsec.api.signers import SignKeys, signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.openpgp.encrypting import EncryptingError
from mailsec.content.openpgp.signing import signed_entity
from mailsec.core.errors import KeyUnavailable
from mailsec.core.exits import Exit
from mailsec.core.results import Check, Produced, Report, Status
from mailsec.message.compose import entity_of, with_entity


def sign_openpgp(file: bytes, subject: str, keys: SignKeys, *, now: int) -> Produced:
    """`file` with its content as the first part of a multipart/signed, its header fields and line ends kept.

    Raises NothingToJudge, BadInput, and KeyUnavailable where no key may sign or one stays locked.
    """
    message = readable(file)
    signings = signings_for(message, keys)
    try:
        data = with_entity(message, signed_entity(entity_of(message), signings, now=now))
    except EncryptingError as error:
        raise KeyUnavailable(str(error)) from None
    children = tuple(signing_check(message, each, keys.keys) for each in signings)
    sentence = "Signed by " + " and ".join(each.certificate.fingerprint for each in signings) + "."
    check = Check("openpgp", Status.PASS, sentence, children=children)
    return Produced(data, Report(subject, Status.PASS, sentence, (check,), now, TOOL, Exit.HOLDS))
