"""Every bound, in one place, each with its reason. Hostile input is the normal input: no loop, recursion or buffer without one.

Sizes are octets, times seconds.
"""

from __future__ import annotations

# --- driver and result tree
RUN_WINDOW = 64
"""Flows in flight at once: enough to hide network latency, few enough to keep memory flat."""
MAX_CHECK_DEPTH = 64
"""Levels of a result tree that are reported; a report nested deeper cannot be read by anyone."""

# --- input files
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
"""A message file: five times the largest size that large providers accept."""
MAX_ZONE_BYTES = 64 * 1024 * 1024
"""A zone file given with --zone."""
MAX_ZONE_LINE = 512 * 1024
"""Characters in one line of a zone file; a TXT record of the largest size with every octet escaped has half of that."""
MAX_NAME_LIST = 64 * 1024 * 1024
"""A list of names to check: two million of them."""
MAX_KEY_BYTES = 1024 * 1024
"""A private key file; a 16384-bit RSA key in PEM has 13 kB."""

# --- message
MAX_FIELDS = 20_000
"""Header fields that are parsed; the rest is kept as one defect. Real messages have under 300."""
MAX_HEADER_BYTES = 16 * 1024 * 1024
"""The header section; above it the rest counts as body, with a finding."""
MAX_LINE = 998
"""Octets in a line without its CRLF (RFC 5322 section 2.1.1)."""
MAX_ADDRESS_BYTES = 256 * 1024
"""An address field's value: ten thousand addresses, read in a quarter of a second. A larger one is refused with a defect."""
MAX_ADDRESSES = 20_000
"""Addresses of one field."""
MAX_AUTHORS = 200
"""Addresses in From whose domains are looked at; the rest counts as authors without a domain."""
MAX_ADDRESS_TOKENS = 200_000
"""Lexical tokens of one structured field: room for `MAX_ADDRESSES` with long names, while memory stays under 30 MB."""
MAX_ADDRESS_DEFECTS = 100
"""Defects of each kind that are kept of one address field; counted by kind, so that none can crowd out another."""
MAX_COMMENT_DEPTH = 64
"""Nested comments in a structured field."""
MAX_GROUPS = 1_000
"""Groups of one address field."""
MAX_MIME_PARTS = 200_000
"""Parts of a message."""
MAX_MIME_DEPTH = 100
"""Nested multiparts or messages; what is deeper stays one opaque leaf, with a finding."""
MAX_MEDIA_BYTES = 64 * 1024
"""The value of a Content-Type; honest ones have under 1 kB, a longer one is not read."""
MAX_MEDIA_PARAMETERS = 100
"""Parameters of one Content-Type; honest ones have under ten."""
MEDIA_CACHED_FIELDS = 512
"""Content-Type and Content-Transfer-Encoding values that are remembered parsed: every message has the same few."""
MEDIA_CACHED_BYTES = 60
"""Longer values are parsed anew each time, so that boundaries and hostile values cannot fill the memory."""
MAX_FILE_NAME = 4_096
"""Characters of a file name that are kept; file systems take 255."""
MAX_BASE64_BLOCKS = 100_000
"""Blocks of base64 that end in padding and stand behind each other in one content; behind them padding is skipped."""
MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Octets of one text that are decoded to characters, under each charset that is tried."""
MAX_REPORT_BYTES = 1024 * 1024
"""Octets of a delivery status or another report in a message that are read; honest ones have a few kB."""
MAX_REPORT_GROUPS = 1_000
"""Recipients of one delivery status."""
MAX_REPORT_FIELDS = 200
"""Fields of one group of a report; the standards define under 20."""
MAX_REPORT_VALUE = 2_000
"""Characters of one value of a report; diagnostic texts of several lines have under 1,000."""
MAX_REPORTS = 100
"""Reports in one message; honest ones have one."""
MAX_ENCLOSED = 200
"""Enclosed messages whose headers are looked at; a digest has under 100."""
MAX_CLUES = 50
"""Content fields, boundaries and names of one header that other readings are made of."""
MAX_LOOSE_FIELDS = 100
"""Fields of one header that some program may take for those that say what a part is; a header has three."""
MAX_CLUE_BYTES = 1024 * 1024
"""Octets of one header that are searched for them; a larger header is said to be read in part."""
MAX_BOUNDARY_MENTIONS = 12
"""Places of one Content-Type where a boundary may be named; each is spelt in a hundred ways, a millisecond for all of them."""
MAX_CLUE_VALUE = 4_000
"""Octets of the value of one of them."""
MAX_READ_SECTIONS = 1_000
"""Pieces of one message that its other readings take apart, each once. Honest messages that need any need under 50."""
MAX_READ_LEAVES = 1_000
"""Leaves that other readings add to the standard's."""
MAX_READ_OCTETS = 20
"""How many times a message's own size is searched, and decoded, for other readings."""
MAX_READ_DEPTH = 20
"""Multiparts, messages and encoded contents inside each other that another reading goes down."""
MAX_RECEIVED_BYTES = 16 * 1024
"""One Received field; an honest one has under 1 kB, a longer one is of unknown format."""
MAX_RECEIVED = 200
"""Received fields that are read; loops are cut at 50 to 100 hops by every transfer agent."""

# --- the received path
PATH_CLOCK_SKEW = 3_600
"""Seconds that a hop may be earlier than the one below it before it is worth saying: clocks drift, and some time zones are
written wrong by an hour."""
PATH_QUEUE_TIME = 5 * 86_400
"""Seconds between two hops above which no queue explains it: RFC 5321 section 4.5.4.1 has senders give up after 4 to 5 days."""
PATH_VISITS = 4
"""How often one host takes the same message, others between, before it is a loop; a list and a forwarder make two."""
PATH_SOFTWARE = 120
"""Characters of an unreadable Received field or of a User-Agent that are shown."""

# --- names and records
MAX_NAME = 253
"""Octets in a domain name in text form (RFC 1035 section 2.3.4)."""
MAX_LABEL = 63
"""Octets in a label (RFC 1035 section 2.3.4)."""
MAX_TXT = 65_535
"""Octets in a TXT record: what its 16-bit length can say (RFC 1035 section 3.2.1)."""
MAX_TAGS = 200
"""Tags in a tag=value list; DKIM and DMARC define fewer than twenty."""

# --- DNS
DNS_TIMEOUT = 10.0
"""Overall deadline of one command's DNS questions, unless --timeout says otherwise. RFC 7208 section 4.6.4 asks receivers
for at least 20; a person at a terminal gives up earlier."""
DNS_ATTEMPT = 2.0
"""How long one attempt at one server waits for its reply."""
DNS_ATTEMPTS = 3
"""Attempts a question, spread over the servers."""
DNS_IN_FLIGHT = 128
"""Questions on the wire at once; beyond it they queue."""
DNS_SERVERS = 8
"""Name servers that are used; the C library stops at three."""
DNS_STRAYS = 16
"""Datagrams of one attempt that do not answer the question; beyond it somebody is guessing, and TCP asks instead."""
DNS_UDP_PAYLOAD = 1_232
"""Octets of a reply over UDP that are announced (RFC 6891 section 6.2.5): what fits into an unfragmented IPv6 packet."""
DNS_TRACE = 100_000
"""Questions that a trace keeps."""
RESOLV_CONF_BYTES = 64 * 1024
"""The system's resolver configuration; real ones have a few hundred."""
DNS_CACHE_RRSETS = 50_000
"""Answers that the cache keeps; the oldest leave first."""
DNS_CACHE_TTL = 86_400
"""No answer is kept longer than a day, whatever its TTL."""
DNS_NEGATIVE_TTL = 10_800
"""An absence is not remembered longer than three hours (RFC 2308 section 5)."""
ZONE_TTL = 300
"""Seconds that a record of a zone file lives where the file says nothing."""
MAX_TTL = 2**31 - 1
"""Seconds (RFC 2181 section 8)."""
MAX_CNAMES = 16
"""Aliases followed in one answer; resolvers stop between 8 and 16."""
MAX_ANSWER_RECORDS = 4_096
"""Records of one answer that are looked at."""

# --- HTTPS
HTTPS_TIMEOUT = 10.0
"""One request, from its connection to its last octet. RFC 8461 section 3.3 allows a minute; a person gives up earlier."""
HTTPS_CONNECT = 3.0
"""How long one address has to take the connection before the next is tried."""
HTTPS_ADDRESSES = 4
"""Addresses of one host that are tried."""
HTTPS_IN_FLIGHT = 32
"""Requests under way at once; each costs a handshake."""
HTTPS_REDIRECTS = 10
"""Redirections that are followed, whatever is asked for."""
HTTPS_HEADER_BYTES = 64 * 1024
"""The header section of a reply, and the trailers of a chunked one; honest ones have under 8 kB."""
HTTPS_CHUNK_LINE = 256
"""The line before a chunk: a size in hexadecimal, and extensions that nobody uses."""
HTTPS_SHOWN = 300
"""Characters of a server's text (a Location, a media type) that are kept."""
MAX_URL = 2_048
"""Characters of a URL."""

# --- many domains, saved answers
DOMAIN_QUESTIONS = 2_000
"""Questions that one domain may cost: 200 MX hosts with addresses and TLSA records, and their zones' keys, fit in."""
MAX_ANSWERS_BYTES = 256 * 1024 * 1024
"""A file of saved answers; ten thousand domains of forty questions need about 100 MB. What is beyond it is not saved."""

# --- DNSSEC (RFC 4035, RFC 5155, RFC 9276); beyond each of these bounds an answer is indeterminate, never insecure
DNSSEC_KEYS = 4
"""Keys of one tag and algorithm that are tried; two are an accident, more an attack (KeyTrap, CVE-2023-50387)."""
DNSSEC_FAILURES = 8
"""Verifications of one RRset that may fail."""
DNSSEC_VERIFICATIONS = 64
"""Verifications that one question may cost, the chain down to it included; an honest one takes under 20."""
DNSSEC_DS = 32
"""DS records of one zone that are compared with its keys; honest zones have under six."""
DNSSEC_EXPONENT_BITS = 64
"""RSA exponent; 65537 and 2**32 + 1 are in use, and the time of a verification grows with it."""
DNSSEC_MODULUS_BITS = 4_096
"""RSA modulus (RFC 3110 section 2)."""
DNSSEC_HASH_ROUNDS = 40_000
"""SHA-1 rounds that the NSEC3 proofs of one question may cost (CVE-2023-50868): six proofs of 127 labels at 50 iterations."""
NSEC3_ITERATIONS = 50
"""Iterations up to which NSEC3 proofs count; with more an absence is insecure (RFC 9276 section 3.2)."""
NSEC3_MAX_ITERATIONS = 500
"""Iterations above which nothing is computed."""
DNSSEC_ZONES = 20_000
"""Names whose zone and keys the validator remembers; the oldest leave first."""
DNSSEC_AT_ONCE = 6
"""Names on the way down to a signer that are asked for side by side; longer ways are walked step by step."""
DNSSEC_SOON = 3 * 86_400
"""A signature that expires within this time, and has passed three quarters of its life, is worth saying."""
TRUST_ANCHOR_BYTES = 256 * 1024
"""A trust anchor file; the one of IANA has 2 kB."""
TRUST_ANCHORS = 100
"""Anchors in one file."""

# --- SPF (RFC 7208 section 4.6.4)
SPF_LOOKUPS = 10
"""Terms that ask the DNS, in one check."""
SPF_VOIDS = 2
"""Of those, lookups that may find nothing."""
SPF_MX_HOSTS = 10
"""Address lookups for one `mx`."""
SPF_PTR_NAMES = 10
"""Names looked at for one `ptr` or `%{p}`."""
SPF_TERMS = 1_000
"""Terms in one record; a 64 kB record of two-letter terms has 20,000, an honest one under 50."""
SPF_CACHED_RECORDS = 256
"""Parsed records that are remembered: the includes of large providers come up in every message."""
SPF_CACHED_BYTES = 2_048
"""Longer records are parsed anew each time, so that hostile ones cannot fill the memory."""
SPF_SHOWN = 20
"""Addresses or names that one term's evidence lists."""
SPF_EXPANSION = 8_192
"""Octets that one macro-string may grow to before it is refused; a name has 253, an explanation a few hundred."""
SPF_WALK_RECORDS = 100
"""Records that a lint reads, however many an evaluation would: ten times what any working record leads to."""
SPF_WALK_DEPTH = 20
"""Includes and redirects below each other that a lint follows; an evaluation gives up after ten."""
SPF_WALK_NAMES = 100
"""Terms a, mx and exists that a lint looks up; each `mx` takes up to 21 questions."""
SPF_WALK_STEPS = 5_000
"""Terms that a lint passes on its way through the tree, where the same record may come up many times."""
SPF_UDP_OCTETS = 450
"""Octets of a name and its TXT records that fit into a reply over UDP without extensions (RFC 7208 section 3.4)."""
LINT_SHOWN = 50
"""Findings of one rule about one record; a hostile record has thousands of defects, of which these say enough."""
LINT_QUOTED = 2_048
"""Octets of a record that each finding quotes whole; of a longer one only the part in question."""

# --- DKIM
DKIM_SELECTORS = 200
"""Selectors of one domain that a lint asks for."""
DKIM_KEY_AGE = 2 * 365 * 86_400
"""Seconds after which a key whose selector is a date is called old; rotation is advised every six to twelve months."""
DKIM_SIGNATURES = 10
"""Signatures of one message that are judged."""
DKIM_SIGNATURE_BYTES = 64 * 1024
"""A DKIM-Signature field; honest ones have under 4 kB."""
DKIM_IDENTITY_BYTES = 1_024
"""The i= of a signature: a local part of 64 octets and a name, with room for its encodings."""
DKIM_CLOCK_SKEW = 86_400
"""How far a signature's t= may lie ahead of the time it is judged at before it is worth saying."""
DKIM_QUOTED = 1_000
"""Characters of a signature or key record that evidence quotes."""
DKIM_SIGNATURES_SHOWN = 100
"""Signatures of one message that are reported, the judged ones first; of the rest only the number is."""
DKIM_HEADER_NAMES = 1_000
"""Names in h=; honest lists have under 60."""
DKIM_KEYS = 4
"""Key records at one selector that are tried (RFC 6376 section 3.6.2.2 leaves several undefined)."""
RSA_MIN_BITS = 1024
"""Below this a signature never passes (RFC 8301 section 3.2)."""
RSA_MAX_BITS = 8192
"""Above this nothing is computed: verification time grows with the square."""
RSA_MAX_EXPONENT_BITS = 32
"""65537 is what everybody uses; a huge exponent is a way to burn time."""
BODY_CHUNK = 1024 * 1024
"""A body is canonicalized and hashed in pieces of this size, so that memory stays flat."""

# --- DMARC (RFC 9989 section 4.10)
DMARC_WALK_QUERIES = 8
"""Questions of one tree walk."""
DMARC_AUTHOR_DOMAINS = 10
"""Author domains of one message that are judged; an attack surface, so bounded."""
DMARC_IDENTIFIERS = 20
"""Domains of authenticated identifiers whose organizational domain is looked for; equal domains count once."""
DMARC_REPORT_HOSTS = 10
"""Hosts that reports go to, whose agreement a lint asks for; receivers need not serve more than two addresses."""
DMARC_OPEN_NAMES = 3
"""Unanswered names of two walks for which each of the four possible answers is tried: 64 combinations, each a few steps."""

# --- BIMI: logos and mark certificates
BIMI_SVG_BYTES = 32 * 1024
"""Octets of a logo without compression, from which on receivers refuse it (draft-svg-tiny-ps-abrotman section 2.4)."""
BIMI_SVG_READ = 256 * 1024
"""Octets of a logo that are read at all, so that a larger one is told what else is wrong with it."""
BIMI_SVG_DEPTH = 32
"""Elements in each other; drawing programs make under ten."""
BIMI_SVG_ELEMENTS = 5_000
"""Elements of one logo; 32 kB have room for about a thousand."""
BIMI_SVG_FINDINGS = 50
"""Breaches of one logo that are listed; the others are counted."""
BIMI_TITLE = 64
"""Characters of a logo's title (draft-svg-tiny-ps-abrotman section 2.1)."""
BIMI_EVIDENCE_BYTES = 256 * 1024
"""Octets of a file of mark certificates: a logo of the largest size in it has some 40 kB, its issuers 10 kB."""
BIMI_REDIRECTS = 3
"""Redirections on the way to a logo or certificate; content networks make one or two."""
BIMI_IMAGES = 20
"""Images of one certificate that are looked at; there is one."""
BIMI_FIELD = 1_024
"""Octets of a BIMI-Selector field; a selector has under 64."""

# --- Authentication-Results (RFC 8601)
AUTHRES_VALUE = 400
"""Characters of one value that are written: escaped and with its name it fits into a line; an address has at most 254."""
AUTHRES_BYTES = 64 * 1024
"""Octets of a field that are read; honest ones have under 4 kB."""
AUTHRES_RESULTS = 1_000
"""Results of one field that are read, and properties of one result; honest fields have under 20."""

FOREIGN_RESULTS = 50
"""Fields with results of other hosts that are read, the topmost first; ten hops with three fields each have fewer."""
FOREIGN_SHOWN = 30
"""Results of one such field that are shown and compared."""

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

# --- the key ring
RING_IMPORT_BYTES = 256 * 1024 * 1024
"""A file of keys; the ring of a large distribution's developers has 30 MB."""
RING_PACKETS = 5_000_000
"""Packets of such a file: two hundred thousand certificates."""
RING_BLOCKS = 100_000
"""Armored blocks of such a file."""
RING_CERTIFICATE_BYTES = 4 * 1024 * 1024
"""One certificate; the most certified ones in use have under 1 MB, flooded ones many."""
RING_USER_IDS = 100
"""User IDs of one certificate: honest ones have under 40, and the library's work grows with their square."""
RING_SELF_WORK = 10_000
"""Signatures that claim to be the key's own, times the user IDs and subkeys that each may belong to: a tenth of a second."""
RING_CERTIFICATIONS = 200
"""Certifications of one user ID by trusted keys that are verified; a person trusts few."""
RING_WAIT = 10.0
"""Seconds to wait for another run that changes the ring."""
RING_CANDIDATES = 20
"""Certificates that an ambiguous name lists."""
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
# --- second opinions: other programs in child processes
JUDGE_SECONDS = 5.0
"""One program's whole work on one message; dkimpy takes 0.3 on honest mail, 25 on 80 kB of spaces made to hurt it."""
JUDGE_MEMORY = 1024 * 1024 * 1024
"""Address space of one program; dkimpy copies a message several times, and what does not fit is not judged."""
JUDGE_OUTPUT = 1024 * 1024
"""Octets of a program's output, and as many of its complaints."""

# --- forged senders
SPOOF_ADDRESSES = 20
"""Addresses of one field, and fields of one name, that are compared with From; an honest message has one or two."""
SPOOF_RECIPIENTS = 50
"""Recipients whose domains are compared with the sender's."""
SPOOF_FIELD = 16 * 1024
"""Octets of a field beside From that are looked at for what misleads; an honest one has under 1 kB."""
SPOOF_TEXT = 2_048
"""Characters of a display name or Subject that are looked at; a longer name is a finding of its own."""
SPOOF_NAME = 128
"""Characters of a display name above which it pushes the address out of sight."""
SPOOF_PROTECTED = 1_000
"""Domains that --protect may name; each is compared with every identity."""
SPOOF_DOMAINS = 60
"""Domains of one message, those of From first, that are compared with the protected ones."""
SPOOF_PARTS = 1_000
"""Parts of a message whose file names are looked at."""
SPOOF_SIGNATURES = 50
"""DKIM signatures whose d= and s= are looked at as they are written."""
SPOOF_SPF_ADDRESSES = 1 << 18
"""IPv4 addresses authorized by one SPF record above which that is worth saying; BreakSPF (2024) counts from 100,000 on."""
SPOOF_SPF_ANYBODY = 1 << 24
"""IPv4 addresses from which on a pass of SPF says nothing: a network of eight bits has hosts of everybody in it."""

# --- what a person is shown (JSON always has everything)
SHOWN_TEXT = 600
"""Characters of one value in the human format; a field of a megabyte would bury the answer."""
SHOWN_NODES = 400
"""Lines of the check trees of one report in the human format: ten screens."""
SHOWN_FINDINGS = 100
"""Findings of one report in the human format, the most severe first."""
SHOWN_FACTS = 40
"""Facts or pieces of evidence of one check or finding in the human format."""
SHOWN_PATH_NAME = 60
"""Characters of each ancestor's name in the plain format, so that a deep tree of long names does not grow with the square."""

# --- OpenPGP
PGP_PACKETS = 200_000
"""Packets of one key file or message; a key with ten thousand certifications has about as many."""
PGP_SUBPACKETS = 500
"""Subpackets of one area of a signature; honest ones have under thirty."""
PGP_KEY_FILE = 64 * 1024 * 1024
"""A file of keys named on the command line: a ring of ten thousand."""
PGP_CERTIFICATES = 200
"""Keys of one such file; whoever has more keeps a ring."""
PGP_BLOCKS = 20
"""Armored blocks of one text."""
PGP_SIGNATURES = 20
"""Signatures over one text; honest mail has one or two."""
PGP_CANDIDATES = 4
"""Certificates that are tried for one signature: two keys with one key ID can be made on purpose."""
PGP_CLOCK_SKEW = 3_600
"""Seconds that a signature may lie in the future: clocks of honest hosts differ."""

# --- judgement of the content
CONTENT_LAYERS = 50
"""Signatures and ciphertexts of one message that are judged; honest mail has one or two."""
CONTENT_WORK = 2 * 1024 * 1024 * 1024
"""Octets under all signatures of one message, counted as often as they are signed: eight times the largest message."""
CONTENT_SHOWN_PARTS = 10
"""Uncovered parts that are named."""
CONTENT_HTML_BYTES = 1024 * 1024
"""Octets of one unsigned HTML part that are searched for what imitates or hides a signature."""
CONTENT_INLINE_BYTES = 32 * 1024 * 1024
"""Octets of text parts of one message that are searched for inline OpenPGP."""
PGP_NESTING = 16
"""Levels of compression or signing inside each other that are opened; programs make at most three."""
PGP_RECIPIENTS = 1_000
"""Session keys of one message; a mail to more people goes to a list."""
PGP_TRIALS = 1_000
"""Session keys of one message that secret keys are tried on, all keys together: each takes a few thousandths of a second."""
PGP_SESSION_KEYS = 10
"""Different session keys that are tried on a ciphertext: for each of them the whole of it is deciphered."""
PGP_UNLOCKED = 50
"""Keys of one secret key that its passphrase is tried on; people have three or four."""
PGP_RSA_BITS = 16_384
"""An RSA key to decrypt with; a larger one takes many seconds, and no program makes it."""
PGP_OWN_KEYS = 50
"""Secret keys that are tried where a message hides its recipients."""
PGP_PASSPHRASES = 10
"""Session keys of one message that a passphrase is tried on: each takes up to a fifth of a second."""
PGP_ARGON2_MEMORY = 1024 * 1024
"""KiB that making a key of a passphrase may take, where a stranger says how much: half of the larger choice of RFC 9106."""
PGP_ARGON2_WORK = 4 * 1024 * 1024
"""KiB times passes of the same: some seconds."""
PGP_CHILD_MEMORY = 512 * 1024 * 1024
"""Address space of the child that opens an encrypted message, beyond eight times the message: what ten kilobytes unfold to."""
PGP_CHILD_SECONDS = 20
"""Seconds of that child, and one more for each megabyte; opening ten megabytes takes a fifth of a second."""
# --- what a message carries (sender/spoofing/payload) and inspect
MAX_SNIFFED_BYTES = 4_096
"""Octets at the beginning of content that are searched for markup; comments before the first tag are hardly longer."""
MAX_HTML_CHARACTERS = 2 * 1024 * 1024
"""Characters of one HTML part that are read; honest mail has under 200 kB, as mail programs cut it there."""
MAX_HTML_LINKS = 2_000
"""Links of one HTML part; the longest digests have a few hundred."""
MAX_HTML_ATTRIBUTES = 100
"""Attributes of one tag that are looked at."""
MAX_LINK_TEXT = 400
"""Characters of a link's visible text: what a person can read in one place."""
MAX_LINK_TARGET = 8_192
"""Characters of one URL: four times what browsers show; the rest of a longer one is cut."""
MAX_MESSAGE_LINKS = 5_000
"""Different links of one message that are listed."""
MAX_ARCHIVE_MEMBERS = 10_000
"""Members of one archive that are listed."""
MAX_ARCHIVE_DEPTH = 4
"""Archives inside of archives that are looked into."""
MAX_UNPACKED_BYTES = 32 * 1024 * 1024
"""Octets that are unpacked in memory for all archives of a message together."""
MAX_ARCHIVE_SNIFFED = 2_000
"""Members of a message's archives whose first octets are unpacked and looked at."""
BOMB_RATIO = 200
"""Unpacked to packed size from which a large archive is called a bomb: text packs 3 to 20 times, empty logs some 100 times."""
BOMB_BYTES = 256 * 1024 * 1024
"""Octets that an archive says it unpacks to, below which no ratio makes it a bomb."""
INSPECT_FIELDS = 2_000
"""Header fields that a report shows one by one; real messages have under 300."""
INSPECT_FIELD_BYTES = 64 * 1024
"""Octets of one field's value that a report quotes."""
INSPECT_PARTS = 2_000
"""Parts that a report shows one by one; all are judged."""
INSPECT_MEMBERS = 200
"""Members of one archive that a report names; all that are listed are judged."""
INSPECT_ADDRESSES = 20
"""Addresses of one field that a report shows as identities."""
INSPECT_SIGNATURES = 50
"""Authentication fields of each kind that a report shows."""
IOC_VALUES = 20_000
"""Indicators that are printed of one message."""
MAX_EXTRACTED_NAME = 120
"""Octets of the name of an extracted file: room for a number in front, on any file system."""

# --- S/MIME: what one CMS structure may have
CMS_DEPTH = 40
"""Elements inside each other in one CMS structure; honest ones nest about fifteen deep, certificates included."""
CMS_ELEMENTS = 200_000
"""Elements of one CMS structure: a mail to a thousand people, or ten megabytes in pieces of a kilobyte, have fewer."""
CMS_SIGNERS = 20
"""Signatures of one signed-data; honest mail has one or two."""
CMS_CERTIFICATES = 100
"""Certificates that one signed-data carries; a path has under ten."""
CMS_ATTRIBUTES = 100
"""Attributes of one signature; honest ones have under ten."""
CMS_RECIPIENTS = 1_000
"""Recipients of one enveloped-data; a mail to more people goes to a list."""
CMS_NESTING = 8
"""Layers of signing, encrypting and compressing inside each other that are opened; the triple wrap has three."""
CMS_CANDIDATES = 4
"""Certificates that are tried for one signature, and encrypted keys for one certificate: several with one name can be made on
purpose."""
CMS_OUTLINED = 20
"""Recipients, signers and certificates of one structure that `inspect` lists; of all of them it says how many."""
CMS_CAPABILITIES = 64
"""Capabilities that one signature says its maker has; programs list about ten."""
CMS_CAPABILITY_BYTES = 4_096
"""Octets of them, which a key ring remembers; programs write under 200."""
# --- certificates of persons (trust/x509)
X509_CERTIFICATE_BYTES = 64 * 1024
"""Octets of one certificate; honest ones have one or two thousand, the largest with post-quantum signatures some 20,000."""
X509_CHAIN = 100
"""Certificates beside a person's own that are looked at; honest mail carries one to five."""
X509_PATH = 10
"""Certificates of one path, both ends included; RFC 5280 sets no limit, real paths have three or four."""
X509_PATHS = 16
"""Different paths from one certificate that are judged; authorities that certify each other make up any number of them."""
X509_STEPS = 1_000
"""Issuers that are tried in the search for a path."""
X509_RSA_BITS = 16_384
"""Bits of an RSA key above which one signature takes seconds."""
X509_ROOTS = 2_000
"""Roots that are trusted for persons; a system has under 200."""
X509_REVOCATION_FILES = 64
"""CRLs, and as many OCSP responses, that are handed in for one judgement."""
X509_REVOCATION_BYTES = 32 * 1024 * 1024
"""Octets of one CRL, some 800,000 entries: two seconds for its signature. Most authorities' are under 1 MB."""
X509_REVOCATION_TOTAL = 64 * 1024 * 1024
"""Octets of all CRLs of one judgement together."""
X509_OCSP_BYTES = 128 * 1024
"""Octets of one OCSP response, which has one answer and a few certificates: some 2,000."""
X509_LIST_SIGNATURES = 1_000
"""Signatures of CRLs that are remembered to be good or bad."""
X509_FETCHES = 24
"""Requests for what the certificates of one message name; a path of three takes three or four."""
X509_FETCH_URLS = 2
"""Addresses of one kind that are asked of those that one certificate names."""
X509_FETCH_REDIRECTS = 2
"""Redirections of such a request; nearly all have none."""
X509_ISSUER_BYTES = 256 * 1024
"""Octets of an issuer's certificate, or of a few in a certs-only message."""
X509_POLICIES = 200
"""Certificate policies and mappings of one path: their graph can be made to grow with the square."""
X509_JUDGED = 24
"""Paths that are judged for the signatures of one message, up to a tenth of a second each; honest mail has one or two."""
X509_FILE_CERTIFICATES = 1_000
"""Certificates and keys of one file; a system's roots are under 200."""
X509_ITERATIONS = 5_000_000
"""Rounds that turn a passphrase into a key, some five seconds; files are made with 2,000 to 600,000."""
X509_SCRYPT_BYTES = 256 * 1024 * 1024
"""Memory that scrypt may want for the same; OpenSSL's own limit is 32 MB."""
X509_SCRYPT_TIMES = 16
"""How often it may be gone through; 1 is usual."""
X509_PASSPHRASE = 1_023
"""Octets of a passphrase for PKCS#8; OpenSSL takes no more."""
X509_LOCKED_KEYS = 20
"""Private keys under a passphrase in the files of one run: each may take seconds to open."""

# --- files that are no mail
CONTENT_SIGNER_ADDRESSES = 50
"""Addresses of one signer of a file that are looked up: each may cost a certification that has to be verified."""
# --- what was fetched and is kept (store/cache.py)
CACHE_FILES = 256
"""Files; a certificate authority has one list, and a person one OCSP response."""
CACHE_BYTES = 128 * 1024 * 1024
"""Octets of all of them: as many as four of the largest lists."""
CACHE_SECONDS = 7 * 86_400
"""How long a file counts at most; authorities renew lists in a day or a week."""
