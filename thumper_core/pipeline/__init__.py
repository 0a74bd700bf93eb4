"""From pending photos to committed shards: decode -> detect -> crop -> embed -> write."""
