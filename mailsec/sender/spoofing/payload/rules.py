"""What can be found about the links, forms and attachments that a message carries."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_LURE = (Threat.PHISHING,)
_EXHAUSTION = (Threat.UNAVAILABLE,)
_NEVER_OPEN = "Do not open it; let somebody look at it who can do so on a machine made for that."
_DO_NOT_FOLLOW = "Do not follow the link: go to the site by the address that you know."

LINK_TEXT = Rule(
    "payload-link-text",
    Severity.MEDIUM,
    "A link shows another site than it leads to",
    "CWE-451",
    _LURE,
    _DO_NOT_FOLLOW,
)
LINK_DISGUISED = Rule(
    "payload-link-disguised",
    Severity.HIGH,
    "A link is written so that it is taken for another site's",
    "RFC 3986 section 7.6",
    _LURE,
    _DO_NOT_FOLLOW,
)
LINK_NUMBER = Rule(
    "payload-link-number",
    Severity.LOW,
    "A link leads to an IP number, not to a name",
    "RFC 3986 section 7.4",
    _LURE,
    "Ask who has this address: honest sites have names.",
)
LINK_SCHEME = Rule(
    "payload-link-scheme",
    Severity.HIGH,
    "A link runs a script, opens a program or holds its own page",
    "RFC 3986 section 7",
    _LURE,
    "Do not follow the link: no honest message needs such a scheme.",
)
LINK_NESTED = Rule(
    "payload-link-nested",
    Severity.INFO,
    "A link carries the address of another site",
    "CWE-601",
    _LURE,
    "Look at the inner address too: many sites send a visitor on to whatever address a link names.",
)
LINK_IDN = Rule(
    "payload-link-idn",
    Severity.INFO,
    "A link leads to an internationalized name",
    "RFC 5891 section 4.2",
    _LURE,
    "Compare the name with the one that you expect, letter by letter, in its A-label form.",
)
FORM = Rule(
    "payload-form",
    Severity.LOW,
    "A form in the message sends what is typed to another site",
    "MITRE ATT&CK T1598",
    _LURE,
    "Type nothing into a message: go to the site by the address that you know.",
)
FORM_PASSWORD = Rule(
    "payload-form-password",
    Severity.HIGH,
    "A form in the message asks for a password",
    "MITRE ATT&CK T1598",
    _LURE,
    "Type nothing into a message: nobody honest asks for a password by mail.",
)
REFRESH = Rule(
    "payload-refresh",
    Severity.MEDIUM,
    "A page in the message leads on to another site by itself",
    "MITRE ATT&CK T1566",
    _LURE,
    "Do not open the page.",
)
HTML_LIMIT = Rule(
    "payload-html-limit",
    Severity.LOW,
    "A page with more text or links than is read",
    "mailsec limit",
    _EXHAUSTION,
    "Look at the part by hand: honest messages are far shorter.",
)
HTML_ATTACHMENT = Rule(
    "payload-html-attachment",
    Severity.LOW,
    "A web page is attached as a file",
    "MITRE ATT&CK T1566.001",
    _LURE,
    "Do not open it in a browser: an attached page can imitate any site's login.",
)
HTML_ACTIVE = Rule(
    "payload-html-active",
    Severity.MEDIUM,
    "An attached web page runs scripts",
    "MITRE ATT&CK T1566.001",
    _LURE,
    "Do not open it in a browser: what it shows can differ from what a scanner sees.",
)
HTML_SMUGGLING = Rule(
    "payload-html-smuggling",
    Severity.HIGH,
    "A script in a page builds a file and hands it to the reader",
    "MITRE ATT&CK T1027.006",
    _LURE,
    _NEVER_OPEN,
)
PROGRAM = Rule(
    "payload-program",
    Severity.HIGH,
    "An attachment is a program, or runs when it is opened",
    "MITRE ATT&CK T1204.002",
    _LURE,
    _NEVER_OPEN,
)
DISK_IMAGE = Rule(
    "payload-disk-image",
    Severity.MEDIUM,
    "An attachment is a disk image",
    "MITRE ATT&CK T1553.005",
    _LURE,
    "Do not mount it: files in a disk image lose the mark that says they come from outside.",
)
OFFICE_MACROS = Rule(
    "payload-office-macros",
    Severity.MEDIUM,
    "An office document holds macros",
    "MITRE ATT&CK T1059.005",
    _LURE,
    "Do not allow its macros; ask the sender for a document without.",
)
DOUBLE_EXTENSION = Rule(
    "payload-double-extension",
    Severity.HIGH,
    "A file name pretends to be a document's, and is a program's",
    "MITRE ATT&CK T1036.007",
    _LURE,
    _NEVER_OPEN,
)
HIDDEN_EXTENSION = Rule(
    "payload-hidden-extension",
    Severity.HIGH,
    "A file name is written so that its end is not seen",
    "MITRE ATT&CK T1036.002",
    _LURE,
    _NEVER_OPEN,
)
TYPE_MISMATCH = Rule(
    "payload-type-mismatch",
    Severity.MEDIUM,
    "A part is not what its type or name says",
    "MITRE ATT&CK T1036.008",
    _LURE,
    "Go by the content, not by the name: see what kind it is and whether you expect such a file.",
)
ARCHIVE_PROGRAM = Rule(
    "payload-archive-program",
    Severity.HIGH,
    "An archive holds a program, or a file that runs when it is opened",
    "MITRE ATT&CK T1204.002",
    _LURE,
    _NEVER_OPEN,
)
ARCHIVE_ENCRYPTED = Rule(
    "payload-archive-encrypted",
    Severity.MEDIUM,
    "An archive is encrypted, so that no scanner sees its content",
    "MITRE ATT&CK T1027.013",
    _LURE,
    "Do not open it with a password that stands in the same message.",
)
ARCHIVE_BOMB = Rule(
    "payload-archive-bomb",
    Severity.HIGH,
    "An archive is made to exhaust whoever unpacks it",
    "CWE-409",
    _EXHAUSTION,
    "Do not unpack it.",
)
ARCHIVE_NAMES = Rule(
    "payload-archive-names",
    Severity.HIGH,
    "An archive has member names that lead out of its folder or are not what they seem",
    "CWE-22",
    (Threat.PHISHING, Threat.TAMPERING),
    "Do not unpack it.",
)
ARCHIVE_CONFLICT = Rule(
    "payload-archive-conflict",
    Severity.HIGH,
    "An archive's two tables of contents contradict each other",
    "CWE-436",
    _LURE,
    "Do not unpack it: programs disagree about what is in it.",
)
ARCHIVE_BROKEN = Rule(
    "payload-archive-broken",
    Severity.INFO,
    "An archive cannot be listed to its end",
    "mailsec limit",
    (),
    "Look whether the message was cut off.",
)
ARCHIVE_OPAQUE = Rule(
    "payload-archive-opaque",
    Severity.INFO,
    "An archive of a kind that is not listed",
    "mailsec limit",
    (),
    "Look into it by other means before you open it.",
)
ARCHIVE_LIMIT = Rule(
    "payload-archive-limit",
    Severity.LOW,
    "An archive holds more than is looked at",
    "mailsec limit",
    _EXHAUSTION,
    "Look into it by other means: what lies beyond the limit was not judged.",
)
FAKE_REPLY = Rule(
    "payload-fake-reply",
    Severity.INFO,
    "The Subject says that it is a reply, and no field says to what",
    "RFC 5322 section 3.6.4",
    _LURE,
    "Look whether you ever wrote the message that this one pretends to answer.",
)

RULES: tuple[Rule, ...] = (
    *(LINK_TEXT, LINK_DISGUISED, LINK_NUMBER, LINK_SCHEME, LINK_NESTED, LINK_IDN, FORM, FORM_PASSWORD, REFRESH),
    *(HTML_LIMIT, HTML_ATTACHMENT, HTML_ACTIVE, HTML_SMUGGLING, PROGRAM, DISK_IMAGE, OFFICE_MACROS),
    *(DOUBLE_EXTENSION, HIDDEN_EXTENSION, TYPE_MISMATCH),
    *(ARCHIVE_PROGRAM, ARCHIVE_ENCRYPTED, ARCHIVE_BOMB, ARCHIVE_NAMES, ARCHIVE_CONFLICT, ARCHIVE_BROKEN),
    *(ARCHIVE_OPAQUE, ARCHIVE_LIMIT, FAKE_REPLY),
)

OF_LINKS = frozenset(
    rule.id
    for rule in (LINK_TEXT, LINK_DISGUISED, LINK_NUMBER, LINK_SCHEME, LINK_NESTED, LINK_IDN, FORM, FORM_PASSWORD, REFRESH)
)
"""The ids of the rules about links and forms; the others are about files and what they hold."""
