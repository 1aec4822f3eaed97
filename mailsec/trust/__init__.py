"""Chains of trust."""
