"""Which deer is which: tracklets, constraints, calibrated similarity, profiles, individuals."""
