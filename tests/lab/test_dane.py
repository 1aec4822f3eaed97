"""SMIMEA records of the lab, validated here: alice has 3 0 0, bob 3 0 1; nobody trusts the lab's authority."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from pysequoia import Cert, Tsk

from tests.lab.test_check import lab

pytestmark = pytest.mark.lab

DRAFT = (
    b"From: alice@example.test\r\nTo: alice@example.test\r\nSubject: x\r\nDate: Wed, 25 Nov 2026 18:00:00 +0000\r\n\r\n"
    b"Hello.\r\n"
)


def mailsec(*arguments: str | Path, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    inside = [str(Path(__file__).with_name("in.sh")), sys.executable, "-m", "mailsec", *map(str, arguments)]
    environment = {**os.environ, "LAB_RUN": str(lab())}
    return subprocess.run(inside, input=stdin, env=environment, check=False, capture_output=True, timeout=120)


def key(name: str, folder: Path) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(b"".join((lab() / "pki" / f"smime-{name}.{kind}").read_bytes() for kind in ("crt", "key")))
    return path


@pytest.mark.parametrize(("name", "form"), [("alice", "3 0 0"), ("bob", "3 0 1")])
def test_a_signer_whom_the_dns_vouches_for(name: str, form: str, tmp_path: Path) -> None:
    signed = mailsec("sign", "--smime", "--key", key(name, tmp_path), stdin=DRAFT.replace(b"alice", name.encode()))
    ended = mailsec("verify", "--trust-anchor", lab() / "root.key", "--require", "content", "--json", "-", stdin=signed.stdout)
    assert ended.returncode == 0, ended.stdout
    assert json.loads(ended.stdout)["verdict"]["content"] == "good"
    assert f"SMIMEA {form} at ".encode() in ended.stdout


def test_a_recipient_out_of_the_dns(tmp_path: Path) -> None:
    made = mailsec("encrypt", "--smime", "--dane", "--trust-anchor", lab() / "root.key", stdin=DRAFT)
    assert made.returncode == 0, made.stderr
    assert b"Hello." in mailsec("decrypt", "--key", key("alice", tmp_path), "-", stdin=made.stdout).stdout


def test_published_keys_into_a_ring(tmp_path: Path) -> None:
    """alice has an OPENPGPKEY beside her 3 0 0; insecure and bogus domains have nothing that is taken."""
    how = ("--ring", tmp_path / "ring.sqlite", "--trust-anchor", lab() / "root.key")
    ended = mailsec("keys", "import", "--dane", "alice@example.test", *how, "--json", stdin=b"")
    assert ended.returncode == 0, ended.stderr
    assert [each["reason"].split(":")[0] for each in json.loads(ended.stdout)["checks"]] == ["added", "added"]
    other = mailsec("keys", "import", "--dane", "alice@unsigned.test", *how, stdin=b"")
    bogus = mailsec("keys", "import", "--dane", "alice@badds.test", *how, stdin=b"")
    assert (other.returncode, bogus.returncode) == (7, 5)


def test_an_openpgp_recipient_out_of_the_dns(tmp_path: Path) -> None:
    made = mailsec("encrypt", "--pgp", "--dane", "--trust-anchor", lab() / "root.key", stdin=DRAFT)
    assert made.returncode == 0, made.stderr
    listed = subprocess.run(["gpg", "--list-packets"], input=made.stdout, check=False, capture_output=True, timeout=60)
    assert b":pubkey enc packet:" in listed.stdout


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def knot(folder: Path, zone: str) -> Iterator[str]:
    """A Knot of the test's own that serves record.test with its checks on; its address."""
    port = free_port()
    start = "$ORIGIN record.test.\n$TTL 60\n@ SOA ns hm 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n"
    (folder / "record.test.zone").write_text(start + zone)
    (folder / "knot.conf").write_text(
        f"server:\n    rundir: {folder}\n    listen: 127.0.0.1@{port}\ndatabase:\n    storage: {folder}\n"
        f"zone:\n  - domain: record.test\n    storage: {folder}\n    file: record.test.zone\n    semantic-checks: on\n"
    )
    server = subprocess.Popen(["knotd", "-c", folder / "knot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if socket_answers(port):
                break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def socket_answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_records_that_are_made_load_in_knot(tmp_path: Path) -> None:
    """Whole certificate, digest, key: Knot, with its semantic checks, serves what `record` wrote, octet for octet."""
    who = "alice@record.test"
    certificate, openpgp = lab() / "pki/smime-alice.crt", tmp_path / "alice.asc"
    openpgp.write_text(str(Tsk.generate(f"Alice <{who}>").extract_certificate()))
    digest = ("--selector", "1", "--matching", "1")
    made = [
        run("record", "smimea", who, "--cert", certificate),
        run("record", "smimea", "bob@record.test", "--cert", certificate, *digest),
        run("record", "openpgpkey", who, "--cert", openpgp),
    ]
    with knot(tmp_path, b"".join(made).decode()) as address:
        report = json.loads(run("check", who, "--nameserver", address, "--dnssec", "off", "--json"))
        bob = json.loads(run("check", "bob@record.test", "--nameserver", address, "--dnssec", "off", "--json"))
    found = {each["name"]: each for each in report["checks"]}
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(SHA256()).hex()
    assert der in json.dumps(found["smimea"])
    assert Cert.from_bytes(openpgp.read_bytes()).fingerprint.upper() in json.dumps(found["openpgpkey"]).upper()
    assert "3 1 1" in json.dumps(bob)


def run(*arguments: str | Path) -> bytes:
    command = [sys.executable, "-m", "mailsec", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, timeout=120).stdout
