"""Every bound, in one place, each with its reason. Hostile input is the normal input: no loop, recursion or buffer without one.

Sizes are octets, times seconds. A file a room; nothing is loaded that a command has no use for.
"""
