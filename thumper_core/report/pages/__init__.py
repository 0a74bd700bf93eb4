"""Reports as HTML: the herd, a week, evaluations."""
