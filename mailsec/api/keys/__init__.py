"""The use cases of the key ring, a file each."""
