"""Received fields to test with: those of known programs, and short ways to make others."""

from __future__ import annotations

from mailsec.message.fields import Message, parse
from mailsec.message.path.claimed import read_hop
from mailsec.message.received import Format, Hop

DATE = "; Mon, 02 Nov 2026 10:00:00 +0000"
TIME = 1793613600


def field(value: str) -> str:
    return "Received: " + value.replace("\n", "\r\n") + "\r\n"


def claimed(value: str) -> Hop:
    """One field as `path.claimed` reads it."""
    return read_hop(parse((field(value) + "\r\n").encode()).fields[0])


def message(*parts: str, rest: str = "From: joe@example.com\r\n\r\nbody\r\n") -> Message:
    """A message with `parts`, whole fields, on top."""
    return parse("".join((*parts, rest)).encode())


# name, value without its date, format, helo, tcp_name, ip, by, protocol, id, recipient
KNOWN = [
    (
        "from mail.example.com (mail.example.com [192.0.2.10])\n\t(using TLSv1.3 with cipher TLS_AES_256 (256/256 bits)\n"
        "\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\n\t(No client certificate requested)\n"
        "\tby mx.example.net (Postfix) with ESMTPS id 4XyZ1a2b3c\n\tfor <user@example.net>",
        (Format.POSTFIX, "mail.example.com", "mail.example.com", "192.0.2.10", "mx.example.net", "ESMTPS", "4XyZ1a2b3c"),
    ),
    (
        "from [10.0.0.5] (unknown [IPv6:2001:db8::25])\n\t(Authenticated sender: joe)\n"
        "\tby MX.example.net. (Postfix) with UTF8SMTPSA id A1",
        (Format.POSTFIX, "[10.0.0.5]", "", "2001:db8::25", "mx.example.net", "UTF8SMTPSA", "A1"),
    ),
    ("by mx.example.net (Postfix, from userid 1000)\n\tid 4A", (Format.POSTFIX, "", "", None, "mx.example.net", "", "4A")),
    (
        "from localhost (localhost [127.0.0.1]) by mx.example.net (ESMTP Postfix) with ESMTP id B2",
        (Format.POSTFIX, "localhost", "localhost", "127.0.0.1", "mx.example.net", "ESMTP", "B2"),
    ),
    (
        "from by (by.example.com [192.0.2.10]) by mx.example.net (Postfix) with ESMTP id B3",
        (Format.POSTFIX, "by", "by.example.com", "192.0.2.10", "mx.example.net", "ESMTP", "B3"),
    ),
    (
        "from mail.example.com ([192.0.2.10] helo=relay.example.com)\n"
        "\tby mx.example.net with esmtps  (TLS1.3) tls TLS_AES_256\n"
        "\t(Exim 4.96)\n\t(envelope-from <joe@example.com>)\n\tid 1rAbCd-000123-Xy\n\tfor user@example.net",
        (Format.EXIM, "relay.example.com", "mail.example.com", "192.0.2.10", "mx.example.net", "esmtps", "1rAbCd-000123-Xy"),
    ),
    (
        "from mail.example.com ([2001:db8::1]:40123) by mx.example.net with smtp (Exim 4.98.1) id 1",
        (Format.EXIM, "mail.example.com", "mail.example.com", "2001:db8::1", "mx.example.net", "smtp", "1"),
    ),
    (
        "from [192.0.2.10] (port=40123 helo=mail.example.com)\n\tby mx.example.net with esmtp (Exim 4.96) id 1",
        (Format.EXIM, "mail.example.com", "", "192.0.2.10", "mx.example.net", "esmtp", "1"),
    ),
    (
        "from [192.0.2.10] by mx.example.net with smtp (Exim 4.96) id 1",
        (Format.EXIM, "", "", "192.0.2.10", "mx.example.net", "smtp", "1"),
    ),
    ("from root by mx.example.net with local (Exim 4.96) id 1", (Format.EXIM, "", "", None, "mx.example.net", "local", "1")),
    ("by mx.example.net (Exim 4.96) id 1", (Format.EXIM, "", "", None, "mx.example.net", "", "1")),
    (
        "from mail.example.com (mail.example.com [192.0.2.10])\n"
        "\tby mx.example.net (8.17.1/8.17.1/Debian-2) with ESMTPS id 3A2B\n"
        "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\n\tfor <user@example.net>",
        (Format.SENDMAIL, "mail.example.com", "mail.example.com", "192.0.2.10", "mx.example.net", "ESMTPS", "3A2B"),
    ),
    (
        "from forged.example (host.example.com [192.0.2.10] (may be forged)) by mx.example.net (8.15.2/8.15.2) with SMTP id 3",
        (Format.SENDMAIL, "forged.example", "", "192.0.2.10", "mx.example.net", "SMTP", "3"),
    ),
    (
        "from mail.example.com (IDENT:joe@mail.example.com [192.0.2.10])"
        " by mx.example.net (8.12.11.20060308/8.12.11) with ESMTP id 3",
        (Format.SENDMAIL, "mail.example.com", "mail.example.com", "192.0.2.10", "mx.example.net", "ESMTP", "3"),
    ),
    (
        "from mail.example.com ([192.0.2.10]) by mx.example.net (8.17.1/8.17.1) with ESMTP id 3",
        (Format.SENDMAIL, "mail.example.com", "", "192.0.2.10", "mx.example.net", "ESMTP", "3"),
    ),
    (
        "from root@localhost by mx.example.net (8.17.1/8.17.1/Submit) id 3",
        (Format.SENDMAIL, "", "", None, "mx.example.net", "", "3"),
    ),
    ("from joe@localhost by mx.example.net (8.17.1/8.17.1) id 3", (Format.SENDMAIL, "", "", None, "mx.example.net", "", "3")),
    (
        "from mail.example.com (192.0.2.10) by\n MX1.mail.example.net (10.0.0.16) with Microsoft SMTP Server (version=TLS1_3,\n"
        " cipher=TLS_AES_256_GCM_SHA384) id 15.20.8114.16 via Frontend Transport",
        (
            Format.EXCHANGE,
            "mail.example.com",
            "",
            "192.0.2.10",
            "mx1.mail.example.net",
            "Microsoft SMTP Server",
            "15.20.8114.16",
        ),
    ),
    (
        "from AM1PR01.example.com (2603:10a6::1)"
        " by AM2PR01.example.com (2603:10a6::2) with Microsoft SMTP Server id 15.20.8114.16",
        (
            Format.EXCHANGE,
            "AM1PR01.example.com",
            "",
            "2603:10a6::1",
            "am2pr01.example.com",
            "Microsoft SMTP Server",
            "15.20.8114.16",
        ),
    ),
    (
        "from A.example.com ([fe80::1]) by B.example.com ([fe80::2%5]) with mapi id 15.20.8114.016",
        (Format.EXCHANGE, "A.example.com", "", "fe80::1", "b.example.com", "mapi", "15.20.8114.016"),
    ),
    (
        "from mail.example.com (mail.example.com. [192.0.2.10])\n"
        "        by mx.google.com with ESMTPS id 5b1f17b1804b1-43.2026.11\n"
        "        for <user@gmail.com>\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)",
        (
            Format.GMAIL,
            "mail.example.com",
            "mail.example.com",
            "192.0.2.10",
            "mx.google.com",
            "ESMTPS",
            "5b1f17b1804b1-43.2026.11",
        ),
    ),
    ("by 2002:a05:6a10:1::1 with SMTP id x1", (Format.GMAIL, "", "", None, "2002:a05:6a10:1::1", "SMTP", "x1")),
    (
        "from mx.example.net ([10.1.2.3]) by imap.example.net"
        " with LMTP id aBc (envelope-from <a@b.example>) for <user@example.net>",
        (Format.DOVECOT, "mx.example.net", "", "10.1.2.3", "imap.example.net", "LMTP", "aBc"),
    ),
    (
        "from mx.example.net by mx.example.net with LMTP id aBc",
        (Format.DOVECOT, "mx.example.net", "", None, "mx.example.net", "LMTP", "aBc"),
    ),
    (
        "from mx.example.net ([127.0.0.1])"
        " by localhost (mx.example.net [127.0.0.1]) (amavisd-new, port 10024) with ESMTP id q1",
        (Format.AMAVIS, "mx.example.net", "", "127.0.0.1", "localhost", "ESMTP", "q1"),
    ),
]
