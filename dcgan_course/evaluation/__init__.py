"""Numbers and networks that judge pictures."""
