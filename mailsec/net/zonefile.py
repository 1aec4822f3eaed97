"""Master files (RFC 1035 section 5, RFC 2308 section 4, RFC 3597 section 5), read into `ZoneData`.

A file may hold several zones, each opened by its SOA. Comments, parentheses, `@`, relative names, escapes, inherited owners and
TTLs work as in any name server; class IN may be left out. A relative name needs a `$ORIGIN` above it. One directive is our own:

    $ANSWER name [type] STATUS

answers questions for `name` (of `type`, or of each type that the name has no records of) with STATUS: TIMEOUT, SERVFAIL,
REFUSED, NXDOMAIN, NODATA or UNRECORDED. `name` may be a wildcard.

$INCLUDE and $GENERATE are refused: a zone file from somebody else must not open files, and must not grow.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailsec.core.errors import BadInput
from mailsec.core.flow import Record
from mailsec.core.limits.network import ZONE_TTL
from mailsec.core.rdata import name as name_text
from mailsec.core.text import clipped, visible
from mailsec.net.names import NameProblem, encode, quote, type_number, type_text
from mailsec.net.zonedata import ANY, MAX_COMPLAINT, WORDS, ZoneData, ZoneProblem
from mailsec.net.zonetext import is_ttl, parentheses, rdata, tokens_of, ttl

_CLASSES = frozenset({"IN", "CLASS1"})
_OTHER_CLASSES = frozenset({"CH", "HS", "CS", "CLASS3", "CLASS4"})
_REFUSED = {
    "$INCLUDE": "Put the other file's text in its place, or give both files.",
    "$GENERATE": "Write the records out.",
}


def parse(file: str, text: str, data: ZoneData) -> None:
    """Read `text` into `data`. Raises BadInput with `file`, the line and a hint."""
    _Parser(file, data).parse(text)


class _Parser:
    def __init__(self, file: str, data: ZoneData) -> None:
        self.file = file
        self.data = data
        self.line = 0
        self.origin: bytes | None = None
        self.owner: str | None = None
        self.default_ttl: int | None = None
        self.last_ttl: int | None = None
        self.soa_ttl: int | None = None
        self.wires: dict[str, bytes] = {}

    def parse(self, text: str) -> None:
        try:
            for inherits, tokens in self._entries(text):
                if tokens[0][0] == "$" and not inherits:
                    self._directive(tokens)
                else:
                    self._record(tokens, inherits)
        except ValueError as error:
            hint = error.hint if isinstance(error, ZoneProblem) else ""
            text = visible(clipped(str(error), MAX_COMPLAINT))
            raise BadInput(f"{self.file}, line {self.line}: {text}", hint=hint) from None

    def _entries(self, text: str) -> Iterator[tuple[bool, list[str]]]:
        """The entries of the file: whether the owner is inherited, and the tokens, parentheses and comments gone."""
        depth = start = 0
        inherits = False
        tokens: list[str] = []
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
            self.line = number
            found = tokens_of(line)
            if not depth:
                start, inherits, tokens = number, line[:1] in (" ", "\t"), []
            if "(" in found or ")" in found:
                depth = parentheses(found, depth, tokens)
            else:
                tokens += found
            if tokens and not depth:
                self.line = start
                yield inherits, tokens
        if depth:
            self.line = start
            raise ZoneProblem("a parenthesis is not closed")

    def _directive(self, tokens: list[str]) -> None:
        word, rest = tokens[0].upper(), tokens[1:]
        if word in _REFUSED:
            raise ZoneProblem(f"{word} is not supported", _REFUSED[word])
        if word == "$ORIGIN" and len(rest) == 1:
            self.origin = self._wire(rest[0])
            self.wires.clear()
        elif word == "$TTL" and len(rest) == 1:
            self.default_ttl = ttl(rest[0])
        elif word == "$ANSWER" and len(rest) in (2, 3) and rest[-1].upper() in WORDS:
            type = type_text(type_number(rest[1])) if len(rest) == 3 else ANY
            self.data.state(name_text(self._wire(rest[0])), type, WORDS[rest[-1].upper()])
        else:
            raise ZoneProblem(
                f"{quote(' '.join(tokens[:4]))} is not a directive",
                "Known are `$ORIGIN name`, `$TTL seconds` and `$ANSWER name [type] STATUS`, where STATUS is one of "
                + ", ".join(WORDS)
                + ".",
            )

    def _record(self, tokens: list[str], inherits: bool) -> None:
        if not inherits:
            self.owner = name_text(self._wire(tokens[0]))
        if self.owner is None:
            raise ZoneProblem("the first record has no name", "A line that starts with a space belongs to the name above it.")
        at, seconds = self._ttl_and_class(tokens, 0 if inherits else 1)
        if at == len(tokens):
            raise ZoneProblem("a record has no type")
        number = type_number(tokens[at])
        type = type_text(number)
        data = rdata(number, tokens[at + 1 :], self._wire, self.origin)
        if type == "SOA":
            self.soa_ttl = int.from_bytes(data[-4:], "big")
        self.data.add(Record(self.owner, type, self._effective(seconds), data))

    def _ttl_and_class(self, tokens: list[str], start: int) -> tuple[int, int | None]:
        """Where the type stands, and the TTL before it."""
        seconds = None
        for at in range(start, len(tokens)):
            word = tokens[at].upper()
            if word in _OTHER_CLASSES:
                raise ZoneProblem(f"class {word} is not served", "Only class IN is.")
            if seconds is None and is_ttl(word):
                seconds = ttl(word)
            elif word not in _CLASSES:
                return at, seconds
        return len(tokens), seconds

    def _effective(self, seconds: int | None) -> int:
        if seconds is not None:
            self.last_ttl = seconds
            return seconds
        known = (self.default_ttl, self.last_ttl, self.soa_ttl, ZONE_TTL)
        return next(value for value in known if value is not None)

    def _wire(self, token: str) -> bytes:
        wire = self.wires.get(token)
        if wire is None:
            if token[0] == '"':
                raise NameProblem(f"a name cannot be in quotation marks: {quote(token)}")
            try:
                wire = self.wires[token] = self._at() if token == "@" else encode(token, self.origin)
            except NameProblem as error:
                hint = (
                    "End the name with a dot, or put a line such as `$ORIGIN example.com.` above it."
                    if self.origin is None
                    else ""
                )
                raise ZoneProblem(str(error), hint) from None
        return wire

    def _at(self) -> bytes:
        if self.origin is None:
            raise NameProblem("`@` stands for the origin, and no $ORIGIN says what that is")
        return self.origin
