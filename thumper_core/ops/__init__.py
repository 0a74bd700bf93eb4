"""Keeping it running: what state things are in, and what a machine needs."""
