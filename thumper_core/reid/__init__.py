"""Re-identification learned from this herd: what is kept of it in the workspace, and for whose vectors."""
