from __future__ import annotations

import subprocess
import sys
import zlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import Cert, CipherSuite, Profile, Tsk
from pysequoia.packet import PacketPile

from mailsec.content.openpgp import rules
from mailsec.content.openpgp.openpgpkey import lint, owner_name
from mailsec.content.openpgp.publickey import Key, KeyDataError, load, tags_of
from mailsec.core.flow import AnswerStatus, Dnssec
from mailsec.core.results import Check, Status
from mailsec.core.rules import Rule
from mailsec.trust.keyring.algorithms import algorithm_of
from tests.published import Published, Raw, fired, judge, message

WHO = "Alice@example.com"
YEAR = 365 * 86_400


def secret(user: str = f"Alice <{WHO}>", validity: int | None = None) -> Tsk:
    return _secret(user, validity)


@cache
def _secret(user: str, validity: int | None) -> Tsk:
    return Tsk.generate(user, profile=Profile.RFC4880, cipher_suite=CipherSuite.Cv25519, validity_seconds=validity)


def public(user: str = f"Alice <{WHO}>", validity: int | None = None) -> bytes:
    return bytes(secret(user, validity).extract_certificate())


def created(key: bytes) -> int:
    packet = next(iter(PacketPile.from_bytes(key)))
    assert packet.key_created
    return int(packet.key_created.timestamp())


def lint_of(*keys: bytes, dnssec: Dnssec = Dnssec.SECURE, now: int | None = None, who: str = WHO) -> Check:
    world = Published({f"{owner_name(WHO)} OPENPGPKEY": [Raw(key) for key in keys]}, dnssec=dnssec)
    return judge(lint(who, now=created(public()) if now is None else now), world)


def test_a_good_key() -> None:
    check = lint_of(public())
    assert check.status is Status.PASS
    assert not fired(check)
    key = check.children[0].children[0]
    assert key.fact("fingerprint") == secret().extract_certificate().fingerprint
    assert key.fact("algorithm") == "eddsa ed25519"
    assert (key.fact("bits"), key.fact("expires"), key.fact("revoked")) == (None, None, False)
    assert key.fact("user-ids") == f"Alice <{WHO}>"
    assert key.fact("names-address") is True


def test_no_record() -> None:
    assert judge(lint(WHO, now=0), {}).status is Status.NONE


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVFAIL, AnswerStatus.UNRECORDED])
def test_a_failed_lookup_is_no_absence(status: AnswerStatus) -> None:
    assert judge(lint(WHO, now=0), {f"{owner_name(WHO)} OPENPGPKEY": status}).status is Status.TEMPERROR


@pytest.mark.parametrize(
    ("dnssec", "status", "rule"),
    [
        (Dnssec.INSECURE, Status.NEUTRAL, rules.INSECURE),
        (Dnssec.UNCHECKED, Status.NEUTRAL, rules.NOT_VALIDATED),
        (Dnssec.INDETERMINATE, Status.NEUTRAL, rules.NOT_VALIDATED),
        (Dnssec.BOGUS, Status.TEMPERROR, None),
    ],
)
def test_only_secure_answers_serve_trust(dnssec: Dnssec, status: Status, rule: Rule | None) -> None:
    check = lint_of(public(), dnssec=dnssec)
    assert check.status is status
    assert fired(check) == ({rule.id} if rule else set())


def test_a_match_of_the_lower_cased_address() -> None:
    lower = "alice@example.com"
    world = {f"{owner_name(lower)} OPENPGPKEY": [Raw(public(f"alice <{lower}>"))]}
    check = judge(lint(WHO, now=created(public())), world)
    assert fired(check) == {rules.CASE_VARIANT.id}
    assert (check.status, check.fact("exact")) == (Status.PASS, False)


def test_expiry_is_judged_at_the_time_given() -> None:
    key = public(validity=YEAR)
    end = created(key) + YEAR
    assert not fired(lint_of(key, now=end - 1))
    check = lint_of(key, now=end)
    assert check.status is Status.FAIL
    assert fired(check) == {rules.EXPIRED.id}
    expected = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert check.children[0].children[0].fact("expires") == expected


def test_revoked() -> None:
    key = secret("Alice <Alice@example.com>", 2 * YEAR)
    certificate = key.extract_certificate()
    check = lint_of(bytes(certificate) + bytes(certificate.revoke(certifier=key.certifier())))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.REVOKED.id}


@pytest.mark.parametrize("user", ["alice@example.com", "Bob <bob@example.com>", "Alice", "Alice@example.com <x@example.com>"])
def test_somebody_else(user: str) -> None:
    check = lint_of(public(user))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.OTHER_ADDRESS.id}


@pytest.mark.parametrize("user", [WHO, "Alice@EXAMPLE.com", "Dr. A. (x) <Alice@example.com>"])
def test_user_ids_that_name_the_address(user: str) -> None:
    assert not fired(lint_of(public(user)))


def test_a_user_id_that_nobody_signed_does_not_count() -> None:
    stranger = public("Mallory <m@example.net>")
    glued = WHO.encode()
    check = lint_of(stranger + bytes([0xCD, len(glued)]) + glued)
    assert fired(check) == {rules.OTHER_ADDRESS.id}


def test_a_key_without_self_signatures() -> None:
    bare = bytes(next(iter(PacketPile.from_bytes(public()))))
    check = lint_of(bare)
    assert check.status is Status.FAIL
    assert fired(check) == {rules.UNBOUND.id}


def test_secret_keys_in_the_dns() -> None:
    check = lint_of(bytes(secret()))
    assert check.status is Status.FAIL
    assert fired(check) == {rules.SECRET_KEY.id}
    assert next(check.all_findings()).severity == "high"


@pytest.mark.parametrize("data", [bytes(secret()) + b"junk", bytes(secret())[:-5], str(secret()).encode(), b"\xc5\1\0"])
def test_secret_keys_in_what_cannot_be_read(data: bytes) -> None:
    check = lint_of(data)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.MALFORMED.id, rules.SECRET_KEY.id}


def test_several_keys() -> None:
    both = (public(), public(f"Other <{WHO}>"))
    for check in (lint_of(*both), lint_of(b"".join(both))):
        assert check.status is Status.PASS
        assert fired(check) == {rules.SEVERAL_KEYS.id}
        assert check.fact("keys") == 2
        assert check.reason == "2 keys"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\xff" * 60_000,
        b"\x99\x01" + b"a" * 300,
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBFc=\n-----END PGP PUBLIC KEY BLOCK-----\n",
        b"\0" * 65_536,
        b"\xca\x03PGP",
        b"\xc8\x02\x01\x00",
        b"\xa3\x01\x00",
        b"\xc6\xe1a",
        b"\x9b\x01",
        b"\xc6",
        b"\xc6\xff\0",
        b"\xcd\x01a",
    ],
)
def test_malformed(data: bytes) -> None:
    check = lint_of(data)
    assert check.status is Status.PERMERROR
    assert fired(check) == {rules.MALFORMED.id}
    assert "\n" not in message(check, rules.MALFORMED)
    assert "backtrace" not in str(check)
    assert lint_of(data, public()).status is Status.PASS


def test_a_bomb_is_not_unpacked() -> None:
    """A small compressed packet of zeros inside another one: hundreds of gigabytes, if anybody looked."""
    inner = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"\1" + inner.compress(b"\0" * 1_000_000) + inner.flush()
    check = lint_of(public() + b"\xc8\xff" + len(packed).to_bytes(4, "big") + packed)
    assert fired(check) == {rules.MALFORMED.id}
    assert "another kind" in message(check, rules.MALFORMED)


@given(
    st.lists(st.sampled_from([2, 6, 10, 13, 14, 17, 21]), min_size=1, max_size=20),
    st.sampled_from([0, 1, 191, 192, 8_383, 8_384]),
)
def test_tags_of_either_format(tags: list[int], length: int) -> None:
    body = b"x" * length
    small, wide = length < 192, length < 8_384
    near = (
        bytes([length])
        if small
        else (length - 192 + 0xC000).to_bytes(2, "big")
        if wide
        else b"\xff" + length.to_bytes(4, "big")
    )
    new = b"".join(bytes([0xC0 | tag]) + near + body for tag in tags)
    old = b"".join(bytes([0x82 | tag << 2]) + length.to_bytes(4, "big") + body for tag in tags if tag < 16)
    assert list(tags_of(new)) == tags
    assert list(tags_of(old)) == [tag for tag in tags if tag < 16]


@pytest.mark.parametrize("cut", [1, 20, 60, 100, 300])
def test_cut_off(cut: int) -> None:
    assert lint_of(public()[:-cut]).status in (Status.PERMERROR, Status.FAIL)


def test_1000_records() -> None:
    check = lint_of(*[b"garbage"] * 1_000)
    assert fired(check) == {rules.MALFORMED.id, rules.TOO_MANY.id}
    assert len(check.children) == 10


def test_too_many_packets() -> None:
    check = lint_of(public() + b"\xcd\x01a" * 10_000)
    assert check.status is Status.FAIL
    assert fired(check) == {rules.TOO_MANY.id}


@pytest.mark.parametrize(
    ("suite", "profile", "expected"),
    [
        (CipherSuite.RSA2k, Profile.RFC4880, ("rsa", 2048)),
        (CipherSuite.RSA2k, Profile.RFC9580, ("rsa", 2048)),
        (CipherSuite.P256, Profile.RFC4880, ("ecdsa p256", 0)),
        (CipherSuite.P384, Profile.RFC9580, ("ecdsa p384", 0)),
        (CipherSuite.Cv25519, Profile.RFC9580, ("ed25519", 0)),
    ],
)
def test_algorithms(suite: CipherSuite, profile: Profile, expected: tuple[str, int]) -> None:
    key = Tsk.generate("A <a@example.com>", profile=profile, cipher_suite=suite).extract_certificate()
    assert [(each.algorithm, each.bits) for each in load(bytes(key)).keys] == [expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ("algorithm 0", 0)),
        (b"\4\0\0\0\0\x11\x08\0", ("dsa", 2048)),
        (b"\4\0\0\0\0\1", ("rsa", 0)),
        (b"\4\0\0\0\0\x16", ("eddsa ", 0)),
        (b"\4\0\0\0\0\x16\2\1\2", ("eddsa 0102", 0)),
        (b"\4\0\0\0\0\x63", ("algorithm 99", 0)),
    ],
)
def test_algorithms_of_packets(body: bytes, expected: tuple[str, int]) -> None:
    assert algorithm_of(body) == expected


def key_of(algorithm: str, bits: int) -> Key:
    return Key("ab", algorithm, bits, None, False, True, ())


def test_weak_keys() -> None:
    assert key_of("rsa", 1024).weakness == "an RSA key of 1024 bits"
    assert key_of("dsa", 2048).weakness == "a key for dsa"
    assert not key_of("rsa", 2048).weakness
    assert not key_of("ed25519", 0).weakness


@given(st.integers(0, 2_000), st.integers(0, 255))
def test_damaged_anywhere(at: int, octet: int) -> None:
    damaged = bytearray(public())
    damaged[at % len(damaged)] = octet
    said = ""
    try:
        load(bytes(damaged))
    except KeyDataError as error:
        said = str(error)
    assert "\n" not in said


def test_asking_loads_no_library() -> None:
    code = "import sys, mailsec.content.openpgp.openpgpkey, mailsec.content.openpgp.rules; sys.exit('pysequoia' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_library_agrees_about_fingerprints() -> None:
    assert load(public()).keys[0].fingerprint == Cert.from_bytes(public()).fingerprint


def gpg(home: Path, *arguments: str) -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", "--pinentry-mode", "loopback", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.external
@pytest.mark.parametrize(("kind", "weak"), [("rsa2048", False), ("rsa1024", True), ("ed25519", False), ("dsa2048", True)])
def test_a_key_of_gpg(tmp_path: Path, kind: str, weak: bool) -> None:
    tmp_path.chmod(0o700)
    try:
        gpg(tmp_path, "--quick-gen-key", f"Alice <{WHO}>", kind, "default", "2y")
        key = gpg(tmp_path, "--export", WHO)
        listing = gpg(tmp_path, "--with-colons", "--list-keys", WHO).decode().splitlines()
        hidden = gpg(tmp_path, "--export-secret-keys", WHO)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(tmp_path), "--kill", "all"], check=False)
    pub = next(line.split(":") for line in listing if line.startswith("pub"))
    fingerprint = next(line.split(":")[9] for line in listing if line.startswith("fpr"))
    check = lint_of(key, now=int(pub[5]))
    facts = check.children[0].children[0]
    assert str(facts.fact("fingerprint")).upper() == fingerprint
    assert kind == "rsa1024" or facts.fact("expires") == datetime.fromtimestamp(int(pub[6]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert facts.fact("bits") in (int(pub[2]), None)
    assert (rules.WEAK.id in fired(check)) is weak
    assert weak or not fired(check)
    assert rules.SECRET_KEY.id in fired(lint_of(hidden, now=int(pub[5])))
