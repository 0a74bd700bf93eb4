"""Cameras as people keep them: their table, names, places and clocks, and what is wrong with them."""
