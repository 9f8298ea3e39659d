"""Convolutions and their transposes: sizes, matrices, views, and the figures of them; may import errors, drawing."""
