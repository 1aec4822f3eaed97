"""What `inspect` finds out about a message before any of it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from mailsec.core.results import Finding
from mailsec.message.authors import Author, author
from mailsec.message.evidence import field_evidence
from mailsec.message.fields import Message
from mailsec.message.leaves import Leaf, Readings, decoded, readings
from mailsec.message.mime import Structure, structure
from mailsec.message.offsets import FileOffsets
from mailsec.message.path.read import ReceivedPath, received_path
from mailsec.message.words import display_text
from mailsec.sender.spoofing.payload.files import File
from mailsec.sender.spoofing.payload.judge import NOTHING, Content, Payload, PayloadJudge

_EMPTY = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Looked:
    """One leaf after a look at its content: the file that it is, and the SHA-256 of the decoded content."""

    leaf: Leaf
    file: File
    sha256: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that was found out. `structure` and `union`, the leaves of every reading, are None where only the header was looked
    at."""

    message: Message
    offset: FileOffsets
    author: Author
    path: ReceivedPath
    structure: Structure | None = None
    leaves: tuple[Looked, ...] = ()
    payload: Payload = NOTHING
    union: Readings | None = None

    def payload_findings(self, rules: frozenset[str], *, inside: bool) -> Iterator[Finding]:
        """The payload's findings whose rule is among `rules`, or is not."""
        return (found for found in self.payload.findings if (found.rule in rules) is inside)


def case_of(message: Message, *, received_from: str = "", header_only: bool = False) -> Case:
    """Look at all of `message`, a leaf at a time."""
    offset, who = FileOffsets(message), author(message)
    path = received_path(message, received_from=received_from)
    judge = PayloadJudge(who.domains[0] if who.domains else "")
    _subject(message, judge)
    if header_only:
        return Case(message, offset, who, path, payload=judge.result())
    found = structure(message)
    union = readings(message, found)
    looked = tuple(_look(message, leaf, judge, offset) for leaf in union.leaves)
    return Case(message, offset, who, path, found, looked, judge.result(), union)


def _subject(message: Message, judge: PayloadJudge) -> None:
    subject = message.first("Subject")
    if subject is not None:
        refers = message.first("In-Reply-To") is not None or message.first("References") is not None
        judge.reply(display_text(subject.value), field_evidence(message, subject), refers=refers)


def _look(message: Message, leaf: Leaf, judge: PayloadJudge, offset: FileOffsets) -> Looked:
    if leaf.start == leaf.end and not leaf.names:  # there may be 100,000 of them
        return Looked(leaf, File(f"part {leaf.path}", "", leaf.type, 0, None), _EMPTY)
    data = decoded(message, leaf).data
    # offsets in decoded content are none of the file
    place = (offset(leaf.start), offset(leaf.end)) if leaf.holder is None else (None, None)
    names = tuple(name.text for name in leaf.names)
    file = judge.add(Content(leaf.path, leaf.type, data, leaf.charset, leaf.disposition, names, *place))
    return Looked(leaf, file, sha256(data).hexdigest())
