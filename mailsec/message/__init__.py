"""Bytes to structure and back: header fields, addresses, MIME tree, Received hops, byte-exact edits."""
