"""Who gives mailboxes to anybody, and whose hosts send for many: facts, as the services document them for their customers."""

from __future__ import annotations

# domains in which anybody can have a mailbox
MAILBOXES = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.co.jp", "ymail.com"),
        *("rocketmail.com", "aol.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "live.com", "msn.com"),
        *("icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.com", "gmx.de"),
        *("gmx.net", "gmx.com", "gmx.at", "web.de", "freenet.de", "t-online.de", "mail.com", "email.com", "mail.ru"),
        *("inbox.ru", "list.ru", "bk.ru", "yandex.ru", "yandex.com", "ya.ru", "rambler.ru", "qq.com", "foxmail.com"),
        *("163.com", "126.com", "yeah.net", "sina.com", "sohu.com", "aliyun.com", "139.com", "naver.com", "daum.net"),
        *("hanmail.net", "zoho.com", "zohomail.com", "fastmail.com", "hey.com", "orange.fr", "laposte.net", "free.fr"),
        *("wanadoo.fr", "libero.it", "virgilio.it", "tiscali.it", "seznam.cz", "wp.pl", "o2.pl", "onet.pl", "interia.pl"),
        *("ukr.net", "rediffmail.com", "terra.com.br", "uol.com.br", "bol.com.br", "comcast.net", "verizon.net", "att.net"),
    }
)

# the SPF records that a service has its customers include: every customer's mail, and often every mailbox, passes by them
RELAYS = {
    "_spf.google.com": "Google Workspace and Gmail",
    "spf.protection.outlook.com": "Microsoft 365",
    "amazonses.com": "Amazon SES",
    "sendgrid.net": "SendGrid",
    "mailgun.org": "Mailgun",
    "servers.mcsv.net": "Mailchimp",
    "spf.mandrillapp.com": "Mandrill",
    "mktomail.com": "Marketo",
    "_spf.salesforce.com": "Salesforce",
    "spf.mtasv.net": "Postmark",
    "mail.zendesk.com": "Zendesk",
    "spf.mailjet.com": "Mailjet",
    "spf.sendinblue.com": "Brevo",
    "spf.brevo.com": "Brevo",
    "zoho.com": "Zoho Mail",
    "_spf.protonmail.ch": "Proton Mail",
    "spf.messagingengine.com": "Fastmail",
    "_spf.yandex.net": "Yandex 360",
    "spf.mail.qq.com": "Tencent Exmail",
    "spf.163.com": "NetEase",
    "spf.qiye.aliyun.com": "Alibaba Mail",
    "spf.mxhichina.com": "Alibaba Mail",
    "secureserver.net": "GoDaddy",
    "mx.ovh.com": "OVHcloud",
    "_spf.perfora.net": "IONOS",
    "_spf.kundenserver.de": "IONOS",
    "spf.ess.barracudanetworks.com": "Barracuda",
    "_netblocks.mimecast.com": "Mimecast",
    "relay.mailchannels.net": "MailChannels",
    "sparkpostmail.com": "SparkPost",
    "helpscoutemail.com": "Help Scout",
    "spf.hubspotemail.net": "HubSpot",
    "_spf.hostedemail.com": "OpenSRS",
    "spf.efwd.registrar-servers.com": "Namecheap forwarding",
    "_spf.mx.cloudflare.net": "Cloudflare Email Routing",
    "icloud.com": "iCloud Mail",
}


def relay(include: str) -> str:
    """The service behind an included name; "" where it is not known."""
    name = include.lower().rstrip(".")
    return next((service for domain, service in RELAYS.items() if name == domain or name.endswith("." + domain)), "")
