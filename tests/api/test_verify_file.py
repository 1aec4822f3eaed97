"""Whatever is made of a signed file, it is judged or refused by a documented error, and never taken for good."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import SignatureMode, sign

from mailsec.api.bare import is_signed_file
from mailsec.api.certificate_paths import PathOptions
from mailsec.api.decrypt_message import DecryptOptions, decrypt_message
from mailsec.api.verify_file import FileOptions, verify_detached, verify_file
from mailsec.core.errors import MailsecError
from mailsec.trust.keyring.files import FileKeys, read_keys
from tests.certificates import NOW
from tests.cli.openpgp import person
from tests.content.smime.forge import Signing, compressed, multipart, signed_data, wrapped
from tests.content.smime.seal import Sealing, sealed

TEXT = b"Pay 100 to account 7.\n- and nothing else\n"
KEYS: FileKeys = read_keys(bytes(person("alice").extract_certificate()), "test")


def signed(mode: SignatureMode) -> bytes:
    return sign(person("alice").signer(), TEXT, mode=mode, armor=mode is SignatureMode.CLEAR)


FILES = (
    signed(SignatureMode.INLINE),
    signed(SignatureMode.CLEAR),
    signed_data(TEXT, Signing(), detached=False),
    b"-----BEGIN CMS-----\n" + wrapped(signed_data(TEXT, Signing(), detached=False)) + b"-----END CMS-----\n",
    compressed(multipart(TEXT, signed_data(TEXT, Signing()))),
    sealed(TEXT, Sealing()),
)
DETACHED = (signed(SignatureMode.DETACHED), signed_data(TEXT, Signing()))


@st.composite
def damaged(draw: st.DrawFn, files: tuple[bytes, ...]) -> bytes:
    """One of the files, cut off, with octets changed, or with a piece of it repeated."""
    file = draw(st.sampled_from(files))
    at = draw(st.integers(0, len(file) - 1))
    kind = draw(st.sampled_from(("cut", "change", "repeat", "insert")))
    if kind == "cut":
        return file[:at]
    if kind == "change":
        return file[:at] + bytes([file[at] ^ draw(st.integers(1, 255))]) + file[at + 1 :]
    if kind == "repeat":
        return file[:at] + file[at : at + 50] * draw(st.integers(2, 50)) + file[at:]
    return file[:at] + draw(st.binary(max_size=20)) + file[at:]


@given(damaged(FILES))
def test_a_damaged_file_is_judged_or_refused(file: bytes) -> None:
    options = FileOptions(KEYS, PathOptions())
    if is_signed_file(file):
        with suppress(MailsecError):
            report = verify_file(file, "f", options, now=NOW)
            if report.exit == 0:
                assert report.summary.startswith("Signed by alice@alice.example")
    with suppress(MailsecError):
        decrypt_message(file, "f", DecryptOptions(KEYS), now=NOW)


@given(damaged(DETACHED), st.sampled_from((TEXT, TEXT + b"x", b"")))
def test_a_damaged_signature_never_vouches_for_another_text(signature: bytes, text: bytes) -> None:
    with suppress(MailsecError):
        report = verify_detached(text, signature, "f", FileOptions(KEYS), now=NOW)
        assert report.exit != 0 or text == TEXT


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"", False),
        (b"0", False),
        (b"MIME-Version: 1.0\r\n\r\nx", False),
        (b"From: a@b.example\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n", False),
        (b"\xef\xbb\xbfFrom: a@b.example\r\n\r\nx", False),
        ("Übrigens: nichts".encode(), False),
        (b"prose without fields\n-----BEGIN PGP SIGNED MESSAGE-----\n", True),
        (b" \r\n-----BEGIN PGP MESSAGE-----\n", True),
        (b"-----BEGIN PKCS7-----\n", True),
        (b"-----BEGIN CERTIFICATE-----\n", False),
        (FILES[0], True),
        (FILES[2], True),
        (wrapped(FILES[2]), True),
        (wrapped(FILES[2])[:300] + b"\0", True),
    ],
)
def test_what_is_mail_and_what_is_not(file: bytes, expected: bool) -> None:
    assert is_signed_file(file) is expected


def test_a_signature_of_another_kind_inside_of_a_structure_is_none_of_smime() -> None:
    entity = multipart(TEXT, b"x", b"pgp-signature")
    with pytest.raises(MailsecError, match="nothing in it is signed"):
        verify_file(compressed(entity), "f", FileOptions(KEYS), now=NOW)
