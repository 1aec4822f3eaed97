"""`encrypt --smime`: a message that only the holders of certificates can read, signed within where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailsec.api.recipients import addresses
from mailsec.api.sign_openpgp import SignKeys, readable, signing_check, signings_for
from mailsec.api.tool import TOOL
from mailsec.content.smime import rules
from mailsec.content.smime.capabilities import AES_256_CBC, AES_256_GCM
from mailsec.content.smime.compressing import compressed_entity
from mailsec.content.smime.decrypting import Secret
from mailsec.content.smime.encrypting import EncryptingError, check, encrypted_entity
from mailsec.content.smime.enveloped import Mode
from mailsec.content.smime.signing import SignForm, SigningError, signed_entity
from mailsec.core.errors import KeyUnavailable, UsageError
from mailsec.core.exits import Exit
from mailsec.core.limits import CMS_RECIPIENTS
from mailsec.core.results import Check, Fact, Finding, Produced, Report, Status, finding
from mailsec.core.rules import Severity
from mailsec.message.compose import entity_pieces, with_entity
from mailsec.message.fields import Message
from mailsec.trust.keyring.keys import Certificate, Keys

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SmimeOptions:
    """To whom a message is encrypted: `certificates`, of which `keys` knows whose they are. `cbc` makes what old readers open,
    with `oaep` for RSA keys what only some of them do; `sign` signs it within (`pss`: with RSASSA-PSS), and `chain` (DER) goes
    along with that. `compress` compresses it, after it was signed."""

    keys: Keys
    certificates: Sequence[Certificate]
    cbc: bool = False
    sign: SignKeys | None = None
    chain: tuple[bytes, ...] = ()
    oaep: bool = False
    pss: bool = False
    compress: bool = False


def encrypt_smime(file: bytes, subject: str, options: SmimeOptions, *, now: int) -> Produced:
    """`file` with its content encrypted, its header fields kept.

    Raises NothingToJudge, BadInput, UsageError for a Bcc, and KeyUnavailable where a certificate may not be used.
    """
    message = readable(file)
    del file
    if addresses(message, ("Bcc",)):
        raise UsageError("the message has a Bcc: one encrypted message would tell everybody who else gets it")
    if not options.certificates or len(options.certificates) > CMS_RECIPIENTS:
        raise KeyUnavailable("nobody to encrypt to, or too many", hint="name somebody: --to-key FILE")
    entity = entity_pieces(message)
    children = []
    try:
        if options.sign is not None:
            signings = signings_for(message, options.sign)
            secrets = [Secret(each.certificate.data, each.secret, each.passphrase) for each in signings]
            entity = tuple(signed_entity(entity, secrets, options.chain, SignForm(pss=options.pss), now=now))
            children = [signing_check(message, each, options.sign.keys) for each in signings]
        for each in options.certificates:
            _checked(each, now)
    except SigningError as error:
        raise KeyUnavailable(str(error)) from None
    if options.compress:
        entity = tuple(compressed_entity(entity))
    cipher = AES_256_CBC if options.cbc else AES_256_GCM
    made = encrypted_entity(entity, [each.data for each in options.certificates], cipher, oaep=options.oaep)
    sentence = "Encrypted to " + ", ".join(each.fingerprint for each in options.certificates[:_SHOWN])
    sentence += ", signed." if options.sign is not None else "."
    facts = (Fact("cipher", cipher.name), Fact("authenticated", cipher.mode is Mode.GCM), Fact("compressed", options.compress))
    found = Check("smime", Status.PASS, sentence, facts, tuple(_findings(message, options)), children=tuple(children))
    report = Report(subject, Status.PASS, sentence, (found,), now, TOOL, Exit.HOLDS)
    return Produced(with_entity(message, made), report)


def _checked(certificate: Certificate, now: int) -> None:
    try:
        check(certificate.data, now=now)
    except EncryptingError as error:
        raise KeyUnavailable(f"{certificate.source}: {error}") from None


def _findings(message: Message, options: SmimeOptions) -> list[Finding]:
    found = []
    if options.cbc:
        found.append(finding(rules.NOT_AUTHENTICATED, "AES-256-CBC, as asked for", severity=Severity.MEDIUM))
    named = {each.fingerprint for each in options.certificates}
    for address in addresses(message, ("To", "Cc"))[:_SHOWN]:
        if named.isdisjoint(each.fingerprint for each in options.keys.of_address(address)):
            found.append(finding(rules.NOT_FOR, f"{address} may not be able to read it"))
    return found
