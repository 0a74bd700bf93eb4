"""How many deer there are, seen or not: ratios, recaptures, richness."""
