"""What a trained network learned: features, probes, single units, forgetting."""
