"""What the DNS says of a person's OpenPGP keys, as far as it may be trusted (RFC 7929 sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Sequence

from mailsec.content.keyrecords import Vouched, vouched
from mailsec.content.openpgp.openpgpkey import LABEL
from mailsec.core.errors import BadInput
from mailsec.core.flow import Flow
from mailsec.message.person import Address, same
from mailsec.trust.keyring.armor import is_armored
from mailsec.trust.keyring.reading import Reading, read_keys


def published(address: Address, *, accept_case_variant: bool = False) -> Flow[Vouched]:
    """Ask for the keys of `address`; with `accept_case_variant` those of its lower-cased form serve as well."""
    return vouched(address, LABEL, "OPENPGPKEY", accept_case_variant=accept_case_variant)


def keys_in(record: bytes, addresses: Sequence[Address]) -> list[Reading]:
    """The keys in a record's data that have one of `addresses` in a user ID that holds (RFC 7929 section 5.3). Raises BadInput,
    with the reason, where there is none, or a secret key is among them."""
    if is_armored(record):
        raise BadInput("it holds ASCII armor, where the binary form has to stand")
    found: list[Reading] = []
    why = "no user ID of the key has the address"
    for read in read_keys(record):
        if isinstance(read, BadInput):
            why = read.message
            continue
        if read.secret is not None:
            raise BadInput("it publishes a secret key, which everybody has now")
        if any(same(address, user_id.address) for address in addresses for user_id in read.user_ids):
            found.append(read)
    if not found:
        raise BadInput(why)
    return found
