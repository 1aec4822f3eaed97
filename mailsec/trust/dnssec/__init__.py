"""DNS Security Extensions (RFC 4033, 4034, 4035, 5155, 6840, 9276, 9905)."""
