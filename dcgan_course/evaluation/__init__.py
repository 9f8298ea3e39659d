"""Numbers and networks that judge pictures. May import: errors, data, models."""
