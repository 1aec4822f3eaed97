"""Forged senders and dressed-up content: what a message shows against what it is."""
