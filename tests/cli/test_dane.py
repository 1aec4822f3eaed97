"""SMIMEA through the real entry point, in a small signed world: who signed a mail, and to whom one is encrypted."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from pysequoia import Cert, Tsk

from mailsec.content.openpgp.keymaking import revocation
from mailsec.content.openpgp.openpgpkey import owner_name as openpgp_name
from mailsec.content.smime.smimea import owner_name
from tests.api.signed import anchor_file, serve
from tests.certificates import issue, spki
from tests.conftest import Ended
from tests.content.smime.forge import (
    ALICE,
    HEADER,
    MALLORY,
    ROOT,
    TEXT,
    Signing,
    detached,
    multipart,
    person,
    signed_data,
    usage,
)
from tests.trust.dnssec.authority import NOW, Signer, World, Zone

AT = ("--at", str(NOW))
SIGNERS = {zone: Signer() for zone in ("", "example", "bank.example")}
ALONE = person("alice@bank.example", None)


def smimea(address: str, form: str, data: bytes) -> str:
    return f"{owner_name(address).partition('.bank.example')[0]} SMIMEA {form} {data.hex()}"


@dataclass
class Dns:
    """Publishes records of bank.example, and says how to ask for them."""

    folder: Path
    servers: list[str] = field(default_factory=list)

    @contextmanager
    def publish(self, *lines: str, signed: bool = True, expired: bool = False) -> Iterator[tuple[str, ...]]:
        end = NOW - 1 if expired else NOW + 86_400
        bank = Zone("bank.example", "\n".join(lines), SIGNERS["bank.example"] if signed else None, expiration=end)
        world = World(Zone("", signer=SIGNERS[""]), Zone("example", signer=SIGNERS["example"]), bank)
        with serve(world) as server:
            yield "--nameserver", server.address, "--trust-anchor", anchor_file(world, self.folder), *AT


@pytest.fixture
def dns(tmp_path: Path) -> Dns:
    return Dns(tmp_path)


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    path = tmp_path / "roots.pem"
    path.write_bytes(ROOT.pem)
    return path


@pytest.fixture
def no_roots(tmp_path: Path) -> Path:
    path = tmp_path / "other.pem"
    path.write_bytes(MALLORY.pem)
    return path


FILE = detached(TEXT, Signing(ALONE))
OWN = smimea("alice@bank.example", "3 0 0", ALONE.der)


def test_a_certificate_that_its_domain_publishes_needs_no_root(dns: Dns, no_roots: Path, mailsec) -> None:
    with dns.publish(OWN) as how:
        ended = mailsec("verify", *how, "--ca", no_roots, "--json", "-", stdin=FILE)
    report = json.loads(ended.stdout)
    assert (ended.code, report["verdict"]["content"]) == (0, "good"), ended.stdout
    assert f"SMIMEA 3 0 0 at {owner_name('alice@bank.example')} means it, DNSSEC secure" in report["summary"]


def test_a_certificate_without_any_address_is_its_owners_where_a_record_means_it(dns: Dns, no_roots: Path, mailsec) -> None:
    nameless = issue("Alice", extensions=[usage()])
    with dns.publish(smimea("alice@bank.example", "3 1 1", sha256(spki(nameless.der)).digest())) as how:
        ended = mailsec("verify", *how, "--ca", no_roots, "-", stdin=detached(TEXT, Signing(nameless)))
    assert ended.code == 0, ended.stdout


def test_that_can_be_repeated_from_saved_answers(dns: Dns, no_roots: Path, tmp_path: Path, mailsec) -> None:
    with dns.publish(OWN) as how:
        mailsec("verify", *how, "--ca", no_roots, "--save-answers", tmp_path / "run", "-", stdin=FILE)
    ended = mailsec("verify", *how[2:], "--answers", tmp_path / "run", "--ca", no_roots, "-", stdin=FILE)
    assert ended.code == 0, ended.stdout


def test_validation_that_is_switched_off_asks_nothing(dns: Dns, no_roots: Path, mailsec) -> None:
    with dns.publish(OWN) as how:
        ended = mailsec("verify", *how, "--dnssec", "off", "--ca", no_roots, "--trace", "-", stdin=FILE)
    assert (ended.code, "SMIMEA" in ended.stdout) == (7, False)


def test_without_dnssec_nothing_may_be_trusted(dns: Dns, no_roots: Path, mailsec) -> None:
    with dns.publish(OWN, signed=False) as how:
        ended = mailsec("verify", *how, "--ca", no_roots, "-", stdin=FILE)
    assert ended.code == 7
    assert "DNSSEC is insecure" in ended.stdout


def test_a_bogus_answer_is_a_failed_lookup(dns: Dns, no_roots: Path, roots: Path, mailsec) -> None:
    with dns.publish(OWN, expired=True) as how:
        assert mailsec("verify", *how, "--ca", no_roots, "-", stdin=FILE).code == 5
        ended = mailsec("verify", *how, "--ca", roots, "--json", "-", stdin=detached())
        assert mailsec("verify", *how, "--ca", roots, "--require", "content", "-", stdin=detached()).code == 5
    assert (ended.code, json.loads(ended.stdout)["verdict"]["overall"]) == (5, "temperror"), "others may be published"


def test_records_of_another_certificate_outweigh_a_root_but_not_the_user(
    dns: Dns, roots: Path, tmp_path: Path, mailsec
) -> None:
    (tmp_path / "alice.pem").write_bytes(ALICE.pem)
    with dns.publish(OWN) as how:
        ended = mailsec("verify", *how, "--ca", roots, "-", stdin=detached())
        named = mailsec("verify", *how, "--ca", roots, "--key", tmp_path / "alice.pem", "-", stdin=detached())
    assert ended.code == 7
    assert "smimea-other-certificate" in ended.stdout
    assert named.code == 0


def test_no_record_leaves_it_to_the_root(dns: Dns, roots: Path, mailsec) -> None:
    with dns.publish() as how:
        assert mailsec("verify", *how, "--ca", roots, "-", stdin=detached()).code == 0


def test_records_of_the_lower_cased_address(dns: Dns, no_roots: Path, mailsec) -> None:
    upper = person("Alice@bank.example", None)
    file = detached(TEXT, Signing(upper)).replace(b"<alice@", b"<Alice@", 1)
    with dns.publish(smimea("alice@bank.example", "3 0 0", upper.der)) as how:
        ended = mailsec("verify", *how, "--ca", no_roots, "-", stdin=file)
        accepted = mailsec("verify", *how, "--ca", no_roots, "--accept-case-variant", "-", stdin=file)
    assert (ended.code, accepted.code) == (7, 0)
    assert "smimea-case-variant" in ended.stdout


def test_a_certificate_of_another_address_stays_another(dns: Dns, no_roots: Path, mailsec) -> None:
    with dns.publish(smimea("alice@bank.example", "3 0 0", MALLORY.der)) as how:
        ended = mailsec("verify", *how, "--ca", no_roots, "-", stdin=detached(TEXT, Signing(MALLORY)))
    assert ended.code == 1
    assert "content-signer-not-author" in ended.stdout


@pytest.mark.parametrize("author", [b"From: a@bank.example, b@bank.example", b"From: nobody", b"From: a@[192.0.2.1]"])
def test_without_one_author_nobody_is_asked_for(author: bytes, dns: Dns, mailsec) -> None:
    file = HEADER.replace(b"From: Alice <alice@bank.example>", author) + multipart(TEXT, signed_data(TEXT, Signing(ALONE)))
    with dns.publish(OWN) as how:
        assert "SMIMEA" not in mailsec("verify", *how, "--trace", "-", stdin=file).stdout


# --- encrypting

BOB_AT = person("bob@bank.example", None)
BOB_OWN = smimea("bob@bank.example", "3 0 0", BOB_AT.der)
DRAFT = b"From: alice@bank.example\r\nTo: Bob <bob@bank.example>\r\nSubject: x\r\n\r\nHello Bob.\r\n"


@pytest.fixture
def bob(tmp_path: Path) -> Path:
    path = tmp_path / "bob.pem"
    path.write_bytes(BOB_AT.pem + BOB_AT.key_pem)
    return path


def test_a_recipients_certificate_comes_from_the_dns(dns: Dns, bob: Path, mailsec) -> None:
    with dns.publish(BOB_OWN) as how:
        ended = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT)
    assert ended.code == 0, ended.stderr
    assert "smime-not-for" not in ended.stderr
    assert "Hello Bob." in mailsec("decrypt", "--key", bob, "-", stdin=ended.out).stdout


def test_present_and_next_certificate(dns: Dns, bob: Path, mailsec) -> None:
    following = smimea("bob@bank.example", "3 0 0", person("bob@bank.example", None).der)
    old = smimea("bob@bank.example", "3 0 0", person("bob@bank.example", None, days=(-9, -1)).der)
    with dns.publish(following, old, BOB_OWN) as how:
        ended = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT)
    assert ended.code == 0
    assert "Hello Bob." in mailsec("decrypt", "--key", bob, "-", stdin=ended.out).stdout


def test_a_file_that_is_named_comes_first(dns: Dns, bob: Path, mailsec) -> None:
    with dns.publish(signed=False) as how:
        assert mailsec("encrypt", "--smime", "--dane", "--to-key", bob, *how, stdin=DRAFT).code == 0


def test_the_ring_comes_before_the_dns(dns: Dns, bob: Path, tmp_path: Path, mailsec) -> None:
    def run(*arguments: object, stdin: bytes = DRAFT) -> Ended:
        return mailsec(*arguments, stdin=stdin, env={"MAILSEC_RING": str(tmp_path / "ring")})

    (tmp_path / "kept.pem").write_bytes(BOB_AT.pem)
    assert run("keys", "import", tmp_path / "kept.pem").code == 0
    name = sha256(BOB_AT.der).hexdigest().upper()
    with dns.publish() as how:
        unvouched = run("encrypt", "--smime", "--dane", *how)
        overruled = run("encrypt", "--smime", "--dane", "--allow-unauthenticated", *how)
    assert (unvouched.code, overruled.code) == (7, 0)
    assert "--allow-unauthenticated" in unvouched.stderr
    with dns.publish(BOB_OWN) as how:
        made = run("encrypt", "--smime", "--dane", *how)
    assert (made.code, name in made.stderr, "overruled" in made.stderr) == (0, True, False), made.stderr
    assert run("keys", "trust", name, "--address", "bob@bank.example").code == 0
    with dns.publish(signed=False) as how:
        assert run("encrypt", "--smime", "--dane", "--to", "bob@bank.example", *how).code == 0


def test_each_recipient_gets_one_message_whatever_the_dns_has(dns: Dns, bob: Path, tmp_path: Path, mailsec) -> None:
    following = smimea("bob@bank.example", "3 0 0", person("bob@bank.example", None).der)
    with dns.publish(following, BOB_OWN) as how:
        made = mailsec("encrypt", "--smime", "--dane", "--bcc", "split", "-o", tmp_path, *how, stdin=DRAFT)
    assert made.code == 0, made.stderr
    (letter,) = tmp_path.glob("*.eml")
    assert "Hello Bob." in mailsec("decrypt", "--key", bob, letter).stdout


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no SMIMEA record"),
        ((smimea("bob@bank.example", "3 0 1", sha256(BOB_AT.der).digest()),), "none carries it"),
        ((smimea("bob@bank.example", "2 0 0", ROOT.der),), "none carries it"),
        ((smimea("bob@bank.example", "3 0 0", ALONE.der),), "names other addresses"),
        ((smimea("bob@bank.example", "3 0 0", person("bob@bank.example", None, days=(-9, -1)).der),), "has expired"),
        (
            (smimea("bob@bank.example", "3 0 0", person("bob@bank.example", None, usages=usage(agree=False)).der),),
            "keyAgreement",
        ),
        ((smimea("bob@bank.example", "3 0 0", BOB_AT.der[:-9] + b"x" * 9),), ""),
    ],
)
def test_nothing_is_made_without_a_certificate_that_may_be_used(lines: tuple[str, ...], why: str, dns: Dns, mailsec) -> None:
    with dns.publish(*lines) as how:
        ended = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT)
    assert why in ended.stderr
    assert (ended.code, ended.stdout) == (7, "") or not why


def test_insecure_and_bogus_answers_and_other_cases_are_refused(dns: Dns, mailsec) -> None:
    with dns.publish(BOB_OWN, signed=False) as how:
        insecure = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT)
    with dns.publish(BOB_OWN, expired=True) as how:
        bogus = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT)
    upper = DRAFT.replace(b"<bob@", b"<Bob@")
    with dns.publish(smimea("bob@bank.example", "3 0 0", issue("Bob", extensions=[usage()]).der)) as how:
        variant = mailsec("encrypt", "--smime", "--dane", *how, stdin=upper)
        accepted = mailsec("encrypt", "--smime", "--dane", "--accept-case-variant", *how, stdin=upper)
    assert [insecure.code, bogus.code, variant.code, accepted.code] == [7, 5, 7, 0]
    assert "DNSSEC is insecure" in insecure.stderr
    assert "somebody else" in variant.stderr


def test_an_address_that_cannot_be_asked_for(dns: Dns, mailsec) -> None:
    with dns.publish(BOB_OWN) as how:
        ended = mailsec("encrypt", "--smime", "--dane", *how, stdin=DRAFT.replace(b"<bob@bank.example>", b"<bob@[192.0.2.1]>"))
    assert (ended.code, "DNS can be asked" in ended.stderr) == (7, True)


@pytest.mark.parametrize("arguments", [("--pgp", "--offline"), ("--smime", "--offline"), ("--smime", "--accept-case-variant")])
def test_options_that_need_dane(arguments: tuple[str, ...], mailsec) -> None:
    assert mailsec("encrypt", *arguments, stdin=DRAFT).code == 2


# --- OpenPGP

CAROL = Tsk.generate("Carol <carol@bank.example>")
TO_CAROL = b"From: alice@bank.example\r\nTo: Carol <carol@bank.example>\r\nSubject: x\r\n\r\nHello Carol.\r\n"


def openpgpkey(address: str, *keys: Tsk | Cert) -> str:
    return raw(b"".join(bytes(each.extract_certificate() if isinstance(each, Tsk) else each) for each in keys), address)


def raw(data: bytes, address: str = "carol@bank.example") -> str:
    return f"{openpgp_name(address).partition('.bank.example')[0]} OPENPGPKEY {b64encode(data).decode()}"


def revoked(key: Tsk) -> bytes:
    return bytes(key.extract_certificate()) + revocation(bytes(key), "")


CAROL_OWN = openpgpkey("carol@bank.example", CAROL)


@pytest.fixture
def carol(tmp_path: Path) -> Path:
    path = tmp_path / "carol.sec"
    path.write_text(str(CAROL))
    return path


def test_a_recipients_openpgp_key_comes_from_the_dns(dns: Dns, carol: Path, mailsec) -> None:
    with dns.publish(CAROL_OWN) as how:
        ended = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
        named = mailsec("encrypt", "--pgp", "--dane", "--to", "carol@BANK.example", *how, stdin=TO_CAROL)
    assert (ended.code, named.code) == (0, 0), ended.stderr
    assert "Hello Carol." in mailsec("decrypt", "--key", carol, "-", stdin=ended.out).stdout


def test_openpgp_keys_of_files_and_of_the_dns_together(dns: Dns, carol: Path, tmp_path: Path, mailsec) -> None:
    dave, erin = (Tsk.generate(f"{name} <{name}@dave.example>") for name in ("dave", "erin"))
    for name, key in (("dave", dave), ("erin", erin)):
        (tmp_path / f"{name}.asc").write_text(str(key.extract_certificate()))
        (tmp_path / f"{name}.sec").write_text(str(key))
    both = TO_CAROL.replace(b"\r\nSubject", b", dave@dave.example\r\nSubject")
    files = ("--to-key", tmp_path / "dave.asc", "--to-key", tmp_path / "erin.asc")
    with dns.publish(CAROL_OWN) as how:
        ended = mailsec("encrypt", "--pgp", "--dane", *files, *how, stdin=both)
        (tmp_path / "out").mkdir()
        hidden = b"To: dave@dave.example\r\nBcc: carol@bank.example\r\n\r\nHello Carol.\r\n"
        split = mailsec("encrypt", "--pgp", "--dane", *files, "--bcc", "split", "-o", tmp_path / "out", *how, stdin=hidden)
    assert (ended.code, split.code) == (0, 0), ended.stderr + split.stderr
    for secret in (carol, tmp_path / "dave.sec", tmp_path / "erin.sec"):
        assert "Hello Carol." in mailsec("decrypt", "--key", secret, "-", stdin=ended.out).stdout
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_the_newest_key_that_nothing_speaks_against(dns: Dns, mailsec) -> None:
    old = Cert.from_bytes(revoked(Tsk.generate("Carol <carol@bank.example>")))
    with dns.publish(openpgpkey("carol@bank.example", old), CAROL_OWN) as how:
        ended = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
    with dns.publish(openpgpkey("carol@bank.example", old)) as how:
        alone = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
        overruled = mailsec("encrypt", "--pgp", "--dane", "--allow-revoked", *how, stdin=TO_CAROL)
    assert (ended.code, alone.code, overruled.code) == (0, 7, 0), ended.stderr
    assert CAROL.extract_certificate().fingerprint.upper() in ended.stderr
    assert "--allow-revoked" in alone.stderr


def test_what_the_ring_knows_of_a_published_key_counts(dns: Dns, carol: Path, tmp_path: Path, mailsec) -> None:
    (tmp_path / "revoked.asc").write_bytes(revoked(CAROL))
    ring = ("--ring", tmp_path / "ring.sqlite")
    assert mailsec("keys", "import", tmp_path / "revoked.asc", *ring).code == 0
    with dns.publish(CAROL_OWN) as how:
        ended = mailsec("encrypt", "--pgp", "--dane", *ring, *how, stdin=TO_CAROL)
    assert (ended.code, "revoked" in ended.stderr) == (7, True)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no OPENPGPKEY record"),
        ((raw(bytes(Tsk.generate("Eve <eve@bank.example>").extract_certificate())),), "no user ID of the key has the address"),
        ((raw(bytes(CAROL)),), "publishes a secret key"),
        ((raw(str(CAROL.extract_certificate()).encode()),), "ASCII armor"),
        ((raw(b"\0\0\0"),), "no OpenPGP key"),
        ((raw(bytes(CAROL.extract_certificate())[:53]),), "nothing in it"),
    ],
)
def test_openpgp_records_that_are_of_no_use(lines: tuple[str, ...], why: str, dns: Dns, mailsec) -> None:
    with dns.publish(*lines) as how:
        ended = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
    assert (ended.code, ended.stdout) == (7, "")
    assert why in ended.stderr


def test_openpgp_keys_too_need_secure_answers_and_the_exact_address(dns: Dns, mailsec) -> None:
    with dns.publish(CAROL_OWN, signed=False) as how:
        insecure = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
    with dns.publish(CAROL_OWN, expired=True) as how:
        bogus = mailsec("encrypt", "--pgp", "--dane", *how, stdin=TO_CAROL)
    upper = TO_CAROL.replace(b"<carol@", b"<Carol@")
    with dns.publish(CAROL_OWN) as how:
        variant = mailsec("encrypt", "--pgp", "--dane", *how, stdin=upper)
        accepted = mailsec("encrypt", "--pgp", "--dane", "--accept-case-variant", *how, stdin=upper)
    assert [insecure.code, bogus.code, variant.code, accepted.code] == [7, 5, 7, 0], accepted.stderr
    assert "DNSSEC is insecure" in insecure.stderr
    assert "somebody else" in variant.stderr


# --- into the ring


@pytest.fixture
def ring(tmp_path: Path) -> tuple[str, str]:
    return "--ring", str(tmp_path / "ring.sqlite")


BOTH = (smimea("carol@bank.example", "3 0 0", person("carol@bank.example", None).der), CAROL_OWN)


def test_published_keys_of_both_kinds_are_seen_and_not_trusted(dns: Dns, ring: tuple[str, str], mailsec) -> None:
    with dns.publish(*BOTH) as how:
        ended = mailsec("keys", "import", "--dane", "carol@bank.example", *ring, *how, "--json")
        again = mailsec("keys", "import", "--dane", "carol@bank.example", *ring, *how)
        usual = mailsec("encrypt", "--pgp", *ring, stdin=TO_CAROL)
    assert (ended.code, again.code, usual.code) == (0, 0, 7), ended.stdout
    checks = json.loads(ended.stdout)["checks"]
    assert [each["reason"].split(":")[0] for each in checks] == ["added", "added"]
    assert again.stdout.count("import=unchanged") == 2
    for each in checks:
        assert f"mailsec keys trust {each['name']} --address carol@bank.example" in each["reason"]
        shown = mailsec("keys", "show", each["name"], *ring, *AT)
        assert "DANE: " in shown.stdout
        assert mailsec("keys", "trust", each["name"], "--address", "carol@bank.example", *ring, *AT).code == 0
    assert mailsec("encrypt", "--pgp", *ring, stdin=TO_CAROL).code == 0
    with dns.publish(*BOTH) as how:
        trusted = mailsec("keys", "import", "--dane", "carol@bank.example", *ring, *how)
    assert "keys trust" not in trusted.stdout


def test_a_published_key_is_merged_with_what_the_ring_has(dns: Dns, ring: tuple[str, str], tmp_path: Path, mailsec) -> None:
    (tmp_path / "revoked.asc").write_bytes(revoked(CAROL))
    with dns.publish(CAROL_OWN) as how:
        assert mailsec("keys", "import", "--dane", "carol@bank.example", *ring, *how).code == 0
        assert mailsec("keys", "import", tmp_path / "revoked.asc", *ring).code == 0
        ended = mailsec("keys", "import", "--dane", "carol@bank.example", *ring, *how)
    assert "unchanged" in ended.stdout
    assert "revoked" in mailsec("keys", "show", CAROL.extract_certificate().fingerprint, *ring).stdout


def test_what_may_not_be_trusted_is_not_taken(dns: Dns, ring: tuple[str, str], mailsec) -> None:
    arguments = ("keys", "import", "--dane", "carol@bank.example", *ring)
    with dns.publish(*BOTH, signed=False) as how:
        insecure = mailsec(*arguments, *how)
    with dns.publish(*BOTH, expired=True) as how:
        bogus = mailsec(*arguments, *how)
    with dns.publish() as how:
        nothing = mailsec(*arguments, *how)
    with dns.publish(smimea("carol@bank.example", "3 0 0", ALONE.der), raw(bytes(CAROL))) as how:
        others = mailsec(*arguments, *how)
    assert [insecure.code, bogus.code, nothing.code, others.code] == [7, 5, 7, 7]
    assert insecure.stdout.count("DNSSEC is insecure") == 2
    assert "bogus" in bogus.stdout
    assert "no SMIMEA record" in nothing.stdout
    assert "no OPENPGPKEY record" in nothing.stdout
    assert "names other addresses" in others.stdout
    assert "secret key" in others.stdout
    assert mailsec("keys", "list", *ring).code == 3


def test_published_keys_of_several_addresses_and_cases(dns: Dns, ring: tuple[str, str], mailsec) -> None:
    with dns.publish(CAROL_OWN) as how:
        several = mailsec("keys", "import", "--dane", "Carol@bank.example", "--dane", "carol", *ring, *how)
        accepted = mailsec("keys", "import", "--dane", "Carol@bank.example", "--accept-case-variant", *ring, *how)
    assert (several.code, accepted.code) == (7, 0), accepted.stdout
    assert "somebody else" in several.stdout
    assert "not a mail address" in several.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--dane", "a@b.example", "file.asc"), ("--dane", "a@b.example", "--no-passphrase"), ("--offline",), ("--at", "received")],
)
def test_options_of_import_that_do_not_go_together(arguments: tuple[str, ...], ring: tuple[str, str], mailsec) -> None:
    assert mailsec("keys", "import", *arguments, *ring).code == 2
