"""Pictures that cellular cameras send by mail: fetched, judged, saved, and added."""
