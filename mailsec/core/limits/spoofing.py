"""Bounds: what misleads about a sender, and what a message carries."""

from __future__ import annotations

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
