"""Training what the course ships: weights, histories, frames and cards. Start it as `python -m recording`."""
