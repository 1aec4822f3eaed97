"""What reports say made them."""

from __future__ import annotations

from mailsec import __version__

TOOL = f"mailsec {__version__}"
