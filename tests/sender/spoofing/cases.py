"""The data set of attacks and of honest mail, and how a case of it is judged. See tests/data/attacks/README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from mailsec.api.envelope import Envelope
from mailsec.api.session import Session
from mailsec.api.verify_message import VerifyOptions, verify_message
from mailsec.core.results import Report
from mailsec.message.fields import Field, Message, parse
from mailsec.sender.dkim.canonical import hash_body
from mailsec.sender.dkim.coverage import index_of, signed_data
from mailsec.sender.dkim.keys import load_private
from mailsec.sender.dkim.publish import generate, record_for
from mailsec.sender.dkim.signature import Signature, print_signature
from tests.support import TableSource

FOLDER = Path(__file__).parents[2] / "data" / "attacks"
_PADDING, _SHA256 = PKCS1v15(), SHA256()
NOW = 1_790_000_000
Case = dict[str, Any]


def cases() -> list[Case]:
    """Every case of every file that `verify` judges, with the file's zone under its own."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        file = json.loads(path.read_text())
        if file.get("judge", "verify") != "verify":
            continue  # tests/sender/spoofing/payload/test_attacks.py runs those
        found += [case | {"zone": file.get("zone", {}) | case.get("zone", {})} for case in file["cases"]]
    return found


@cache
def _private() -> Any:
    return load_private(generate("rsa", 2048)[0])


def message_of(case: Case) -> bytes:
    """The message as it arrives, after all steps."""
    message = case["message"]
    data = (message if isinstance(message, str) else "".join(f"{line}\r\n" for line in message)).encode("latin-1")
    for step in case.get("steps", ()):
        data = _step(data, step)
    return data


def _step(data: bytes, step: Mapping[str, Any]) -> bytes:
    match step:
        case {"sign": how}:
            return _signature(parse(data), how) + data
        case {"replace": [old, new]}:
            assert old.encode("latin-1") in data
            return data.replace(old.encode("latin-1"), new.encode("latin-1"))
        case {"repeat": [text, count]}:
            assert data.count(text.encode("latin-1")) == 1
            return data.replace(text.encode("latin-1"), text.encode("latin-1") * count)
        case {"prepend": text}:
            return text.encode("latin-1") + data
        case {"append": text}:
            return data + text.encode("latin-1")
    raise AssertionError(f"no such step: {step}")


def _signature(message: Message, how: Mapping[str, Any]) -> bytes:
    """A DKIM-Signature field, as weak as the case wants it."""
    length = how.get("length")
    body = hash_body(message.data, message.body, relaxed=True, lengths=() if length is None else (length,))
    digest = body.of(length)
    assert digest is not None
    draft = Signature(
        "rsa-sha256",
        how["domain"],
        how["selector"],
        tuple(name.encode() for name in how["headers"].split()),
        digest,
        b"",
        "relaxed",
        "relaxed",
        identity=how.get("identity", ""),
        length=length,
        timestamp=how.get("timestamp"),
        expiration=how.get("expiration"),
    )

    def sign(unsigned: bytes) -> bytes:
        field = Field(b"DKIM-Signature", unsigned, -1, len(b"DKIM-Signature"))
        data = signed_data(index_of(message.fields), draft.fields, field, (0, 0), "relaxed")
        return bytes(_private().sign(data, _PADDING, _SHA256))

    return print_signature(draft, sign)


def zone_of(case: Case) -> dict[str, Any]:
    """The case's zone and the keys of its signatures."""
    zone = dict(case["zone"])
    for step in case.get("steps", ()):
        if how := step.get("sign"):
            zone[f"{how['selector']}._domainkey.{how['domain']}"] = {"TXT": [record_for(_private())]}
    return zone


def judged(case: Case, data: bytes | None = None) -> Report:
    """The report of `verify` on the case, or on `data` in its place."""
    stated = case.get("envelope")
    data = message_of(case) if data is None else data
    receiver = case.get("receiver", "")
    envelope = None
    if stated is not None:
        border = next((field.start for field in parse(data).all("Received")), None) if receiver else None
        envelope = Envelope(
            ip_address(stated["ip"]),
            stated.get("helo"),
            stated.get("mail_from"),
            tuple(stated.get("rcpt_to", ())),
            stated.get("time", NOW),
            border=border,
        )
    trusted = case.get("trust_authres", "")
    protected = tuple(case.get("protect", ()))
    options = VerifyOptions(envelope, at=NOW, protect=protected, authserv_id=receiver, trust_authres=trusted)
    with Session(source=TableSource(zone_of(case))) as session:
        return verify_message(data, case["id"], session, options).report
