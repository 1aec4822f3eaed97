"""Bounds: names, the DNS, DNSSEC and HTTPS."""

from __future__ import annotations

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

# --- what was fetched and is kept (store/cache.py)
CACHE_FILES = 256
"""Files; a certificate authority has one list, and a person one OCSP response."""
CACHE_BYTES = 128 * 1024 * 1024
"""Octets of all of them: as many as four of the largest lists."""
CACHE_SECONDS = 7 * 86_400
"""How long a file counts at most; authorities renew lists in a day or a week."""
