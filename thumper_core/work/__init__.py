"""Work in the background: launched, listed, scheduled."""
