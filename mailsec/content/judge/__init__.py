"""What a signature or an encryption says about a whole mail: shared by OpenPGP and S/MIME, and knowing neither."""
