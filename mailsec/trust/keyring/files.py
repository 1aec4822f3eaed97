"""Keys from files that were named on the command line: naming the file is the trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsec.core.errors import BadInput
from mailsec.core.limits.content import PGP_CERTIFICATES, PGP_KEY_FILE
from mailsec.core.limits.keys import RING_USER_IDS
from mailsec.message.person import address_in, parse_address, same
from mailsec.trust.keyring.armor import PRIVATE, PUBLIC, ArmorError, blocks, is_armored
from mailsec.trust.keyring.component import components
from mailsec.trust.keyring.keys import Binding, Bound, Certificate, Kind
from mailsec.trust.keyring.packets import PUBLIC_KEY, SECRET_KEY, USER_ID, PacketError, packets

if TYPE_CHECKING:
    from pysequoia import Cert


@dataclass(frozen=True, slots=True)
class FileKeys:
    """A `Keys` over files. `listed` are the certificates, `secrets` the secret keys by the certificate's fingerprint.

    `names` are the addresses in the user IDs of each certificate, `handles` leads from fingerprints and key IDs of primary keys
    and subkeys to certificates.
    """

    listed: tuple[Certificate, ...] = ()
    secrets: Mapping[str, bytes] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    handles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __or__(self, other: FileKeys) -> FileKeys:
        """The keys of both; what both have is taken from the first."""
        known = {each.fingerprint for each in self.listed}
        handles = dict(self.handles)
        for handle, found in other.handles.items():
            handles[handle] = tuple(dict.fromkeys((*handles.get(handle, ()), *found)))
        return FileKeys(
            (*self.listed, *(each for each in other.listed if each.fingerprint not in known)),
            {**other.secrets, **self.secrets},
            {**other.names, **self.names},
            handles,
        )

    def certificates(self, handles: Iterable[str]) -> Sequence[Certificate]:
        """The certificates that hold a key with one of these fingerprints or 16-digit key IDs."""
        wanted = {print for handle in handles for print in self.handles.get(handle.upper(), ())}
        return [each for each in self.listed if each.fingerprint in wanted]

    def of_address(self, address: str) -> Sequence[Certificate]:
        """The certificates that claim `address` in a user ID."""
        return [each for each in self.listed if self._claims(each, address)]

    def binding(self, certificate: Certificate, address: str) -> Binding:
        """FILE where a user ID of a named certificate has the address, or none is asked for."""
        if certificate.fingerprint in self.names and (not address or self._claims(certificate, address)):
            source = next((each.source for each in self.listed if each.fingerprint == certificate.fingerprint), "")
            return Binding(address, Bound.FILE, f"the key was named: {source}")
        return Binding(address, Bound.NOT, "no user ID of the key has this address")

    def is_stated(self, certificate: Certificate) -> bool:
        """True where the file was named."""
        return certificate.fingerprint in self.names

    def secret(self, fingerprint: str) -> bytes | None:
        """The transferable secret key, or None."""
        return self.secrets.get(fingerprint.upper())

    def own(self) -> Sequence[Certificate]:
        """The certificates whose secret keys the files hold."""
        return [each for each in self.listed if each.fingerprint in self.secrets]

    def capabilities(self, _: str) -> bytes | None:
        """None: a key file does not say what its owner's program can read."""
        return None

    def _claims(self, certificate: Certificate, address: str) -> bool:
        try:
            wanted = parse_address(address)
        except BadInput:
            return False
        return any(same(wanted, other) for other in self.names.get(certificate.fingerprint, ()))


def read_keys(data: bytes, source: str) -> FileKeys:
    """The OpenPGP keys in `data`, armored or binary, public or secret, one or many; `source` names the file.

    Raises BadInput where there is none, or the data is damaged.
    """
    if len(data) > PGP_KEY_FILE:
        raise BadInput(f"is larger than {PGP_KEY_FILE} bytes: no key file")
    keys = FileKeys()
    try:
        for certificate, secret in _split(_binary(data)):
            keys |= _one(certificate, secret, source)
    except (ArmorError, PacketError, RuntimeError):  # the last is the library's, and its text a backtrace
        raise BadInput("is no OpenPGP key: damaged, cut off, or something else") from None
    if not keys.listed:
        raise BadInput("holds no OpenPGP key")
    return keys


def _binary(data: bytes) -> bytes:
    """The packets of all keys in `data`."""
    if not is_armored(data):
        return data
    return b"".join(block.data for block in blocks(data, PGP_CERTIFICATES) if block.label in (PUBLIC, PRIVATE))


def _split(data: bytes) -> Iterator[tuple[Cert, bytes | None]]:
    """Each key, and the whole secret one where it is one."""
    from pysequoia import Cert, Tsk  # noqa: PLC0415 (large, and few runs read a key)

    starts: list[tuple[int, int]] = []
    user_ids = 0
    for packet in packets(data):
        if packet.tag in (PUBLIC_KEY, SECRET_KEY):
            starts.append((packet.start, packet.tag))
            user_ids = 0
        user_ids += packet.tag == USER_ID
        if user_ids > RING_USER_IDS:
            raise BadInput(f"holds a key with more than {RING_USER_IDS} user IDs: somebody flooded it")
    if len(starts) > PGP_CERTIFICATES:
        raise BadInput(f"holds more than {PGP_CERTIFICATES} keys", hint="name a file with the keys that are needed")
    ends = (*(start for start, _ in starts[1:]), len(data))
    for (start, tag), end in zip(starts, ends, strict=False):
        if tag == SECRET_KEY:
            secret = Tsk.from_bytes(data[start:end])
            yield secret.extract_certificate(), bytes(secret)
        else:
            yield Cert.from_bytes(data[start:end]), None


def _one(certificate: Cert, secret: bytes | None, source: str) -> FileKeys:
    fingerprint = certificate.fingerprint.upper()
    public = bytes(certificate)
    handles = [handle for each in components(public) for handle in (each.fingerprint, each.key_id)]
    try:
        names = tuple(address_in(str(user_id)) for user_id in certificate.user_ids)
    except RuntimeError:  # no user ID that holds: the key is of nobody
        names = ()
    return FileKeys(
        (Certificate(Kind.OPENPGP, fingerprint, public, source),),
        {fingerprint: secret} if secret is not None else {},
        {fingerprint: names},
        dict.fromkeys(handles, (fingerprint,)),
    )
