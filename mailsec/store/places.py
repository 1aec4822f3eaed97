"""Where mailsec keeps what is the user's (the XDG base directories)."""

from __future__ import annotations

import os


def ring_path() -> str:
    """The key ring of the user: `$XDG_DATA_HOME/mailsec/ring.sqlite`, `~/.local/share/mailsec/ring.sqlite` without it."""
    return os.path.join(_base("XDG_DATA_HOME", ".local", "share"), "mailsec", "ring.sqlite")


def cache_path() -> str:
    """The folder for what can be had again: `$XDG_CACHE_HOME/mailsec`, `~/.cache/mailsec` without it."""
    return os.path.join(_base("XDG_CACHE_HOME", ".cache"), "mailsec")


def _base(variable: str, *otherwise: str) -> str:
    stated = os.environ.get(variable, "")
    # the specification wants relative paths ignored
    return stated if os.path.isabs(stated) else os.path.join(os.path.expanduser("~"), *otherwise)
