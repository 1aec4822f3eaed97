"""Keys, and trust in them: the interface of the key ring, and what makes a key somebody's."""
