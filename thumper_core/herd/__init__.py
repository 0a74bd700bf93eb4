"""What people say about the herd, and what the herd says back: decisions, names, numbers."""
