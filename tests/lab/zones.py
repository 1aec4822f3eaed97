"""What the lab's domains publish, each one for something that can be right or wrong."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.material import Material, dkim_data, tlsa

UNSIGNED = [
    "unsigned.test",
    "stsonly.test",
    "ststesting.test",
    "stsmismatch.test",
    "stsbadcert.test",
    "plain.test",
    "expiredcert.test",
    "wrongname.test",
    "oldtls.test",
    "sub.optout.test",
]
_REJECT = "v=DMARC1; p=reject; rua=mailto:dmarc@example.test"
_STRICT = (
    "v=DMARC1; p=reject; sp=quarantine; adkim=s; aspf=s; rua=mailto:dmarc@example.test; ruf=mailto:forensic@report.test; fo=1"
)


@dataclass(frozen=True, slots=True)
class Lab:
    """Addresses and ports as env.sh names them, without A_ and P_, and the keys."""

    addresses: Mapping[str, str]
    ports: Mapping[str, int]
    material: Material

    def tlsa(self, host: str, *records: str) -> str:
        """TLSA records for SMTP at `host`, on the standard port and on the lab's."""
        ports = sorted({25, self.ports["SMTP"]})
        return "".join(f"_{port}._tcp.{host} {record}\n" for port in ports for record in records)


def txt(text: str) -> str:
    return "TXT " + " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


def mail(address: str, extra: str = "", spf: str = "v=spf1 mx -all", dmarc: str = _REJECT) -> str:
    """A domain with one MX host."""
    return f"@ MX 10 mx\n@ A {address}\nmx A {address}\n@ {txt(spf)}\n_dmarc {txt(dmarc)}\n{extra}"


def leaf_zones(lab: Lab) -> dict[str, str]:
    """The zones below test., by name. See README.md for what each is about."""
    return {
        "example.test": _example(lab),
        **_dnssec(lab),
        **_dane(lab),
        **_sts(lab),
        **_tls(lab),
        **_routes(lab),
        **_policies(),
    }


def _example(lab: Lab) -> str:
    at, made = lab.addresses, lab.material
    ports = lab.ports
    mx1, mx1rsa = made.certificate("mx1"), made.certificate("mx1rsa")
    alice, bob = (made.certificate(f"smime-{user}").public_bytes(Encoding.DER) for user in ("alice", "bob"))
    keys = "".join(f"{_local(user)}._openpgpkey OPENPGPKEY {b64encode(key).decode()}\n" for user, key in made.pgp.items())
    return f"""@ MX 10 mx1
@ MX 20 mx2
@ A {at["MX1"]}
mx1 A {at["MX1"]}
mx2 A {at["MX2"]}
mail A {at["MX1"]}
imap A {at["MX1"]}
pop A {at["MX1"]}
submission A {at["MX1"]}
_submission._tcp SRV 0 1 {ports["SUBM"]} submission
_submissions._tcp SRV 0 1 {ports["SMTPS"]} submission
_imap._tcp SRV 0 1 {ports["IMAP"]} imap
_imaps._tcp SRV 0 1 {ports["IMAPS"]} imap
_pop3s._tcp SRV 0 1 {ports["POPS"]} pop
@ {txt("v=spf1 ip4:127.0.0.25 mx include:_spf.example.test -all")}
_spf {txt("v=spf1 ip4:127.0.0.26 ?all")}
_dmarc {txt(_STRICT)}
rsa2048._domainkey {txt("v=DKIM1; k=rsa; p=" + dkim_data(made.dkim["rsa2048"]))}
ed25519._domainkey {txt("v=DKIM1; k=ed25519; p=" + dkim_data(made.dkim["ed25519"]))}
rsa1024._domainkey {txt("v=DKIM1; k=rsa; t=y:s; p=" + dkim_data(made.dkim["rsa1024"]))}
revoked._domainkey {txt("v=DKIM1; k=rsa; p=")}
cname._domainkey CNAME rsa2048._domainkey
{lab.tlsa("mx1", tlsa(3, 1, 1, mx1), tlsa(3, 1, 1, mx1rsa), tlsa(2, 1, 1, made.certificate("ica")))}
{lab.tlsa("mx2", tlsa(2, 0, 1, made.certificate("ca")))}
_{ports["SUBM"]}._tcp.submission {tlsa(3, 1, 1, mx1)}
_{ports["SUBM"]}._tcp.submission {tlsa(3, 1, 1, mx1rsa)}
_{ports["IMAPS"]}._tcp.imap {tlsa(3, 1, 2, mx1)}
_mta-sts {txt("v=STSv1; id=20240101T000000")}
mta-sts A {at["WEB"]}
_smtp._tls {txt("v=TLSRPTv1; rua=mailto:tlsrpt@example.test")}
default._bimi {txt("v=BIMI1; l=https://bimi.example.test/logo.svg; a=https://bimi.example.test/vmc.pem")}
bimi A {at["WEB"]}
openpgpkey A {at["WEB"]}
{_local("alice")}._smimecert SMIMEA 3 0 0 {alice.hex()}
{_local("bob")}._smimecert SMIMEA 3 0 1 {hashlib.sha256(bob).hexdigest()}
{keys}"""


def _local(local: str) -> str:
    """The label of a local part (RFC 7929 section 3, RFC 8162 section 3)."""
    return hashlib.sha256(local.encode()).digest()[:28].hex()


def _dnssec(lab: Lab) -> dict[str, str]:
    """How a domain is signed; sign.sh does to these what their names say."""
    at, mx1 = lab.addresses["MX1"], tlsa(3, 1, 1, lab.material.certificate("mx1"))
    rsa = tlsa(3, 1, 1, lab.material.certificate("mx1rsa"))
    wild = f"* {txt('v=spf1 -all')}\na.b.c A {at}\n*.ent MX 10 mx\nalias CNAME mx.example.test.\nout CNAME mx.unsigned.test.\n"
    wild += "gone CNAME nothing.example.test.\nhost.*.deep A 127.0.0.1\nold DNAME example.test.\n"
    return {
        "nsec3.test": mail(at, lab.tlsa("mx", mx1, rsa)),
        "unsigned.test": mail(at, lab.tlsa("mx", mx1)),
        "bogus.test": mail(at, lab.tlsa("mx", mx1)),
        "expired.test": mail(at),
        "badds.test": mail(at),
        "wild.test": mail(at, wild),
        "wild3.test": mail(at, wild),
        "optout.test": mail(at, "sub NS ns.nic.test.\n"),
        "sub.optout.test": mail(at),
        "iterations.test": mail(at, wild),
        "sha1.test": mail(at),
    }


def _dane(lab: Lab) -> dict[str, str]:
    at, certificate = lab.addresses["MX1"], lab.material.certificate
    unusable = lab.tlsa("mx", tlsa(1, 1, 1, certificate("mx1")), tlsa(0, 0, 1, certificate("ca")))
    return {
        "danebad.test": mail(at, lab.tlsa("mx", tlsa(3, 1, 1, certificate("mx2")))),
        "daneunusable.test": mail(at, unusable),
        "danemxunsigned.test": "@ MX 10 mx.unsigned.test.\n",
    }


def _sts(lab: Lab) -> dict[str, str]:
    at, web = lab.addresses, lab.addresses["WEB"]

    def sts(id: int) -> str:
        return f"_mta-sts {txt(f'v=STSv1; id={id}')}\nmta-sts A {web}\n"

    only = f"@ MX 10 mx2.example.test.\n@ A {at['MX2']}\n@ {txt('v=spf1 mx -all')}\n_dmarc {txt(_REJECT)}\n{sts(1)}"
    return {
        "stsonly.test": only,
        "ststesting.test": mail(at["SELF"], sts(2)),
        "stsmismatch.test": mail(at["MX1"], sts(3)),
        "stsbadcert.test": mail(at["MX1"], sts(4)),
    }


def _tls(lab: Lab) -> dict[str, str]:
    at = lab.addresses
    return {
        "plain.test": mail(at["PLAIN"], spf="v=spf1 +all", dmarc="v=DMARC1; p=none"),
        "expiredcert.test": mail(at["EXPIRED"]),
        "wrongname.test": mail(at["WRONG"]),
        "selfsigned.test": mail(at["SELF"], lab.tlsa("mx", tlsa(3, 1, 1, lab.material.certificate("selfsigned")))),
        "oldtls.test": mail(at["OLD"]),
        "smuggle.test": mail(at["SMUG"]),
        "inject.test": mail(at["INJ"]),
    }


def _routes(lab: Lab) -> dict[str, str]:
    at = lab.addresses
    hosts = f"down A {at['DOWN']}\ntemp A {at['TEMP']}\nup A {at['MX1']}\n"
    null = f"@ MX 0 .\n@ {txt('v=spf1 -all')}\n_dmarc {txt('v=DMARC1; p=reject')}\n*._domainkey {txt('v=DKIM1; p=')}\n"
    return {
        "failover.test": "@ MX 10 down\n@ MX 20 temp\n@ MX 30 up\n" + hosts,
        "nullmx.test": null,
        "implicitmx.test": f"@ A {at['MX1']}\n",
        "nomail.test": f"www A {at['WEB']}\n",
    }


def _policies() -> dict[str, str]:
    includes = " ".join(f"include:i{at}.spfmany.test" for at in range(11))
    included = "".join(f"i{at} {txt(f'v=spf1 ip4:10.0.0.{at} ?all')}\n" for at in range(11))
    voids = " ".join(f"a:v{at}.spfvoid.test" for at in (1, 2, 3))
    return {
        "spfloop.test": f"@ {txt('v=spf1 include:spfloop.test -all')}\n",
        "spftwo.test": f"@ {txt('v=spf1 -all')}\n@ {txt('v=spf1 +all')}\n",
        "spfmany.test": f"@ {txt(f'v=spf1 {includes} -all')}\n{included}",
        "spfvoid.test": f"@ {txt(f'v=spf1 {voids} -all')}\n",
        "dmarcbad.test": f"@ {txt('v=spf1 ~all')}\n_dmarc {txt('v=DMARC1; p=rejct; rua=dmarc@example.test')}\n",
        "report.test": f"example.test._report._dmarc {txt('v=DMARC1;')}\n",
    }


def upper_zones(lab: Lab, leaves: Mapping[str, str]) -> dict[str, str]:
    """The zones from the root down to those above; "." is the root."""
    at = lab.addresses
    hosts = {"MX1": "mx1.example.test.", "MX2": "mx2.example.test.", "PLAIN": "mx.plain.test."}
    reverse = "".join(f"{at[name].split('.')[3]}.0.0 PTR {host}\n" for name, host in hosts.items())
    return {
        "127.in-addr.arpa": reverse,
        "in-addr.arpa": "127.in-addr.arpa. NS ns.nic.test.\n",
        "arpa": "in-addr.arpa. NS ns.nic.test.\n",
        "test": f"ns.nic A {at['AUTHDNS']}\n"
        + "".join(f"{name}. NS ns.nic.test.\n" for name in leaves if name.count(".") == 1),
        ".": f"test. NS ns.nic.test.\narpa. NS ns.nic.test.\nns.nic.test. A {at['AUTHDNS']}\n",
    }
