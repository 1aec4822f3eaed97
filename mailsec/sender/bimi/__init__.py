"""BIMI: the logo that a domain asks to be shown (draft-brand-indicators-for-message-identification)."""
