"""S/MIME."""
