"""What people said: kinds, keys, the journal, and what it means for boxes and for groups of pictures."""
