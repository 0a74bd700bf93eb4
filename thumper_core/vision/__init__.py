"""Seeing: decoding photos, finding animals, turning crops into vectors, and weights."""
