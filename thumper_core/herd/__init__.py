"""The herd: built from a run, cut again after decisions, IDs and names carried along."""
