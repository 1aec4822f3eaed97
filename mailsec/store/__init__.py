"""Files, standard input, configuration."""
