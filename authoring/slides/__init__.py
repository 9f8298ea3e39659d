"""The lecture edition: a deck of slides for each lesson, made from its notebook, that opens from a file."""
