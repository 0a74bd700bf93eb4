"""Boxes that come back at one place, alike, over days: what stands there is no animal."""
