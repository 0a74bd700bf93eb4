"""New pictures meet the deer that are known: what a picture is fit for, and who it shows; no disk."""
