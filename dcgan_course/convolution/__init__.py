"""Convolutions and their transposes: sizes, matrices, views, and the figures of them. May import: errors, drawing."""
