"""Which deer is which: tracklets, constraints, calibrated similarity, clusters, stable individuals."""
