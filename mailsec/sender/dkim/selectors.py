"""Selectors worth asking for: the DNS has no list of a domain's selectors (RFC 6376 section 3.1), so they are guessed."""

from __future__ import annotations

from collections.abc import Iterable

from mailsec.core.domains import is_within

COMMON: tuple[str, ...] = (
    "default",
    "google",
    "selector1",
    "selector2",
    "s1",
    "s2",
    "k1",
    "k2",
    "k3",
    "mail",
    "dkim",
    "email",
    "key1",
    "key2",
    "smtp",
    "x",
    "mx",
    "mandrill",
    "everlytickey1",
    "everlytickey2",
    "mxvault",
    "fm1",
    "fm2",
    "fm3",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "zoho",
    "zmail",
    "cm",
    "pm",
    "mailjet",
    "sig1",
    "pic",
    "mta",
    "20230601",
    "dkim1",
    "dkim2",
)
"""Selectors that many domains use, whoever runs their mail."""

_PROVIDERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("google.com", "googlemail.com", "psmtp.com"), ("google", "20230601", "20221208", "20161025")),
    (("outlook.com", "microsoft.com", "office365.us", "olc.protection.outlook.com"), ("selector1", "selector2")),
    (("messagingengine.com", "fastmail.com"), ("fm1", "fm2", "fm3", "mesmtp")),
    (("protonmail.ch", "proton.me", "protonmail.com"), ("protonmail", "protonmail2", "protonmail3")),
    (("icloud.com", "apple.com"), ("sig1",)),
    (("zoho.com", "zoho.eu", "zoho.in", "zohomail.com", "zohomail.eu"), ("zoho", "zmail", "zohomail")),
    (("yandex.net", "yandex.ru"), ("mail",)),
    (("mail.ru",), ("mailru",)),
    (("sendgrid.net",), ("s1", "s2", "smtpapi", "m1")),
    (("mailgun.org",), ("k1", "mailo", "mx", "smtp", "pic", "mta")),
    (("mandrillapp.com", "mcsv.net", "mailchimp.com", "rsgsv.net"), ("mandrill", "mte1", "mte2", "k1", "k2", "k3")),
    (("mailjet.com",), ("mailjet",)),
    (("mtasv.net", "postmarkapp.com"), ("pm", "20160929")),
    (("sparkpostmail.com",), ("scph0920", "scph0222")),
    (("sendinblue.com", "brevo.com"), ("mail", "brevo1", "brevo2")),
    (("salesforce.com", "exacttarget.com"), ("200608",)),
    (("hubspotemail.net", "hubspot.com"), ("hs1", "hs2")),
    (("zendesk.com",), ("zendesk1", "zendesk2")),
    (("freshdesk.com", "freshemail.io"), ("fwdkim1", "fdm")),
    (("createsend.com", "cmail1.com", "cmail2.com"), ("cm",)),
    (("everlytic.net",), ("everlytickey1", "everlytickey2")),
    (("mimecast.com",), ("mimecast20190104", "selector", "mimecast")),
    (("pphosted.com", "proofpoint.com"), ("proofpoint", "pps1", "selector1")),
    (("kundenserver.de", "ionos.com", "ionos.de", "perfora.net"), ("s1-ionos", "s2-ionos")),
    (("ovh.net", "ovh.com"), ("ovhmo1", "ovhmo2", "mail")),
    (("gandi.net",), ("gm1", "gm2", "gm3")),
    (("hostinger.com",), ("hostingermail1", "hostingermail2", "hostingermail-a", "hostingermail-b", "hostingermail-c")),
    (("migadu.com",), ("key1", "key2", "key3")),
    (("tutanota.de", "tuta.com"), ("s1", "s2")),
    (("mailbox.org",), ("mbo0001", "mbo0002", "mbo0003", "mbo0004")),
    (("privateemail.com", "registrar-servers.com"), ("default", "privateemail")),
    (("elasticemail.com",), ("api",)),
    (("amazonses.com", "amazonaws.com"), ("amazonses", "ses")),
)
"""Names of providers' hosts and records, and the selectors that their customers are told to publish."""


def inferred(mx_hosts: Iterable[str], spf_includes: Iterable[str]) -> tuple[str, ...]:
    """The selectors of the providers whose hosts are in MX or whose records are included in SPF; names in any case."""
    names = [name.lower().removesuffix(".") for name in (*mx_hosts, *spf_includes)]
    found = (selector for suffixes, selectors in _PROVIDERS if _any_within(names, suffixes) for selector in selectors)
    return tuple(dict.fromkeys(found))


def _any_within(names: Iterable[str], suffixes: Iterable[str]) -> bool:
    return any(is_within(name, suffix) for suffix in suffixes for name in names)
