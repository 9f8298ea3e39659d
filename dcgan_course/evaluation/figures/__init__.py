"""Figures of what measures look at; may import errors, data, models, drawing."""
