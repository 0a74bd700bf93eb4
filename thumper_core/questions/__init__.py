"""Every answer that is read from the views, each with one SQL text."""
