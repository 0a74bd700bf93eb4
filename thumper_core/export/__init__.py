"""The herd in the formats that other programs read.

Each format is a function from tables to text or tables; `files` writes the result whole or not at
all, and `scope` narrows a workspace to a period, to cameras and to what may be shown.
"""
