"""The vocabulary that everything shares: standard library only, no I/O, no clock, no randomness."""
