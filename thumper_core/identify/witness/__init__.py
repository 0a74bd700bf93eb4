"""A second witness beside the vectors: what it is asked, what its word is worth, how it is heard."""
