"""Bounds: the key ring and the certificates of persons."""

from __future__ import annotations

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
