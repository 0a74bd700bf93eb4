"""Years of a herd: what a deer year is, who was there in each, how old they were, how many lived on."""
