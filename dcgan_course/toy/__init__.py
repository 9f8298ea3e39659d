"""Games small enough to be seen whole, on a line and in the plane; may import errors, drawing, models, training."""
