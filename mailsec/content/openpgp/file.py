"""OpenPGP files that are no mail: signed messages, armored or binary, cleartext signed texts, and detached signatures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mailsec.content.judge.file import Signature, SignedFile
from mailsec.content.judge.layer import Signer
from mailsec.content.openpgp import rules
from mailsec.content.openpgp.engine import facts
from mailsec.content.openpgp.mail import INJECTED, Judge
from mailsec.content.openpgp.opening import OpeningError, begins_with_packet, unwrapped
from mailsec.content.openpgp.signature import signatures_in
from mailsec.core.limits.run import MAX_MESSAGE_BYTES
from mailsec.core.results import finding
from mailsec.message.mime import Method
from mailsec.message.person import address_in
from mailsec.trust.keyring.armor import MESSAGE, SIGNATURE, SIGNED, Block, blocks, dearmored
from mailsec.trust.keyring.packets import SIGNATURE as SIGNATURE_TAG
from mailsec.trust.keyring.packets import SignaturePacket, packets


def signed_file(file: bytes, judge: Judge) -> SignedFile:
    """What `file` holds, each signature judged.

    Raises OpeningError, ArmorError or PacketError where it is damaged or nothing that could be signed inside.
    """
    if begins_with_packet(file):
        return _message(file, judge)
    found = [each for each in blocks(file) if each.label in (MESSAGE, SIGNED)]
    if not found:
        raise OpeningError(_other(blocks(file)))
    made: list[SignedFile] = []
    for each in found:
        made.append(_block(each, judge, MAX_MESSAGE_BYTES - sum(one.octets for one in made)))
    around = _around(file, found)
    trouble = next((each.trouble for each in made if each.trouble), "")
    apart = f"{len(made)} texts, each with signatures of its own" if len(made) > 1 else ""
    return SignedFile(
        Method.OPENPGP,
        tuple(signature for each in made for signature in each.signatures),
        sum(each.octets for each in made),
        ", ".join(filter(None, (apart, around))),
        trouble,
        tuple(each for one in made for each in one.findings),
        any(each.sealed for each in made),
    )


def detached(signature: bytes, file: bytes, judge: Judge) -> SignedFile:
    """The signatures in `signature`, armored or binary, over `file`. Raises ArmorError or PacketError."""
    return _signed(file, signatures_in(dearmored(signature, SIGNATURE, MESSAGE)), judge)


def owned(signers: Sequence[Signer]) -> tuple[Signature, ...]:
    """The signatures, each with the addresses in the user IDs of its key that hold."""
    return tuple(Signature(each, _names(each)) for each in signers)


def _names(signer: Signer) -> tuple[str, ...]:
    if signer.certificate is None:
        return ()
    return tuple(address_in(each) for each in facts(signer.certificate.data).user_ids)


def _signed(text: bytes, found: Sequence[SignaturePacket], judge: Judge) -> SignedFile:
    return SignedFile(Method.OPENPGP, owned(judge.signers(text, found)), len(text))


def _message(data: bytes, judge: Judge, limit: int = MAX_MESSAGE_BYTES) -> SignedFile:
    if next(packets(data)).tag == SIGNATURE_TAG and all(each.tag == SIGNATURE_TAG for each in packets(data)):
        raise OpeningError(_other(()))
    opened = unwrapped(data, limit)
    if opened is None:
        return SignedFile(Method.OPENPGP, sealed=True)
    return _signed(opened.data, opened.signatures, judge)


def _block(block: Block, judge: Judge, limit: int) -> SignedFile:
    """One block, of which at most `limit` octets may come out."""
    if block.text is None:
        return _message(block.data, judge, limit)
    if block.injected:
        return SignedFile(Method.OPENPGP, trouble=INJECTED, findings=(finding(rules.INJECTED, INJECTED),))
    return _signed(block.text, signatures_in(block.data), judge)


def _around(file: bytes, found: Sequence[Block]) -> str:
    """The text around the blocks in words, "" where there is none."""
    edges = [0, *(edge for each in found for edge in (each.start, each.end)), len(file)]
    size = sum(len(file[start:end].strip()) for start, end in list(pairwise(edges))[::2])
    return f"{size} octets of text around it" if size else ""


def _other(found: Sequence[Block]) -> str:
    """Why there is nothing to judge in a file with these blocks."""
    if all(each.label == SIGNATURE for each in found):
        return "a signature alone: name the file that it is about (mailsec verify --detached SIGNATURE FILE)"
    return f"a PGP {found[0].label}, which nobody signs (mailsec keys import reads keys)"
