"""The way a message says that it took: its Received fields in order, from its author to its reader (RFC 5598)."""
