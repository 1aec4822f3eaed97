"""Bounds: a message and its parts."""

from __future__ import annotations

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
