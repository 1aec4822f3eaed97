"""Bounds: OpenPGP, S/MIME, and the judgement of content."""

from __future__ import annotations

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
# --- S/MIME: what one CMS structure may have
CMS_DEPTH = 40
"""Elements inside each other in one CMS structure; honest ones nest about fifteen deep, certificates included."""
CMS_ELEMENTS = 200_000
"""Elements of one CMS structure: a mail to a thousand people, or ten megabytes in pieces of a kilobyte, have fewer."""
CMS_SIGNERS = 20
"""Signatures of one signed-data; honest mail has one or two."""
CMS_JUDGED = 40
"""Signatures of one message, after which no further structure is judged: the path of each costs a tenth of a second where it is
made to, and honest mail has one or two."""
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
# --- files that are no mail
CONTENT_SIGNER_ADDRESSES = 50
"""Addresses of one signer of a file that are looked up: each may cost a certification that has to be verified."""
