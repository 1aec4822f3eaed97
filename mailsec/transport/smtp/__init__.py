"""SMTP, SUBMISSION and LMTP: codecs and state machines that know no socket (RFC 5321, 6409, 2033, 3207, 4954)."""
