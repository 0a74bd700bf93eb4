"""Local matching: keypoints of crops, kept on disk, and how well two crops match place by place."""
