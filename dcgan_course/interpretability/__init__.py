"""What a trained network learned: features, probes, single units, forgetting; may import errors, data, convolution,
drawing, models, evaluation, training.
"""
