"""Explorers of latent space: one slider on a walk, and the explorer with everything that moves z."""
