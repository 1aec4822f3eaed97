"""What the rooms of OpenPGP and S/MIME hand to the judgement: each protection of a message, its place, and who made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailsec.core.results import Check, Status
from mailsec.message.mime import Form, Method
from mailsec.trust.keyring.keys import Certificate


class ContentAnswer(StrEnum):
    """Did a person's key vouch for the content? (`absent`: nothing there that could.)"""

    ABSENT = "absent"
    GOOD = "good"
    PARTIAL = "partial"
    BAD = "bad"
    UNJUDGED = "unjudged"


class Coverage(StrEnum):
    """How much of the message a signature or an encryption covers."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature as the cryptography sees it: `status` is pass, fail (does not hold) or neutral (could not be judged).

    `certificate` is the one of the key that made it, where it is known. `command` is what the user can do about it.
    """

    status: Status
    reason: str
    check: Check
    certificate: Certificate | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One protection. `part` is the index of the MIME part that has it, `covered` that of the part it protects, `control` those
    of parts that only carry it (a signature, a version). `whole` is False where it protects not all of that part (inline).

    `trouble` says why it cannot be read; then the signatures do not count. `entity` is the MIME entity that is protected, where
    it is not a part of the message but lies inside of one (opaque S/MIME).
    """

    method: Method
    form: Form
    part: int
    covered: int
    control: tuple[int, ...] = ()
    whole: bool = True
    signers: tuple[Signer, ...] = ()
    trouble: str = ""
    check: Check | None = None
    entity: bytes | None = None

    @property
    def opaque(self) -> bool:
        """True where it is all that its part holds, as S/MIME has it: that such a part is called an attachment says nothing."""
        return self.method is Method.SMIME and self.part == self.covered
