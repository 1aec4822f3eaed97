"""Who wrote it, who reads it."""
