"""What a message can do so that it is taken for somebody else's, as rules."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_FORGERY = (Threat.PHISHING, Threat.UNAUTHORIZED_MESSAGE)
_CONFUSION = (Threat.PHISHING, Threat.UNAUTHORIZED_SENDER)
_REPLAY = (Threat.UNAUTHORIZED_MESSAGE, Threat.UNSOLICITED_BULK)

# --- the header: which From is read
HIDDEN_FROM = Rule(
    "spoofing-hidden-from",
    Severity.HIGH,
    "Some programs will find another From field than the one that was judged",
    "RFC 5322 section 2.2",
    _CONFUSION,
    "Refuse such messages: a line is written so that it is a From field for some readers and none for others.",
)
HIDDEN_FIELD = Rule(
    "spoofing-hidden-field",
    Severity.MEDIUM,
    "Some programs will find a header field that others do not see",
    "RFC 5322 section 2.2",
    _CONFUSION,
    "Do not trust one program's view of the header: a field's name is written so that programs disagree about it.",
)
FROM_ROUTE = Rule(
    "spoofing-from-route",
    Severity.MEDIUM,
    "From has a source route in front of its address",
    "RFC 5322 section 4.4",
    _CONFUSION,
    "Refuse such messages: nobody has written routes for decades, and some programs take the route for the address.",
)
FROM_GROUP = Rule(
    "spoofing-from-group",
    Severity.MEDIUM,
    "From names a group, or hides an address in one",
    "RFC 6854 section 3",
    _CONFUSION,
    "Look at the addresses themselves: some programs show the group's name as the author and no address.",
)
LOCAL_PART_ADDRESS = Rule(
    "spoofing-address-in-local-part",
    Severity.HIGH,
    "The local part of an address looks like an address of another domain",
    "RFC 5321 section 4.1.2",
    _CONFUSION,
    "Do not trust the address that a program shows: only what stands behind the last @ is the domain.",
)
COMMENT_ADDRESS = Rule(
    "spoofing-address-in-comment",
    Severity.MEDIUM,
    "A comment in From shows an address of another domain",
    "RFC 5322 section 3.2.2",
    _CONFUSION,
    "Look at the address itself: some programs show the comment as the author's name.",
)
STRAY_ADDRESS = Rule(
    "spoofing-stray-address",
    Severity.HIGH,
    "From shows an address of another domain where none can stand",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Refuse such messages: programs that read From less strictly take that address for the author's.",
)
ENCODED_ADDRESS = Rule(
    "spoofing-encoded-address",
    Severity.HIGH,
    "From shows another address once its encoded words are decoded",
    "RFC 2047 section 5",
    _CONFUSION,
    "Refuse such messages: an encoded word must not hold an address, and some programs read it as the author's.",
)
UNREADABLE_WORD = Rule(
    "spoofing-unreadable-word",
    Severity.LOW,
    "From has an encoded word in a character set that mail has no use for",
    "RFC 2047 section 2",
    _CONFUSION,
    "Look at the address itself: what the word shows depends on the program.",
)

# --- what a reader sees
CONTROL_CHARACTER = Rule(
    "spoofing-control-character",
    Severity.HIGH,
    "An address field or Subject has a control character, plain or encoded",
    "RFC 5322 section 4.1",
    _CONFUSION,
    "Refuse such messages: some programs stop reading at the character and show only what stands before it.",
)
BIDIRECTIONAL = Rule(
    "spoofing-bidirectional",
    Severity.MEDIUM,
    "Characters that reverse the direction of writing",
    "RFC 5893 section 1",
    _CONFUSION,
    "Do not trust what is shown: the characters make a text look like another one, an executable like a document.",
)
INVISIBLE = Rule(
    "spoofing-invisible",
    Severity.MEDIUM,
    "Invisible characters in a name or an address",
    "RFC 5890 section 4.4",
    _CONFUSION,
    "Compare the octets, not the looks: invisible characters hide a name from filters and not from people.",
)
MIXED_SCRIPTS = Rule(
    "spoofing-mixed-scripts",
    Severity.MEDIUM,
    "Letters of several scripts in one word, as look-alikes are made",
    "RFC 5890 section 4.4",
    _CONFUSION,
    "Compare the octets, not the looks: honest names keep to one script within a word.",
)
HOMOGRAPH = Rule(
    "spoofing-homograph",
    Severity.HIGH,
    "A domain that looks the same as another one",
    "RFC 5890 section 4.4",
    _CONFUSION,
    "Treat the message as forged: the domain is made of letters that look like those of the other one.",
)
LOOKALIKE = Rule(
    "spoofing-lookalike",
    Severity.MEDIUM,
    "A domain that is nearly another one",
    "RFC 5890 section 4.4",
    _CONFUSION,
    "Ask the supposed sender another way before acting on it: a letter more, less or exchanged is easily overlooked.",
)
EMBEDDED_DOMAIN = Rule(
    "spoofing-embedded-domain",
    Severity.HIGH,
    "A domain that contains the name of a protected one and belongs to somebody else",
    "RFC 5890 section 4.4",
    _CONFUSION,
    "Ask the supposed sender another way before acting on it: only the end of a domain name says whose it is.",
)
DISPLAY_ADDRESS = Rule(
    "spoofing-display-address",
    Severity.MEDIUM,
    "The display name shows an address of another domain",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Look at the address itself: many programs show the display name alone.",
)
DISPLAY_DOMAIN = Rule(
    "spoofing-display-domain",
    Severity.LOW,
    "The display name shows another domain",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Look at the address itself: many programs show the display name alone.",
)
PADDED_NAME = Rule(
    "spoofing-padded-name",
    Severity.MEDIUM,
    "A display name that pushes the address out of sight",
    "RFC 5322 section 3.4",
    _CONFUSION,
    "Look at the address itself: no honest name has long runs of spaces or hundreds of characters.",
)

# --- time
WEEKDAY = Rule(
    "spoofing-weekday",
    Severity.LOW,
    "Date names another day of the week than the date has",
    "RFC 5322 section 3.3",
    (Threat.UNSOLICITED_BULK,),
    "Look at how the message was made: mail software computes the weekday, people who type a header guess it.",
)
FUTURE_DATE = Rule(
    "spoofing-date-future",
    Severity.LOW,
    "Date lies in the future",
    "RFC 5322 section 3.6.1",
    (Threat.UNSOLICITED_BULK,),
    "Look at the Received fields for when the message was sent: a future date keeps it on top of a mailbox.",
)

# --- smuggling
SMUGGLED_DIALOGUE = Rule(
    "spoofing-smuggled-dialogue",
    Severity.HIGH,
    "The message holds an end of data and an SMTP command behind it",
    "RFC 5321 section 4.1.1.4",
    _FORGERY,
    "Have every server refuse bare CR and LF: one that ends the message here delivers a second one with any sender.",
)
END_OF_DATA = Rule(
    "spoofing-end-of-data",
    Severity.MEDIUM,
    "A line that some servers take for the end of the message",
    "RFC 5321 section 4.1.1.4",
    _FORGERY,
    "Have every server refuse bare CR and LF: only CRLF, a dot and CRLF end a message.",
)

# --- identities side by side
SENDER_DIFFERS = Rule(
    "spoofing-sender-differs",
    Severity.INFO,
    "Sender is of another domain than From",
    "RFC 5322 section 3.6.2",
    _FORGERY,
    "Look at both: mailing lists and secretaries write it so, and some programs show Sender as the author.",
)
REPLY_TO_DIFFERS = Rule(
    "spoofing-reply-to-differs",
    Severity.INFO,
    "Answers go to another domain than that of From",
    "RFC 5322 section 3.6.2",
    (Threat.PHISHING,),
    "Look where an answer goes before sending one: newsletters and lists write it so, and so does fraud.",
)
RESENT_DIFFERS = Rule(
    "spoofing-resent-differs",
    Severity.INFO,
    "The message says that somebody of another domain sent it on",
    "RFC 5322 section 3.6.6",
    _FORGERY,
    "Look at both: some programs show who resent a message as its author.",
)
RESENT_INCOMPLETE = Rule(
    "spoofing-resent-incomplete",
    Severity.LOW,
    "Resent fields without those that must come with them",
    "RFC 5322 section 3.6.6",
    _FORGERY,
    "Do not rely on them: software that resends a message writes Resent-From, Resent-Date and one recipient field.",
)
MAIL_FROM_DIFFERS = Rule(
    "spoofing-mail-from-differs",
    Severity.INFO,
    "The return path is of another domain than From",
    "RFC 5321 section 2.2",
    _FORGERY,
    "Nothing to do: newsletters and lists have bounce addresses of their own. SPF then says nothing about From.",
)
AUTHENTICATED_OTHER = Rule(
    "spoofing-authenticated-other",
    Severity.LOW,
    "The account that logged in to send the message is of another domain than From",
    "RFC 6409 section 6.1",
    _FORGERY,
    "Have the submission server check that an account may use the From address it gives.",
)
HELO_ONLY = Rule(
    "spoofing-helo-only",
    Severity.LOW,
    "SPF passes for the name that the host gives itself, not for From",
    "RFC 7208 section 2.3",
    _FORGERY,
    "Do not count it: anybody has a host name that passes, and it says nothing about the author.",
)
FORGED_RESULTS = Rule(
    "spoofing-forged-results",
    Severity.MEDIUM,
    "The message came in with authentication results that claim to be the receiver's own",
    "RFC 8601 section 5",
    _FORGERY,
    "Have the border remove such fields: a program behind it may believe them.",
)
MAIL_FROM_INJECTION = Rule(
    "spoofing-mail-from-injection",
    Severity.HIGH,
    "The return path is written so that programs read different domains in it",
    "RFC 5321 section 4.1.2",
    _FORGERY,
    "Refuse such return paths: copied into a header field they forge the result of SPF.",
)
MAIL_FROM_ROUTE = Rule(
    "spoofing-mail-from-route",
    Severity.MEDIUM,
    "The return path has a source route",
    "RFC 5321 appendix C",
    _FORGERY,
    "Refuse such return paths: nobody has written routes for decades, and programs take different domains from them.",
)
HELO_INJECTION = Rule(
    "spoofing-helo-injection",
    Severity.MEDIUM,
    "The host name in HELO has characters that no name has",
    "RFC 5321 section 4.1.1.1",
    _FORGERY,
    "Refuse such names: copied into a header field they forge the result of SPF.",
)
PROTECTED_IDENTITY = Rule(
    "spoofing-protected-identity",
    Severity.HIGH,
    "The message shows a protected domain that nothing vouches for",
    "RFC 5322 section 3.6.2",
    _FORGERY,
    "Treat the message as forged: the domain in From is another one, and some programs show this identity instead.",
)

# --- signatures
SIGNATURE_INJECTION = Rule(
    "spoofing-signature-injection",
    Severity.HIGH,
    "A DKIM signature names a domain or selector that is written to be misread",
    "RFC 6376 section 3.5",
    _FORGERY,
    "Refuse such messages: the name is one to who looks the key up and another to who reads the result.",
)
LENGTH_TAG = Rule(
    "spoofing-length-tag",
    Severity.LOW,
    "A DKIM signature covers only the beginning of the body",
    "RFC 6376 section 8.2",
    (Threat.TAMPERING, Threat.PHISHING),
    "Verify the message to learn how many octets stand behind the signed ones: anybody can have added them.",
)
REPLAY = Rule(
    "spoofing-replay",
    Severity.LOW,
    "A signed message that may have been sent again by somebody else",
    "RFC 6376 section 8.6",
    _REPLAY,
    "Do not take it for a message to this recipient: a signature holds for every copy, whoever sends it to whomever.",
)

# --- what the domain publishes
SUBDOMAIN_OPEN = Rule(
    "spoofing-subdomain-open",
    Severity.LOW,
    "The author's subdomain may be forged by anybody, other than the domain above it",
    "RFC 9989 section 4.7",
    _FORGERY,
    "Publish a policy for subdomains as strict as the domain's own: delete sp= and np=.",
)
WIDE_SPF = Rule(
    "spoofing-wide-spf",
    Severity.LOW,
    "SPF passes by a record that authorizes far more addresses than any sender uses",
    "RFC 7208 section 11.4",
    (*_FORGERY, Threat.UNAUTHORIZED_SENDER),
    "Name the hosts that send the mail; sign with DKIM, and do not rely on SPF alone.",
)
SHARED_RELAY = Rule(
    "spoofing-shared-relay",
    Severity.INFO,
    "SPF passes by a service through which many others send",
    "RFC 7208 section 11.4",
    (*_FORGERY, Threat.UNAUTHORIZED_SENDER),
    "Sign with DKIM: unless the service checks who uses which domain, its other customers pass too.",
)

# --- what no cryptography can tell
SHARED_PROVIDER = Rule(
    "spoofing-shared-provider",
    Severity.INFO,
    "The domain gives mailboxes to anybody: it vouches for the account, not for a person",
    "RFC 5598 section 2.2.1",
    (Threat.PHISHING,),
    "Ask the person another way: whether the account is theirs, or was taken over, no signature can tell.",
)
RESIGNED = Rule(
    "spoofing-resigned",
    Severity.INFO,
    "Only a host on the way vouches for the message, which could have written it all",
    "RFC 6376 section 1.2",
    _FORGERY,
    "Decide whether that host is trusted to pass on what it received: no signature can tell it from a forgery.",
)

RULES: tuple[Rule, ...] = (
    *(HIDDEN_FROM, HIDDEN_FIELD, FROM_ROUTE, FROM_GROUP, LOCAL_PART_ADDRESS, COMMENT_ADDRESS, STRAY_ADDRESS),
    *(ENCODED_ADDRESS, UNREADABLE_WORD, CONTROL_CHARACTER, BIDIRECTIONAL, INVISIBLE, MIXED_SCRIPTS, HOMOGRAPH, LOOKALIKE),
    *(EMBEDDED_DOMAIN, DISPLAY_ADDRESS, DISPLAY_DOMAIN, PADDED_NAME, WEEKDAY, FUTURE_DATE, SMUGGLED_DIALOGUE, END_OF_DATA),
    *(SENDER_DIFFERS, REPLY_TO_DIFFERS, RESENT_DIFFERS, RESENT_INCOMPLETE, MAIL_FROM_DIFFERS, AUTHENTICATED_OTHER, HELO_ONLY),
    *(FORGED_RESULTS, MAIL_FROM_INJECTION, MAIL_FROM_ROUTE, HELO_INJECTION, PROTECTED_IDENTITY),
    *(SIGNATURE_INJECTION, LENGTH_TAG, REPLAY, SUBDOMAIN_OPEN, WIDE_SPF, SHARED_RELAY, SHARED_PROVIDER, RESIGNED),
)
