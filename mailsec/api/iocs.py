"""The indicators of a message: what a responder looks for elsewhere, each once with the places where it was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5, sha1
from ipaddress import ip_address

from mailsec.api.inspect_case import Case
from mailsec.api.inspect_parts import is_attachment
from mailsec.core.domains import DomainError, is_name, to_ascii
from mailsec.core.limits.message import MAX_ADDRESS_BYTES
from mailsec.core.limits.spoofing import INSPECT_SIGNATURES, IOC_VALUES
from mailsec.core.text import from_bytes
from mailsec.message.addresses import parse_addresses
from mailsec.message.leaves import decoded
from mailsec.sender.dkim.signature import SignatureError, parse_signature

_WHERE = 20


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value, its type (address, domain, url, ip, sha256, sha1, md5, file-name, message-id), where it was seen (fields and
    parts, the first twenty), and the subject: the name of the message's file."""

    type: str
    value: str
    where: tuple[str, ...]
    subject: str


_ADDRESS_FIELDS = (
    *("From", "Sender", "Reply-To", "Return-Path", "Resent-From", "Resent-Sender", "Resent-Reply-To", "Errors-To"),
    *("To", "Cc", "Bcc", "Resent-To", "Delivered-To", "X-Original-To", "Disposition-Notification-To"),
)
_ID_FIELDS = ("Message-ID", "In-Reply-To", "References", "Resent-Message-ID")
_ID = re.compile(rb"<([^<>\s]{1,900})>")
_IP_FIELDS = ("X-Originating-IP", "X-Sender-IP", "X-Client-IP")
_IP = re.compile(r"[0-9A-Fa-f:.]{3,45}")

_Seen = tuple[str, str, str]  # type, value, where


def indicators(case: Case, subject: str) -> Iterator[Indicator]:
    """The indicators of a message, in the order in which they were first seen; at most `IOC_VALUES`."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for kind, value, where in _all(case):
        places = found.get((kind, value))
        if places is None and len(found) >= IOC_VALUES:
            continue
        if places is None:
            places = found[kind, value] = {}
        if len(places) < _WHERE:
            places[where] = None
    return (Indicator(kind, value, tuple(places), subject) for (kind, value), places in found.items())


def _all(case: Case) -> Iterator[_Seen]:
    yield from _addresses(case)
    yield from _signers(case)
    yield from _hops(case)
    yield from _ids(case)
    yield from _links(case)
    yield from _files(case)


def _addresses(case: Case) -> Iterator[_Seen]:
    budget = MAX_ADDRESS_BYTES
    for name in _ADDRESS_FIELDS:
        for field in case.message.all(name):
            budget -= len(field.raw)
            if budget < 0:
                return
            for mailbox in parse_addresses(field.value).mailboxes:
                yield from _address(from_bytes(mailbox.address), name)


def _address(address: str, where: str) -> Iterator[_Seen]:
    local, _, domain = address.rpartition("@")
    name = _name(domain)
    yield "address", f"{local}@{name or domain}", where
    yield from _host(domain, where)


def _name(text: str) -> str:
    try:
        return to_ascii(text)
    except DomainError:
        return ""


def _host(text: str, where: str) -> Iterator[_Seen]:
    """A host's name or number."""
    bare = text.strip("[]").removeprefix("IPv6:")
    try:
        yield "ip", str(ip_address(bare)), where
    except ValueError:
        name = _name(text)
        if "." in name and is_name(name):
            yield "domain", name, where


def _signers(case: Case) -> Iterator[_Seen]:
    for field in case.message.all("DKIM-Signature")[:INSPECT_SIGNATURES]:
        try:
            yield "domain", parse_signature(field.value).domain, "DKIM-Signature"
        except SignatureError:
            continue


def _hops(case: Case) -> Iterator[_Seen]:
    for step in case.path.steps:
        hop = step.hop
        for name in (hop.helo, hop.tcp_name, hop.by):
            yield from _host(name, "Received")
        if hop.ip is not None:
            yield "ip", str(hop.ip), "Received"
    for name in _IP_FIELDS:
        for field in case.message.all(name)[:INSPECT_SIGNATURES]:
            for match in _IP.finditer(from_bytes(field.value[:200])):
                yield from (each for each in _host(match[0], name) if each[0] == "ip")


def _ids(case: Case) -> Iterator[_Seen]:
    for name in _ID_FIELDS:
        for field in case.message.all(name)[:INSPECT_SIGNATURES]:
            for match in _ID.finditer(field.value[:MAX_ADDRESS_BYTES]):
                yield "message-id", from_bytes(match[1]), name


def _links(case: Case) -> Iterator[_Seen]:
    for seen in case.payload.links:
        url = seen.url
        if url.scheme == "mailto":
            for address in url.text[7:].partition("?")[0].split(",")[:100]:
                if "@" in address:
                    yield from _address(address.strip(), seen.part)
        elif url.host and url.scheme:
            if "://" in url.text:
                yield "url", url.text, seen.part
            yield from _host(url.host, seen.part)


def _files(case: Case) -> Iterator[_Seen]:
    for looked in case.leaves:
        where = f"part {looked.leaf.path}"
        for name in looked.leaf.names:
            yield "file-name", name.text, where
        for item in looked.file.contents.items if looked.file.contents else ():
            if not item.member.folder:
                yield "file-name", item.path, where
        if is_attachment(looked) and looked.file.size:
            data = decoded(case.message, looked.leaf).data
            yield "sha256", looked.sha256, where
            yield "sha1", sha1(data, usedforsecurity=False).hexdigest(), where
            yield "md5", md5(data, usedforsecurity=False).hexdigest(), where
