"""Figures of what measures look at."""
