"""The space in which tracklets are compared, and maps of it."""
