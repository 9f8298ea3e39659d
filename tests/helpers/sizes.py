"""Sizes of layers: one number for both sides or a pair, and what is neither."""

NOT_A_SIZE = [0, -3, 2.0, 2.5, "3", True, None, (3,), (3, 3, 3), (3, 0), (3, 2.0), (True, 3), [], float("nan")]


def as_pair(value):
    """Return (height, width)."""
    return value if isinstance(value, tuple) else (value, value)
