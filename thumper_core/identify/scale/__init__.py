"""From similarities to probabilities, learned from photos that label themselves."""
