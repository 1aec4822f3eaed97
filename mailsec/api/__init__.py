"""One use case a file, without printing."""
