"""TLS-RPT: where reports about failed TLS go (RFC 8460)."""
