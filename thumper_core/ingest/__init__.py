"""Ingest: folders of files become photos with a time, a place and facts; none is touched."""
