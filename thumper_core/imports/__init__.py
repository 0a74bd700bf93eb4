"""Work that was done elsewhere comes in, as a whole that can be taken back, and a season goes out whole."""
