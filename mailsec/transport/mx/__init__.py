"""MX: which hosts take the mail of a domain (RFC 5321 section 5.1, RFC 7505)."""
