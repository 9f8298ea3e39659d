"""What a trained network learned: features, probes, single units, forgetting. May import: errors, data, convolution,
drawing, models, evaluation, training."""
