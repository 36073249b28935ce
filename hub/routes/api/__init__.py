"""The API: what programs read and do, by a key or a person's session; it takes no cookies."""
