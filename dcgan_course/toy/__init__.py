"""Games small enough to be seen whole, on a line and in the plane. May import: errors, drawing, training."""
