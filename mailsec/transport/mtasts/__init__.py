"""MTA-STS: a policy over HTTPS that mail must come under TLS (RFC 8461)."""
