"""mailsec: the security of electronic mail, as a library and a command line."""

from __future__ import annotations

__version__ = "0.1.0"
