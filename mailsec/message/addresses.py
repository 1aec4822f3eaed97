"""Address lists (RFC 5322 section 3.4) with the obsolete forms of section 4.4 and the UTF-8 of RFC 6532, over octets.

Whatever is odd becomes a defect, and what is left is still read: a message with a broken From is shown to somebody, so it must
be judged. Where a broken text can be read as several addresses, all of them are given; where it cannot be read as any, none.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import pairwise

from mailsec.core.limits.message import MAX_ADDRESS_BYTES, MAX_ADDRESS_DEFECTS, MAX_ADDRESSES, MAX_GROUPS
from mailsec.message.mailbox import AddressDefect, AddressDefectKind, AddressList, Grade, Group, Mailbox
from mailsec.message.tokens import Kind, Token, tokenize, unquoted

__all__ = ["AddressDefect", "AddressDefectKind", "AddressList", "Grade", "Group", "Mailbox", "parse_addresses"]


def parse_addresses(value: bytes) -> AddressList:
    """The addresses in the value of a From, To, Sender or other address field. Never raises; linear in the value's length."""
    if len(value) > MAX_ADDRESS_BYTES:
        return AddressList((), (), (AddressDefect(AddressDefectKind.TOO_LONG, 0, len(value)),))
    return _parse(value) if len(value) > _CACHED_BYTES else _parse_cached(value)


_CACHED_BYTES = 1024  # a cache must not keep what an attacker made large


def _parse(value: bytes) -> AddressList:
    simple = _SIMPLE.match(value)
    return _Parser(value).run() if simple is None else _simple(simple)


# what most fields hold: one address, alone or in angle brackets behind a name of plain words
_LABELS = rb"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"
_SIMPLE = re.compile(rb"[ \t]*(?:(?:([A-Za-z0-9]+(?: [A-Za-z0-9]+)*) ?)?(<)" + _LABELS + rb"(>)|" + _LABELS + rb")[ \t]*\Z")


def _simple(match: re.Match[bytes]) -> AddressList:
    """What `_Parser` gives for such a field, in a tenth of the time."""
    if match[2]:
        start = match.start(1) if match[1] else match.start(2)
        return AddressList((Mailbox(match[1] or b"", match[3], match[4], (), start, match.end(5)),), (), ())
    return AddressList((Mailbox(b"", match[6], match[7], (), match.start(6), match.end(7)),), (), ())


# the rules on form, the identities side by side and the rules on forged senders ask for the same fields of a message
_parse_cached = lru_cache(32)(_parse)


_WORDS = (Kind.ATOM, Kind.QUOTED)
_SEPARATORS = (Kind.COMMA, Kind.SEMICOLON)
_ENDS_PHRASE = (*_SEPARATORS, Kind.LESS, Kind.COLON)
_ENDS_ANGLE = (*_SEPARATORS, Kind.LESS, Kind.GREATER)
_ENCODED_WORD = re.compile(rb"=\?[^?]*\?[bBqQ]\?")
_SPACE = re.compile(rb"[ \t\r\n]+")


class _Parser:
    """One pass over the tokens, by recursive descent that does not recurse: the grammar's only nesting is groups, one deep."""

    def __init__(self, value: bytes) -> None:
        self.value = value
        self.tokens, lexical = tokenize(value)
        self.at = 0
        self.mailboxes: list[Mailbox] = []
        self.groups: list[Group] = []
        self.counts: dict[AddressDefectKind, int] = {}
        self.defects = [AddressDefect(AddressDefectKind(kind), start, end) for kind, start, end in lexical]
        self.group: tuple[bytes, int, Token] | None = None

    def run(self) -> AddressList:
        self._check_utf8()
        after_element = False
        elements = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind is Kind.COMMA:
                if not after_element or self.value.count(b",", token.start, token.end) > 1:
                    self._defect(AddressDefectKind.EMPTY_ELEMENT, token.start, token.end)
                self.at += 1
            elif token.kind is Kind.SEMICOLON:
                self._semicolon(token)
            elif elements >= MAX_ADDRESSES or len(self.mailboxes) >= MAX_ADDRESSES or len(self.groups) >= MAX_GROUPS:
                self._defect(AddressDefectKind.TOO_MANY, token.start, len(self.value))
                break
            else:
                elements += 1
                self._element()
            after_element = self.tokens[self.at - 1].kind not in (Kind.COMMA, Kind.COLON)
        if elements and self.tokens[-1].kind is Kind.COMMA:
            self._defect_at(AddressDefectKind.EMPTY_ELEMENT, self.tokens[-1:])
        if self.group is not None:
            self._defect(AddressDefectKind.UNCLOSED_GROUP, self.group[2].start, len(self.value))
            self._close_group(self.group)
        return AddressList(tuple(self.mailboxes), tuple(self.groups), tuple(self.defects))

    # --- bookkeeping

    def _defect(self, kind: AddressDefectKind, start: int, end: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MAX_ADDRESS_DEFECTS:
            self.defects.append(AddressDefect(kind, start, end))

    def _defect_at(self, kind: AddressDefectKind, tokens: Sequence[Token]) -> None:
        self._defect(kind, tokens[0].start, tokens[-1].end)

    def _check_utf8(self) -> None:
        try:
            self.value.decode()
        except UnicodeDecodeError as error:
            self._defect(AddressDefectKind.NOT_UTF8, error.start, error.end)

    def _kind(self) -> Kind | None:
        """The kind of the token that comes next."""
        return self.tokens[self.at].kind if self.at < len(self.tokens) else None

    def _until(self, stops: Container[Kind]) -> list[Token]:
        """The tokens up to one of `stops`, which comes next."""
        start = self.at
        while self.at < len(self.tokens) and self.tokens[self.at].kind not in stops:
            self.at += 1
        return self.tokens[start : self.at]

    def _text(self, tokens: Sequence[Token]) -> bytes:
        """The tokens' content, quoting undone, one space where there was a gap."""
        pieces = []
        end = tokens[0].start if tokens else 0
        for token in tokens:
            if token.start > end:
                pieces.append(b" ")
            pieces.append(self._content(token))
            end = token.end
        return b"".join(pieces)

    def _content(self, token: Token) -> bytes:
        raw = self.value[token.start : token.end]
        match token.kind:
            case Kind.QUOTED:
                return unquoted(raw)
            case Kind.LITERAL:
                return b"[" + _SPACE.sub(b"", unquoted(raw)) + b"]"
            case _:
                return raw

    # --- groups

    def _semicolon(self, token: Token) -> None:
        if self.group is None:
            self._defect(AddressDefectKind.STRAY_SEMICOLON, token.start, token.end)
        else:
            if self.tokens[self.at - 1].kind is Kind.COMMA:
                self._defect_at(AddressDefectKind.EMPTY_ELEMENT, self.tokens[self.at - 1 : self.at])
            self._close_group(self.group)
        self.at += 1

    def _close_group(self, group: tuple[bytes, int, Token]) -> None:
        display, first, _ = group
        self.groups.append(Group(display, tuple(self.mailboxes[first:])))
        self.group = None

    def _open_group(self, phrase: Sequence[Token]) -> None:
        colon = self.tokens[self.at]
        self.at += 1
        if self.group is not None:
            self._defect(AddressDefectKind.STRAY_COLON, colon.start, colon.end)
            return
        if not phrase:
            self._defect(AddressDefectKind.UNQUOTED_PHRASE, colon.start, colon.end)
        self.group = (self._display(phrase), len(self.mailboxes), colon)

    # --- mailboxes

    def _element(self) -> None:
        phrase = self._until(_ENDS_PHRASE)
        match self._kind():
            case Kind.COLON:
                self._open_group(phrase)
            case Kind.LESS:
                self._name_addr(phrase)
            case _:
                self._bare(phrase)

    def _display(self, phrase: Sequence[Token]) -> bytes:
        kinds = {token.kind for token in phrase}
        if Kind.AT in kinds:
            self._defect_at(AddressDefectKind.ADDRESS_IN_PHRASE, phrase)
        elif kinds - {*_WORDS, Kind.DOT} or (phrase and phrase[0].kind is Kind.DOT):
            self._defect_at(AddressDefectKind.UNQUOTED_PHRASE, phrase)
        elif Kind.DOT in kinds:
            self._defect_at(AddressDefectKind.OBSOLETE_PHRASE, phrase)
        return self._text(phrase)

    def _name_addr(self, phrase: Sequence[Token]) -> None:
        display = self._display(phrase)
        opening = self.tokens[self.at]
        start = phrase[0].start if phrase else opening.start
        self.at += 1
        self._stray_angles(Kind.LESS)
        route = self._route()
        inner = self._until(_ENDS_ANGLE)
        end = inner[-1].end if inner else opening.end
        if self._kind() is Kind.GREATER:
            end = self.tokens[self.at].end
            self.at += 1
            self._stray_angles(Kind.GREATER)
        else:
            self._defect(AddressDefectKind.UNCLOSED_ANGLE, opening.start, end)
        self._addr_spec(inner, display, route, start, end)
        self._after_angle()

    def _stray_angles(self, kind: Kind) -> None:
        first = self.at
        while self._kind() is kind:
            self.at += 1
        if self.at > first:
            self._defect_at(AddressDefectKind.STRAY_ANGLE, self.tokens[first : self.at])

    def _route(self) -> tuple[bytes, ...]:
        """Read an obsolete source route, `@a.example,@b.example:`, if there is one."""
        first = at = self.at
        domains = []
        while at < len(self.tokens) and self.tokens[at].kind in (Kind.AT, Kind.COMMA):
            at += 1
            if self.tokens[at - 1].kind is Kind.AT:
                end = self._domain_end(self.tokens, at)
                domains.append(self._joined(self.tokens[at:end]))
                at = end
        if not domains or at >= len(self.tokens) or self.tokens[at].kind is not Kind.COLON:
            return ()
        self._defect_at(AddressDefectKind.OBSOLETE_ROUTE, self.tokens[first : at + 1])
        self.at = at + 1
        return tuple(domains)

    def _after_angle(self) -> None:
        """What stands between a closing bracket and the next separator: nothing, in a proper list."""
        first = self.at
        rest = self._until(_ENDS_PHRASE)
        if self._kind() in (Kind.LESS, Kind.COLON) or any(token.kind is Kind.AT for token in rest):
            self._defect(AddressDefectKind.MISSING_COMMA, self.tokens[first].start, self.tokens[first].end)
            self.at = first
        elif rest:
            self._defect_at(AddressDefectKind.TRAILING_TEXT, rest)

    def _addr_spec(self, tokens: Sequence[Token], display: bytes, route: tuple[bytes, ...], start: int, end: int) -> None:
        """The address between angle brackets."""
        ats = [index for index, token in enumerate(tokens) if token.kind is Kind.AT]
        if not tokens:
            self._defect(AddressDefectKind.EMPTY_ADDRESS, start, end)
        elif len(ats) != 1:
            self._defect(AddressDefectKind.SEVERAL_AT if ats else AddressDefectKind.NO_AT, start, end)
        elif self._local_start(tokens, ats[0], 0) != 0 or not ats[0]:
            self._defect(AddressDefectKind.BAD_LOCAL, start, end)
        elif self._domain_end(tokens, ats[0] + 1) != len(tokens) or len(tokens) == ats[0] + 1:
            self._defect(AddressDefectKind.BAD_DOMAIN, start, end)
        else:
            self._add(display, tokens[: ats[0]], tokens[ats[0] + 1 :], route, (start, end))

    def _bare(self, tokens: list[Token]) -> None:
        """An address without angle brackets, and whatever stands around it."""
        if tokens[-1].kind is Kind.GREATER:
            self._defect(AddressDefectKind.STRAY_ANGLE, tokens[-1].start, tokens[-1].end)
            while tokens and tokens[-1].kind is Kind.GREATER:
                tokens.pop()
        ats = [index for index, token in enumerate(tokens) if token.kind is Kind.AT]
        if not ats:
            if tokens:
                self._defect_at(AddressDefectKind.NO_AT, tokens)
            return
        spans = []
        done = 0
        for at in ats:
            start, end = self._local_start(tokens, at, done), self._domain_end(tokens, at + 1)
            if start == at or end == at + 1:
                kind = AddressDefectKind.BAD_LOCAL if start == at else AddressDefectKind.BAD_DOMAIN
                self._defect_at(AddressDefectKind.SEVERAL_AT if len(ats) > 1 else kind, tokens)
                return
            spans.append((done, start, at, end))
            done = end
        if len(spans) > 1:
            self._defect_at(AddressDefectKind.MISSING_COMMA, tokens)
        if done < len(tokens):
            self._defect_at(AddressDefectKind.TRAILING_TEXT, tokens[done:])
        if len(spans) > MAX_ADDRESSES:
            self._defect_at(AddressDefectKind.TOO_MANY, tokens)
        for before, start, at, end in spans[:MAX_ADDRESSES]:
            if before < start:
                self._defect_at(AddressDefectKind.LEADING_TEXT, tokens[before:start])
            place = tokens[before].start, tokens[end - 1].end
            self._add(self._text(tokens[before:start]), tokens[start:at], tokens[at + 1 : end], (), place)

    def _local_start(self, tokens: Sequence[Token], at: int, floor: int) -> int:
        """The index of the first token of the local part that ends before the `@` at index `at`."""
        start = at
        while start > floor:
            kind = tokens[start - 1].kind
            if kind is not Kind.DOT and (kind not in _WORDS or (start < at and tokens[start].kind is not Kind.DOT)):
                break
            start -= 1
        return start

    def _domain_end(self, tokens: Sequence[Token], start: int) -> int:
        """The index behind the last token of the domain that begins at index `start`."""
        end = start
        if end < len(tokens) and tokens[end].kind is Kind.LITERAL:
            return end + 1
        while end < len(tokens):
            kind = tokens[end].kind
            if kind is not Kind.DOT and (kind is not Kind.ATOM or (end > start and tokens[end - 1].kind is not Kind.DOT)):
                break
            end += 1
        return end

    def _add(
        self,
        display: bytes,
        local: Sequence[Token],
        domain: Sequence[Token],
        route: tuple[bytes, ...],
        place: tuple[int, int],
    ) -> None:
        for part in (local, domain):
            self._check_dots(part)
        mailbox = Mailbox(display, self._joined(local), self._joined(domain), route, *place)
        if _ENCODED_WORD.search(mailbox.local) or _ENCODED_WORD.search(mailbox.domain):
            self._defect(AddressDefectKind.ENCODED_WORD, *place)
        self.mailboxes.append(mailbox)

    def _joined(self, tokens: Sequence[Token]) -> bytes:
        return b"".join(map(self._content, tokens))

    def _check_dots(self, tokens: Sequence[Token]) -> None:
        """Dots stand between words, and no space around them but in the obsolete syntax."""
        pairs = list(pairwise(tokens))
        ends = (tokens[0].kind, tokens[-1].kind)
        if Kind.DOT in ends or any(one.kind is Kind.DOT is two.kind for one, two in pairs):
            self._defect_at(AddressDefectKind.BAD_DOTS, tokens)
        if any(one.end < two.start for one, two in pairs):
            self._defect_at(AddressDefectKind.OBSOLETE_SPACE, tokens)
