"""Authentication-Results fields (RFC 8601): writing one that nothing can inject into, and reading those of others."""
