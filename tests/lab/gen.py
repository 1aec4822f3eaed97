"""Makes the lab's keys, zone files (unsigned) and web root under LAB_RUN: `. env.sh; python -m tests.lab.gen`.

Keys and certificates are kept, zones are written anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.material import Material, make_material
from tests.lab.zones import UNSIGNED, Lab, leaf_zones, upper_zones

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">'
    '<title>lab</title><rect width="64" height="64" fill="#06c"/></svg>'
)
_POLICIES = {
    "example.test": ("enforce", "mx1.example.test", "*.example.test"),
    "stsonly.test": ("enforce", "mx2.example.test"),
    "ststesting.test": ("testing", "mx.ststesting.test"),
    "stsmismatch.test": ("enforce", "other.invalid"),
    "stsbadcert.test": ("enforce", "mx.stsbadcert.test"),
}
_ZBASE32 = "ybndrfg8ejkmcpqxot1uwisza345h769"


def main() -> None:
    run = Path(os.environ["LAB_RUN"])
    lab = Lab(
        {name.removeprefix("A_"): value for name, value in os.environ.items() if name.startswith("A_")},
        {name.removeprefix("P_"): int(value) for name, value in os.environ.items() if name.startswith("P_")},
        make_material(run),
    )
    leaves = leaf_zones(lab)
    write_zones(run / "zones", {**leaves, **upper_zones(lab, leaves)})
    write_web(run / "web", lab.material)
    described = {
        "domains": sorted(leaves),
        "unsigned": UNSIGNED,
        "authoritative": f"{lab.addresses['AUTHDNS']}:{lab.ports['AUTHDNS']}",
        "resolver": f"{lab.addresses['DNS']}:{lab.ports['DNS']}",
        "https": f"{lab.addresses['WEB']}:{lab.ports['HTTPS']}",
    }
    (run / "lab.json").write_text(json.dumps(described, indent=1))
    print(f"{len(leaves)} domains written")


def write_zones(folder: Path, zones: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    serial = int(datetime.now(UTC).timestamp())
    for name, body in zones.items():
        origin = "." if name == "." else f"{name}."
        soa = f"@ SOA ns.nic.test. hostmaster.nic.test. {serial} 3600 600 86400 60"
        text = f"$ORIGIN {origin}\n$TTL 300\n{soa}\n@ NS ns.nic.test.\n{body}\n"
        (folder / f"{'root' if name == '.' else name}.zone").write_text(text)


def write_web(folder: Path, material: Material) -> None:
    """MTA-STS policies, the BIMI logo, and keys in a Web Key Directory."""
    for domain, (mode, *hosts) in _POLICIES.items():
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), "max_age: 86400", ""]
        _write(folder / f"mta-sts.{domain}/.well-known/mta-sts.txt", "\r\n".join(lines).encode())
    _write(folder / "bimi.example.test/logo.svg", _LOGO.encode())
    _write(folder / "bimi.example.test/vmc.pem", material.certificate("client").public_bytes(Encoding.PEM))
    keys = folder / "openpgpkey.example.test/.well-known/openpgpkey/example.test"
    _write(keys / "policy", b"")
    for user, key in material.pgp.items():
        _write(keys / "hu" / zbase32(hashlib.sha1(user.encode()).digest()), key)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def zbase32(data: bytes) -> str:
    bits = len(data) * 8
    number = int.from_bytes(data, "big") << (-bits % 5)
    count = (bits + 4) // 5
    return "".join(_ZBASE32[number >> (5 * at) & 31] for at in range(count - 1, -1, -1))


if __name__ == "__main__":
    main()
