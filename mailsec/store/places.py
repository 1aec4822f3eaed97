"""Where mailsec keeps what is the user's (the XDG base directories)."""

from __future__ import annotations

import os


def ring_path() -> str:
    """The key ring of the user: `$XDG_DATA_HOME/mailsec/ring.sqlite`, `~/.local/share/mailsec/ring.sqlite` without it."""
    stated = os.environ.get("XDG_DATA_HOME", "")
    # the specification wants relative paths ignored
    base = stated if os.path.isabs(stated) else os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "mailsec", "ring.sqlite")
