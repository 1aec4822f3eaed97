"""The doors to the world: DNS, sockets, TLS, HTTPS."""
