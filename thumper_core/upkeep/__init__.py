"""What keeps a workspace and a machine in order: health, verify, backup, prune, doctor, access."""
