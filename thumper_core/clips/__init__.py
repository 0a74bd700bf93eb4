"""Video clips: what their container says, which of their frames are looked at, which boxes are one animal.

A clip is one item as a photo is: one file, one `photo_id`, one time, one outcome. What is found in it lies
in one of its frames, `frame_ms` milliseconds after the first, and is of one `track`. A frame has pixels as a
photo has, so that from there on nothing knows the difference.
"""
