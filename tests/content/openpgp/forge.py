"""OpenPGP keys and signatures made by hand, for what no library makes: any time, hash, flag and reason, right or wrong.

Everything is version 4 and Ed25519 (EdDSALegacy, RFC 9580 section 5.5.5.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import new, sha1, sha256

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from openpgp import composed
from openpgp._openpgp import encrypt_session_key_to_recipient
from pysequoia import Tsk

DAY = 86_400
OID = bytes.fromhex("092b06010401da470f01")
HASHES = {1: "md5", 2: "sha1", 8: "sha256", 10: "sha512"}


def packet(tag: int, body: bytes) -> bytes:
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def mpi(data: bytes) -> bytes:
    value = int.from_bytes(data, "big")
    return value.bit_length().to_bytes(2, "big") + value.to_bytes((value.bit_length() + 7) // 8, "big")


@dataclass(frozen=True)
class Key:
    """A key pair; the seed makes it the same in every run."""

    seed: str
    created: int

    @property
    def secret(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(self.seed.encode()).digest())

    @property
    def body(self) -> bytes:
        public = self.secret.public_key().public_bytes_raw()
        return b"\x04" + number(self.created) + b"\x16" + OID + mpi(b"\x40" + public)

    @property
    def hashed(self) -> bytes:
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    @property
    def fingerprint(self) -> str:
        return sha1(self.hashed).hexdigest().upper()

    def sign(
        self,
        type: int,
        data: bytes,
        made: int,
        *extra: tuple[int, bytes],
        hash: int = 10,
        issuer: str = "",
        version: int = 4,
        unhashed: tuple[tuple[int, bytes], ...] = (),
    ) -> bytes:
        """A signature packet over `data` (already what the type wants hashed)."""
        named = bytes.fromhex(issuer or self.fingerprint)
        area = _area(((2, number(made)), (33, b"\x04" + named), *extra))
        head = bytes((version, type, 22, hash)) + len(area).to_bytes(2, "big") + area
        digest = new(HASHES.get(hash, "sha512"), data + head + b"\x04\xff" + number(len(head))).digest()
        made_by = self.secret.sign(digest)
        loose = _area(unhashed)
        tail = len(loose).to_bytes(2, "big") + loose + digest[:2] + mpi(made_by[:32]) + mpi(made_by[32:])
        return packet(2, head + tail)


def _area(subpackets: tuple[tuple[int, bytes], ...]) -> bytes:
    made = b""
    for type, value in subpackets:
        size = len(value) + 1
        made += (bytes((size,)) if size < 192 else b"\xff" + number(size)) + bytes((type,)) + value
    return made


@dataclass
class Person:
    """A certificate in the making: a primary key that certifies, and a subkey that signs."""

    name: str
    created: int
    lasts: int | None = None
    primary_flags: int = 1
    subkey_flags: int = 2
    back_signed: bool = True
    hash: int = 10
    subkey_lasts: int | None = None
    primary: Key = field(init=False)
    subkey: Key = field(init=False)

    def __post_init__(self) -> None:
        self.primary = Key(f"{self.name} primary", self.created)
        self.subkey = Key(f"{self.name} subkey", self.created)

    def public(self, *revocations: bytes, subkey: Key | None = None, subkey_revocations: tuple[bytes, ...] = ()) -> bytes:
        """The certificate, with what `revoke` made behind the key it belongs to."""
        lasts = ((9, number(self.lasts)),) if self.lasts else ()
        user = self.name.encode()
        certified = self.primary.hashed + b"\xb4" + number(len(user)) + user
        binding = self.primary.sign(
            0x13, certified, self.created, (27, bytes((self.primary_flags,))), (30, b"\x01"), *lasts, hash=self.hash
        )
        made = packet(6, self.primary.body) + b"".join(revocations) + packet(13, user) + binding
        key = subkey or self.subkey
        return made + packet(14, key.body) + self.bind(key) + b"".join(subkey_revocations)

    def bind(self, key: Key) -> bytes:
        """The binding of a subkey, with the subkey's own signature in it (type 0x19) where it has to have one."""
        data = self.primary.hashed + key.hashed
        extra: list[tuple[int, bytes]] = [(27, bytes((self.subkey_flags,)))]
        if self.subkey_lasts:
            extra.append((9, number(self.subkey_lasts)))
        if self.back_signed:
            extra.append((32, key.sign(0x19, data, self.created)[6:]))
        return self.primary.sign(0x18, data, self.created, *extra)

    def revoke(self, made: int, reason: int | None = None) -> bytes:
        """A revocation of the primary key, with a reason or without."""
        extra = () if reason is None else ((29, bytes((reason,)) + b"words"),)
        return self.primary.sign(0x20, self.primary.hashed, made, *extra)

    def revoke_subkey(self, made: int, reason: int | None = None) -> bytes:
        extra = () if reason is None else ((29, bytes((reason,)) + b"words"),)
        return self.primary.sign(0x28, self.primary.hashed + self.subkey.hashed, made, *extra)


def sealed(packets: bytes, whose: Tsk, *, damage: int = 0) -> bytes:
    """Any packets encrypted to a key's subkey, version 1 of the container; `damage` octets of the end are cut off before."""
    session = sha256(packets).digest()
    subkey = composed.SignedPublicKey.from_bytes(bytes(whose.extract_certificate())).public_subkeys[1]
    return encrypt_session_key_to_recipient(session, subkey, "seipd-v1", "aes256").to_bytes() + contained(
        packets, session, damage
    )


def contained(packets: bytes, session: bytes, damage: int = 0) -> bytes:
    """The container alone, AES with this session key."""
    text = bytes(16) + bytes(2) + packets + b"\xd3\x14"
    text = (text + sha1(text).digest())[: -damage or None]
    encryptor = Cipher(AES(session), CFB(bytes(16))).encryptor()
    return packet(18, b"\x01" + encryptor.update(text) + encryptor.finalize())
