"""Heads: what an embedder's vectors say of species and sex, without a network of their own."""
