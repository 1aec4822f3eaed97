"""Who sent it."""
