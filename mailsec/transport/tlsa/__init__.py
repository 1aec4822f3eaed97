"""TLSA: the certificates of mail hosts, published in the DNS (RFC 6698, RFC 7671, RFC 7672)."""
