"""What can be found about a message's form."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_CONFUSION = (Threat.PHISHING, Threat.UNAUTHORIZED_SENDER)
_CHANGED = (Threat.TAMPERING,)
_EXHAUSTION = (Threat.UNAVAILABLE,)

LF_ONLY = Rule(
    "message-lf-only",
    Severity.INFO,
    "The file has no CRLF; every LF was read as CRLF",
    "RFC 5322 section 2.1",
    _CHANGED,
    "Nothing to do: most programs on Unix store messages so.",
)
MBOX_LINE = Rule(
    "message-mbox-line",
    Severity.INFO,
    "A leading mbox `From ` line was set aside",
    "RFC 4155 appendix A",
    (),
    "Nothing to do: the line is no part of the message.",
)
BYTE_ORDER_MARK = Rule(
    "message-byte-order-mark",
    Severity.INFO,
    "A leading byte order mark was set aside",
    "RFC 5322 section 2.2",
    (),
    "Save the message without a byte order mark: an editor has added it.",
)
BARE_LF = Rule(
    "message-bare-lf",
    Severity.MEDIUM,
    "LF without CR in a message with CRLF line ends",
    "RFC 5322 section 2.3",
    (*_CONFUSION, Threat.TAMPERING),
    "Do not trust one program's view: some end a line here and some do not, which can hide header fields or smuggle messages.",
)
BARE_CR = Rule(
    "message-bare-cr",
    Severity.MEDIUM,
    "CR without LF",
    "RFC 5322 section 2.3",
    (*_CONFUSION, Threat.TAMPERING),
    "Do not trust one program's view: some end a line here and some do not, which can hide header fields.",
)
NUL = Rule(
    "message-nul",
    Severity.MEDIUM,
    "NUL octets in the message",
    "RFC 5322 section 4",
    _CONFUSION,
    "Refuse such messages at the border: programs disagree about what comes after a NUL.",
)
NO_COLON = Rule(
    "message-no-colon",
    Severity.MEDIUM,
    "A header line is no field: it has no colon",
    "RFC 5322 section 2.2",
    _CONFUSION,
    "Have the sender's software corrected: some programs end the header at such a line, others read on.",
)
BAD_NAME = Rule(
    "message-bad-field-name",
    Severity.MEDIUM,
    "A header field's name has characters that it must not have",
    "RFC 5322 section 2.2",
    _CONFUSION,
    "Have the sender's software corrected: some programs read such a field and others do not.",
)
SPACE_BEFORE_COLON = Rule(
    "message-space-before-colon",
    Severity.LOW,
    "White space between a field's name and its colon",
    "RFC 5322 section 4.5",
    _CONFUSION,
    "Have the sender's software corrected: this is obsolete syntax, which some programs do not know.",
)
LEADING_FOLD = Rule(
    "message-leading-fold",
    Severity.MEDIUM,
    "The header begins with a continuation line",
    "RFC 5322 section 2.2.3",
    _CONFUSION,
    "Have the sender's software corrected: there is no field that the line could continue.",
)
NO_SEPARATOR = Rule(
    "message-no-separator",
    Severity.LOW,
    "No empty line ends the header",
    "RFC 5322 section 2.1",
    _CHANGED,
    "Look whether the message was cut off: a message without a body still ends its header with an empty line.",
)
TOO_MANY_FIELDS = Rule(
    "message-too-many-fields",
    Severity.HIGH,
    "More header fields than are read",
    "mailsec limit",
    (*_EXHAUSTION, *_CONFUSION),
    "Do not trust the message: a field below the limit may contradict those that were judged.",
)
HEADER_TOO_LARGE = Rule(
    "message-header-too-large",
    Severity.HIGH,
    "A header larger than is read",
    "mailsec limit",
    (*_EXHAUSTION, *_CONFUSION),
    "Do not trust the message: a field below the limit may contradict those that were judged.",
)
NO_FROM = Rule(
    "message-no-from",
    Severity.MEDIUM,
    "No From field",
    "RFC 5322 section 3.6",
    _CONFUSION,
    "Refuse such messages: nobody can answer for a message without an author.",
)
SEVERAL_FROM = Rule(
    "message-several-from",
    Severity.MEDIUM,
    "Several From fields",
    "RFC 5322 section 3.6",
    _CONFUSION,
    "Refuse such messages: programs disagree about which From they show.",
)
NO_ADDRESS = Rule(
    "message-from-no-address",
    Severity.MEDIUM,
    "No valid address in From",
    "RFC 5322 section 3.6.2",
    _CONFUSION,
    "Refuse such messages: there is no domain that could vouch for the author.",
)
FROM_AMBIGUOUS = Rule(
    "message-from-ambiguous",
    Severity.HIGH,
    "Programs will read different addresses in From",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Do not trust the author that a program shows: From is written so that programs disagree about it.",
)
FROM_MALFORMED = Rule(
    "message-from-malformed",
    Severity.MEDIUM,
    "From is not well-formed",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Have the sender's software corrected: names with special characters belong in quotes, addresses in angle brackets.",
)
AUTHOR_WITHOUT_DOMAIN = Rule(
    "message-author-without-domain",
    Severity.HIGH,
    "One of several authors has no domain that could vouch for it",
    "RFC 5322 section 3.6.2",
    _CONFUSION,
    "Do not trust the authors: a program may show the one that nothing was asked about.",
)
SEVERAL_AUTHORS = Rule(
    "message-several-authors",
    Severity.INFO,
    "From has several addresses",
    "RFC 5322 section 3.6.2",
    _CONFUSION,
    "Look at each of them: programs may show only one.",
)
ADDRESS_MALFORMED = Rule(
    "message-address-malformed",
    Severity.LOW,
    "An address field other than From is not well-formed",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Have the sender's software corrected.",
)
OBSOLETE_ADDRESS = Rule(
    "message-obsolete-address",
    Severity.INFO,
    "An address in obsolete syntax",
    "RFC 5322 section 4.4",
    (),
    "Have the sender's software corrected: the syntax must be understood but no longer written.",
)
REPEATED_FIELD = Rule(
    "message-repeated-field",
    Severity.MEDIUM,
    "A field that may stand once stands several times",
    "RFC 5322 section 3.6",
    (*_CONFUSION, Threat.TAMPERING),
    "Refuse such messages: programs disagree about which one they show, and a signature may cover only one of them.",
)
NO_DATE = Rule(
    "message-no-date",
    Severity.LOW,
    "No Date field",
    "RFC 5322 section 3.6",
    (Threat.UNSOLICITED_BULK,),
    "Have the sender's software corrected: Date is one of the two fields that every message has.",
)
LONG_LINE = Rule(
    "message-long-line",
    Severity.LOW,
    "A line longer than 998 octets",
    "RFC 5322 section 2.1.1",
    _CHANGED,
    "Encode the part as quoted-printable or base64: a transfer agent may cut such a line, which breaks signatures.",
)
UNDECLARED_8BIT = Rule(
    "message-undeclared-8bit",
    Severity.LOW,
    "8-bit content in a part that says it is 7-bit",
    "RFC 2045 section 6.2",
    _CHANGED,
    "Declare the part as 8bit or encode it: a transfer agent may convert it, which breaks signatures.",
)
HEADER_NOT_UTF8 = Rule(
    "message-header-not-utf8",
    Severity.LOW,
    "8-bit octets in the header that are not UTF-8",
    "RFC 6532 section 3.1",
    _CONFUSION,
    "Have the sender's software corrected: header fields are ASCII with encoded words, or UTF-8.",
)
MIME_TOO_DEEP = Rule(
    "message-mime-too-deep",
    Severity.MEDIUM,
    "Parts nested deeper than is read",
    "mailsec limit",
    _EXHAUSTION,
    "Look at the message by hand: no honest message nests this deep.",
)
MIME_TOO_MANY_PARTS = Rule(
    "message-mime-too-many-parts",
    Severity.MEDIUM,
    "More parts than are read",
    "mailsec limit",
    _EXHAUSTION,
    "Look at the message by hand: no honest message has so many parts.",
)
MIME_NO_BOUNDARY = Rule(
    "message-mime-no-boundary",
    Severity.LOW,
    "A multipart without a boundary",
    "RFC 2046 section 5.1.1",
    _CONFUSION,
    "Have the sender's software corrected: programs guess what the parts are.",
)
MIME_SAME_BOUNDARY = Rule(
    "message-mime-same-boundary",
    Severity.MEDIUM,
    "A multipart with the boundary of one that it lies in",
    "RFC 2046 section 5.1.2",
    _CONFUSION,
    "Do not trust one program's view of the attachments: programs take such a message apart in different ways.",
)
MIME_UNTERMINATED = Rule(
    "message-mime-unterminated",
    Severity.LOW,
    "A multipart without its closing delimiter",
    "RFC 2046 section 5.1.1",
    _CHANGED,
    "Look whether the message was cut off.",
)
MIME_BAD_TYPE = Rule(
    "message-mime-bad-type",
    Severity.LOW,
    "A Content-Type that cannot be read",
    "RFC 2045 section 5.1",
    _CONFUSION,
    "Have the sender's software corrected: programs guess what the content is.",
)
MIME_REPEATED = Rule(
    "message-mime-repeated",
    Severity.MEDIUM,
    "A Content-Type, Content-Transfer-Encoding or one of their parameters stands twice",
    "RFC 2045 section 5",
    _CONFUSION,
    "Do not trust one program's view of the part: programs disagree about which one counts.",
)
MIME_ENCODED_COMPOSITE = Rule(
    "message-mime-encoded-composite",
    Severity.LOW,
    "A multipart or an enclosed message with a content transfer encoding",
    "RFC 2045 section 6.4",
    _CONFUSION,
    "Have the sender's software corrected: only the innermost parts may be encoded.",
)

# --- what other readings of the MIME structure yield; "programs disagree" is the finding, its severity says about how much
_HIDDEN = (*_CONFUSION, Threat.TAMPERING)
_ONE_VIEW = (
    "Do not trust one program's view of the attachments: a scanner and a mail reader may see different ones. Scan all that is "
    "listed."
)

MIME_OTHER_TYPE = Rule(
    "message-mime-other-type",
    Severity.MEDIUM,
    "Some programs read another Content-Type, and find other parts",
    "RFC 2045 section 5.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_OTHER_BOUNDARY = Rule(
    "message-mime-other-boundary",
    Severity.MEDIUM,
    "Some programs read another boundary, and find other parts",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_GUESSED_BOUNDARY = Rule(
    "message-mime-guessed-boundary",
    Severity.LOW,
    "Some programs guess a boundary that is not given, and find parts",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_LOOSE_DELIMITER = Rule(
    "message-mime-loose-delimiter",
    Severity.MEDIUM,
    "Some programs see delimiters where the standard sees none",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_BEHIND_THE_END = Rule(
    "message-mime-behind-the-end",
    Severity.MEDIUM,
    "Parts stand behind the closing delimiter",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_INNER_FIRST = Rule(
    "message-mime-cut-off",
    Severity.LOW,
    "A delimiter of an outer multipart cuts an inner one off, whose own delimiters go on",
    "RFC 2046 section 5.1.2",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_PREAMBLE = Rule(
    "message-mime-preamble",
    Severity.INFO,
    "Content in front of the first part",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    "Look at it where it is more than a note: mail readers do not show it, some scanners do not look at it.",
)
MIME_EPILOGUE = Rule(
    "message-mime-epilogue",
    Severity.INFO,
    "Content behind the last part",
    "RFC 2046 section 5.1.1",
    _HIDDEN,
    "Look at it where it is more than a footer: mail readers do not show it, some scanners do not look at it.",
)
MIME_OTHER_HEADER = Rule(
    "message-mime-other-header",
    Severity.MEDIUM,
    "Programs disagree about where the header of a part ends",
    "RFC 2046 section 5.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_OTHER_ENCODING = Rule(
    "message-mime-other-encoding",
    Severity.MEDIUM,
    "Some programs read another transfer encoding, and find other content",
    "RFC 2045 section 6",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_LENIENT_DECODER = Rule(
    "message-mime-lenient-decoder",
    Severity.LOW,
    "Decoders make different content of a part",
    "RFC 2045 section 6.8",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_BAD_ENCODING = Rule(
    "message-mime-bad-encoding",
    Severity.LOW,
    "Encoded content with what does not belong there",
    "RFC 2045 section 6.8",
    _HIDDEN,
    "Do not trust a scanner that found nothing in the part: strict decoders refuse such content, lenient ones read it.",
)
MIME_UNUSUAL = Rule(
    "message-mime-unusual",
    Severity.LOW,
    "A part says what it is in a way that some programs do not understand",
    "RFC 2045 section 5.1",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_ENCODED_PART = Rule(
    "message-mime-encoded-part",
    Severity.LOW,
    "Parts lie within a composite that is encoded as a whole",
    "RFC 2045 section 6.4",
    _HIDDEN,
    _ONE_VIEW,
)
MIME_EMBEDDED = Rule(
    "message-mime-embedded-file",
    Severity.LOW,
    "A uuencoded, yEnc or BinHex file stands in the text",
    "RFC 2045 section 6",
    _HIDDEN,
    "Scan it like an attachment: many mail readers show it as one.",
)
MIME_TOO_MANY_READINGS = Rule(
    "message-mime-too-many-readings",
    Severity.MEDIUM,
    "The message can be read in more ways than are followed",
    "mailsec limit",
    (*_EXHAUSTION, *_HIDDEN),
    "Do not trust the message: no honest one is so ambiguous.",
)
MIME_PARTIAL = Rule(
    "message-mime-partial",
    Severity.MEDIUM,
    "A fragment of a message, whose whole cannot be looked at",
    "RFC 2046 section 5.2.2",
    _HIDDEN,
    "Refuse fragments: the mail reader puts them together behind every scanner.",
)
MIME_EXTERNAL_BODY = Rule(
    "message-mime-external-body",
    Severity.LOW,
    "A part whose content lies elsewhere",
    "RFC 2046 section 5.2.3",
    _HIDDEN,
    "Do not fetch it unseen: what is there may change after the message was looked at.",
)
NAME_CONFLICT = Rule(
    "message-name-conflict",
    Severity.MEDIUM,
    "A part gives file names of different types",
    "RFC 2183 section 2.3",
    _HIDDEN,
    "Take the part for the most dangerous of its names: programs disagree about which one they show and open.",
)
NAME_CONTROL = Rule(
    "message-name-control-character",
    Severity.MEDIUM,
    "A file name with control characters",
    "RFC 2183 section 2.3",
    _HIDDEN,
    "Do not trust the name: programs cut it at such a character, or show another.",
)
CHARSET_SURPRISING = Rule(
    "message-charset-surprising",
    Severity.MEDIUM,
    "Text in a charset that hides it from filters",
    "RFC 7103 section 7.11",
    _HIDDEN,
    "Look at the decoded text: UTF-7 and the like have not been written by honest mail programs for twenty years.",
)
BACKSCATTER = Rule(
    "message-backscatter",
    Severity.LOW,
    "A bounce of a message that was never ours",
    "RFC 3464 section 4",
    (Threat.UNSOLICITED_BULK, Threat.UNAUTHORIZED_SENDER),
    "Somebody sends with our address as return path: publish SPF and DMARC, and let the mail server refuse such bounces.",
)

RULES: tuple[Rule, ...] = (
    *(LF_ONLY, MBOX_LINE, BYTE_ORDER_MARK, BARE_LF, BARE_CR, NUL),
    *(NO_COLON, BAD_NAME, SPACE_BEFORE_COLON, LEADING_FOLD, NO_SEPARATOR, TOO_MANY_FIELDS, HEADER_TOO_LARGE),
    *(NO_FROM, SEVERAL_FROM, NO_ADDRESS, FROM_AMBIGUOUS, FROM_MALFORMED, AUTHOR_WITHOUT_DOMAIN, SEVERAL_AUTHORS),
    *(ADDRESS_MALFORMED, OBSOLETE_ADDRESS, REPEATED_FIELD, NO_DATE, LONG_LINE, UNDECLARED_8BIT, HEADER_NOT_UTF8),
    *(MIME_TOO_DEEP, MIME_TOO_MANY_PARTS, MIME_NO_BOUNDARY, MIME_SAME_BOUNDARY, MIME_UNTERMINATED, MIME_BAD_TYPE),
    *(MIME_REPEATED, MIME_ENCODED_COMPOSITE),
    *(MIME_OTHER_TYPE, MIME_OTHER_BOUNDARY, MIME_GUESSED_BOUNDARY, MIME_LOOSE_DELIMITER, MIME_BEHIND_THE_END, MIME_INNER_FIRST),
    *(MIME_PREAMBLE, MIME_EPILOGUE, MIME_OTHER_HEADER, MIME_OTHER_ENCODING, MIME_LENIENT_DECODER, MIME_ENCODED_PART),
    *(MIME_BAD_ENCODING, MIME_UNUSUAL),
    *(MIME_EMBEDDED, MIME_TOO_MANY_READINGS, MIME_PARTIAL, MIME_EXTERNAL_BODY),
    *(NAME_CONFLICT, NAME_CONTROL, CHARSET_SURPRISING, BACKSCATTER),
)
