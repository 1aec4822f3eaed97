"""Other libraries and programs at work, in child processes that can be killed: second opinions, and what has no bounds."""
