"""`verify` of files that are no mail, and of detached signatures, through the real entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pysequoia import ArmorKind, SignatureMode, Tsk, armor, encrypt, sign

from tests.cli.openpgp import files, person
from tests.content.openpgp.forge import packet
from tests.content.smime.forge import (
    ALICE,
    MALLORY,
    OTHER_ROOT,
    ROOT,
    TEXT,
    Signing,
    compressed,
    detached,
    indefinite,
    multipart,
    p7m,
    signed_data,
    wrapped,
)
from tests.content.smime.seal import Sealing, sealed

BINARY = b"PK\x03\x04\x00\x00 a file\nof\r\nany kind\x00"
TEXTFILE = b"Pay 100 to account 7.\n- and nothing else\n"
AT = ("--at", "2027-01-15T08:00:00Z", "--offline")


def signed(data: bytes, mode: SignatureMode, name: str = "alice") -> bytes:
    return sign(person(name).signer(), data, mode=mode, armor=mode is SignatureMode.CLEAR)


def armored(data: bytes) -> bytes:
    return armor(data, ArmorKind.Message).encode()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    return files(tmp_path, "alice", "bob")


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


@pytest.mark.parametrize(
    "file",
    [
        signed(BINARY, SignatureMode.INLINE),
        armored(signed(BINARY, SignatureMode.INLINE)),
        b"\n \n" + armored(signed(BINARY, SignatureMode.INLINE)),
        signed(TEXTFILE, SignatureMode.CLEAR),
        signed(TEXTFILE, SignatureMode.CLEAR).replace(b"\n", b"\r\n"),
    ],
    ids=["binary", "armored", "blank lines", "cleartext", "crlf"],
)
def test_an_openpgp_file_is_good_by_a_key_that_is_named(file: bytes, keys: dict[str, Path], mailsec) -> None:
    ended = mailsec("verify", "--offline", "--key", keys["alice.asc"], "--json", "-", stdin=file)
    assert ended.code == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["summary"].startswith("Signed by alice@alice.example (the key was named: file ")
    assert (report["verdict"]["content"], report["verdict"]["decided_by"]) == ("good", 12)
    assert [each["name"] for each in report["checks"]] == ["content"]


def test_without_the_key_it_is_unjudged_and_the_way_on_is_said(keys: dict[str, Path], mailsec) -> None:
    file = signed(BINARY, SignatureMode.INLINE)
    ended = mailsec("verify", "--offline", "-", stdin=file)
    assert ended.code == 7
    assert "openpgp-key-unknown" in ended.stdout
    assert mailsec("verify", "--offline", "--key", keys["bob.asc"], "-", stdin=file).code == 7


def test_what_was_changed_is_bad(keys: dict[str, Path], mailsec) -> None:
    file = signed(TEXTFILE, SignatureMode.CLEAR).replace(b"100", b"900")
    ended = mailsec("verify", "--offline", "--key", keys["alice.asc"], "-", stdin=file)
    assert ended.code == 1
    assert "The signature does not hold: the text was changed" in ended.stdout
    assert "openpgp-signature-bad" in ended.stdout


@pytest.mark.parametrize(("before", "after"), [(b"Pay 900!\n\n", b""), (b"", b"\nPay 900!\n"), (b"Pay\n", b"900\n")])
def test_text_around_a_signed_one_is_named_and_no_part_of_it(
    before: bytes, after: bytes, keys: dict[str, Path], mailsec
) -> None:
    file = before + signed(TEXTFILE, SignatureMode.CLEAR) + after
    run = ("verify", "--offline", "--key", keys["alice.asc"])
    ended = mailsec(*run, "-", stdin=file)
    assert ended.code == 1
    assert f"unsigned: {len((before + after).split()) and len(before.strip() + after.strip())} octets" in ended.stdout
    assert mailsec(*run, "--allow-partial", "-", stdin=file).code == 0


def test_two_texts_in_one_file_are_not_one(keys: dict[str, Path], mailsec) -> None:
    good = signed(TEXTFILE, SignatureMode.CLEAR)
    run = ("verify", "--offline", "--key", keys["alice.asc"], "-")
    ended = mailsec(*run, stdin=good + good)
    assert (ended.code, "2 texts" in ended.stdout) == (1, True)
    assert "openpgp-signature-bad" in mailsec(*run, stdin=good + good.replace(b"100", b"900")).stdout


def test_lines_that_only_look_signed(keys: dict[str, Path], mailsec) -> None:
    file = signed(TEXTFILE, SignatureMode.CLEAR).replace(b"Hash: ", b"Comment: pay 900\nHash: ", 1)
    ended = mailsec("verify", "--offline", "--key", keys["alice.asc"], "-", stdin=file)
    assert (ended.code, "openpgp-cleartext-injected" in ended.stdout) == (1, True)


def test_an_encrypted_file_is_for_decrypt(keys: dict[str, Path], mailsec) -> None:
    file = encrypt(BINARY, recipients=[person("bob").extract_certificate()])
    for each in (file, armored(file) if file[:1] != b"-" else file, sealed(TEXT, Sealing())):
        ended = mailsec("verify", "--offline", "-", stdin=each)
        assert ended.code == 7
        assert "it is encrypted: mailsec decrypt judges what is inside" in ended.stdout


def test_two_signatures_of_which_one_is_bad(keys: dict[str, Path], tmp_path: Path, mailsec) -> None:
    (tmp_path / "f").write_bytes(BINARY)
    good, other = signed(BINARY, SignatureMode.DETACHED), signed(b"another", SignatureMode.DETACHED, "bob")
    (tmp_path / "f.sig").write_bytes(good + other)
    run = ("verify", "--offline", "--detached", tmp_path / "f.sig", "--json", tmp_path / "f")
    ended = mailsec(*run, "--key", keys["alice.asc"], "--key", keys["bob.asc"])
    assert ended.code == 1
    assert [each["status"] for each in json.loads(ended.stdout)["checks"][0]["children"]] == ["pass", "fail"]
    assert mailsec(*run, "--key", keys["alice.asc"]).code == 0  # what nobody can judge says nothing against it
    assert mailsec(*run, "--key", keys["bob.asc"]).code == 1


@pytest.mark.parametrize("form", ["binary", "armored", "message"])
def test_a_detached_signature(form: str, keys: dict[str, Path], tmp_path: Path, mailsec) -> None:
    made = signed(BINARY, SignatureMode.DETACHED)
    kind = ArmorKind.Signature if form == "armored" else ArmorKind.Message
    (tmp_path / "f.sig").write_bytes(made if form == "binary" else armor(made, kind).encode())
    (tmp_path / "f").write_bytes(BINARY)
    (tmp_path / "other").write_bytes(BINARY + b"\n")
    (tmp_path / "empty").write_bytes(b"")
    run = ("verify", "--offline", "--key", keys["alice.asc"], "--detached", tmp_path / "f.sig")
    assert mailsec(*run, tmp_path / "f").code == 0
    ended = mailsec(*run, tmp_path / "f", tmp_path / "other")
    assert (ended.code, ended.stdout.count("verdict\toverall\tpass")) == (1, 1)
    assert mailsec(*run, tmp_path / "empty").code == 1


def test_a_key_without_an_address_is_named_by_its_fingerprint(tmp_path: Path, mailsec) -> None:
    release = Tsk.generate("Release signing")
    (tmp_path / "release.asc").write_text(str(release.extract_certificate()))
    file = sign(release.signer(), BINARY, mode=SignatureMode.INLINE, armor=False)
    ended = mailsec("verify", "--offline", "--key", tmp_path / "release.asc", "-", stdin=file)
    assert ended.code == 0, ended.stdout
    assert f"Signed with the key {release.extract_certificate().fingerprint.upper()}" in ended.stdout
    ring = tmp_path / "ring"
    assert mailsec("keys", "import", "--ring", ring, tmp_path / "release.asc").code == 0
    ended = mailsec("verify", "--offline", "--ring", ring, "-", stdin=file)
    assert (ended.code, "names no address" in ended.stdout) == (7, True)


def test_a_key_of_the_ring_counts_once_it_is_trusted(keys: dict[str, Path], tmp_path: Path, mailsec) -> None:
    ring, file = tmp_path / "ring", signed(BINARY, SignatureMode.INLINE)
    assert mailsec("keys", "import", "--ring", ring, keys["alice.asc"]).code == 0
    run = ("verify", "--offline", "--ring", ring, "-")
    ended = mailsec(*run, stdin=file)
    name = person("alice").extract_certificate().fingerprint.upper()
    assert (ended.code, f"mailsec keys trust {name} --address alice@alice.example" in ended.stdout) == (7, True)
    assert mailsec("keys", "trust", "--ring", ring, name, "--address", "alice@alice.example").code == 0
    assert mailsec(*run, stdin=file).code == 0


def test_another_program_is_asked(keys: dict[str, Path], mailsec) -> None:
    file = signed(BINARY, SignatureMode.INLINE)
    ended = mailsec("verify", "--offline", "--second-opinion", "--key", keys["alice.asc"], "-", stdin=file)
    assert (ended.code, "second opinion" in ended.stdout or "accepts the signature too" in ended.stdout) == (0, True)


PEM = b"-----BEGIN %s-----\n%s-----END %s-----\n"


def smime_forms(der: bytes) -> dict[str, bytes]:
    text = wrapped(der)
    return {
        "der": der,
        "ber": indefinite(der),
        "pkcs7": PEM % (b"PKCS7", text, b"PKCS7"),
        "cms": PEM % (b"CMS", text, b"CMS"),
        "base64": text,
        "one line": text.translate(None, b"\r\n"),
    }


OPAQUE = smime_forms(signed_data(BINARY, Signing(), detached=False))


@pytest.mark.parametrize("form", OPAQUE)
def test_an_smime_file_is_good_by_a_root_that_is_named(form: str, roots: Path, mailsec) -> None:
    ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=OPAQUE[form])
    assert ended.code == 0, ended.stderr + ended.stdout
    report = json.loads(ended.stdout)
    assert report["summary"] == "Signed by alice@bank.example (a root that is trusted vouches for its certificate)."
    assert report["verdict"]["content"] == "good"


def test_the_signer_of_an_smime_file_needs_a_root_or_a_name(tmp_path: Path, mailsec) -> None:
    (tmp_path / "other.pem").write_bytes(OTHER_ROOT.pem)
    (tmp_path / "alice.pem").write_bytes(ALICE.pem)
    run = ("verify", *AT, "--ca", tmp_path / "other.pem")
    ended = mailsec(*run, "-", stdin=OPAQUE["der"])
    assert (ended.code, "--ca FILE" in ended.stdout) == (7, True)
    ended = mailsec(*run, "--key", tmp_path / "alice.pem", "-", stdin=OPAQUE["der"])
    assert (ended.code, "the key was named: file " in ended.stdout) == (0, True)


def test_a_certificate_that_is_not_in_the_file_is_taken_from_those_that_are_named(tmp_path: Path, mailsec) -> None:
    (tmp_path / "alice.pem").write_bytes(ALICE.pem)
    file = signed_data(BINARY, Signing(), detached=False, certificates=())
    assert mailsec("verify", *AT, "--key", tmp_path / "alice.pem", "-", stdin=file).code == 0
    ended = mailsec("verify", *AT, "-", stdin=file)
    assert (ended.code, "smime-signer-unknown" in ended.stdout) == (7, True)


def test_one_bad_signature_of_smime_spoils_the_others(roots: Path, mailsec) -> None:
    file = signed_data(BINARY, Signing(), Signing(MALLORY, flip=True), detached=False)
    ended = mailsec("verify", *AT, "--ca", roots, "-", stdin=file)
    assert (ended.code, "1 of its 2 signatures" in ended.stdout) == (1, True)


def test_layers_of_smime_files_are_taken_off(roots: Path, mailsec) -> None:
    run = ("verify", *AT, "--ca", roots, "-")
    inner = signed_data(TEXT, Signing(), detached=False)
    for file in (
        compressed(inner),
        compressed(p7m(inner)),
        compressed(multipart(TEXT, signed_data(TEXT, Signing()))),
        signed_data(signed_data(BINARY, Signing(MALLORY), detached=False), Signing(), detached=False),
    ):
        ended = mailsec(*run, stdin=file)
        assert ended.code == 0, ended.stdout + ended.stderr
        assert "Signed by alice@bank.example" in ended.stdout
    ended = mailsec(*run, stdin=signed_data(sealed(TEXT, Sealing()), Signing(), detached=False))
    assert (ended.code, "it is encrypted" in ended.stdout) == (7, True)
    assert mailsec(*run, stdin=compressed(multipart(TEXT, signed_data(TEXT + b"!", Signing())))).code == 1


def test_a_detached_signature_of_smime(roots: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "f").write_bytes(BINARY)
    for form in smime_forms(signed_data(BINARY, Signing())).values():
        (tmp_path / "f.p7s").write_bytes(form)
        run = ("verify", *AT, "--ca", roots, "--detached", tmp_path / "f.p7s")
        assert mailsec(*run, tmp_path / "f").code == 0
        assert mailsec(*run, "-", stdin=BINARY + b"x").code == 1
    (tmp_path / "f.p7s").write_bytes(OPAQUE["der"])
    ended = mailsec(*run, tmp_path / "f")
    assert (ended.code, "smime-content-twice" in ended.stdout) == (1, True)
    (tmp_path / "f.p7s").write_bytes(signed_data(BINARY))
    ended = mailsec(*run, tmp_path / "f")
    assert (ended.code, "smime-not-signed" in ended.stdout) == (1, True)


WHOLE = signed(BINARY, SignatureMode.INLINE)
REFUSED = {
    "truncated packets": (WHOLE[:-30], "damaged: cut off"),
    "truncated armor": (armored(WHOLE)[:-60], "cut off"),
    "cleartext without a signature": (signed(TEXTFILE, SignatureMode.CLEAR)[:60] + b"\n", "cut off"),
    "a gigabyte": (b"\xcb\xff\x40\x00\x00\x00b\x00\x00\x00\x00\x00", "no mail message"),
    "a gigabyte behind": (WHOLE[:15] + b"\xcb\xff\x40\x00\x00\x00b\x00\x00\x00\x00\x00", "cut off"),
    "a signature alone": (signed(BINARY, SignatureMode.DETACHED), "--detached SIGNATURE FILE"),
    "armored alone": (armor(signed(BINARY, SignatureMode.DETACHED), ArmorKind.Signature).encode(), "--detached SIGNATURE FILE"),
    "a key": (str(person("alice").extract_certificate()).encode(), "PUBLIC KEY BLOCK"),
    "der cut off": (OPAQUE["der"][:400], "cannot be judged"),
    "der announces a gigabyte": (b"\x30\x84\x40\x00\x00\x00" + OPAQUE["der"][4:], "cannot be judged"),
    "pem cut off": (OPAQUE["cms"][:400], "the PEM is cut off"),
    "base64 damaged": (OPAQUE["base64"][:300] + b"\x00" + OPAQUE["base64"][300:], "no base64"),
    "p7s alone": (signed_data(BINARY, Signing()), "--detached SIGNATURE FILE"),
    "certificates alone": (signed_data(b""), "certificates alone"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_judged_is_refused_with_the_reason(case: str, mailsec) -> None:
    file, reason = REFUSED[case]
    ended = mailsec("verify", "--offline", "-", stdin=file)
    assert (ended.code, ended.stdout) == (4, "")
    assert reason in ended.stderr


def test_nothing_is_signed(mailsec) -> None:
    ended = mailsec("verify", "--offline", "-", stdin=packet(11, b"b\x00" + bytes(4) + BINARY))
    assert (ended.code, "nothing in it is signed" in ended.stderr) == (3, True)
    ended = mailsec("verify", "--offline", "-", stdin=compressed(BINARY))
    assert (ended.code, "nothing in it is signed" in ended.stderr) == (3, True)


@pytest.mark.parametrize(
    ("signature", "code"), [(b"", 3), (b"x", 4), (b"\x00" * 10, 4), (b"\xc2\xff\x40\x00\x00\x00", 4), (OPAQUE["der"][:99], 4)]
)
def test_a_signature_that_is_none(signature: bytes, code: int, tmp_path: Path, mailsec) -> None:
    (tmp_path / "f.sig").write_bytes(signature)
    ended = mailsec("verify", "--offline", "--detached", tmp_path / "f.sig", "-", stdin=BINARY)
    assert (ended.code, ended.stdout) == (code, "")
    assert "signature" in ended.stderr


def test_a_signature_that_is_missing(tmp_path: Path, mailsec) -> None:
    ended = mailsec("verify", "--offline", "--detached", tmp_path / "none.sig", "-", stdin=BINARY)
    assert (ended.code, "none.sig" in ended.stderr) == (4, True)


@pytest.mark.parametrize(
    "options",
    [("--header",), ("--add-header",), ("--explain-for-user",), ("--ip", "192.0.2.1"), ("--remember",)],
)
def test_options_about_mail_are_refused(options: tuple[str, ...], tmp_path: Path, mailsec) -> None:
    (tmp_path / "f.sig").write_bytes(signed(BINARY, SignatureMode.DETACHED))
    assert mailsec("verify", "--offline", "--detached", tmp_path / "f.sig", *options, "-", stdin=BINARY).code == 2
    if options[0] in ("--header", "--add-header", "--explain-for-user"):
        ended = mailsec("verify", "--offline", *options, "-", stdin=WHOLE)
        assert (ended.code, ended.stdout) == (4, "")


def test_a_file_has_no_time_of_arrival(mailsec) -> None:
    ended = mailsec("verify", "--offline", "--at", "received", "-", stdin=WHOLE)
    assert (ended.code, "time of arrival" in ended.stderr) == (4, True)


def test_the_question_can_be_picked(roots: Path, mailsec) -> None:
    run = ("verify", *AT, "--ca", roots, "-")
    assert mailsec(*run, "--require", "content", stdin=OPAQUE["der"]).code == 0
    assert mailsec(*run, "--require", "domain", stdin=OPAQUE["der"]).code == 3


def test_mail_stays_mail(roots: Path, mailsec) -> None:
    for file in (detached(), b"MIME-Version: 1.0\r\n" + detached(), b"0: x\r\n" + detached()):
        ended = mailsec("verify", *AT, "--ca", roots, "--json", "-", stdin=file)
        assert "dmarc" in [each["name"] for each in json.loads(ended.stdout)["checks"]]
