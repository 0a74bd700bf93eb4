"""A detector that can be tuned on photos of one's own: network, files, examples, losses, training."""
