"""What can be learned from what people corrected: the photos, what is kept back, what came of it."""
