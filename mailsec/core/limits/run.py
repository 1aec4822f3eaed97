"""Bounds: one run: its driver, its input and output, and other programs."""

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

# --- many domains, saved answers
DOMAIN_QUESTIONS = 2_000
"""Questions that one domain may cost: 200 MX hosts with addresses and TLSA records, and their zones' keys, fit in."""
MAX_ANSWERS_BYTES = 256 * 1024 * 1024
"""A file of saved answers; ten thousand domains of forty questions need about 100 MB. What is beyond it is not saved."""

# --- second opinions: other programs in child processes
JUDGE_SECONDS = 5.0
"""One program's whole work on one message; dkimpy takes 0.3 on honest mail, 25 on 80 kB of spaces made to hurt it."""
JUDGE_MEMORY = 1024 * 1024 * 1024
"""Address space of one program; dkimpy copies a message several times, and what does not fit is not judged."""
JUDGE_OUTPUT = 1024 * 1024
"""Octets of a program's output, and as many of its complaints."""

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
