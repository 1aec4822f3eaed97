"""`decrypt` for a CMS structure that is no mail (.p7m, .p7z): what is inside comes out as it is, a MIME entity or a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailsec.api.certificate_paths import PathJudgement
from mailsec.api.decrypt_smime import Step, produced, unsealed
from mailsec.content.judge.file import judge_file
from mailsec.content.smime.cms import CmsError
from mailsec.content.smime.file import opened_file, structure_in
from mailsec.content.smime.harvested import harvested
from mailsec.content.smime.judging import Judge
from mailsec.core.errors import BadInput
from mailsec.core.results import Produced

if TYPE_CHECKING:
    from mailsec.api.decrypt_message import DecryptOptions


def decrypt_cms(file: bytes, subject: str, options: DecryptOptions, *, now: int) -> Produced | None:
    """What is inside of the structure in `file` (DER, PEM or base64), and its report; None where `file` is something else.

    All layers are taken off. Who signed it is said, whose it ought to be nobody says. Raises BadInput, KeyUnavailable.
    """
    try:
        der = structure_in(file)
        if der is None:
            return None
        judge = Judge(options.keys, PathJudgement(options.paths, options.keys), now)
        inside = opened_file(der, (), judge, lambda outside: unsealed(outside, options))
    except CmsError as error:
        raise BadInput(f"cannot be opened: {error}") from None
    content = judge_file(inside.signed, harvested(options.keys, inside.results))
    content = replace(content, check=replace(content.check, children=(*inside.around, *content.check.children)))
    steps = [Step(outside, True, ()) for outside in inside.steps]
    return produced(bytes(inside.content), subject, steps, content, options, now)
