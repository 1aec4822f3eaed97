"""`mailsec keys`, through the real entry point."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pysequoia import Cert, Profile, Tsk

from mailsec.trust.keyring.packets import SIGNATURE, USER_ID, framed, packets
from tests.conftest import Ended, Mailsec

ALICE = "Alice <alice@example.org>"
BOB = "Bob <bob@example.org>"
Keys = Callable[..., Ended]


@pytest.fixture
def keys(mailsec: Mailsec, tmp_path: Path) -> Keys:
    """`mailsec keys` with a ring of its own."""

    def run(*argv: str, **rest: object) -> Ended:
        return mailsec("keys", *argv, env={"MAILSEC_RING": str(tmp_path / "ring")}, **rest)  # type: ignore[arg-type]

    return run


def fingerprint(done: Ended) -> str:
    assert done.code == 0, done.stderr
    return done.stdout.split("\t")[0]


def generated(keys: Keys, *argv: str) -> str:
    return fingerprint(keys("generate", "--no-passphrase", *(argv or (ALICE,))))


def report(done: Ended) -> dict[str, object]:
    made = json.loads(done.stdout)
    assert isinstance(made, dict)
    return made


def test_a_key_of_ones_own_from_making_to_deleting(keys: Keys, tmp_path: Path) -> None:
    name = generated(keys)
    done = keys("list")
    assert done.code == 0
    assert f"{name} > {ALICE}\tpass\tyour own key\taddress=alice@example.org; authenticated=own" in done.stdout
    certificate = Cert.from_bytes(keys("export", "alice@example.org").out)
    assert certificate.fingerprint.upper() == name
    assert certificate.expiration is not None
    assert keys("expire", "alice@example.org", "2100-01-01").code == 0
    assert "expires=2100-01-01T00:00:00Z" in keys("show", name).stdout
    assert keys("list", "--at", "2100-01-02").stdout.count("EXPIRED at 2100-01-01T00:00:00Z") == 1
    refused = keys("delete", name)
    assert refused.code == 2
    assert "can never be read again" in refused.stderr
    revoked = tmp_path / "revoked"
    assert keys("revoke", name, "--revocation-out", str(revoked)).code == 0
    assert Cert.from_bytes(keys("export", name).out).is_revoked
    assert Cert.from_bytes(bytes(certificate) + revoked.read_bytes()).is_revoked
    assert keys("revoke", name).code == 2
    assert keys("delete", "--only-secret", name).code == 0
    assert keys("delete", "--only-secret", name).code == 2
    assert keys("delete", name).code == 0
    assert keys("list").code == 3


@pytest.mark.parametrize(
    ("options", "algorithm"),
    [
        (("--type", "p256"), "ecdsa p256"),
        (("--type", "p384"), "ecdsa p384"),
        (("--type", "p521"), "ecdsa p521"),
        (("--openpgp", "rfc9580"), "ed25519"),
        (("--expire", "never"), "eddsa ed25519"),
    ],
)
def test_kinds_of_keys(keys: Keys, options: tuple[str, ...], algorithm: str) -> None:
    name = generated(keys, *options, ALICE, "alice@work.example")
    assert len(name) == (64 if "rfc9580" in options else 40)
    shown = keys("show", name).stdout
    assert f"algorithm={algorithm};" in shown
    assert ("expires=-" in shown) is ("never" in options)
    certificate = Cert.from_bytes(keys("export", "--binary", "alice@work.example").out)
    assert [str(each) for each in certificate.user_ids] == [ALICE, "alice@work.example"]


def test_a_passphrase_protects_the_key(keys: Keys, tmp_path: Path) -> None:
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    revocation = tmp_path / "revocation"
    done = keys("generate", ALICE, "--passphrase-file", str(secret), "--revocation-out", str(revocation))
    name = fingerprint(done)
    exported = tmp_path / "exported"
    assert keys("export", "--secret", name, "-o", str(exported)).code == 0
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    with pytest.raises(RuntimeError):
        Tsk.from_bytes(exported.read_bytes()).signer("battery staple")
    Tsk.from_bytes(exported.read_bytes()).signer("correct horse")
    refused = keys("expire", name, "1y", "--passphrase-file", str(wrong))
    assert refused.code == 7
    assert "the passphrase is wrong" in refused.stderr
    assert keys("expire", name, "1y", "--passphrase-file", str(secret)).code == 0
    done = keys("import", str(revocation))
    assert done.code == 0
    assert "REVOKED" in keys("list").stdout
    assert keys("import", str(revocation)).code == 4  # it says nothing new


def test_a_passphrase_through_a_file_descriptor(keys: Keys) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\n")
    os.close(writing)
    name = fingerprint(keys("generate", ALICE, "--passphrase-fd", str(reading)))
    Tsk.from_bytes(keys("export", "--secret", name).out).signer("correct horse")
    done = keys("generate", ALICE, "--passphrase-fd", "999")
    assert done.code == 2
    assert "file descriptor 999 cannot be read" in done.stderr


def test_imported_keys_are_nobodys_until_said(keys: Keys) -> None:
    bob = Tsk.generate(BOB)
    name = bob.extract_certificate().fingerprint.upper()
    done = keys("import", stdin=str(bob.extract_certificate()).encode())
    assert done.code == 0
    assert f"check\t{name}\tpass\tadded: {BOB}\timport=added; secret=no" in done.stdout
    assert "unchanged" in keys("import", stdin=bytes(bob.extract_certificate())).stdout
    refused = keys("show", "bob@example.org")
    assert refused.code == 7
    assert name in refused.stderr
    assert f"keys trust {name} --address bob@example.org" in refused.stderr
    assert keys("trust", "bob@example.org", "full").code == 2
    assert keys("trust", name, "--address", "bob@example.org").code == 0
    assert "stated with" in keys("show", "bob@example.org").stdout
    assert keys("trust", name, "--address", "bob@example.org", "--remove").code == 0
    assert keys("trust", name, "--address", "bob@example.org", "--remove").code == 2
    assert keys("show", "bob@example.org").code == 7
    assert keys("trust", name, "ultimate").code == 2


def test_a_certification_by_a_trusted_key_counts(keys: Keys) -> None:
    mia, bob = Tsk.generate("Mia <mia@example.org>"), Tsk.generate(BOB)
    certified = bob.extract_certificate().add_user_id(BOB, mia.certifier())
    assert keys("import", stdin=bytes(mia.extract_certificate()) + bytes(certified)).code == 0
    assert keys("show", "bob@example.org").code == 7
    assert keys("trust", mia.extract_certificate().fingerprint, "full").code == 0
    done = keys("show", "bob@example.org")
    assert done.code == 0
    assert "authenticated=certified" in done.stdout


def test_import_merges(keys: Keys) -> None:
    bob = Tsk.generate(BOB)
    certificate = bob.extract_certificate()
    later = certificate.add_user_id("Bob <bob@work.example>", bob.certifier())
    assert keys("import", stdin=bytes(later)).code == 0
    assert "unchanged" in keys("import", stdin=bytes(certificate)).stdout
    assert "merged" in keys("import", stdin=bytes(certificate) + bytes(certificate.revoke(bob.certifier()))).stdout
    shown = keys("show", certificate.fingerprint).stdout
    assert "bob@work.example" in shown
    assert "REVOKED" in shown


def test_secret_keys_that_are_imported(keys: Keys, tmp_path: Path) -> None:
    bob = Tsk.generate(BOB)
    name = bob.extract_certificate().fingerprint.upper()
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    done = keys("import", "--passphrase-file", str(secret), stdin=bytes(bob))
    assert done.code == 0
    assert f"is it yours? mailsec keys trust {name} ultimate" in done.stdout
    assert keys("show", "bob@example.org").code == 7  # anybody can send a secret key
    assert keys("trust", name, "ultimate").code == 0
    with pytest.raises(RuntimeError):
        Tsk.from_bytes(keys("export", "--secret", "bob@example.org").out).signer()
    Tsk.from_bytes(keys("export", "--secret", "bob@example.org").out).signer("correct horse")
    assert keys("import", "--no-passphrase", stdin=bytes(bob)).stdout.count("import=unchanged; secret=no") == 1
    modern = Tsk.generate("Mia <mia@example.org>", profile=Profile.RFC9580)
    refused = keys("import", "--passphrase-file", str(secret), stdin=bytes(modern))
    assert refused.code == 4
    assert "cannot be given a passphrase here" in refused.stdout
    assert keys("import", "--no-passphrase", stdin=bytes(modern)).code == 0


def test_good_and_bad_keys_in_one_file(keys: Keys) -> None:
    bob = Tsk.generate(BOB).extract_certificate()
    bad = next(packets(bytes(Tsk.generate(ALICE).extract_certificate()))).framed + framed(USER_ID, b"Eve <e@example.org>")
    done = keys("import", stdin=bad + bytes(bob))
    assert done.code == 1
    assert "1 added, 1 refused" in done.stdout
    assert keys("import", stdin=bad).code == 4


def test_names_that_mean_nothing_or_too_much(keys: Keys) -> None:
    generated(keys)
    generated(keys, ALICE)
    for name, code, words in (
        ("alice@example.org", 7, "names 2 keys"),
        ("DEADBEEF", 2, "short key ID"),
        ("DEADBEE", 2, "neither a fingerprint nor a key ID"),
        ("F" * 40, 7, "no key for"),
        ("nobody@example.org", 7, "no key for"),
        ("@", 2, "not a mail address"),
        ("Alice", 2, "not the name of a key"),
    ):
        done = keys("show", name)
        assert (done.code, words in done.stderr) == (code, True), name


def test_usage(keys: Keys, tmp_path: Path) -> None:
    name = generated(keys)
    for argv, words in (
        (("generate", "--no-passphrase", "Alice"), "names one mail address"),
        (("generate", "--no-passphrase", "--openpgp", "rfc9580", "--type", "p256", ALICE), "no key of the kind"),
        (("generate", "--no-passphrase", "--passphrase-file", "x", ALICE), "one place"),
        (("generate", "--no-passphrase", "--expire", "soon", ALICE), "write 90d"),
        (("generate", "--no-passphrase", "--at", "received", ALICE), "means nothing"),
        (("expire", name, "never"), "last for ever"),
        (("expire", name, "2001-01-01"), "past"),
        (("trust", name), "give a level or --address"),
        (("trust", name, "full", "--address", "a@b.example"), "give a level or --address"),
        (("trust", name, "full", "--remove"), "--remove belongs to"),
        (("import", str(tmp_path / "none")), "no such file"),
        (("generate", "--ring", str(tmp_path), "--no-passphrase", ALICE), "cannot be used"),
    ):
        done = keys(*argv)
        assert done.code in (2, 4, 7), argv
        assert words in done.stderr, argv
    assert keys("import", stdin=b"").code == 3
    assert keys("import", stdin=b"no key").code == 4


def test_only_ones_own_keys_can_be_changed(keys: Keys) -> None:
    bob = Tsk.generate(BOB).extract_certificate()
    keys("import", stdin=bytes(bob))
    for argv in (("revoke", bob.fingerprint), ("expire", bob.fingerprint, "1y"), ("export", "--secret", bob.fingerprint)):
        done = keys(*argv)
        assert done.code == 7
        assert "no secret key" in done.stderr


def test_certifications_for_oneself_stay_at_home(keys: Keys) -> None:
    bob = Tsk.generate(BOB)
    data = bytes(bob.extract_certificate())
    assert keys("import", stdin=data).code == 0
    assert len([p for p in packets(keys("export", "--binary").out) if p.tag == SIGNATURE]) == len(
        [p for p in packets(data) if p.tag == SIGNATURE]
    )
    assert keys("delete", bob.extract_certificate().fingerprint).code == 0
    assert keys("export").code == 3


def test_every_format_has_the_same_truth(keys: Keys) -> None:
    name = generated(keys)
    made = report(keys("list", "--json"))
    checks = made["checks"]
    assert isinstance(checks, list)
    assert checks[0]["name"] == name
    human = keys("list", "--format", "human", columns=60).stdout
    assert name in human
    assert keys("list", "--secret").code == 0
    assert keys("list", "nobody").code == 3


def test_the_users_own_ring_is_found(mailsec: Mailsec, tmp_path: Path) -> None:
    for env in ({"XDG_DATA_HOME": str(tmp_path / "data")}, {"XDG_DATA_HOME": "relative", "HOME": str(tmp_path)}):
        assert mailsec("keys", "list", env=env).code == 3
    assert (tmp_path / "data/mailsec/ring.sqlite").exists()
    assert (tmp_path / ".local/share/mailsec/ring.sqlite").exists()


@pytest.mark.external
def test_gpg_reads_what_is_made_and_the_other_way_round(keys: Keys, tmp_path: Path) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)

    def gpg(*argv: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", "pw", *argv]
        return subprocess.run(command, input=data, capture_output=True, check=True)

    secret = tmp_path / "secret"
    secret.write_text("pw")
    try:
        for kind in ("ed25519", "rsa3072", "p256"):
            name = fingerprint(
                keys("generate", "--type", kind, "--passphrase-file", str(secret), f"{kind} <{kind}@example.org>")
            )
            gpg("--import", data=keys("export", "--secret", name).out)
            signed = gpg("--local-user", name, "--detach-sign", data=b"text")
            assert signed.stdout
            assert gpg("--trust-model", "always", "-r", name, "--encrypt", data=b"text").stdout
        for kind in ("rsa2048", "ed25519"):
            gpg("--quick-generate-key", f"gpg-{kind} <gpg-{kind}@example.org>", kind, "default", "2y")
        everything = gpg("--export-secret-keys").stdout
        done = keys("import", "--ring", str(tmp_path / "other"), stdin=everything)
        assert done.code == 0
        assert "5 added" in done.stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
