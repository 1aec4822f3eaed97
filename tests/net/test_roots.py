from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from mailsec.core.errors import BadInput
from mailsec.net import roots
from mailsec.net.roots import trusted_roots
from tests.certificates import issue

A, B = issue("Root A", authority=True), issue("Root B", authority=True)


def paths(file: Path | None, folder: Path | None) -> ssl.DefaultVerifyPaths:
    return ssl.DefaultVerifyPaths(file and str(file), folder and str(folder), "", "", "", "")


def test_a_file_of_roots(tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n"
    broken = begin + b"$$$" + end + begin + b"AAA" + end
    file.write_bytes(b"# text between\xff\n" + A.pem + broken + A.key_pem + B.pem)
    assert trusted_roots(str(file)).names == {A.name, B.name}


@pytest.mark.parametrize(
    ("content", "why"), [(b"no certificate", "no certificates in it"), (None, "no such file or directory")]
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=f"the file of trusted roots cannot be read: {why}"):
        trusted_roots(str(file))


def test_the_systems_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted_roots.cache_clear()
    file, folder = tmp_path / "bundle.pem", tmp_path / "certs"
    file.write_bytes(A.pem)
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_bytes(B.pem)
    (folder / "unhashed.pem").write_bytes(A.pem)
    (folder / "00000000.0").symlink_to(tmp_path / "gone")
    try:
        for there, names in (
            (paths(file, folder), {A.name}),
            (paths(None, folder), {B.name}),
            (paths(None, None), set()),
        ):
            monkeypatch.setattr(roots.ssl, "get_default_verify_paths", lambda there=there: there)
            assert trusted_roots().names == names
            trusted_roots.cache_clear()
    finally:
        trusted_roots.cache_clear()
