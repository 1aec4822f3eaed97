"""A small world of authorities and persons, made here: certificates as they should be and as they should not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.certificates import NOW, Issued, issue

ALICE = "alice@example.org"
MAIL, SERVER = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH
ANY_POLICY, POLICY, OTHER_POLICY = (x509.ObjectIdentifier(each) for each in ("2.5.29.32.0", "1.2.3.4.1", "1.2.3.4.2"))

EARLY, EXPIRED = "the certificate is not valid before", "the certificate has expired"
NO_MAIL, NO_SIGNING = "the certificate is not for mail", "the certificate is not for signing"
SELF, ROOT = "the certificate is self-signed", "the certificate's chain ends in a root that is not trusted"
ISSUER, REVOKED = "the certificate's issuer is not known", "the certificate is revoked"


def usage(*names: str) -> tuple[x509.KeyUsage, bool]:
    every = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    flags = {name: name in names for name in (*every.split(), "encipher_only", "decipher_only")}
    return x509.KeyUsage(**flags), True


def purpose(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtendedKeyUsage, bool]:
    return x509.ExtendedKeyUsage(oids), False


def policies(*oids: x509.ObjectIdentifier) -> tuple[x509.CertificatePolicies, bool]:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids]), False


def constraint(*, permitted: str = "", excluded: str = "") -> tuple[x509.NameConstraints, bool]:
    inside = [x509.RFC822Name(permitted)] if permitted else None
    outside = [x509.RFC822Name(excluded)] if excluded else None
    return x509.NameConstraints(inside, outside), True


def crl(
    issuer: Issued,
    *revoked: Issued,
    signer: Issued | None = None,
    days: tuple[int, int] = (-1, 7),
    when: int = -2,
    reason: x509.ReasonFlags | None = x509.ReasonFlags.key_compromise,
    invalid: int | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """A list of `issuer` in DER, `when` in days from NOW the time of revocation, `invalid` the date of invalidity."""
    at = datetime.fromtimestamp(NOW, UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.name)
    builder = builder.last_update(at + timedelta(days[0])).next_update(at + timedelta(days[1]))
    for each in revoked:
        serial = x509.load_der_x509_certificate(each.der).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at + timedelta(when))
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        if invalid is not None:
            entry = entry.add_extension(x509.InvalidityDate(at + timedelta(invalid)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign((signer or issuer).key, SHA256()).public_bytes(Encoding.DER)


def signed(made: asn1_crl.CertificateList, issuer: Issued) -> bytes:
    """A list signed anew, after it was changed."""
    made["signature"] = issuer.key.sign(made["tbs_cert_list"].dump(), ec.ECDSA(SHA256()))
    return made.dump()


def without_end(der: bytes, issuer: Issued) -> bytes:
    """A list without its nextUpdate, signed anew."""
    made = asn1_crl.CertificateList.load(der)
    made["tbs_cert_list"]["next_update"] = None
    return signed(made, issuer)


def response(
    issuer: Issued, of: Issued, *, good: bool, signer: Issued | None = None, days: tuple[int, int | None] = (-1, 7)
) -> bytes:
    """An OCSP response in DER; `signer` other than `issuer` shows its certificate in it."""
    at = datetime.fromtimestamp(NOW, UTC)
    state = ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED
    subject, above = (x509.load_der_x509_certificate(each.der) for each in (of, issuer))
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=subject,
        issuer=above,
        algorithm=SHA256(),
        cert_status=state,
        this_update=at + timedelta(days[0]),
        next_update=None if days[1] is None else at + timedelta(days[1]),
        revocation_time=None if good else at - timedelta(2),
        revocation_reason=None if good else x509.ReasonFlags.key_compromise,
    )
    responder = x509.load_der_x509_certificate((signer or issuer).der)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
    if signer is not None:
        builder = builder.certificates([responder])
    return builder.sign((signer or issuer).key, SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Case:
    """A chain as a message carries it, the roots, and what is wrong as the reasons begin ("neutral" first: no trusted root).

    `openssl` says that `openssl verify` agrees; a text says why it does not.
    """

    chain: tuple[Issued, ...]
    roots: tuple[Issued, ...]
    flaws: tuple[str, ...] = ()
    whose: str = "alice"
    neutral: bool = False
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    openssl: str = ""


@cache
def world() -> dict[str, Issued]:
    """The authorities that most cases share."""
    root = issue("Root", authority=True, extensions=[usage("key_cert_sign", "crl_sign")])
    middle = issue("Middle", root, authority=True, extensions=[usage("key_cert_sign", "crl_sign")])
    return {"root": root, "middle": middle, "other": issue("Other", authority=True)}


def person(issuer: Issued | None = None, *addresses: str, **options: Any) -> Issued:
    """Alice's certificate of `issuer`, Middle's where none is given."""
    options.setdefault("extensions", [usage("digital_signature"), purpose(MAIL)])
    return issue("alice", issuer or world()["middle"], *(addresses or (ALICE,)), **options)


def authority(name: str, issuer: Issued | None = None, **options: Any) -> Issued:
    """An authority below `issuer`, Root where none is given."""
    return issue(name, issuer or world()["root"], authority=True, **options)


@cache
def cases() -> dict[str, Case]:
    """Every case by its name."""
    return {**_paths(), **_dates_and_usages(), **_names_and_policies(), **_strengths(), **_revocations()}


def _case(*chain: Issued, roots: tuple[Issued, ...] | None = None, flaws: tuple[str, ...] = (), **options: Any) -> Case:
    return Case(chain, (world()["root"],) if roots is None else roots, flaws, **options)


def _paths() -> dict[str, Case]:
    root, middle, other = world()["root"], world()["middle"], world()["other"]
    alice = person()
    selfmade = issue("alice", None, ALICE, extensions=[usage("digital_signature")])
    plain = issue("Plain", root)
    forged = issue("Middle", authority=True, extensions=[usage("key_cert_sign")])
    circle = _circle()
    deep = [root]
    for number in range(12):
        deep.append(authority(f"Deep {number}", deep[-1]))
    short = authority("Short", extensions=[])
    limited = _limited()
    crossed = issue("Middle", other, authority=True, key=middle.key)
    strangers = [issue(f"Stranger {number}", other, authority=True) for number in range(100)] * 10
    return {
        "good": _case(alice, middle),
        "good, with its root": _case(alice, middle, root),
        "in another order, with strangers": _case(alice, other, root, plain, middle),
        "straight from the root": _case(person(root)),
        "over either of two roots": _case(alice, crossed, middle, roots=(other, root)),
        "over the other root": _case(alice, middle, crossed, roots=(other,), openssl="it gives up at the first Middle"),
        "self-signed": _case(selfmade, flaws=(SELF,), neutral=True),
        "self-signed and trusted": _case(selfmade, roots=(selfmade,)),
        "an unknown root": _case(alice, middle, root, roots=(other,), flaws=(ROOT,), whose="Root", neutral=True),
        "an unknown issuer": _case(alice, flaws=(ISSUER,), whose="Middle", neutral=True),
        "no roots at all": _case(alice, middle, roots=(), flaws=(ISSUER,), whose="Root", neutral=True),
        "issued by somebody who is no authority": _case(
            person(plain), plain, flaws=("the certificate is not a CA",), whose="Plain"
        ),
        "an authority that may not sign": _case(
            *_below(authority("Mute", extensions=[usage("crl_sign")])),
            flaws=("the certificate is not allowed to sign",),
            whose="Mute",
        ),
        "another authority's name": _case(
            person(forged), middle, flaws=("the signature of the certificate could not be verified",)
        ),
        "a circle": _case(*circle, flaws=(ISSUER,), whose="Circle", neutral=True),
        "a thousand strangers behind": _case(alice, middle, *strangers),
        "a thousand strangers before": _case(
            alice, *strangers, middle, flaws=(ISSUER,), whose="Middle", neutral=True, openssl="it looks at all of them"
        ),
        "too deep": _case(
            person(deep[-1]), *reversed(deep[1:]), flaws=(ISSUER,), whose="Deep", neutral=True, openssl="it goes deeper"
        ),
        "as deep as can be": _case(person(deep[8]), *deep[1:9]),
        "a path longer than its authority allows": _case(*limited, flaws=("it exceeds the maximum path",), whose="Upper"),
        "a root that is no authority": _case(
            person(plain), roots=(plain,), flaws=("the trusted certificate is no authority",), whose="Plain"
        ),
        "straight from a trusted authority below a root": _case(
            person(short), roots=(short,), openssl="it wants the whole way up"
        ),
    }


def _below(issuer: Issued, **options: Any) -> tuple[Issued, ...]:
    return person(issuer, **options), issuer


def _circle() -> tuple[Issued, ...]:
    first = issue("Circle A", authority=True)
    second = issue("Circle B", first, authority=True)
    back = issue("Circle A", second, authority=True, key=first.key)
    return person(second), second, back


def _limited() -> tuple[Issued, ...]:
    upper = issue("Upper", world()["root"], authority=None, extensions=[(x509.BasicConstraints(True, 0), True)])
    lower = authority("Lower", upper)
    return person(lower), lower, upper


def _dates_and_usages() -> dict[str, Case]:
    middle = world()["middle"]
    stale = authority("Stale", days=(-90, -1))
    old = issue("Old", authority=True, days=(-90, -1))
    serving = authority("Serving", extensions=[purpose(SERVER)])
    signing = usage("digital_signature")
    return {
        "expired": _case(person(days=(-90, -1)), middle, flaws=(EXPIRED,)),
        "not valid yet": _case(person(days=(5, 9)), middle, flaws=(EARLY,)),
        "an expired issuer": _case(person(stale), stale, flaws=(EXPIRED,), whose="Stale"),
        "an expired root": _case(person(old), roots=(old,), flaws=(EXPIRED,), whose="Old"),
        "expired before its issuer began": _case(person(days=(-90, -20)), middle, flaws=(EXPIRED,)),
        "expired, and not for mail": _case(
            person(days=(-90, -1), extensions=[purpose(SERVER)]), middle, flaws=(NO_MAIL, EXPIRED)
        ),
        "for servers": _case(person(extensions=[signing, purpose(SERVER)]), middle, flaws=(NO_MAIL,)),
        "for servers and mail": _case(person(extensions=[signing, purpose(SERVER, MAIL)]), middle),
        "for anything": _case(
            person(extensions=[signing, purpose(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)]),
            middle,
            openssl="it wants it named",
        ),
        "without any usage": _case(person(extensions=[]), middle),
        "for encryption": _case(person(extensions=[usage("key_agreement")]), middle, flaws=(NO_SIGNING,)),
        "for what cannot be denied": _case(person(extensions=[usage("content_commitment")]), middle),
        "an authority for servers": _case(person(serving), serving, flaws=(NO_MAIL,), whose="Serving"),
        "self-signed and expired": _case(issue("alice", None, ALICE, days=(-90, -1)), flaws=(EXPIRED, SELF)),
    }


def _names_and_policies() -> dict[str, Case]:
    root, middle = world()["root"], world()["middle"]
    inside = authority("Inside", extensions=[constraint(permitted="example.org")])
    host = authority("Host", extensions=[constraint(permitted=".example.org")])
    outside = authority("Outside", extensions=[constraint(excluded="example.org")])
    narrow_root = issue("Narrow", authority=True, extensions=[constraint(permitted="example.net")])
    strict = authority("Strict", extensions=[policies(POLICY), (x509.PolicyConstraints(0, None), True)])
    any_root = issue("Any", authority=True, extensions=[policies(ANY_POLICY)])
    in_subject = [x509.NameAttribute(NameOID.EMAIL_ADDRESS, "alice@example.net")]
    nameless = issue("alice", inside, subject=in_subject)
    mailbox = authority("Mailbox", extensions=[constraint(permitted=ALICE)])
    no_mailbox = authority("No mailbox", extensions=[constraint(excluded=ALICE)])
    no_host = authority("No host", extensions=[constraint(excluded=".example.org")])
    odd = authority("Odd", extensions=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)])
    unknown = ("the certificate contains the following unsupported critical",)
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True
    permitted, excluded = (
        ("not all names of the certificate are in the permitted",),
        ("some names of the certificate are excluded",),
    )
    no_policy = ("there is no valid set of policies",)
    return {
        "a permitted name": _case(*_below(inside)),
        "a name that is not permitted": _case(person(inside, "alice@example.net"), inside, flaws=permitted),
        "the name of a host below": _case(person(host, "alice@mail.example.org"), host),
        "the domain itself where hosts below are permitted": _case(*_below(host), flaws=permitted),
        "a host below where the domain itself is permitted": _case(
            person(inside, "alice@mail.example.org"), inside, flaws=permitted
        ),
        "a permitted name in capitals": _case(person(inside, "alice@EXAMPLE.org"), inside),
        "a permitted mailbox": _case(*_below(mailbox)),
        "another mailbox than is permitted": _case(person(mailbox, "bob@example.org"), mailbox, flaws=permitted),
        "an excluded mailbox": _case(*_below(no_mailbox), flaws=excluded),
        "another mailbox than is excluded": _case(person(no_mailbox, "bob@example.org"), no_mailbox),
        "an excluded host below": _case(person(no_host, "alice@mail.example.org"), no_host, flaws=excluded),
        "the domain itself where hosts below are excluded": _case(*_below(no_host)),
        "one name permitted, the other not": _case(person(inside, ALICE, "alice@example.net"), inside, flaws=permitted),
        "a name in the subject that is not permitted": _case(nameless, inside, flaws=permitted),
        "an excluded name": _case(*_below(outside), flaws=excluded),
        "a name that its root does not permit": _case(person(narrow_root), roots=(narrow_root,), flaws=permitted),
        "a policy": _case(person(strict, extensions=[policies(POLICY)]), strict),
        "no policy where one is wanted": _case(*_below(strict), flaws=no_policy),
        "another policy than is wanted": _case(person(strict, extensions=[policies(OTHER_POLICY)]), strict, flaws=no_policy),
        "a root with every policy": _case(person(any_root), roots=(any_root,)),
        "an extension that nobody knows": _case(person(extensions=[strange]), middle, flaws=unknown),
        "an authority's extension that nobody knows": _case(*_below(odd), flaws=unknown, whose="Odd"),
        "root of another name, same key": _case(
            person(root), roots=(issue("Rooot", authority=True, key=root.key),), flaws=(ISSUER,), whose="Root", neutral=True
        ),
    }


def _strengths() -> dict[str, Case]:
    middle = world()["middle"]
    old = authority("Sha", key=rsa.generate_private_key(65537, 2048))
    forged = _with_sha1(authority("Forged", old), old)
    weak = authority("Weak", key=rsa.generate_private_key(65537, 1024))
    return {
        "RSA": _case(person(key=rsa.generate_private_key(65537, 2048)), middle),
        "Ed25519": _case(person(key=ed25519.Ed25519PrivateKey.generate()), middle),
        "a short RSA key": _case(
            person(key=rsa.generate_private_key(65537, 1024)),
            middle,
            flaws=("the certificate has an RSA key of 1024 bits",),
            openssl="level",
        ),
        "a DSA key": _case(
            person(key=dsa.generate_private_key(2048)), middle, flaws=("the certificate has a DSA key",), openssl="level"
        ),
        "signed with SHA-1": _case(
            _with_sha1(person(old), old), old, flaws=("the certificate is signed with sha1",), openssl="level"
        ),
        "an authority signed with SHA-1": _case(
            person(forged), forged, old, flaws=("the certificate is signed with sha1",), whose="Forged", openssl="level"
        ),
        "an authority with a short RSA key": _case(
            *_below(weak), flaws=("the certificate has an RSA key of 1024 bits",), whose="Weak", openssl="level"
        ),
    }


def _with_sha1(certificate: Issued, issuer: Issued) -> Issued:
    """The certificate signed anew, as `cryptography` does not any more."""
    made = asn1_x509.Certificate.load(certificate.der)
    made["tbs_certificate"]["signature"]["algorithm"] = made["signature_algorithm"]["algorithm"] = "sha1_rsa"
    made["signature_value"] = issuer.key.sign(made["tbs_certificate"].dump(force=True), padding.PKCS1v15(), SHA1())
    return Issued(made.dump(force=True), certificate.key)


def _revocations() -> dict[str, Case]:
    root, middle, other = world()["root"], world()["middle"], world()["other"]
    alice = person()
    nobody = crl(root), crl(middle)
    responder = issue("Responder", middle, extensions=[usage("digital_signature"), purpose(ExtendedKeyUsageOID.OCSP_SIGNING)])
    good = response(root, middle, good=True)
    late = person(days=(-1, 300))
    no_crl = "it is not asked about OCSP"
    return {
        "not revoked": _case(alice, middle, crls=nobody),
        "revoked": _case(alice, middle, crls=(crl(root), crl(middle, alice)), flaws=(REVOKED,)),
        "revoked by a list among others": _case(
            alice, middle, crls=(crl(other), crl(middle, alice), crl(root)), flaws=(REVOKED,)
        ),
        "a revoked authority": _case(alice, middle, crls=(crl(root, middle), crl(middle)), flaws=(REVOKED,), whose="Middle"),
        "revoked later": _case(
            late,
            middle,
            crls=(crl(root), crl(middle, late, days=(2, 9), when=1, reason=x509.ReasonFlags.superseded)),
            openssl="it wants lists of that day",
        ),
        "its key was lost, as was found out later": _case(
            late,
            middle,
            crls=(crl(root), crl(middle, late, days=(2, 9), when=1)),
            flaws=(REVOKED,),
        ),
        "somebody else is revoked": _case(alice, middle, crls=(crl(root), crl(middle, person()))),
        "revoked, says OCSP": _case(
            alice, middle, ocsps=(response(middle, alice, good=False),), flaws=(REVOKED,), openssl=no_crl
        ),
        "good, says OCSP": _case(alice, middle, ocsps=(response(middle, alice, good=True), good)),
        "revoked, says a responder": _case(
            alice, middle, ocsps=(response(middle, alice, good=False, signer=responder),), flaws=(REVOKED,), openssl=no_crl
        ),
        "good, says OCSP, revoked, says the list": _case(
            alice,
            middle,
            ocsps=(response(middle, alice, good=True), good),
            crls=(crl(root), crl(middle, alice)),
            flaws=(REVOKED,),
        ),
    }
