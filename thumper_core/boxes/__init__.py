"""Overlap of boxes, in numpy and in polars."""
