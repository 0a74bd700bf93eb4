"""What a camera survey says of a herd, and how wrong that may be."""
