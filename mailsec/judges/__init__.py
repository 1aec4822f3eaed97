"""Second opinions of other programs, asked in child processes that can be killed."""
