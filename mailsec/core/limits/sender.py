"""Bounds: SPF, DKIM, DMARC, BIMI and Authentication-Results."""

from __future__ import annotations

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
