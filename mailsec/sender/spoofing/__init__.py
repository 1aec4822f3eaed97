"""Forged senders: what a message does so that people and programs take it for somebody else's."""
