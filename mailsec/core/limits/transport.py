"""Bounds: connections of mail: TLS, SMTP, SASL, scripts."""

from __future__ import annotations

# --- mail hosts and key records
RECORD_QUOTED = 1_000
"""Characters of a record that evidence quotes; a record may have 64 kB."""
LISTED = 10
"""Names or defects that one finding lists; the rest is counted."""
MX_HOSTS = 20
"""Mail hosts of one domain that are looked at, most preferred first; senders try far fewer."""
TLSA_RECORDS = 100
"""TLSA records of one host that are judged; honest ones have under ten."""
TLSA_KEYS = 8
"""Bare keys among the TLSA records of a host that signatures are tried with; each costs one for every certificate shown."""
STS_POLICY_BYTES = 64 * 1024
"""An MTA-STS policy (RFC 8461 section 3.3 recommends this limit)."""
STS_MAX_AGE = 31_557_600
"""Seconds that an MTA-STS policy may ask to be kept: a year (RFC 8461 section 3.2)."""
STS_SHORT_AGE = 604_800
"""Seconds below which a policy protects little: RFC 8461 section 3.2 expects weeks."""
CAA_CLIMB = 16
"""Names asked for CAA records, from the domain upward; honest domains have under six labels."""
CAA_RECORDS = 100
"""CAA records of one name that are judged."""
KEY_RECORDS = 10
"""SMIMEA or OPENPGPKEY records of one address that are parsed; people have one or two."""
KEY_RECORD_BYTES = 65_535
"""Octets of one such record that are parsed: what the DNS can carry."""
KEY_RECORD_LARGE = 4_096
"""Octets of such a record above which it is called large: what resolvers commonly offer to take at once."""
KEY_PACKETS = 2_000
"""OpenPGP packets of one record that are looked at; a key of 64 kB in the smallest packets has 30,000."""
KEY_NAMES = 20
"""User IDs or names of one key that are shown."""
KEY_NAME_TEXT = 200
"""Characters of one user ID or name that are shown."""

# --- SMTP and its relatives
SMTP_REPLY_LINE = 8_192
"""Octets of one line of a reply; RFC 5321 section 4.5.3.1.5 allows 512, servers with long texts exceed it."""
SMTP_REPLY_LINES = 1_000
"""Lines of one reply; the longest EHLO answers have under 40."""
SMTP_REPLY_BYTES = 256 * 1024
"""Octets of one reply."""

# --- connections of mail
TLS_CHAIN = 20
"""Certificates of a peer that are kept; chains of more than five are rare."""
TLS_PATH = 8
"""Issuers between a certificate and its trust anchor; public chains have at most three."""
TLS_NAMES = 1_000
"""Names of one certificate that are looked at; public authorities allow 100 to 250."""
TLS_ROOTS = 2_000
"""Trusted roots that are loaded; a system has under 200."""
TLS_ROOTS_BYTES = 16 * 1024 * 1024
"""A file of trusted roots; that of a system has 250 kB."""
WIRE_KEPT = 1024 * 1024
"""Octets that a peer says while it is being sent to and that are kept: the replies to ten thousand pipelined commands."""
WIRE_INJECTED = 64 * 1024
"""Octets in the clear before a TLS handshake that are kept to be shown."""
WIRE_ADDRESSES = 20
"""Addresses of one connection that are tried."""
WIRE_CONNECTIONS = 64
"""Connections that one dialogue holds at once."""
SERVED_AT_ONCE = 64
"""Connections that a listening side holds at once; the rest waits in the system's queue."""

# --- sending mail
SMTP_PATH = 256
"""Octets of a path with its angle brackets (RFC 5321 section 4.5.3.1.3)."""
SMTP_LIMIT = 300.0
"""Seconds for all dialogues of one run together, unless --timeout says otherwise: the longest wait but one of RFC 5321."""
SMTP_RECIPIENTS = 100
"""Recipients of one transaction: what every server has to take (RFC 5321 section 4.5.3.1.8)."""
SMTP_SHOWN_RECIPIENTS = 1_000
"""Recipients of one message in its report; the rest is counted."""
SMTP_CONNECT_WAIT = 30.0
"""Seconds in which one of a host's addresses has to take the connection."""
SMTP_QUIT_WAIT = 5.0
"""Seconds that the answer to QUIT is waited for: nothing depends on it."""
SMTP_BLOCK = 256 * 1024
"""Octets of content that are sent in one piece, within one of the times of RFC 5321 section 4.5.3.2.5."""

# --- SASL: names, passwords and what servers ask for them
SASL_SECRET = 8_192
"""Octets of a name, password or token; with its base64 it fits into the longest line that RFC 4954 section 4 allows."""
SASL_LINE = 12_288
"""Octets of a line with a challenge or response, CRLF included (RFC 4954 section 4)."""
SCRAM_MIN_ITERATIONS = 4_096
"""Below this a listener could try passwords too fast (RFC 7677 section 4)."""
SCRAM_MAX_ITERATIONS = 1_000_000
"""Above this a server would only burn our time; a second of it here."""

# --- SMTP scripts and their mirror
SMTP_COMMAND_LINE = 12 * 1024
"""Octets of one line of a client; RFC 5321 section 4.5.3.1.4 allows 512, RFC 4954 section 4.5 12,288 within AUTH."""
SMTP_CONTENT_BYTES = 64 * 1024 * 1024
"""Octets of one message that a mirror takes; it is there to test clients, not to keep their mail."""
SMTP_SCRIPT_BYTES = 16 * 1024 * 1024
"""A script; a transcript with a message of 10 MB in it fits in, and larger ones are better sent with `C:<`."""
SMTP_SCRIPT_LINES = 400_000
"""Lines of a script: a message of that many short lines, as the transcript of a run shows it."""
SMTP_SCRIPT_LINE = 64 * 1024
"""Octets of one line of a script."""
SMTP_SCRIPT_SECONDS = 600.0
"""The longest `!sleep` and `!timeout`: servers wait five minutes for a command (RFC 5321 section 4.5.3.2.7)."""
SMTP_SCRIPT_CONNECTIONS = 8
"""Connections that a script may hold at once."""
SMTP_SCRIPT_FILES = 256 * 1024 * 1024
"""Octets of all files of a script together."""
SMTP_VARIABLES = 200
"""Variables of one run, those that expressions capture included."""
SMTP_VARIABLE_BYTES = 16 * 1024
"""Octets of one variable; access tokens have up to 8 kB."""
SMTP_PATTERN_SIZE = 300
"""Steps of one expression's program; honest ones have under 100."""
SMTP_PATTERN_DEPTH = 20
"""Parentheses within each other in one expression."""
SMTP_PATTERN_TEXT = 4_096
"""Octets of one line that an expression is run on."""
SMTP_PATTERN_REPLY = 16 * 1024
"""Octets of one reply that expressions are run on, all its lines together: a few seconds for the most costly expression."""
SMTP_TIMEOUT = 60.0
"""The whole of a dialogue, unless --timeout says otherwise."""
SMTP_REPLY_TIMEOUT = 30.0
"""One reply, unless `!timeout` says otherwise. RFC 5321 section 4.5.3.2 asks for five minutes; a person gives up earlier."""
SMTP_UNREAD = 100
"""Replies that nobody asked for, of those shown at the end of a dialogue."""

LADDER_TEXT = 64 * 1024
"""Octets of one rung of a dialogue that a report keeps; a line has under 1 kB, a message in one piece may have megabytes."""
