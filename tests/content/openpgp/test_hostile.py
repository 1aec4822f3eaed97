"""OpenPGP data that means harm: bombs, nests, floods, damage. Everything ends soon, in little memory, in a known error."""

from __future__ import annotations

import bz2
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpgp.composed import MessageBuilder, SignedPublicKey

from mailsec.content.openpgp.container import container
from mailsec.content.openpgp.decrypting import DecryptingError, Failure, is_locked
from mailsec.content.openpgp.mail import Judge
from mailsec.content.openpgp.opening import OpeningError, unwrapped
from mailsec.core.errors import BadInput
from mailsec.core.limits.content import PGP_BLOCKS, PGP_CERTIFICATES, PGP_NESTING, PGP_RECIPIENTS, PGP_SIGNATURES
from mailsec.core.results import Status
from mailsec.judges.child import Bounds
from mailsec.judges.opening import open_message
from mailsec.judges.opening_child import answer
from mailsec.trust.keyring.armor import ArmorError, blocks, dearmored, signed_text
from mailsec.trust.keyring.component import components
from mailsec.trust.keyring.files import read_keys
from mailsec.trust.keyring.packets import PacketError, packets, signature
from tests.cli.openpgp import person
from tests.content.mails import ALICE, MADE, armored, cleartext
from tests.content.openpgp.forge import DAY, Key, packet

LITERAL = packet(11, b"b\x04name\0\0\0\0text")
ZEROS = bytes(1 << 20)


def deflated(data: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packet(8, b"\x01" + made.compress(data) + made.flush())


@pytest.mark.parametrize(
    "wrapped",
    [
        LITERAL,
        packet(8, b"\0" + LITERAL),
        deflated(LITERAL),
        packet(8, b"\x02" + zlib.compress(LITERAL)),
        packet(8, b"\x03" + bz2.compress(LITERAL)),
        deflated(packet(8, b"\x02" + zlib.compress(LITERAL))),
        packet(10, b"PGP") + LITERAL,
        b"\xac\x0eb\x04name\0\0\0\0text",
        b"\xafb\x04name\0\0\0\0text",
        b"\xcb\xe3b\x04name\0\0\x06\0\0text",
    ],
)
def test_every_kind_of_compression_and_length(wrapped: bytes) -> None:
    opened = unwrapped(wrapped)
    assert opened
    assert (opened.data, opened.name) == (b"text", b"name")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no text"),
        (b"\x00", "damaged"),
        (packet(11, b"b"), "cut off"),
        (packet(8, b""), "not known"),
        (packet(8, b"\x09xx"), "not known"),
        (packet(8, b"\x01\xff\xff"), "cannot be unfolded"),
        (packet(8, b"\x03BZh9xx"), "cannot be unfolded"),
        (packet(8, b"\x02" + zlib.compress(LITERAL)[:-6]), "cut off"),
        (packet(8, b"\x03" + bz2.compress(LITERAL)[:-6]), "cut off"),
        (LITERAL + LITERAL, "several texts"),
        (packet(6, b"x"), "do not belong"),
        (packet(2, b"\x04") + LITERAL, "damaged"),
        (packet(2, ALICE.subkey.sign(0, b"", MADE)[6:]) * (PGP_SIGNATURES + 1) + LITERAL, "signatures"),
        (b"\xcb\xf0x", "cut off"),
        (b"\xc6\xf0x", "without a length"),
        (LITERAL[:-1], "cut off"),
    ],
)
def test_what_is_no_message(data: bytes, words: str) -> None:
    with pytest.raises(OpeningError, match=words):
        unwrapped(data)


def test_a_bomb_is_never_unfolded_beyond_the_limit() -> None:
    bomb = packet(8, b"\x03" + bz2.compress(packet(11, b"b\0\0\0\0\0" + ZEROS * 64)))
    assert len(bomb) < 10_000
    with pytest.raises(OpeningError, match="more than 1048576 octets"):
        unwrapped(bomb, len(ZEROS))
    nested = deflated(deflated(packet(11, b"b\0\0\0\0\0" + ZEROS * 64)))
    with pytest.raises(OpeningError, match="octets come out"):
        unwrapped(nested, len(ZEROS))
    with pytest.raises(OpeningError, match="octets come out"):
        unwrapped(packet(11, b"b\0\0\0\0\0" + ZEROS), 1000)


def test_nesting_is_bounded() -> None:
    data = LITERAL
    for _ in range(PGP_NESTING - 1):
        data = deflated(data)
    assert unwrapped(data)
    for depth in (1, 100):
        for _ in range(depth):
            data = deflated(data)
        with pytest.raises(OpeningError, match="levels deep"):
            unwrapped(data)


def sealed(data: bytes, compression: str = "") -> bytes:
    public = SignedPublicKey.from_bytes(bytes(person("bob").extract_certificate())).public_subkeys[1]
    builder = MessageBuilder.from_bytes("", data)
    builder = builder.compression(compression) if compression else builder
    return builder.seipd_v1("aes256").encrypt_to_key(public).to_vec()


SECRET = [(bytes(person("bob")), None)]


def test_what_the_child_does_not_open_takes_it_alone() -> None:
    bomb = sealed(ZEROS * 96, "bzip2")
    assert len(bomb) < 10_000
    with pytest.raises(DecryptingError) as caught:
        open_message(bomb, SECRET)
    assert caught.value.failure is Failure.COMPRESSED
    with pytest.raises(DecryptingError) as caught:
        open_message(sealed(ZEROS * 16), SECRET, Bounds(memory=40 * 1024 * 1024))
    assert caught.value.failure is Failure.CHILD
    with pytest.raises(DecryptingError):
        open_message(bomb, SECRET, Bounds(output=1000))
    with pytest.raises(DecryptingError):
        open_message(sealed(b"x"), SECRET, Bounds(seconds=0.0001))
    assert open_message(sealed(b"x"), SECRET).data == b"x"


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x99" * 100, packet(18, b"\x01" + bytes(100)), sealed(b"text")[:-20]])
def test_what_the_child_cannot_open(data: bytes) -> None:
    with pytest.raises(DecryptingError):
        open_message(data, SECRET)


def test_the_childs_answer() -> None:
    def asked(*fields: bytes) -> bytes:
        return answer(BytesIO(b"".join(len(field).to_bytes(8, "big") + field for field in fields)))

    secret, other = bytes(person("bob")), bytes(person("alice"))
    assert b"opened" in asked(sealed(b"text"), secret, b"")
    assert asked(sealed(b"text"), other, b"", secret, b"pfalse").count(b"opened") == 1
    assert b"KEY" in asked(sealed(b"text"), other, b"")
    assert b"COMPRESSED" in asked(sealed(b"text", "zlib"), secret, b"")
    assert b"DAMAGED" in asked(sealed(b"text")[:-9], secret, b"", other, b"")
    assert b"KEY" in asked(sealed(b"text"))


def test_what_is_no_secret_key_is_not_locked() -> None:
    assert not is_locked(b"x")
    assert not is_locked(bytes(person("bob")))


def test_containers() -> None:
    session = packet(1, b"\x03" + b"12345678" + b"\x01" + bytes(20))
    v6 = packet(1, b"\x06\x15\x04" + b"f" * 20 + b"\x19" + bytes(20))
    hidden = packet(1, b"\x06\x00\x19" + bytes(20)) + packet(1, b"\x03" + bytes(8) + b"\x12" + bytes(20))
    found = container(session + v6 + hidden + packet(3, b"\x04") + packet(18, b"\x02x"))
    assert found.recipients == (b"12345678".hex().upper(), (b"f" * 20).hex().upper())
    assert (found.hidden, found.by_password, found.version) == (True, True, 2)
    assert container(session + packet(20, b"\x01")).version == 2
    for data, words in (
        (session, "nothing encrypted"),
        (session + packet(9, b"x"), "integrity"),
        (session + packet(18, b"\x07x"), "version 7"),
        (session + packet(18, b""), "version missing"),
        (packet(1, b"\x09") + packet(18, b"\x01"), "none of its session keys"),
        (packet(1, b"\x03" + bytes(8) + b"\x63") + packet(18, b"\x01"), "none of its session keys"),
        (packet(1, b"\x06\x15\x04" + b"f" * 20 + b"\x63") + packet(18, b"\x01"), "none of its session keys"),
        (session * (PGP_RECIPIENTS + 20), "damaged"),
        (packet(6, b"x"), "no encrypted"),
        (b"\x00", "damaged"),
    ):
        with pytest.raises(OpeningError, match=words):
            container(data)


@given(st.binary(max_size=400))
def test_noise_is_refused_in_words(data: bytes) -> None:
    for parse, error in (
        (unwrapped, OpeningError),
        (container, OpeningError),
        (lambda noise: list(packets(noise)), PacketError),
        (signature, PacketError),
        (blocks, ArmorError),
        (components, PacketError),
        (lambda noise: read_keys(noise, "f"), BadInput),
        (
            lambda noise: dearmored(b"-----BEGIN PGP MESSAGE-----\n\n" + noise + b"\n-----END PGP MESSAGE-----", "MESSAGE"),
            ArmorError,
        ),
    ):
        try:
            parse(data)
        except error:
            continue


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_damaged_keys_are_refused_in_words(at: int, noise: bytes) -> None:
    for data in (ALICE.public(), bytes(person("bob"))):
        damaged = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
        try:
            keys = read_keys(damaged, "f")
        except BadInput:
            continue
        for each in keys.listed:
            assert keys.binding(each, "alice@bank.example")


def test_armor() -> None:
    made = armored(b"data", "MESSAGE")
    assert dearmored(made, "MESSAGE") == b"data"
    assert dearmored(b"\xc2data", "MESSAGE") == b"\xc2data"
    found = blocks(b"text\r\n" + made + b"more\r\n" + cleartext(b"- a\r\nb \r\n") + b"end")
    assert [block.label for block in found] == ["MESSAGE", "SIGNED MESSAGE"]
    assert found[1].text == b"- a\r\nb"
    assert signed_text(b"a \r\n- -b\t\r\n\r\n") == b"a\r\n-b\r\n"
    headers = made.replace(b"-----\r\n\r\n", b"-----\r\nComment: x\r\nVersion: y\r\n \r\n", 1)
    assert dearmored(headers, "MESSAGE") == b"data"
    with_checksum = made.replace(b"\r\n-----END", b"\r\n=AAAA\r\n-----END")
    assert dearmored(with_checksum, "MESSAGE") == b"data"
    for broken in (made[:-40], made.replace(b"ZGF0YQ==", b"ZGF*YQ=="), made + made, b"-----BEGIN PGP MESSAGE-----\nx\n"):
        with pytest.raises(ArmorError):
            dearmored(broken, "MESSAGE")
    with pytest.raises(ArmorError):
        dearmored(made, "SIGNATURE")
    with pytest.raises(ArmorError, match="more than"):
        blocks(made * (PGP_BLOCKS + 1))


def test_armor_is_linear() -> None:
    for text in (
        b"-----BEGIN PGP MESSAGE-----\n" * 50_000,
        b"\n" * 1_000_000,
        b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" + b"- \n" * 300_000,
    ):
        with pytest.raises(ArmorError):
            blocks(text + b"-----BEGIN PGP MESSAGE-----\n")


def test_a_key_with_ten_thousand_signatures() -> None:
    other = Key("other", MADE - DAY)
    one = other.sign(0x10, b"x", MADE)
    data = ALICE.public()
    user = data.index(packet(13, ALICE.name.encode())) + len(packet(13, ALICE.name.encode()))
    keys = read_keys(data[:user] + one * 10_000 + data[user:], "flooded")
    assert keys.listed[0].fingerprint == ALICE.primary.fingerprint
    assert keys.names[ALICE.primary.fingerprint] == ("alice@bank.example",)


def test_a_key_with_ten_thousand_user_ids() -> None:
    user = packet(13, b"A <a@a.example>")
    with pytest.raises(BadInput, match="user IDs"):
        read_keys(ALICE.public() + user * 10_000, "flooded")


def test_the_work_on_one_message_is_bounded() -> None:
    judge = Judge(read_keys(ALICE.public(), "f"), MADE + DAY, work=10)
    packets_ = (signature(ALICE.subkey.sign(0, b"12345678", MADE)[6:]),) * 2
    first, second = judge.signers(b"12345678", packets_)
    assert (first.status, second.status) == (Status.PASS, Status.NEUTRAL)
    assert "not judged" in second.reason


def test_more_keys_than_a_file_may_hold() -> None:
    with pytest.raises(BadInput, match="more than"):
        read_keys(packet(6, ALICE.primary.body) * (PGP_CERTIFICATES + 1), "many")
    with pytest.raises(BadInput, match="no OpenPGP key"):
        read_keys(armored(b"x", "MESSAGE"), "message")


def test_keys_of_two_files() -> None:
    both = read_keys(ALICE.public(), "a") | read_keys(bytes(person("bob")), "b") | read_keys(ALICE.public(), "again")
    assert [each.source for each in both.listed] == ["a", "b"]
    assert [each.source for each in both.own()] == ["b"]
    assert [each.source for each in both.of_address("Alice <x>")] == []
    assert [each.source for each in both.of_address("alice@BANK.example")] == ["a"]
    assert not both.binding(both.listed[0], "no address").bound.authenticated
    nobody = read_keys(packet(6, ALICE.primary.body), "bare")
    assert nobody.names[ALICE.primary.fingerprint] == ()
