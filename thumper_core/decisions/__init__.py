"""What people said: kinds, keys, the record, its effect on boxes, and its resolution into pairs."""
