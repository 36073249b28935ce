"""A decision into words, from the permitted facts alone. Pure."""
