"""The opinion of sqv or gpgv about an OpenPGP signature that is accepted here, asked of a child process.

Each gets one certificate, the signature and the text as files of their own, and knows no other key.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from mailsec.judges.child import Bounds, complaint, run_child
from mailsec.judges.opinion import Opinion
from mailsec.trust.keyring.packets import SIGNATURE, SignaturePacket, framed

PROGRAMS = ("sqv", "gpgv")


def ask_openpgp(data: bytes, packet: SignaturePacket, certificate: bytes, bounds: Bounds | None = None) -> tuple[str, Opinion]:
    """Which of the programs was asked ("" where none is on PATH), and what it says about the signature over `data`.

    Both go by the clock of this machine. Never raises: whatever becomes of the child is an opinion without a judgement.
    """
    program = next((found for found in PROGRAMS if shutil.which(found)), "")
    if not program:
        return "", Opinion(None, "neither sqv nor gpgv is on PATH")
    with TemporaryDirectory(prefix="mailsec-") as folder:
        keyring, signature, text = (Path(folder, name) for name in ("keyring.pgp", "signature.pgp", "text"))
        keyring.write_bytes(certificate)
        signature.write_bytes(framed(SIGNATURE, packet.body))
        text.write_bytes(data)
        ran = run_child([program, "--keyring", str(keyring), str(signature), str(text)], b"", bounds)
    if ran.failure:
        return program, Opinion(None, f"{program} was stopped: {ran.failure}")
    # sqv leaves with 1 for what it refuses; gpgv with 1 for a bad signature, and with 2 for what it cannot judge
    accepts = True if ran.code == 0 else False if ran.code == 1 else None
    return program, Opinion(accepts, "" if accepts else complaint(ran) or f"exit code {ran.code}")
