"""One dendrogram over tracklets: how it is made, cut, swept, cut again, and what to compare it with."""
