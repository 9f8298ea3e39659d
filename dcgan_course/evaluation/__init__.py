"""Numbers and networks that judge pictures, and figures of what they see; may import errors, data, drawing, models."""
