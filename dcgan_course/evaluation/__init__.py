"""Numbers and networks that judge pictures; may import errors, data, models."""
